import type { GlobalSecondaryIndex, GlobalSecondaryIndexDescription, TableDescription } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Properties, ResourcePending, ResourceState, ResourceType } from "../../aws/resource.ts";
import { listOfTags, type Tags, tagsOfList } from "../../aws/tags.ts";
import { type DesiredTable, desiredTable, fromGlobalTable } from "./resource-properties.ts";
import { nextChange } from "./resource-update.ts";

type Translate = (properties: Properties, ctx: Context) => Properties;

const MAX_NAME = 255;

function tableType(translate: Translate): ResourceType {
  return {
    create: async (ctx, request) => {
      const properties = translate(request.properties, ctx);
      const desired = desiredTable(properties);
      let name = ctx.claimed();
      if (name === undefined) {
        name = typeof properties["TableName"] === "string" ? properties["TableName"] : request.generatedName(MAX_NAME);
        await ctx.call("dynamodb", "CreateTable", { TableName: name, ...desired.definition, Tags: mergedTags(desired, request.stackTags) });
      }
      const table = await describe(ctx, name);
      if (!rests(table)) return pending(ctx);
      await alignTtl(ctx, name, desired);
      return stateOf(name, table);
    },
    update: async (ctx, request) => {
      const desired = desiredTable(translate(request.properties, ctx));
      const previous = desiredTable(translate(request.previous, ctx));
      const name = request.physicalId;
      const table = await describe(ctx, name);
      if (!rests(table)) return pending(ctx);
      // Against what is there, not what was asked for before: a rollback of a refused update has nothing to undo.
      checkIndexChanges(table?.GlobalSecondaryIndexes ?? [], desired.definition.GlobalSecondaryIndexes ?? []);
      const change = nextChange(table ?? {}, desired, previous);
      if (change !== undefined) {
        await ctx.call("dynamodb", "UpdateTable", { TableName: name, ...change });
        return pending(ctx);
      }
      await alignTtl(ctx, name, desired, previous);
      await alignTags(ctx, table?.TableArn ?? "", mergedTags(desired, request.stackTags));
      return stateOf(name, table);
    },
    delete: async (ctx, { physicalId }) => {
      const table = await describe(ctx, physicalId);
      if (table === undefined) return undefined;
      if (rests(table)) await ctx.call("dynamodb", "DeleteTable", { TableName: physicalId });
      return pending(ctx);
    },
    read: async (ctx, physicalId) => {
      const table = await describe(ctx, physicalId);
      return table === undefined ? undefined : liveProperties(table);
    },
  };
}

export const resources: Readonly<Record<string, ResourceType>> = {
  "AWS::DynamoDB::Table": tableType((properties) => properties),
  "AWS::DynamoDB::GlobalTable": tableType((properties, ctx) => fromGlobalTable(properties, ctx.region)),
};

async function describe(ctx: Context, name: string): Promise<TableDescription | undefined> {
  try {
    return (await ctx.call("dynamodb", "DescribeTable", { TableName: name })).Table;
  } catch (error) {
    if (error instanceof AwsException && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

/** The table's own messages are due now, too: asking again at this instant comes after them. */
function pending(ctx: Context): ResourcePending {
  return { again: ctx.now };
}

function rests(table: TableDescription | undefined): boolean {
  return table?.TableStatus === "ACTIVE" && (table.GlobalSecondaryIndexes ?? []).every(({ IndexStatus }) => IndexStatus === "ACTIVE");
}

function stateOf(name: string, table: TableDescription | undefined): ResourceState {
  return { physicalId: name, attributes: { Arn: table?.TableArn, TableId: table?.TableId } };
}

/** The resource's own tags stand above the stack's. */
function mergedTags(desired: DesiredTable, stackTags: Tags): { Key: string; Value: string }[] {
  return listOfTags({ ...stackTags, ...tagsOfList(desired.tags) });
}

async function alignTtl(ctx: Context, name: string, desired: DesiredTable, previous?: DesiredTable): Promise<void> {
  if (desired.ttl === undefined && previous?.ttl === undefined) return;
  const { TimeToLiveDescription: live } = await ctx.call("dynamodb", "DescribeTimeToLive", { TableName: name });
  const on = live?.TimeToLiveStatus === "ENABLED" || live?.TimeToLiveStatus === "ENABLING";
  const wanted = desired.ttl?.Enabled === true ? desired.ttl.AttributeName : undefined;
  if (on && live?.AttributeName !== wanted) {
    const old = { AttributeName: live?.AttributeName ?? "", Enabled: false };
    await ctx.call("dynamodb", "UpdateTimeToLive", { TableName: name, TimeToLiveSpecification: old });
  }
  if (wanted !== undefined && !(on && live?.AttributeName === wanted)) {
    const spec = { AttributeName: wanted, Enabled: true };
    await ctx.call("dynamodb", "UpdateTimeToLive", { TableName: name, TimeToLiveSpecification: spec });
  }
}

async function alignTags(ctx: Context, arn: string, wanted: readonly { Key: string; Value: string }[]): Promise<void> {
  const live: { Key: string | undefined; Value: string | undefined }[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ctx.call("dynamodb", "ListTagsOfResource", { ResourceArn: arn, NextToken });
    live.push(...(page.Tags ?? []).map(({ Key, Value }) => ({ Key, Value })));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  const keys = new Set(wanted.map(({ Key }) => Key));
  const gone = live.flatMap(({ Key = "" }) => (keys.has(Key) ? [] : [Key]));
  if (gone.length > 0) await ctx.call("dynamodb", "UntagResource", { ResourceArn: arn, TagKeys: gone });
  const changed = wanted.filter((tag) => !live.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
  if (changed.length > 0) await ctx.call("dynamodb", "TagResource", { ResourceArn: arn, Tags: changed });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html#cfn-dynamodb-table-globalsecondaryindexes */
function checkIndexChanges(live: readonly GlobalSecondaryIndexDescription[], desired: readonly GlobalSecondaryIndex[]): void {
  const made = desired.filter(({ IndexName }) => live.every((other) => other.IndexName !== IndexName));
  const gone = live.filter(({ IndexName }) => desired.every((other) => other.IndexName !== IndexName));
  if (made.length + gone.length > 1) {
    throw new AwsException("ValidationException", "Cannot perform more than one GSI creation or deletion in a single update", {
      status: 400,
    });
  }
  for (const index of desired) {
    const before = live.find(({ IndexName }) => IndexName === index.IndexName);
    if (before === undefined || fixedPart(before) === fixedPart(index)) continue;
    throw new AwsException(
      "ValidationException",
      "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.",
      { status: 400 },
    );
  }
}

function fixedPart({ KeySchema, Projection }: GlobalSecondaryIndex | GlobalSecondaryIndexDescription): string {
  const keys = (KeySchema ?? []).map(({ AttributeName, KeyType }) => [AttributeName, KeyType]);
  return JSON.stringify([keys, Projection?.ProjectionType, [...(Projection?.NonKeyAttributes ?? [])].sort()]);
}

function liveProperties(table: TableDescription): Properties {
  const { BillingModeSummary, ProvisionedThroughput: units, TableClassSummary } = table;
  const onDemand = BillingModeSummary?.BillingMode === "PAY_PER_REQUEST";
  const throughput = { ReadCapacityUnits: units?.ReadCapacityUnits, WriteCapacityUnits: units?.WriteCapacityUnits };
  return {
    TableName: table.TableName,
    AttributeDefinitions: table.AttributeDefinitions,
    KeySchema: table.KeySchema,
    BillingMode: onDemand ? "PAY_PER_REQUEST" : "PROVISIONED",
    DeletionProtectionEnabled: table.DeletionProtectionEnabled,
    ...(onDemand ? {} : { ProvisionedThroughput: throughput }),
    ...(TableClassSummary === undefined ? {} : { TableClass: TableClassSummary.TableClass }),
    ...(table.GlobalSecondaryIndexes === undefined
      ? {}
      : {
          GlobalSecondaryIndexes: table.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          })),
        }),
    ...(table.LocalSecondaryIndexes === undefined
      ? {}
      : {
          LocalSecondaryIndexes: table.LocalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          })),
        }),
  };
}
