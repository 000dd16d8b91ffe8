import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import type { RequiredPermission, ServiceDefinition } from "../../aws/service.ts";

/** Operations on one table that is named by `TableName`. */
const ON_TABLE = [
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeContinuousBackups",
  "DescribeTable",
  "DescribeTimeToLive",
  "GetItem",
  "PutItem",
  "UpdateContinuousBackups",
  "UpdateItem",
  "UpdateTable",
  "UpdateTimeToLive",
] as const;
const ON_INDEX = ["Query", "Scan"] as const;
const ON_RESOURCE = ["ListTagsOfResource", "TagResource", "UntagResource"] as const;
const TRANSACTED = { ConditionCheck: "ConditionCheckItem", Put: "PutItem", Delete: "DeleteItem", Update: "UpdateItem" } as const;

function tableArn(ctx: Context, nameOrArn: string | undefined): string {
  const text = nameOrArn ?? "";
  return text.startsWith("arn:") ? text : ctx.arn("dynamodb", `table/${text}`);
}

function onEach(ctx: Context, action: string, tables: readonly (string | undefined)[]): RequiredPermission[] {
  return [...new Set(tables)].map((name) => ({ action: `dynamodb:${action}`, resource: tableArn(ctx, name) }));
}

function transacted(ctx: Context, item: TransactWriteItem): RequiredPermission[] {
  return (Object.keys(TRANSACTED) as (keyof typeof TRANSACTED)[]).flatMap((kind) => {
    const action = item[kind];
    return action === undefined ? [] : onEach(ctx, TRANSACTED[kind], [action.TableName]);
  });
}

type Permissions = NonNullable<ServiceDefinition<"dynamodb">["permissions"]>;

function each<const N extends string, I>(
  names: readonly N[],
  make: (action: N) => (input: I, ctx: Context) => RequiredPermission[],
): Record<N, (input: I, ctx: Context) => RequiredPermission[]> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<N, (input: I, ctx: Context) => RequiredPermission[]>;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
export const permissions: Permissions = {
  ...each(ON_TABLE, (action) => (input: { readonly TableName?: string | undefined }, ctx) => onEach(ctx, action, [input.TableName])),
  ...each(ON_INDEX, (action) => (input: { readonly TableName?: string | undefined; readonly IndexName?: string | undefined }, ctx) => {
    const table = tableArn(ctx, input.TableName);
    return [{ action: `dynamodb:${action}`, resource: input.IndexName === undefined ? table : `${table}/index/${input.IndexName}` }];
  }),
  ...each(ON_RESOURCE, (action) => (input: { readonly ResourceArn?: string | undefined }, ctx) => onEach(ctx, action, [input.ResourceArn])),
  BatchGetItem: (input, ctx) => onEach(ctx, "BatchGetItem", Object.keys(input.RequestItems ?? {})),
  BatchWriteItem: (input, ctx) => onEach(ctx, "BatchWriteItem", Object.keys(input.RequestItems ?? {})),
  TransactGetItems: (input, ctx) =>
    onEach(
      ctx,
      "GetItem",
      (input.TransactItems ?? []).map(({ Get }) => Get?.TableName),
    ),
  TransactWriteItems: (input, ctx) => (input.TransactItems ?? []).flatMap((item) => transacted(ctx, item)),
};
