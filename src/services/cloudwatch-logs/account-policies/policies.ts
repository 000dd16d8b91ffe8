import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { readProtection } from "../data-protection/document.ts";
import { checkDestinations } from "../data-protection/policies.ts";
import { type AccountPolicyRow, accountPolicies } from "../data-protection/store.ts";
import { type FieldIndex, readIndexes } from "../field-indexes/document.ts";
import { prefixOf } from "../field-indexes/policies.ts";
import { invalidParameter } from "../groups.ts";
import { readTransformer } from "../transformers/policies.ts";
import { checkExtraction } from "./extraction.ts";
import { checkAccountSubscription } from "./subscription.ts";

type Service = "cloudwatch-logs";
type PutInput = Input<Service, "PutAccountPolicy">;
type PolicyType = NonNullable<PutInput["policyType"]>;

/** What is checked of a policy before it is kept. */
type Check = (input: PutInput, ctx: Context) => Promise<void> | void;

const CHECKS: Partial<Record<PolicyType, Check>> = {
  DATA_PROTECTION_POLICY: async (input, ctx) => {
    if (input.selectionCriteria !== undefined) throw invalidParameter("selectionCriteria is not valid for DATA_PROTECTION_POLICY.");
    await checkDestinations(ctx, readProtection("PutAccountPolicy", input.policyDocument ?? ""));
    refuseSecond(input, ctx);
  },
  FIELD_INDEX_POLICY: (input, ctx) => {
    fieldsOf(input, ctx);
    checkPrefix(input, ctx);
  },
  TRANSFORMER_POLICY: (input, ctx) => {
    readTransformer("PutAccountPolicy", input.policyDocument ?? "");
    checkPrefix(input, ctx);
  },
  METRIC_EXTRACTION_POLICY: checkExtraction,
  SUBSCRIPTION_FILTER_POLICY: async (input, ctx) => {
    await checkAccountSubscription(input, ctx);
    refuseSecond(input, ctx);
  },
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing-Syntax.html */
const MOST_PREFIXES = 20;

/** Policies of one type hold for log groups with prefixes that do not overlap. @throws AwsException InvalidParameterException, LimitExceededException */
function checkPrefix({ policyType = "FIELD_INDEX_POLICY", policyName, selectionCriteria }: PutInput, ctx: Context): void {
  const prefix = prefixOf(selectionCriteria ?? null);
  const others = ctx.all(accountPolicies.ofType, { type: policyType }).filter(({ name }) => name !== policyName);
  if (others.length >= MOST_PREFIXES)
    throw new AwsException("LimitExceededException", `The account has ${MOST_PREFIXES} policies of the type ${policyType} already.`);
  const overlapping = others.find(({ criteria }) => {
    const other = prefixOf(criteria);
    return other.startsWith(prefix) || prefix.startsWith(other);
  });
  if (overlapping !== undefined) throw invalidParameter(`The log groups of the policy overlap with those of ${overlapping.name}.`);
}

/** Of some types an account has one. @throws AwsException LimitExceededException */
function refuseSecond({ policyType = "DATA_PROTECTION_POLICY", policyName }: PutInput, ctx: Context): void {
  const [other] = ctx.all(accountPolicies.ofType, { type: policyType }).filter(({ name }) => name !== policyName);
  if (other === undefined) return;
  throw new AwsException("LimitExceededException", `The account has the ${policyType} ${other.name} already: it can have one.`);
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html */
export async function putAccountPolicy(input: PutInput, ctx: Context): Promise<Output<Service, "PutAccountPolicy">> {
  const { policyName = "", policyDocument = "", policyType, selectionCriteria, scope: _all } = input;
  const check = policyType === undefined ? undefined : CHECKS[policyType];
  if (policyType === undefined || check === undefined)
    throw notImplemented("cloudwatch-logs", "PutAccountPolicy", `policyType ${policyType}`);
  if (policyName.startsWith("aws/")) throw invalidParameter("policyName cannot start with aws/.");
  await check(input, ctx);
  return ctx.tx(() => {
    const criteria = selectionCriteria ?? null;
    const row = { type: policyType, name: policyName, document: policyDocument, criteria, fields: fieldsOf(input, ctx) };
    ctx.run(accountPolicies.put, { ...row, now: ctx.now });
    ctx.claim(policyName);
    const rule = `${ctx.principal.arn} has it hold for the account's log groups`;
    ctx.emit({
      source: "aws.logs",
      type: "Account Policy Put",
      resources: [arnOf(ctx, policyType)],
      detail: { policyName, policyType },
      rule,
    });
    return { accountPolicy: toPolicy(ctx, { ...row, updated: ctx.now }) };
  });
}

/** The field indexes of the policy; those that it had go on. */
function fieldsOf({ policyType, policyName, policyDocument = "" }: PutInput, ctx: Context): string {
  if (policyType !== "FIELD_INDEX_POLICY") return "[]";
  const before = ctx.all(accountPolicies.ofType, { type: policyType }).find(({ name }) => name === policyName)?.fields ?? "[]";
  return JSON.stringify(readIndexes(policyDocument, JSON.parse(before) as FieldIndex[], ctx.now));
}

const arnOf = (ctx: Context, type: string): string => ctx.arn("logs", `account-policy:${type}`);

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeAccountPolicies.html */
export function describeAccountPolicies(
  input: Input<Service, "DescribeAccountPolicies">,
  ctx: Context,
): Output<Service, "DescribeAccountPolicies"> {
  const others = (input.accountIdentifiers ?? []).filter((account) => account !== ctx.account);
  if (others.length > 0) throw notImplemented("cloudwatch-logs", "DescribeAccountPolicies", "accountIdentifiers of other accounts");
  const after = input.nextToken === undefined ? "" : String(decodeToken(input.nextToken)?.[0] ?? "");
  const rows = ctx
    .all(accountPolicies.ofType, { type: input.policyType ?? "" })
    .filter(({ name }) => (input.policyName ?? name) === name && name > after);
  const page = pageOf(rows, 50, ({ name }) => [name]);
  return { accountPolicies: page.items.map((row) => toPolicy(ctx, row)), nextToken: page.nextToken };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteAccountPolicy.html */
export function deleteAccountPolicy(input: Input<Service, "DeleteAccountPolicy">, ctx: Context): Output<Service, "DeleteAccountPolicy"> {
  const { policyName = "", policyType = "" } = input;
  return ctx.tx(() => {
    if (ctx.run(accountPolicies.remove, { type: policyType, name: policyName }) === 0)
      throw new AwsException("ResourceNotFoundException", "The specified account policy does not exist.");
    const rule = `${ctx.principal.arn} has it hold no longer`;
    ctx.emit({
      source: "aws.logs",
      type: "Account Policy Deleted",
      resources: [arnOf(ctx, policyType)],
      detail: { policyName, policyType },
      rule,
    });
    return {};
  });
}

function toPolicy(ctx: Context, row: AccountPolicyRow) {
  return {
    policyName: row.name,
    policyDocument: row.document,
    lastUpdatedTime: row.updated,
    policyType: row.type as PolicyType,
    scope: "ALL" as const,
    ...(row.criteria === null ? {} : { selectionCriteria: row.criteria }),
    accountId: ctx.account,
  };
}
