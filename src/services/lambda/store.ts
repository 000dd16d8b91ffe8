import type { Context } from "../../aws/context.ts";
import { type Migrations, statement, unscoped } from "../../kernel/store.ts";
import type { AliasRecord, AsyncEvent, EventConfig, FunctionRecord, LayerRecord, MappingRecord, UrlRecord } from "./records.ts";

export const migrations: Migrations = {
  name: "lambda",
  steps: [
    `CREATE TABLE lambda_functions (account TEXT, region TEXT, name TEXT, published INTEGER NOT NULL, reserved INTEGER,
       tags TEXT NOT NULL, PRIMARY KEY (account, region, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE lambda_versions (account TEXT, region TEXT, name TEXT, number INTEGER, record TEXT NOT NULL,
       PRIMARY KEY (account, region, name, number)) STRICT, WITHOUT ROWID;
     CREATE TABLE lambda_parts (account TEXT, region TEXT, kind TEXT, owner TEXT, id TEXT, record TEXT NOT NULL,
       PRIMARY KEY (account, region, kind, owner, id)) STRICT, WITHOUT ROWID;
     CREATE TABLE lambda_layers (account TEXT, region TEXT, name TEXT, number INTEGER, record TEXT,
       PRIMARY KEY (account, region, name, number)) STRICT, WITHOUT ROWID;
     CREATE TABLE lambda_urls (url_id TEXT PRIMARY KEY, account TEXT, region TEXT, name TEXT, qualifier TEXT) STRICT, WITHOUT ROWID;
     CREATE TABLE lambda_events (account TEXT, region TEXT, id TEXT, record TEXT NOT NULL, payload BLOB NOT NULL,
       PRIMARY KEY (account, region, id)) STRICT, WITHOUT ROWID;`,
  ],
};

/** `$LATEST` is number 0. */
export const LATEST = "$LATEST";

export interface FunctionRow {
  readonly name: string;
  /** Number of the newest published version. */
  readonly published: number;
  readonly reserved: number | null;
  readonly tags: string;
}

type Json = { readonly record: string };

const selectFunction = statement<{ name: string }, FunctionRow>(
  "SELECT name, published, reserved, tags FROM lambda_functions WHERE account = :account AND region = :region AND name = :name",
);
const upsertFunction = statement<{ name: string; published: number; reserved: number | null; tags: string }>(
  `INSERT OR REPLACE INTO lambda_functions (account, region, name, published, reserved, tags)
   VALUES (:account, :region, :name, :published, :reserved, :tags)`,
);
const deleteFunctionRow = statement<{ name: string }>(
  "DELETE FROM lambda_functions WHERE account = :account AND region = :region AND name = :name",
);
const sumReserved = statement<Record<never, never>, { total: number | null }>(
  "SELECT sum(reserved) AS total FROM lambda_functions WHERE account = :account AND region = :region",
);
const selectVersion = statement<{ name: string; number: number }, Json>(
  "SELECT record FROM lambda_versions WHERE account = :account AND region = :region AND name = :name AND number = :number",
);
const upsertVersion = statement<{ name: string; number: number; record: string }>(
  "INSERT OR REPLACE INTO lambda_versions (account, region, name, number, record) VALUES (:account, :region, :name, :number, :record)",
);
const deleteVersionRow = statement<{ name: string; number: number }>(
  "DELETE FROM lambda_versions WHERE account = :account AND region = :region AND name = :name AND number = :number",
);
const deleteVersions = statement<{ name: string }>(
  "DELETE FROM lambda_versions WHERE account = :account AND region = :region AND name = :name",
);
const selectVersions = statement<{ name: string; after: number; limit: number }, Json>(
  `SELECT record FROM lambda_versions WHERE account = :account AND region = :region AND name = :name AND number > :after
   ORDER BY number LIMIT :limit`,
);
const selectLatest = statement<{ after: string; limit: number }, Json>(
  `SELECT record FROM lambda_versions WHERE account = :account AND region = :region AND number = 0 AND name > :after
   ORDER BY name LIMIT :limit`,
);
const selectAllVersions = statement<{ after: string; number: number; limit: number }, Json>(
  `SELECT record FROM lambda_versions WHERE account = :account AND region = :region AND (name, number) > (:after, :number)
   ORDER BY name, number LIMIT :limit`,
);
const selectPart = statement<{ kind: string; owner: string; id: string }, Json>(
  "SELECT record FROM lambda_parts WHERE account = :account AND region = :region AND kind = :kind AND owner = :owner AND id = :id",
);
const selectParts = statement<{ kind: string; owner: string; after: string; limit: number }, Json & { id: string }>(
  `SELECT id, record FROM lambda_parts WHERE account = :account AND region = :region AND kind = :kind AND owner = :owner
   AND id > :after ORDER BY id LIMIT :limit`,
);
const upsertPart = statement<{ kind: string; owner: string; id: string; record: string }>(
  `INSERT OR REPLACE INTO lambda_parts (account, region, kind, owner, id, record)
   VALUES (:account, :region, :kind, :owner, :id, :record)`,
);
const deletePartRow = statement<{ kind: string; owner: string; id: string }>(
  "DELETE FROM lambda_parts WHERE account = :account AND region = :region AND kind = :kind AND owner = :owner AND id = :id",
);
const deleteOwned = statement<{ owner: string }>(
  "DELETE FROM lambda_parts WHERE account = :account AND region = :region AND owner = :owner",
);
const selectLayer = statement<{ name: string; number: number }, Json>(
  `SELECT record FROM lambda_layers WHERE account = :account AND region = :region AND name = :name AND number = :number
   AND record IS NOT NULL`,
);
const selectLayerVersions = statement<{ name: string; before: number; limit: number }, Json>(
  `SELECT record FROM lambda_layers WHERE account = :account AND region = :region AND name = :name AND number < :before
   AND record IS NOT NULL ORDER BY number DESC LIMIT :limit`,
);
const selectNewestLayers = statement<{ after: string; limit: number }, Json>(
  `SELECT record FROM lambda_layers AS l WHERE account = :account AND region = :region AND name > :after AND number =
   (SELECT max(number) FROM lambda_layers AS n WHERE n.account = l.account AND n.region = l.region AND n.name = l.name
    AND n.record IS NOT NULL) ORDER BY name LIMIT :limit`,
);
const lastLayerNumber = statement<{ name: string }, { number: number | null }>(
  "SELECT max(number) AS number FROM lambda_layers WHERE account = :account AND region = :region AND name = :name",
);
const upsertLayer = statement<{ name: string; number: number; record: string | null }>(
  "INSERT OR REPLACE INTO lambda_layers (account, region, name, number, record) VALUES (:account, :region, :name, :number, :record)",
);
const insertUrl = statement<{ url_id: string; name: string; qualifier: string }>(
  "INSERT OR REPLACE INTO lambda_urls (url_id, account, region, name, qualifier) VALUES (:url_id, :account, :region, :name, :qualifier)",
);
const deleteUrlRows = statement<{ name: string; qualifier: string | null }>(
  `DELETE FROM lambda_urls WHERE account = :account AND region = :region AND name = :name
   AND (:qualifier IS NULL OR qualifier = :qualifier)`,
);
/** Found by an id that is unique over all accounts: it is all that a request to a URL brings. */
export const selectUrl = unscoped<
  { url_id: string },
  { readonly account: string; readonly region: string; readonly name: string; readonly qualifier: string }
>("SELECT account, region, name, qualifier FROM lambda_urls WHERE url_id = :url_id");
const insertEvent = statement<{ id: string; record: string; payload: Uint8Array }>(
  "INSERT OR REPLACE INTO lambda_events (account, region, id, record, payload) VALUES (:account, :region, :id, :record, :payload)",
);
const updateEvent = statement<{ id: string; record: string }>(
  "UPDATE lambda_events SET record = :record WHERE account = :account AND region = :region AND id = :id",
);
const selectEvent = statement<{ id: string }, Json & { payload: Uint8Array }>(
  "SELECT record, payload FROM lambda_events WHERE account = :account AND region = :region AND id = :id",
);
const deleteEventRow = statement<{ id: string }>("DELETE FROM lambda_events WHERE account = :account AND region = :region AND id = :id");

/** What belongs to a function or stands beside it, by kind; `owner` is the function's name, or "" for what has no owner. */
export interface Parts {
  readonly alias: AliasRecord;
  /** By qualifier, "" for the function itself. */
  readonly policy: { readonly revisionId: string; readonly statements: readonly Record<string, unknown>[] };
  readonly "event-config": EventConfig;
  readonly url: UrlRecord;
  readonly mapping: MappingRecord;
  /** Keyed `<layer>:<version>`. */
  readonly "layer-policy": { readonly revisionId: string; readonly statements: readonly Record<string, unknown>[] };
}

const numberOf = (version: string): number => (version === LATEST ? 0 : Number(version));
const parsed = <T>(row: Json | undefined): T | undefined => (row === undefined ? undefined : (JSON.parse(row.record) as T));

export function getFunctionRow(ctx: Context, name: string): FunctionRow | undefined {
  return ctx.get(selectFunction, { name });
}

export function putFunctionRow(ctx: Context, row: FunctionRow): void {
  const { name, published, reserved, tags } = row;
  ctx.run(upsertFunction, { name, published, reserved, tags });
}

export function removeFunction(ctx: Context, name: string): void {
  ctx.run(deleteFunctionRow, { name });
  ctx.run(deleteVersions, { name });
  ctx.run(deleteOwned, { owner: name });
  ctx.run(deleteUrlRows, { name, qualifier: null });
}

export function reservedInAll(ctx: Context): number {
  return ctx.get(sumReserved, {})?.total ?? 0;
}

export function getVersion(ctx: Context, name: string, version: string): FunctionRecord | undefined {
  return parsed(ctx.get(selectVersion, { name, number: numberOf(version) }));
}

export function putVersion(ctx: Context, record: FunctionRecord): void {
  ctx.run(upsertVersion, { name: record.name, number: numberOf(record.version), record: JSON.stringify(record) });
}

export function removeVersion(ctx: Context, name: string, version: string): boolean {
  return ctx.run(deleteVersionRow, { name, number: numberOf(version) }) > 0;
}

export function listVersions(ctx: Context, name: string, after: number, limit: number): FunctionRecord[] {
  return ctx.all(selectVersions, { name, after, limit }).map((row) => JSON.parse(row.record) as FunctionRecord);
}

export function listLatest(ctx: Context, after: string, limit: number): FunctionRecord[] {
  return ctx.all(selectLatest, { after, limit }).map((row) => JSON.parse(row.record) as FunctionRecord);
}

export function listAllVersions(ctx: Context, after: string, number: number, limit: number): FunctionRecord[] {
  return ctx.all(selectAllVersions, { after, number, limit }).map((row) => JSON.parse(row.record) as FunctionRecord);
}

export function getPart<K extends keyof Parts & string>(ctx: Context, kind: K, owner: string, id: string): Parts[K] | undefined {
  return parsed<Parts[K]>(ctx.get(selectPart, { kind, owner, id }));
}

export function putPart<K extends keyof Parts & string>(ctx: Context, kind: K, owner: string, entry: readonly [string, Parts[K]]): void {
  ctx.run(upsertPart, { kind, owner, id: entry[0], record: JSON.stringify(entry[1]) });
}

export function removePart(ctx: Context, kind: keyof Parts & string, owner: string, id: string): boolean {
  return ctx.run(deletePartRow, { kind, owner, id }) > 0;
}

export function listParts<K extends keyof Parts & string>(
  ctx: Context,
  kind: K,
  owner: string,
  page: { readonly after: string; readonly limit: number } = { after: "", limit: 100_000 },
): { readonly id: string; readonly record: Parts[K] }[] {
  return ctx.all(selectParts, { kind, owner, ...page }).map((row) => ({ id: row.id, record: JSON.parse(row.record) as Parts[K] }));
}

export function getLayer(ctx: Context, name: string, number: number): LayerRecord | undefined {
  return parsed(ctx.get(selectLayer, { name, number }));
}

/** Numbers are never used again, so a deleted version leaves its number: the record is null. */
export function putLayer(ctx: Context, name: string, number: number, record: LayerRecord | null): void {
  ctx.run(upsertLayer, { name, number, record: record === null ? null : JSON.stringify(record) });
}

export function lastLayer(ctx: Context, name: string): number {
  return ctx.get(lastLayerNumber, { name })?.number ?? 0;
}

export function listLayerRecords(ctx: Context, name: string, before: number, limit: number): LayerRecord[] {
  return ctx.all(selectLayerVersions, { name, before, limit }).map((row) => JSON.parse(row.record) as LayerRecord);
}

export function listNewestLayers(ctx: Context, after: string, limit: number): LayerRecord[] {
  return ctx.all(selectNewestLayers, { after, limit }).map((row) => JSON.parse(row.record) as LayerRecord);
}

export function putUrlId(ctx: Context, urlId: string, name: string, qualifier: string): void {
  ctx.run(insertUrl, { url_id: urlId, name, qualifier });
}

export function removeUrlId(ctx: Context, name: string, qualifier: string): void {
  ctx.run(deleteUrlRows, { name, qualifier });
}

export function putEvent(ctx: Context, event: AsyncEvent, payload: Uint8Array): void {
  ctx.run(insertEvent, { id: event.id, record: JSON.stringify(event), payload });
}

export function changeEvent(ctx: Context, event: AsyncEvent): void {
  ctx.run(updateEvent, { id: event.id, record: JSON.stringify(event) });
}

export function getEvent(ctx: Context, id: string): { readonly event: AsyncEvent; readonly payload: Buffer } | undefined {
  const row = ctx.get(selectEvent, { id });
  return row === undefined ? undefined : { event: JSON.parse(row.record) as AsyncEvent, payload: Buffer.from(row.payload) };
}

export function removeEvent(ctx: Context, id: string): void {
  ctx.run(deleteEventRow, { id });
}
