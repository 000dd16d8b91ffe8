import { isRecord, type Json } from "../template/parse.ts";
import { resourceFailed } from "./request.ts";

export type PolicyAction = "Update:Modify" | "Update:Replace" | "Update:Delete";

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string");
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "i").test(text);
}

function covers(statement: Json, what: { readonly action: string; readonly logicalId: string; readonly type: string }): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = statement;
  const acts = (value: unknown): boolean => texts(value).some((one) => matches(one, what.action));
  const names = (value: unknown): boolean => texts(value).some((one) => matches(one, `LogicalResourceId/${what.logicalId}`));
  if (Action === undefined ? acts(NotAction) : !acts(Action)) return false;
  if (Resource === undefined ? names(NotResource) : !names(Resource)) return false;
  if (!isRecord(Condition)) return true;
  return Object.values(Condition).every((one) => isRecord(one) && texts(one["ResourceType"]).some((type) => matches(type, what.type)));
}

/**
 * Everything is denied that no statement allows, once a stack has a policy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
 * @throws AwsException with the reason that the resource fails with
 */
export function enforcePolicy(
  policy: string | undefined,
  what: { readonly action: PolicyAction; readonly logicalId: string; readonly type: string },
): void {
  if (policy === undefined) return;
  const parsed = JSON.parse(policy) as Json;
  const statements = (Array.isArray(parsed["Statement"]) ? parsed["Statement"] : [parsed["Statement"]]).filter(isRecord);
  const hits = statements.flatMap((one, index) => (covers(one, what) ? [{ effect: one["Effect"], number: index + 1 }] : []));
  const denied = hits.find((one) => one.effect === "Deny");
  const target = `[${what.action}] for resource [LogicalResourceId/${what.logicalId}]`;
  if (denied !== undefined) throw resourceFailed(`Action denied by stack policy: Statement [#${denied.number}] does not allow ${target}`);
  if (!hits.some((one) => one.effect === "Allow")) throw resourceFailed(`Action denied by stack policy: No statement allows ${target}`);
}
