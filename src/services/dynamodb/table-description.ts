import type {
  GlobalSecondaryIndexDescription,
  LocalSecondaryIndexDescription,
  ProvisionedThroughputDescription,
  TableDescription,
} from "@aws-sdk/client-dynamodb";
import type { Cloud, Context } from "../../aws/context.ts";
import { countItems, sumEntries, sumItems } from "./store.ts";
import type { IndexBody, Table, Throughput } from "./table.ts";

/** Beyond this, items are counted again only after six hours, as AWS does for every table. */
const COUNTED_LIVE = 10_000;
const RECOUNT_MS = 6 * 3_600_000;

interface Counts {
  readonly at: number;
  readonly count: number;
  readonly size: number;
}

const counted = new WeakMap<Cloud, Map<string, Counts>>();

export function forgetCounts(cloud: Cloud): void {
  counted.delete(cloud);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
export function describe(ctx: Context, table: Table): TableDescription {
  const { body } = table;
  const sums = countsOf(ctx, `${table.id}`, () => tableCounts(ctx, table));
  const global = body.indexes.filter(({ kind }) => kind === "GSI").map((index) => describeGlobal(ctx, table, index));
  const local = body.indexes.filter(({ kind }) => kind === "LSI").map((index) => describeLocal(ctx, table, index));
  return {
    AttributeDefinitions: [...body.attributes],
    TableName: table.name,
    KeySchema: [...body.keySchema],
    TableStatus: body.status,
    CreationDateTime: new Date(body.created),
    ProvisionedThroughput: describeThroughput(body.throughput),
    TableSizeBytes: sums.size,
    ItemCount: sums.count,
    TableArn: table.arn,
    TableId: body.uuid,
    ...(body.billingShown ? { BillingModeSummary: describeBilling(table) } : {}),
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
    ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
    ...(body.kmsKey === undefined ? {} : { SSEDescription: { Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: body.kmsKey } }),
    ...(body.tableClass === undefined ? {} : { TableClassSummary: describeClass(table) }),
    ...(body.onDemand === undefined ? {} : { OnDemandThroughput: body.onDemand }),
    DeletionProtectionEnabled: body.deletionProtection,
  };
}

function describeBilling({ body }: Table): NonNullable<TableDescription["BillingModeSummary"]> {
  const since = body.payPerRequestSince;
  return { BillingMode: body.billing, ...(since === undefined ? {} : { LastUpdateToPayPerRequestDateTime: new Date(since) }) };
}

function describeClass({ body }: Table): NonNullable<TableDescription["TableClassSummary"]> {
  const changed = body.tableClassChanged;
  return { TableClass: body.tableClass, ...(changed === undefined ? {} : { LastUpdateDateTime: new Date(changed) }) };
}

function describeThroughput({ read, write, increased, decreased }: Throughput): ProvisionedThroughputDescription {
  return {
    ...(increased === undefined ? {} : { LastIncreaseDateTime: new Date(increased) }),
    ...(decreased === undefined ? {} : { LastDecreaseDateTime: new Date(decreased) }),
    NumberOfDecreasesToday: 0,
    ReadCapacityUnits: read,
    WriteCapacityUnits: write,
  };
}

function describeLocal(ctx: Context, table: Table, index: IndexBody): LocalSecondaryIndexDescription {
  const sums = countsOf(ctx, `${table.id}/${index.no}`, () => indexCounts(ctx, table, index));
  return {
    IndexName: index.name,
    KeySchema: [...index.keySchema],
    Projection: index.projection,
    IndexSizeBytes: sums.size,
    ItemCount: sums.count,
    IndexArn: `${table.arn}/index/${index.name}`,
  };
}

function describeGlobal(ctx: Context, table: Table, index: IndexBody): GlobalSecondaryIndexDescription {
  return {
    ...describeLocal(ctx, table, index),
    IndexStatus: index.status,
    ...(index.backfill === undefined ? {} : { Backfilling: true }),
    ProvisionedThroughput: describeThroughput(index.throughput ?? { read: 0, write: 0 }),
    ...(index.onDemand === undefined ? {} : { OnDemandThroughput: index.onDemand }),
  };
}

function countsOf(ctx: Context, key: string, count: () => { count: number; size: number }): Counts {
  let known = counted.get(ctx.cloud);
  if (known === undefined) {
    known = new Map();
    counted.set(ctx.cloud, known);
  }
  const last = known.get(key);
  if (last !== undefined && ctx.now - last.at < RECOUNT_MS) return last;
  const fresh = { at: ctx.now, ...count() };
  if (fresh.count > COUNTED_LIVE) known.set(key, fresh);
  return fresh;
}

function tableCounts(ctx: Context, table: Table): { count: number; size: number } {
  const { count } = ctx.cloud.store.get(countItems, { table: table.id }) ?? { count: 0 };
  return count === 0 ? { count, size: 0 } : { count, size: ctx.cloud.store.get(sumItems, { table: table.id })?.size ?? 0 };
}

function indexCounts(ctx: Context, table: Table, index: IndexBody): { count: number; size: number } {
  const sums = ctx.cloud.store.get(sumEntries, { table: table.id, index: index.no });
  return { count: sums?.count ?? 0, size: sums?.size ?? 0 };
}
