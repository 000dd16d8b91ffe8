import type { GlobalSecondaryIndexUpdate, UpdateTableInput } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { kmsKeyOf } from "./encryption.ts";
import { invalidValues, validation } from "./errors.ts";
import { type IndexBody, namedTable, saveTable, type Table, type TableBody, type Throughput } from "./table.ts";
import { checkBilling, checkSchema } from "./table-checks.ts";
import { describe } from "./table-description.ts";
import { definedOnly, newIndex, throughputOf } from "./tables.ts";

const REFUSED = [
  "ReplicaUpdates",
  "MultiRegionConsistency",
  "GlobalTableWitnessUpdates",
  "WarmThroughput",
  "GlobalTableSettingsReplicationMode",
  "DisassociationProtectionEnabled",
  "VectorIndexUpdates",
] as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html */
export const updateTableOperations: Operations<"dynamodb"> = {
  UpdateTable: async (input, ctx) => {
    for (const member of REFUSED) if (input[member] !== undefined) throw notImplemented("dynamodb", "UpdateTable", member);
    if (input.StreamSpecification?.StreamEnabled === true) throw notImplemented("dynamodb", "UpdateTable", "StreamSpecification");
    const kmsKey = await kmsKeyOf(ctx, input.SSESpecification);
    return ctx.tx(() => {
      const table = namedTable(ctx, input.TableName);
      if (table.body.status !== "ACTIVE") {
        throw new AwsException(
          "ResourceInUseException",
          `Attempt to change a resource which is still in use: Table is being ${table.body.status.toLowerCase().replace("ing", "ed")}: ${table.name}`,
        );
      }
      const body = changedBody(ctx, table, input);
      const withKey = input.SSESpecification === undefined ? body : withKmsKey(body, kmsKey);
      // Protection, class and key change without the table being updated in between.
      const updating =
        input.BillingMode !== undefined || input.ProvisionedThroughput !== undefined || input.GlobalSecondaryIndexUpdates !== undefined;
      const next = saveTable(ctx, { ...table, body: withKey }, updating ? { status: "UPDATING" } : {});
      if (updating) ctx.send("dynamodb.table", { table: table.id }, { lane: `dynamodb/${table.id}` });
      ctx.emit({ source: "aws.dynamodb", type: "Table Updated", resources: [table.arn], detail: { tableName: table.name } });
      return { TableDescription: describe(ctx, next) };
    });
  },
};

function withKmsKey(body: TableBody, kmsKey: string | undefined): TableBody {
  const { kmsKey: _old, ...rest } = body;
  return kmsKey === undefined ? rest : { ...rest, kmsKey };
}

function changedBody(ctx: Context, table: Table, input: UpdateTableInput): TableBody {
  const { body } = table;
  const nothing = [
    input.BillingMode,
    input.ProvisionedThroughput,
    input.GlobalSecondaryIndexUpdates,
    input.SSESpecification,
    input.TableClass,
    input.DeletionProtectionEnabled,
    input.OnDemandThroughput,
    input.StreamSpecification,
  ].every((member) => member === undefined);
  if (nothing) {
    throw invalidValues(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  }
  const billed = changeBilling(ctx, body, input);
  const indexed = changeIndexes(table, billed, input);
  return {
    ...indexed,
    ...(input.TableClass === undefined ? {} : { tableClass: input.TableClass, tableClassChanged: ctx.now }),
    ...(input.DeletionProtectionEnabled === undefined ? {} : { deletionProtection: input.DeletionProtectionEnabled }),
    ...(input.OnDemandThroughput === undefined ? {} : { onDemand: definedOnly(input.OnDemandThroughput) }),
  };
}

function changeBilling(ctx: Context, body: TableBody, input: UpdateTableInput): TableBody {
  const mode = input.BillingMode ?? body.billing;
  const given = input.ProvisionedThroughput;
  const switched = mode !== body.billing;
  if (mode === "PAY_PER_REQUEST" && given !== undefined) checkBilling(mode, given, []);
  if (mode === "PROVISIONED" && switched) checkBilling(mode, given, []);
  if (switched && mode === "PAY_PER_REQUEST") {
    return {
      ...body,
      billing: mode,
      billingShown: true,
      payPerRequestSince: ctx.now,
      throughput: { read: 0, write: 0 },
      indexes: body.indexes.map(unprovisioned),
    };
  }
  if (given === undefined) return body;
  const next = throughputOf(given);
  if (!switched && next.read === body.throughput.read && next.write === body.throughput.write) {
    if (input.GlobalSecondaryIndexUpdates !== undefined) return body;
    throw validation(
      `The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: ${next.read}. Requested ReadCapacityUnits: ${next.read}. Current WriteCapacityUnits provisioned for the table: ${next.write}. Requested WriteCapacityUnits: ${next.write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.`,
    );
  }
  return { ...body, billing: mode, billingShown: body.billingShown || switched, throughput: stamped(ctx, body.throughput, next) };
}

function stamped(ctx: Context, old: Throughput, next: Throughput): Throughput {
  const up = next.read > old.read || next.write > old.write;
  const down = next.read < old.read || next.write < old.write;
  return { ...old, ...next, ...(up ? { increased: ctx.now } : {}), ...(down ? { decreased: ctx.now } : {}) };
}

function unprovisioned(index: IndexBody): IndexBody {
  const { throughput: _old, ...rest } = index;
  return rest;
}

function changeIndexes(table: Table, body: TableBody, input: UpdateTableInput): TableBody {
  const updates = input.GlobalSecondaryIndexUpdates ?? [];
  const definitions = mergeDefinitions(body, input);
  const made = updates.filter(({ Create, Delete }) => Create !== undefined || Delete !== undefined);
  if (made.length > 1) {
    throw new AwsException(
      "LimitExceededException",
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    );
  }
  return updates.reduce((current, update) => changeIndex(table, current, update), { ...body, attributes: definitions });
}

function mergeDefinitions(body: TableBody, input: UpdateTableInput): TableBody["attributes"] {
  const given = input.AttributeDefinitions ?? [];
  for (const { AttributeName, AttributeType } of given) {
    const known = body.attributes.find((other) => other.AttributeName === AttributeName);
    if (known !== undefined && known.AttributeType !== AttributeType) {
      throw invalidValues(`Attribute type of ${AttributeName} cannot be changed from ${known.AttributeType} to ${AttributeType}`);
    }
  }
  const used =
    input.GlobalSecondaryIndexUpdates?.flatMap(({ Create }) => Create?.KeySchema ?? []).map(({ AttributeName }) => AttributeName) ?? [];
  const fresh = given.filter(
    ({ AttributeName }) => used.includes(AttributeName) && body.attributes.every((other) => other.AttributeName !== AttributeName),
  );
  return [...body.attributes, ...fresh];
}

function changeIndex(table: Table, body: TableBody, { Create, Update, Delete }: GlobalSecondaryIndexUpdate): TableBody {
  if ([Create, Update, Delete].filter((action) => action !== undefined).length !== 1) {
    throw invalidValues(
      "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
    );
  }
  if (Create !== undefined) {
    if (body.indexes.some(({ name }) => name === Create.IndexName)) {
      throw validation(`Attempting to create an index which already exists`);
    }
    if (body.billing === "PAY_PER_REQUEST" || Create.ProvisionedThroughput === undefined) {
      checkBilling(body.billing, body.billing === "PROVISIONED" ? { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } : undefined, [Create]);
    }
    const added: IndexBody = { ...newIndex(Create, "GSI", body.nextIndex), backfill: 0 };
    const next = { ...body, indexes: [...body.indexes, added], nextIndex: body.nextIndex + 1 };
    checkSchema(schemaOf(next));
    return next;
  }
  const name = Update?.IndexName ?? Delete?.IndexName;
  const index = body.indexes.find((other) => other.name === name && other.kind === "GSI");
  if (index === undefined) {
    throw new AwsException("ResourceNotFoundException", `Requested resource not found: Index: ${name} in Table: ${table.name} not found`);
  }
  const changed: IndexBody = Delete !== undefined ? { ...index, status: "DELETING" } : updatedIndex(body, index, Update);
  return { ...body, indexes: body.indexes.map((other) => (other === index ? changed : other)) };
}

function updatedIndex(body: TableBody, index: IndexBody, update: GlobalSecondaryIndexUpdate["Update"]): IndexBody {
  if (update?.WarmThroughput !== undefined) {
    throw notImplemented("dynamodb", "UpdateTable", "GlobalSecondaryIndexUpdates.WarmThroughput");
  }
  if (update?.ProvisionedThroughput !== undefined && body.billing === "PAY_PER_REQUEST") {
    throw invalidValues("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  }
  return {
    ...index,
    status: "UPDATING",
    ...(update?.ProvisionedThroughput === undefined ? {} : { throughput: throughputOf(update.ProvisionedThroughput) }),
    ...(update?.OnDemandThroughput === undefined ? {} : { onDemand: definedOnly(update.OnDemandThroughput) }),
  };
}

function schemaOf(body: TableBody): Parameters<typeof checkSchema>[0] {
  const requestOf = ({ name, keySchema, projection }: IndexBody) => ({
    IndexName: name,
    KeySchema: [...keySchema],
    Projection: projection,
  });
  return {
    attributes: body.attributes,
    keySchema: body.keySchema,
    global: body.indexes.filter(({ kind }) => kind === "GSI").map(requestOf),
    local: body.indexes.filter(({ kind }) => kind === "LSI").map(requestOf),
  };
}
