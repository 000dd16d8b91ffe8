import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { type AccountPolicyRow, accountPolicies } from "../data-protection/store.ts";
import { findGroup, groupArn, invalidParameter } from "../groups.ts";
import type { GroupRow } from "../store.ts";
import { DEFAULT_INDEXES, type FieldIndex, readIndexes } from "./document.ts";
import { indexPolicies } from "./store.ts";

type Service = "cloudwatch-logs";

/** The names that a policy's criteria begin with; those without hold for all groups. */
export function prefixOf(criteria: string | null): string {
  if (criteria === null || criteria.trim() === "") return "";
  const prefix = /^\s*LogGroupNamePrefix\s*=\s*["']([^"']+)["']\s*$/.exec(criteria)?.[1];
  if (prefix === undefined) throw invalidParameter('selectionCriteria is LogGroupNamePrefix = "…" here.');
  return prefix;
}

function accountPolicyOf(ctx: Context, group: GroupRow): AccountPolicyRow | undefined {
  return ctx.all(accountPolicies.ofType, { type: "FIELD_INDEX_POLICY" }).find(({ criteria }) => group.name.startsWith(prefixOf(criteria)));
}

/** The group's own policy is in place of the account's. */
function customIndexes(ctx: Context, group: GroupRow): readonly FieldIndex[] {
  const fields = ctx.get(indexPolicies.get, { group: group.id })?.fields ?? accountPolicyOf(ctx, group)?.fields;
  return fields === undefined ? [] : (JSON.parse(fields) as FieldIndex[]);
}

/** The instant since which a field of a group is indexed; undefined where it is not. */
export function indexedSince(ctx: Context, group: GroupRow, field: string): number | undefined {
  if (group.class !== "STANDARD") return undefined;
  return [...DEFAULT_INDEXES, ...customIndexes(ctx, group)].find(({ name }) => name === field)?.since;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutIndexPolicy.html */
export function putIndexPolicy(input: Input<Service, "PutIndexPolicy">, ctx: Context): Output<Service, "PutIndexPolicy"> {
  const { policyDocument: document = "" } = input;
  return ctx.tx(() => {
    const group = findGroup(ctx, input.logGroupIdentifier);
    if (group.class !== "STANDARD") throw invalidParameter("Field indexes are supported only for log groups in the Standard log class.");
    const fields = readIndexes(document, customIndexes(ctx, group), ctx.now);
    ctx.run(indexPolicies.put, { group: group.id, document, fields: JSON.stringify(fields), now: ctx.now });
    return { indexPolicy: toPolicy(ctx, group, { document, updated: ctx.now }) };
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteIndexPolicy.html */
export function deleteIndexPolicy(input: Input<Service, "DeleteIndexPolicy">, ctx: Context): Output<Service, "DeleteIndexPolicy"> {
  if (ctx.run(indexPolicies.remove, { group: findGroup(ctx, input.logGroupIdentifier).id }) === 0)
    throw new AwsException("ResourceNotFoundException", "The specified index policy does not exist.");
  return {};
}

function toPolicy(ctx: Context, group: GroupRow, row: { readonly document: string; readonly updated: number; readonly name?: string }) {
  return {
    logGroupIdentifier: groupArn(ctx, group.name),
    lastUpdateTime: row.updated,
    policyDocument: row.document,
    ...(row.name === undefined ? {} : { policyName: row.name }),
    source: row.name === undefined ? ("LOG_GROUP" as const) : ("ACCOUNT" as const),
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeIndexPolicies.html */
export function describeIndexPolicies(
  input: Input<Service, "DescribeIndexPolicies">,
  ctx: Context,
): Output<Service, "DescribeIndexPolicies"> {
  refuseToken(input.nextToken);
  const groups = (input.logGroupIdentifiers ?? []).map((identifier) => findGroup(ctx, identifier));
  return {
    indexPolicies: groups.flatMap((group) => {
      const row = ctx.get(indexPolicies.get, { group: group.id }) ?? accountPolicyOf(ctx, group);
      return row === undefined ? [] : [toPolicy(ctx, group, row)];
    }),
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeFieldIndexes.html */
export function describeFieldIndexes(input: Input<Service, "DescribeFieldIndexes">, ctx: Context): Output<Service, "DescribeFieldIndexes"> {
  refuseToken(input.nextToken);
  const groups = (input.logGroupIdentifiers ?? []).map((identifier) => findGroup(ctx, identifier));
  return {
    fieldIndexes: groups.flatMap((group) =>
      [...customIndexes(ctx, group), ...(group.class === "STANDARD" ? DEFAULT_INDEXES : [])].map(({ name, type }) => ({
        logGroupIdentifier: groupArn(ctx, group.name),
        fieldIndexName: name,
        type,
      })),
    ),
  };
}

/** An answer holds all that the groups of one call have. */
function refuseToken(token: string | undefined): void {
  if (token !== undefined) throw invalidParameter("The specified nextToken is invalid.");
}
