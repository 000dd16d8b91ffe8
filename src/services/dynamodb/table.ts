import type { AttributeDefinition, IndexStatus, KeySchemaElement, Projection, TableStatus } from "@aws-sdk/client-dynamodb";
import { parseArn } from "../../aws/arn.ts";
import type { Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { namedTableNotFound, tableNotFound } from "./errors.ts";
import type { KeyAttribute } from "./expressions/key-condition.ts";
import { selectTable, selectTableById, type TableRow, updateTable } from "./store.ts";

export interface Throughput {
  readonly read: number;
  readonly write: number;
  readonly increased?: number;
  readonly decreased?: number;
}

/** A secondary index as it is stored. `no` is unique in its table, also over time. */
export interface IndexBody {
  readonly no: number;
  readonly name: string;
  readonly kind: "GSI" | "LSI";
  readonly keySchema: readonly KeySchemaElement[];
  readonly projection: Projection;
  readonly status: IndexStatus;
  readonly throughput?: Throughput;
  readonly onDemand?: { readonly MaxReadRequestUnits?: number; readonly MaxWriteRequestUnits?: number };
  /** While it is filled from the items there were: the id of the last one that was read. */
  readonly backfill?: number;
}

/** A table as it is stored. Instants are virtual ms. */
export interface TableBody {
  readonly uuid: string;
  readonly created: number;
  readonly status: TableStatus;
  readonly attributes: readonly AttributeDefinition[];
  readonly keySchema: readonly KeySchemaElement[];
  readonly indexes: readonly IndexBody[];
  readonly nextIndex: number;
  readonly billing: "PROVISIONED" | "PAY_PER_REQUEST";
  /** Whether the request that made the table named a billing mode, or it was changed since. */
  readonly billingShown: boolean;
  readonly payPerRequestSince?: number;
  readonly throughput: Throughput;
  readonly onDemand?: { readonly MaxReadRequestUnits?: number; readonly MaxWriteRequestUnits?: number };
  readonly kmsKey?: string;
  readonly tableClass?: "STANDARD" | "STANDARD_INFREQUENT_ACCESS";
  readonly tableClassChanged?: number;
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly ttl?: {
    readonly attribute: string;
    readonly enabled: boolean;
    readonly changed: number;
    /** As `IndexBody.backfill`. */
    readonly backfill?: number;
  };
  /** When the next `dynamodb.expire` message that counts is due. */
  readonly sweep?: number;
}

/** What reading and writing items needs of an index. */
export interface Index {
  readonly no: number;
  readonly name: string;
  readonly kind: "GSI" | "LSI";
  readonly status: IndexStatus;
  readonly hash: KeyAttribute;
  readonly range: KeyAttribute | undefined;
  /** Top-level attributes that it holds; undefined for all. */
  readonly projected: ReadonlySet<string> | undefined;
}

export interface Table {
  readonly id: number;
  readonly name: string;
  readonly arn: string;
  readonly body: TableBody;
  readonly hash: KeyAttribute;
  readonly range: KeyAttribute | undefined;
  readonly keys: readonly KeyAttribute[];
  /** Those that writes keep up to date. */
  readonly indexes: readonly Index[];
}

interface Remembered {
  readonly tables: Map<string, Table>;
  /** Written in a transaction that is not committed yet; after a rollback a table stays here until it is written again. */
  readonly dirty: Set<string>;
}

const remembered = new WeakMap<Cloud, Remembered>();

function memoryOf(cloud: Cloud): Remembered {
  let memory = remembered.get(cloud);
  if (memory === undefined) {
    memory = { tables: new Map(), dirty: new Set() };
    remembered.set(cloud, memory);
  }
  return memory;
}

/** Forgets all that is remembered of tables: their rows were replaced. */
export function forgetTables(cloud: Cloud): void {
  remembered.delete(cloud);
}

/**
 * The name in a `TableName`, which may be an ARN.
 * @throws AwsException AccessDeniedException for another account's table
 */
export function tableName(ctx: Context, nameOrArn: string | undefined): string {
  const text = nameOrArn ?? "";
  if (!text.startsWith("arn:")) return text;
  const arn = parseArn(text);
  if (arn?.account !== ctx.account) {
    throw new AwsException(
      "AccessDeniedException",
      `${ctx.principal.arn} has no access to ${text}: tables of other accounts cannot be used`,
    );
  }
  const [type, name, ...rest] = arn.resource.split("/");
  if (arn.region !== ctx.region || type !== "table" || name === undefined || rest.length > 0) throw tableNotFound();
  return name;
}

export function findTable(ctx: Context, nameOrArn: string | undefined): Table | undefined {
  const name = tableName(ctx, nameOrArn);
  const { tables, dirty } = memoryOf(ctx.cloud);
  const key = cacheKey(ctx, name);
  const known = tables.get(key);
  if (known !== undefined) return known;
  const row = ctx.get(selectTable, { name });
  if (row === undefined) return undefined;
  const table = toTable(ctx, row);
  if (!dirty.has(key)) tables.set(key, table);
  return table;
}

export function findTableById(ctx: Context, id: number): Table | undefined {
  const row = ctx.get(selectTableById, { id });
  return row === undefined ? undefined : toTable(ctx, row);
}

/** A table for operations on the table itself. @throws AwsException ResourceNotFoundException naming it */
export function namedTable(ctx: Context, nameOrArn: string | undefined): Table {
  const table = findTable(ctx, nameOrArn);
  if (table === undefined) throw namedTableNotFound(tableName(ctx, nameOrArn));
  return table;
}

/** A table whose items can be used. @throws AwsException ResourceNotFoundException */
export function activeTable(ctx: Context, nameOrArn: string | undefined): Table {
  const table = findTable(ctx, nameOrArn);
  if (table === undefined || table.body.status === "CREATING" || table.body.status === "DELETING") throw tableNotFound();
  return table;
}

/** Stores a changed table. Every reader after it sees the change; after a rollback they see the old one. */
export function saveTable(ctx: Context, table: Table, change: Partial<TableBody>): Table {
  const body: TableBody = { ...table.body, ...change };
  ctx.run(updateTable, { id: table.id, body: JSON.stringify(body) });
  forgetTable(ctx, table.name);
  return toTable(ctx, { id: table.id, name: table.name, body: JSON.stringify(body) });
}

export function forgetTable(ctx: Context, name: string): void {
  const { tables, dirty } = memoryOf(ctx.cloud);
  const key = cacheKey(ctx, name);
  tables.delete(key);
  dirty.add(key);
  ctx.cloud.store.afterCommit(() => dirty.delete(key));
}

function cacheKey(ctx: Context, name: string): string {
  return `${ctx.account}/${ctx.region}/${name}`;
}

function toTable(ctx: Context, row: TableRow): Table {
  const body = JSON.parse(row.body) as TableBody;
  const types = new Map(body.attributes.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]));
  const attribute = (schema: readonly KeySchemaElement[], type: "HASH" | "RANGE"): KeyAttribute | undefined => {
    const name = schema.find((element) => element.KeyType === type)?.AttributeName;
    return name === undefined ? undefined : { name, type: types.get(name) ?? "S" };
  };
  const hash = attribute(body.keySchema, "HASH") ?? { name: "", type: "S" };
  const range = attribute(body.keySchema, "RANGE");
  const keys = range === undefined ? [hash] : [hash, range];
  const indexes = body.indexes
    .filter(({ status }) => status !== "DELETING")
    .map((index): Index => {
      const own = { hash: attribute(index.keySchema, "HASH") ?? hash, range: attribute(index.keySchema, "RANGE") };
      return { no: index.no, name: index.name, kind: index.kind, status: index.status, ...own, projected: projected(index, keys) };
    });
  return { id: row.id, name: row.name, arn: ctx.arn("dynamodb", `table/${row.name}`), body, hash, range, keys, indexes };
}

function projected(index: IndexBody, tableKeys: readonly KeyAttribute[]): ReadonlySet<string> | undefined {
  if (index.projection.ProjectionType === "ALL") return undefined;
  const keys = [...tableKeys.map(({ name }) => name), ...index.keySchema.map(({ AttributeName }) => AttributeName ?? "")];
  return new Set([...keys, ...(index.projection.NonKeyAttributes ?? [])]);
}
