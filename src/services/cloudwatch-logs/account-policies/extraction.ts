import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { accountPolicies } from "../data-protection/store.ts";
import { invalidParameter } from "../groups.ts";

/** Which log groups a policy is about. */
export interface Criteria {
  readonly by: "name" | "prefix";
  readonly isExcluding: boolean;
  readonly values: readonly string[];
}

const FORM = /^\s*(LogGroupName|LogGroupNamePrefix)\s+(NOT\s+IN|IN)\s*(\[[\s\S]*\])\s*$/;
const MOST_VALUES = 50;
const MOST_POLICIES = 5;

/** @throws AwsException InvalidParameterException */
export function readCriteria(text: string): Criteria {
  const [, field, operator = "", list = ""] = FORM.exec(text) ?? [];
  const values = field === undefined ? undefined : valuesOf(list);
  if (values === undefined)
    throw invalidParameter('selectionCriteria is not of the form LogGroupName IN ["…"] or LogGroupNamePrefix NOT IN ["…"].');
  if (values.length > MOST_VALUES) throw invalidParameter(`selectionCriteria has more than ${MOST_VALUES} values.`);
  return { by: field === "LogGroupName" ? "name" : "prefix", isExcluding: operator !== "IN", values };
}

function valuesOf(list: string): readonly string[] | undefined {
  try {
    const values: unknown = JSON.parse(list);
    return Array.isArray(values) && values.every((value) => typeof value === "string") ? values : undefined;
  } catch {
    return undefined;
  }
}

/** What one value of a policy names is all within what a value of another one names. */
function isWithin(value: string, by: Criteria["by"], other: string, otherBy: Criteria["by"]): boolean {
  return otherBy === "name" ? by === "name" && value === other : value.startsWith(other);
}

/** The overlap rules of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html */
function overlaps(one: Criteria, other: Criteria): boolean {
  if (one.isExcluding && other.isExcluding) return true;
  if (one.isExcluding) return !other.values.every((value) => one.values.some((outer) => isWithin(value, other.by, outer, one.by)));
  if (other.isExcluding) return overlaps(other, one);
  return one.values.some((a) => other.values.some((b) => isWithin(a, one.by, b, other.by) || isWithin(b, other.by, a, one.by)));
}

/** A metric extraction policy. @throws AwsException InvalidParameterException, LimitExceededException */
export function checkExtraction({ policyName, selectionCriteria }: Input<"cloudwatch-logs", "PutAccountPolicy">, ctx: Context): void {
  const others = ctx.all(accountPolicies.ofType, { type: "METRIC_EXTRACTION_POLICY" }).filter(({ name }) => name !== policyName);
  if (others.length >= MOST_POLICIES)
    throw new AwsException("LimitExceededException", `The account has ${MOST_POLICIES} metric extraction policies already.`);
  const own = selectionCriteria === undefined ? undefined : readCriteria(selectionCriteria);
  const overlapping = others.find(({ criteria }) => own === undefined || criteria === null || overlaps(own, readCriteria(criteria)));
  if (overlapping !== undefined) throw invalidParameter(`The log groups of the policy overlap with those of ${overlapping.name}.`);
}

/** Whether criteria are about a log group. */
export function isMeant({ by, isExcluding, values }: Criteria, name: string): boolean {
  return values.some((value) => (by === "name" ? value === name : name.startsWith(value))) !== isExcluding;
}

/** Whether a policy has metrics made of a group's events no longer. */
export function isExtractionDisabled(ctx: Context, group: { readonly name: string }): boolean {
  return ctx.all(accountPolicies.ofType, { type: "METRIC_EXTRACTION_POLICY" }).some(({ criteria }) => {
    if (criteria === null) return true;
    return isMeant(readCriteria(criteria), group.name);
  });
}
