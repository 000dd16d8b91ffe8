import type { CreateTableInput, GlobalSecondaryIndex, LocalSecondaryIndex, ProvisionedThroughput } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { kmsKeyOf } from "./encryption.ts";
import { invalidValues, validation } from "./errors.ts";
import { insertTable, selectTables } from "./store.ts";
import { findTable, forgetTable, type IndexBody, namedTable, saveTable, type TableBody, type Throughput, tableName } from "./table.ts";
import { checkBilling, checkSchema, checkTableName } from "./table-checks.ts";
import { describe } from "./table-description.ts";
import { tagMap } from "./tags.ts";

const REFUSED = [
  "ResourcePolicy",
  "GlobalTableSourceArn",
  "GlobalTableSettingsReplicationMode",
  "VectorIndexes",
  "WarmThroughput",
] as const;
const DEFAULT_PAGE = 100;

export const tableOperations: Operations<"dynamodb"> = {
  CreateTable: async (input, ctx) => {
    const name = tableName(ctx, input.TableName);
    checkTableName(name);
    refuseMembers(input);
    checkCreation(input);
    const kmsKey = await kmsKeyOf(ctx, input.SSESpecification);
    return ctx.tx(() => {
      if (findTable(ctx, name) !== undefined) throw new AwsException("ResourceInUseException", `Table already exists: ${name}`);
      const body: TableBody = { ...newBody(ctx, input), ...(kmsKey === undefined ? {} : { kmsKey }) };
      const id = ctx.get(insertTable, { name, body: JSON.stringify(body) })?.id ?? 0;
      forgetTable(ctx, name);
      ctx.claim(name);
      ctx.send("dynamodb.table", { table: id }, { lane: `dynamodb/${id}` });
      const table = namedTable(ctx, name);
      ctx.emit({ source: "aws.dynamodb", type: "Table Created", resources: [table.arn], detail: { tableName: name, tableId: body.uuid } });
      return { TableDescription: describe(ctx, table) };
    });
  },
  DescribeTable: (input, ctx) => ({ Table: describe(ctx, namedTable(ctx, input.TableName)) }),
  ListTables: (input, ctx) => {
    const limit = input.Limit ?? DEFAULT_PAGE;
    const names = ctx.all(selectTables, { after: input.ExclusiveStartTableName ?? "", limit: limit + 1 }).map((row) => row.name);
    const page = names.slice(0, limit);
    const last = page.at(-1);
    return { TableNames: page, ...(names.length > limit && last !== undefined ? { LastEvaluatedTableName: last } : {}) };
  },
  DeleteTable: (input, ctx) => {
    const table = namedTable(ctx, input.TableName);
    if (table.body.deletionProtection) {
      throw validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.");
    }
    if (table.body.status !== "ACTIVE") {
      throw new AwsException(
        "ResourceInUseException",
        `Attempt to change a resource which is still in use: Table is being ${table.body.status === "DELETING" ? "deleted" : table.body.status === "CREATING" ? "created" : "updated"}: ${table.name}`,
      );
    }
    return ctx.tx(() => {
      const gone = saveTable(ctx, table, { status: "DELETING" });
      ctx.send("dynamodb.table", { table: table.id }, { lane: `dynamodb/${table.id}` });
      ctx.emit({ source: "aws.dynamodb", type: "Table Deleted", resources: [table.arn], detail: { tableName: table.name } });
      return { TableDescription: describe(ctx, gone) };
    });
  },
};

function refuseMembers(input: CreateTableInput): void {
  for (const member of REFUSED) if (input[member] !== undefined) throw notImplemented("dynamodb", "CreateTable", member);
  if (input.StreamSpecification?.StreamEnabled === true) throw notImplemented("dynamodb", "CreateTable", "StreamSpecification");
}

function checkCreation(input: CreateTableInput): void {
  const global = input.GlobalSecondaryIndexes;
  const local = input.LocalSecondaryIndexes;
  if (global?.length === 0) throw invalidValues("List of GlobalSecondaryIndexes is empty");
  if (local?.length === 0) throw invalidValues("List of LocalSecondaryIndexes is empty");
  if (input.AttributeDefinitions === undefined) throw invalidValues("AttributeDefinitions is not specified");
  if (input.KeySchema === undefined) throw invalidValues("KeySchema is not specified");
  checkBilling(input.BillingMode ?? "PROVISIONED", input.ProvisionedThroughput, global ?? []);
  checkSchema({ attributes: input.AttributeDefinitions, keySchema: input.KeySchema, global: global ?? [], local: local ?? [] });
}

function newBody(ctx: Context, input: CreateTableInput): TableBody {
  const global = (input.GlobalSecondaryIndexes ?? []).map((index, i) => newIndex(index, "GSI", i + 1));
  const local = (input.LocalSecondaryIndexes ?? []).map((index, i) => newIndex(index, "LSI", global.length + i + 1));
  const billing = input.BillingMode ?? "PROVISIONED";
  return {
    uuid: ctx.cloud.ids.uuid(),
    created: ctx.now,
    status: "CREATING",
    attributes: input.AttributeDefinitions ?? [],
    keySchema: input.KeySchema ?? [],
    indexes: [...global, ...local],
    nextIndex: global.length + local.length + 1,
    billing,
    billingShown: input.BillingMode === "PAY_PER_REQUEST",
    ...(billing === "PAY_PER_REQUEST" ? { payPerRequestSince: ctx.now } : {}),
    throughput: throughputOf(input.ProvisionedThroughput),
    ...(input.OnDemandThroughput === undefined ? {} : { onDemand: definedOnly(input.OnDemandThroughput) }),
    ...(input.TableClass === undefined ? {} : { tableClass: input.TableClass }),
    deletionProtection: input.DeletionProtectionEnabled ?? false,
    tags: tagMap(input.Tags ?? []),
  };
}

export function throughputOf(given: ProvisionedThroughput | undefined): Throughput {
  return { read: given?.ReadCapacityUnits ?? 0, write: given?.WriteCapacityUnits ?? 0 };
}

/** Without the members that are undefined, as it will be once it was stored. */
export function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function newIndex(index: GlobalSecondaryIndex | LocalSecondaryIndex, kind: "GSI" | "LSI", no: number): IndexBody {
  if ("WarmThroughput" in index && index.WarmThroughput !== undefined) {
    throw notImplemented("dynamodb", "CreateTable", "GlobalSecondaryIndexes.WarmThroughput");
  }
  const own =
    "ProvisionedThroughput" in index && index.ProvisionedThroughput !== undefined ? throughputOf(index.ProvisionedThroughput) : undefined;
  const onDemand =
    "OnDemandThroughput" in index && index.OnDemandThroughput !== undefined ? definedOnly(index.OnDemandThroughput) : undefined;
  return {
    no,
    name: index.IndexName ?? "",
    kind,
    keySchema: index.KeySchema ?? [],
    projection: index.Projection ?? { ProjectionType: "ALL" },
    status: kind === "GSI" ? "CREATING" : "ACTIVE",
    ...(own === undefined ? {} : { throughput: own }),
    ...(onDemand === undefined ? {} : { onDemand }),
  };
}
