import type { Tag } from "@aws-sdk/client-dynamodb";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { withoutTags } from "../../aws/tags.ts";
import { validation } from "./errors.ts";
import { findTable, saveTable, type Table } from "./table.ts";

const MAX_TAGS = 50;
const PAGE = 10;

/** @throws AwsException ValidationException when there are too many, or a key twice */
export function tagMap(tags: readonly Tag[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const { Key = "", Value = "" } of tags) {
    if (Key in map) throw validation(`One or more parameter values were invalid: Duplicate tag key: ${Key}`);
    if (Key.toLowerCase().startsWith("aws:") && !Key.startsWith("aws:cloudformation:")) {
      throw validation("One or more parameter values were invalid: Tag keys cannot start with aws:");
    }
    map[Key] = Value;
  }
  checkCount(map);
  return map;
}

function checkCount(tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).length > MAX_TAGS) {
    throw validation(`One or more parameter values were invalid: Tag limit exceeded: a table can have ${MAX_TAGS} tags`);
  }
}

function taggedTable(ctx: Context, resource: string | undefined): Table {
  const arn = parseArn(resource ?? "");
  if (arn?.service !== "dynamodb" || !arn.resource.startsWith("table/"))
    throw validation(`Invalid TableArn: Invalid ResourceArn provided as input ${resource}`);
  const table = arn.account === ctx.account && arn.region === ctx.region ? findTable(ctx, arn.resource.slice("table/".length)) : undefined;
  if (table === undefined)
    throw new AwsException("ResourceNotFoundException", `Requested resource not found: ResourcArn: ${resource} not found`);
  return table;
}

export const tagOperations: Operations<"dynamodb"> = {
  TagResource: (input, ctx) => {
    const table = taggedTable(ctx, input.ResourceArn);
    const tags = { ...table.body.tags, ...tagMap(input.Tags ?? []) };
    checkCount(tags);
    ctx.tx(() => {
      saveTable(ctx, table, { tags });
      ctx.emit({ source: "aws.dynamodb", type: "Table Tagged", resources: [table.arn], detail: { tags } });
    });
    return {};
  },
  UntagResource: (input, ctx) => {
    const table = taggedTable(ctx, input.ResourceArn);
    const tags = withoutTags(table.body.tags, input.TagKeys);
    ctx.tx(() => {
      saveTable(ctx, table, { tags });
      ctx.emit({ source: "aws.dynamodb", type: "Table Untagged", resources: [table.arn], detail: { tagKeys: input.TagKeys ?? [] } });
    });
    return {};
  },
  ListTagsOfResource: (input, ctx) => {
    const table = taggedTable(ctx, input.ResourceArn);
    const after = input.NextToken === undefined ? undefined : decodeToken(input.NextToken)?.[0];
    if (input.NextToken !== undefined && after === undefined) throw validation("Invalid NextToken");
    const keys = Object.keys(table.body.tags).sort();
    const left = keys.filter((key) => after === undefined || key > String(after));
    const { items, nextToken } = pageOf(left.slice(0, PAGE + 1), PAGE, (key) => [key]);
    return {
      Tags: items.map((Key) => ({ Key, Value: table.body.tags[Key] ?? "" })),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },
};
