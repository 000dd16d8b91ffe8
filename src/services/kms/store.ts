import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export interface KeyRow {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly created: number;
  readonly state: "Enabled" | "Disabled" | "PendingDeletion";
  readonly spec: string;
  readonly usage: string;
  readonly manager: "AWS" | "CUSTOMER";
  readonly description: string;
  readonly policy: string;
  /** Virtual ms; set while the deletion is pending. */
  readonly deletion: number | null;
  /** Days between automatic rotations; null while rotation is off. */
  readonly rotation_days: number | null;
  readonly next_rotation: number | null;
}

/** One generation of key material; the newest one encrypts, the older ones go on decrypting. */
export interface MaterialRow {
  readonly key_id: string;
  readonly number: number;
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly created: number;
  readonly rotation: "AUTOMATIC" | "ON_DEMAND" | null;
}

export interface AliasRow {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly key_id: string;
  readonly created: number;
  readonly updated: number;
}

export interface GrantRow {
  readonly id: string;
  readonly key_id: string;
  readonly account: string;
  readonly region: string;
  readonly token: string;
  readonly created: number;
  readonly name: string | null;
  readonly grantee: string;
  readonly retiring: string | null;
  /** JSON: operations and constraints. */
  readonly body: string;
}

export const migrations: Migrations = {
  name: "kms",
  steps: [
    `CREATE TABLE kms_keys (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, created INTEGER NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL,
       usage TEXT NOT NULL, manager TEXT NOT NULL, description TEXT NOT NULL, policy TEXT NOT NULL, deletion INTEGER,
       rotation_days INTEGER, next_rotation INTEGER
     ) STRICT;
     CREATE INDEX kms_keys_by_scope ON kms_keys (account, region, id);
     CREATE TABLE kms_materials (
       key_id TEXT NOT NULL REFERENCES kms_keys (id) ON DELETE CASCADE, number INTEGER NOT NULL, id TEXT NOT NULL, bytes BLOB NOT NULL,
       created INTEGER NOT NULL, rotation TEXT, PRIMARY KEY (key_id, number)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE kms_aliases (
       name TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, key_id TEXT NOT NULL REFERENCES kms_keys (id) ON DELETE CASCADE,
       created INTEGER NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX kms_aliases_by_key ON kms_aliases (key_id);
     CREATE TABLE kms_grants (
       id TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES kms_keys (id) ON DELETE CASCADE, account TEXT NOT NULL, region TEXT NOT NULL,
       token TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, name TEXT, grantee TEXT NOT NULL, retiring TEXT, body TEXT NOT NULL
     ) STRICT;
     CREATE INDEX kms_grants_by_key ON kms_grants (key_id, id);
     CREATE TABLE kms_tags (
       key_id TEXT NOT NULL REFERENCES kms_keys (id) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key_id, key)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

type ById = { id: string };
type Listing = { after: string; limit: number };

export const keys = {
  insert: statement<Omit<KeyRow, "account" | "region">>(
    `INSERT INTO kms_keys (id, account, region, created, state, spec, usage, manager, description, policy, deletion, rotation_days, next_rotation)
     VALUES (:id, :account, :region, :created, :state, :spec, :usage, :manager, :description, :policy, :deletion, :rotation_days, :next_rotation)`,
  ),
  get: statement<ById, KeyRow>("SELECT * FROM kms_keys WHERE account = :account AND region = :region AND id = :id"),
  anywhere: unscoped<ById & { owner: string; home: string }, KeyRow>(
    "SELECT * FROM kms_keys WHERE account = :owner AND region = :home AND id = :id",
  ),
  page: statement<Listing, KeyRow>(
    "SELECT * FROM kms_keys WHERE account = :account AND region = :region AND id > :after ORDER BY id LIMIT :limit",
  ),
  setState: unscoped<{ id: string; state: KeyRow["state"]; deletion: number | null }>(
    "UPDATE kms_keys SET state = :state, deletion = :deletion WHERE id = :id",
  ),
  setDescription: unscoped<{ id: string; description: string }>("UPDATE kms_keys SET description = :description WHERE id = :id"),
  setPolicy: unscoped<{ id: string; policy: string }>("UPDATE kms_keys SET policy = :policy WHERE id = :id"),
  setRotation: unscoped<{ id: string; days: number | null; next: number | null }>(
    "UPDATE kms_keys SET rotation_days = :days, next_rotation = :next WHERE id = :id",
  ),
  remove: unscoped<ById>("DELETE FROM kms_keys WHERE id = :id"),
};

export const materials = {
  insert: unscoped<{ key_id: string; number: number; id: string; bytes: Uint8Array; created: number; rotation: string | null }>(
    "INSERT INTO kms_materials (key_id, number, id, bytes, created, rotation) VALUES (:key_id, :number, :id, :bytes, :created, :rotation)",
  ),
  current: unscoped<ById, MaterialRow>("SELECT * FROM kms_materials WHERE key_id = :id ORDER BY number DESC LIMIT 1"),
  get: unscoped<{ id: string; number: number }, MaterialRow>("SELECT * FROM kms_materials WHERE key_id = :id AND number = :number"),
  of: unscoped<ById, MaterialRow>("SELECT * FROM kms_materials WHERE key_id = :id ORDER BY number"),
};

export const aliases = {
  insert: statement<{ name: string; key_id: string; now: number }>(
    "INSERT INTO kms_aliases (name, account, region, key_id, created, updated) VALUES (:name, :account, :region, :key_id, :now, :now)",
  ),
  get: statement<{ name: string }, AliasRow>("SELECT * FROM kms_aliases WHERE account = :account AND region = :region AND name = :name"),
  anywhere: unscoped<{ name: string; owner: string; home: string }, AliasRow>(
    "SELECT * FROM kms_aliases WHERE account = :owner AND region = :home AND name = :name",
  ),
  page: statement<Listing, AliasRow>(
    "SELECT * FROM kms_aliases WHERE account = :account AND region = :region AND name > :after ORDER BY name LIMIT :limit",
  ),
  ofKey: unscoped<ById & Listing, AliasRow>("SELECT * FROM kms_aliases WHERE key_id = :id AND name > :after ORDER BY name LIMIT :limit"),
  point: statement<{ name: string; key_id: string; now: number }>(
    "UPDATE kms_aliases SET key_id = :key_id, updated = :now WHERE account = :account AND region = :region AND name = :name",
  ),
  remove: statement<{ name: string }>("DELETE FROM kms_aliases WHERE account = :account AND region = :region AND name = :name"),
};

export const grants = {
  insert: statement<Omit<GrantRow, "account" | "region">>(
    `INSERT INTO kms_grants (id, key_id, account, region, token, created, name, grantee, retiring, body)
     VALUES (:id, :key_id, :account, :region, :token, :created, :name, :grantee, :retiring, :body)`,
  ),
  get: unscoped<{ key_id: string; id: string }, GrantRow>("SELECT * FROM kms_grants WHERE key_id = :key_id AND id = :id"),
  byToken: statement<{ token: string }, GrantRow>(
    "SELECT * FROM kms_grants WHERE account = :account AND region = :region AND token = :token",
  ),
  named: unscoped<{ key_id: string; name: string }, GrantRow>("SELECT * FROM kms_grants WHERE key_id = :key_id AND name = :name"),
  ofKey: unscoped<{ key_id: string; after: string; limit: number }, GrantRow>(
    "SELECT * FROM kms_grants WHERE key_id = :key_id AND id > :after ORDER BY id LIMIT :limit",
  ),
  retirable: statement<Listing & { retiring: string }, GrantRow>(
    `SELECT * FROM kms_grants WHERE account = :account AND region = :region AND retiring = :retiring AND id > :after ORDER BY id LIMIT :limit`,
  ),
  remove: unscoped<ById>("DELETE FROM kms_grants WHERE id = :id"),
};

export const tags = {
  put: unscoped<{ key_id: string; key: string; value: string }>(
    "INSERT INTO kms_tags (key_id, key, value) VALUES (:key_id, :key, :value) ON CONFLICT (key_id, key) DO UPDATE SET value = :value",
  ),
  of: unscoped<ById, { key: string; value: string }>("SELECT key, value FROM kms_tags WHERE key_id = :id ORDER BY key"),
  remove: unscoped<{ key_id: string; key: string }>("DELETE FROM kms_tags WHERE key_id = :key_id AND key = :key"),
};
