import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { type Tags, withoutTags } from "../../aws/tags.ts";
import { findGroup, invalidParameter } from "./groups.ts";
import { deletePolicyRow, type GroupRow, type PolicyRow, selectPolicies, updateTags, upsertPolicy } from "./store.ts";

const MAX_POLICIES = 10;

function toPolicy(row: PolicyRow) {
  return { policyName: row.name, policyDocument: row.document, lastUpdatedTime: row.updated, policyScope: "ACCOUNT" as const };
}

export function putResourcePolicy(
  input: Input<"cloudwatch-logs", "PutResourcePolicy">,
  ctx: Context,
): Output<"cloudwatch-logs", "PutResourcePolicy"> {
  if (input.resourceArn !== undefined) throw notImplemented("cloudwatch-logs", "PutResourcePolicy", "resourceArn");
  const { policyName: name = "", policyDocument: document = "" } = input;
  try {
    JSON.parse(document);
  } catch {
    throw invalidParameter("Invalid resource policy: the policy document is not valid JSON.");
  }
  return ctx.tx(() => {
    const existing = ctx.all(selectPolicies, {});
    if (existing.length >= MAX_POLICIES && !existing.some((row) => row.name === name)) {
      throw new AwsException("LimitExceededException", "Resource limit exceeded.");
    }
    ctx.run(upsertPolicy, { name, document, now: ctx.now });
    ctx.claim(name);
    return { resourcePolicy: toPolicy({ name, document, updated: ctx.now }) };
  });
}

export function describeResourcePolicies(
  input: Input<"cloudwatch-logs", "DescribeResourcePolicies">,
  ctx: Context,
): Output<"cloudwatch-logs", "DescribeResourcePolicies"> {
  if (input.resourceArn !== undefined) throw notImplemented("cloudwatch-logs", "DescribeResourcePolicies", "resourceArn");
  if (input.policyScope === "RESOURCE") return { resourcePolicies: [] };
  const after = input.nextToken === undefined ? "" : String(decodeToken(input.nextToken)?.[0] ?? "");
  const rows = ctx.all(selectPolicies, {}).filter(({ name }) => name > after);
  const page = pageOf(rows, input.limit ?? 50, ({ name }) => [name]);
  return { resourcePolicies: page.items.map(toPolicy), nextToken: page.nextToken };
}

export function deleteResourcePolicy(
  input: Input<"cloudwatch-logs", "DeleteResourcePolicy">,
  ctx: Context,
): Output<"cloudwatch-logs", "DeleteResourcePolicy"> {
  if (input.resourceArn !== undefined) throw notImplemented("cloudwatch-logs", "DeleteResourcePolicy", "resourceArn");
  const name = input.policyName ?? "";
  if (ctx.run(deletePolicyRow, { name }) === 0) {
    throw new AwsException("ResourceNotFoundException", `Policy with name [${name}] does not exist.`);
  }
  return {};
}

const tagsOf = (group: GroupRow): Tags => JSON.parse(group.tags) as Tags;

/** The group that a tag operation means by its ARN. */
function taggedGroup(ctx: Context, operation: string, arn: string | undefined): GroupRow {
  if (parseArn(arn ?? "")?.resource.startsWith("log-group:") !== true)
    throw notImplemented("cloudwatch-logs", operation, `the resource ${arn}`);
  return findGroup(ctx, arn);
}

function addTags(ctx: Context, group: GroupRow, added: Readonly<Record<string, string | undefined>>): Record<never, never> {
  const merged = { ...tagsOf(group), ...added };
  if (Object.keys(merged).length > 50) throw new AwsException("TooManyTagsException", "A resource can have no more than 50 tags.");
  ctx.run(updateTags, { id: group.id, tags: JSON.stringify(merged) });
  return {};
}

function removeTags(ctx: Context, group: GroupRow, keys: readonly string[]): Record<never, never> {
  ctx.run(updateTags, { id: group.id, tags: JSON.stringify(withoutTags(tagsOf(group), keys)) });
  return {};
}

export function tagResource(input: Input<"cloudwatch-logs", "TagResource">, ctx: Context): Output<"cloudwatch-logs", "TagResource"> {
  return ctx.tx(() => addTags(ctx, taggedGroup(ctx, "TagResource", input.resourceArn), input.tags ?? {}));
}

export function untagResource(input: Input<"cloudwatch-logs", "UntagResource">, ctx: Context): Output<"cloudwatch-logs", "UntagResource"> {
  return ctx.tx(() => removeTags(ctx, taggedGroup(ctx, "UntagResource", input.resourceArn), input.tagKeys ?? []));
}

export function listTagsForResource(
  input: Input<"cloudwatch-logs", "ListTagsForResource">,
  ctx: Context,
): Output<"cloudwatch-logs", "ListTagsForResource"> {
  return { tags: { ...tagsOf(taggedGroup(ctx, "ListTagsForResource", input.resourceArn)) } };
}

export function tagLogGroup(input: Input<"cloudwatch-logs", "TagLogGroup">, ctx: Context): Output<"cloudwatch-logs", "TagLogGroup"> {
  return ctx.tx(() => addTags(ctx, findGroup(ctx, input.logGroupName), input.tags ?? {}));
}

export function untagLogGroup(input: Input<"cloudwatch-logs", "UntagLogGroup">, ctx: Context): Output<"cloudwatch-logs", "UntagLogGroup"> {
  return ctx.tx(() => removeTags(ctx, findGroup(ctx, input.logGroupName), input.tags ?? []));
}

export function listTagsLogGroup(
  input: Input<"cloudwatch-logs", "ListTagsLogGroup">,
  ctx: Context,
): Output<"cloudwatch-logs", "ListTagsLogGroup"> {
  return { tags: { ...tagsOf(findGroup(ctx, input.logGroupName)) } };
}
