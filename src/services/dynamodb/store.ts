import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

/**
 * Items of all tables are in one SQLite table with a row id each; the entries of secondary indexes and the expiry times
 * point to it. An item's cost does not depend on how many there are.
 */
export const migrations: Migrations = {
  name: "dynamodb",
  steps: [
    `CREATE TABLE dynamodb_tables (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
       UNIQUE (account, region, name)
     ) STRICT;
     CREATE TABLE dynamodb_items (
       id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
       size INTEGER NOT NULL, item TEXT NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX dynamodb_items_by_key ON dynamodb_items (table_id, hash, range);
     CREATE TABLE dynamodb_entries (
       table_id INTEGER NOT NULL, index_no INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL, tie BLOB NOT NULL,
       item_id INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (table_id, index_no, hash, range, tie)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE dynamodb_expiries (
       table_id INTEGER NOT NULL, at INTEGER NOT NULL, item_id INTEGER NOT NULL, PRIMARY KEY (table_id, at, item_id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE dynamodb_tokens (
       account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, expires INTEGER NOT NULL,
       PRIMARY KEY (account, region, token)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX dynamodb_tokens_by_expiry ON dynamodb_tokens (expires);`,
  ],
};

export interface TableRow {
  readonly id: number;
  readonly name: string;
  readonly body: string;
}
export interface ItemRow {
  readonly id: number;
  readonly item: string;
  readonly size: number;
}
/** Key bytes of an item. */
interface KeyParams {
  readonly [name: string]: number | string | Uint8Array;
  readonly table: number;
  readonly hash: Uint8Array;
  readonly range: Uint8Array;
}

export const insertTable = statement<{ name: string; body: string }, { id: number }>(
  "INSERT INTO dynamodb_tables (account, region, name, body) VALUES (:account, :region, :name, :body) RETURNING id",
);
export const selectTable = statement<{ name: string }, TableRow>(
  "SELECT id, name, body FROM dynamodb_tables WHERE account = :account AND region = :region AND name = :name",
);
export const selectTableById = statement<{ id: number }, TableRow>(
  "SELECT id, name, body FROM dynamodb_tables WHERE id = :id AND account = :account AND region = :region",
);
export const selectTables = statement<{ after: string; limit: number }, { name: string }>(
  "SELECT name FROM dynamodb_tables WHERE account = :account AND region = :region AND name > :after ORDER BY name LIMIT :limit",
);
export const updateTable = statement<{ id: number; body: string }>(
  "UPDATE dynamodb_tables SET body = :body WHERE id = :id AND account = :account",
);
export const deleteTable = statement<{ id: number }>("DELETE FROM dynamodb_tables WHERE id = :id AND account = :account");

/** Ids of tables and items are unique in the whole cloud: the table was found in the scope of the request. */
export const selectItem = unscoped<KeyParams, ItemRow>(
  "SELECT id, item, size FROM dynamodb_items WHERE table_id = :table AND hash = :hash AND range = :range",
);
export const selectItemById = unscoped<{ id: number }, ItemRow>("SELECT id, item, size FROM dynamodb_items WHERE id = :id");
export const putItem = unscoped<KeyParams & { item: string; size: number }>(
  `INSERT INTO dynamodb_items (table_id, hash, range, item, size) VALUES (:table, :hash, :range, :item, :size)
   ON CONFLICT (table_id, hash, range) DO UPDATE SET item = :item, size = :size`,
);
export const putItemReturningId = unscoped<KeyParams & { item: string; size: number }, { id: number }>(
  `INSERT INTO dynamodb_items (table_id, hash, range, item, size) VALUES (:table, :hash, :range, :item, :size)
   ON CONFLICT (table_id, hash, range) DO UPDATE SET item = :item, size = :size RETURNING id`,
);
export const deleteItem = unscoped<{ id: number }>("DELETE FROM dynamodb_items WHERE id = :id");
export const sumItems = unscoped<{ table: number }, { count: number; size: number | null }>(
  "SELECT count(*) AS count, sum(size) AS size FROM dynamodb_items WHERE table_id = :table",
);
export const countItems = unscoped<{ table: number }, { count: number }>(
  "SELECT count(*) AS count FROM dynamodb_items WHERE table_id = :table",
);
export const sumPartition = unscoped<{ table: number; hash: Uint8Array }, { size: number | null }>(
  "SELECT sum(size) AS size FROM dynamodb_items WHERE table_id = :table AND hash = :hash",
);
export const selectItemsAfter = unscoped<{ table: number; after: number; limit: number }, ItemRow>(
  `SELECT i.id, i.item, i.size FROM dynamodb_items i WHERE i.table_id = :table AND i.id > :after ORDER BY i.id LIMIT :limit`,
);
export const deleteSomeItems = unscoped<{ table: number; limit: number }>(
  "DELETE FROM dynamodb_items WHERE id IN (SELECT id FROM dynamodb_items WHERE table_id = :table LIMIT :limit)",
);

export const putEntry = unscoped<KeyParams & { index: number; tie: Uint8Array; item: number; size: number }>(
  `INSERT INTO dynamodb_entries (table_id, index_no, hash, range, tie, item_id, size)
   VALUES (:table, :index, :hash, :range, :tie, :item, :size)
   ON CONFLICT (table_id, index_no, hash, range, tie) DO UPDATE SET item_id = :item, size = :size`,
);
export const deleteEntry = unscoped<KeyParams & { index: number; tie: Uint8Array }>(
  "DELETE FROM dynamodb_entries WHERE table_id = :table AND index_no = :index AND hash = :hash AND range = :range AND tie = :tie",
);
export const deleteEntriesOfIndex = unscoped<{ table: number; index: number }>(
  "DELETE FROM dynamodb_entries WHERE table_id = :table AND index_no = :index",
);
export const deleteEntriesOfTable = unscoped<{ table: number }>("DELETE FROM dynamodb_entries WHERE table_id = :table");
export const sumEntries = unscoped<{ table: number; index: number }, { count: number; size: number | null }>(
  "SELECT count(*) AS count, sum(size) AS size FROM dynamodb_entries WHERE table_id = :table AND index_no = :index",
);

export const putExpiry = unscoped<{ table: number; at: number; item: number }>(
  "INSERT OR IGNORE INTO dynamodb_expiries (table_id, at, item_id) VALUES (:table, :at, :item)",
);
export const deleteExpiry = unscoped<{ table: number; at: number; item: number }>(
  "DELETE FROM dynamodb_expiries WHERE table_id = :table AND at = :at AND item_id = :item",
);
export const deleteExpiriesOfTable = unscoped<{ table: number }>("DELETE FROM dynamodb_expiries WHERE table_id = :table");
export const selectExpired = unscoped<{ table: number; now: number; limit: number }, { at: number; item_id: number }>(
  "SELECT at, item_id FROM dynamodb_expiries WHERE table_id = :table AND at <= :now ORDER BY at, item_id LIMIT :limit",
);
export const selectNextExpiry = unscoped<{ table: number }, { at: number | null }>(
  "SELECT min(at) AS at FROM dynamodb_expiries WHERE table_id = :table",
);

export const selectToken = statement<{ token: string; now: number }, { request: string }>(
  "SELECT request FROM dynamodb_tokens WHERE account = :account AND region = :region AND token = :token AND expires > :now",
);
export const putToken = statement<{ token: string; request: string; expires: number }>(
  "INSERT OR REPLACE INTO dynamodb_tokens (account, region, token, request, expires) VALUES (:account, :region, :token, :request, :expires)",
);
export const deleteOldTokens = unscoped<{ now: number }>("DELETE FROM dynamodb_tokens WHERE expires <= :now");

/** A stretch of items in key order: hash and range as one key, from `low` up to and without `high`. */
interface Stretch {
  readonly [name: string]: number | string | Uint8Array;
  readonly table: number;
  readonly lowHash: Uint8Array;
  readonly low: Uint8Array;
  readonly highHash: Uint8Array;
  readonly high: Uint8Array;
}
type IndexStretch = Stretch & { readonly index: number; readonly lowTie: Uint8Array; readonly highTie: Uint8Array };

const TABLE_STRETCH = `SELECT item, size, size AS entry FROM dynamodb_items
  WHERE table_id = :table AND (hash, range) >= (:lowHash, :low) AND (hash, range) < (:highHash, :high)`;
const INDEX_STRETCH = `SELECT i.item, i.size, e.size AS entry FROM dynamodb_entries e CROSS JOIN dynamodb_items i ON i.id = e.item_id
  WHERE e.table_id = :table AND e.index_no = :index AND (e.hash, e.range, e.tie) >= (:lowHash, :low, :lowTie)
    AND (e.hash, e.range, e.tie) < (:highHash, :high, :highTie)`;

/** `entry` is the size of what the index holds of the item. */
export interface ReadRow {
  readonly item: string;
  readonly size: number;
  readonly entry: number;
}
export const readTable = {
  forward: unscoped<Stretch, ReadRow>(`${TABLE_STRETCH} ORDER BY hash, range`),
  backward: unscoped<Stretch, ReadRow>(`${TABLE_STRETCH} ORDER BY hash DESC, range DESC`),
};
export const readIndex = {
  forward: unscoped<IndexStretch, ReadRow>(`${INDEX_STRETCH} ORDER BY e.hash, e.range, e.tie`),
  backward: unscoped<IndexStretch, ReadRow>(`${INDEX_STRETCH} ORDER BY e.hash DESC, e.range DESC, e.tie DESC`),
};
