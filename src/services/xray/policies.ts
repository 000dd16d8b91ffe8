import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { deletePolicy, type PolicyRow, selectPolicies, selectPolicy, upsertPolicy } from "./store.ts";
import { invalidRequest } from "./trace/range.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html */
const MOST_BYTES = 5 * 1024;
const MOST_POLICIES = 5;

function bad(code: string, message: string): AwsException {
  return new AwsException(code, message, { status: 400 });
}

function checkDocument(text: string): void {
  if (Buffer.byteLength(text) > MOST_BYTES) throw bad("PolicySizeLimitExceededException", "The policy document is larger than 5 kB");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw bad("MalformedPolicyDocumentException", "The policy document is not JSON");
  }
  const statements = [(document as { Statement?: unknown } | null)?.Statement ?? []].flat();
  if (statements.length === 0) throw bad("MalformedPolicyDocumentException", "The policy document has no statement");
}

function checkRevision(row: PolicyRow | undefined, given: string | undefined): void {
  if (given === undefined) return;
  // "0" stands for a policy that is to be new.
  if ((row?.revision ?? "0") !== given) {
    throw bad("InvalidPolicyRevisionIdException", "The policy revision id does not match the latest policy revision id");
  }
}

export function putResourcePolicy(input: Input<"xray", "PutResourcePolicy">, ctx: Context): Output<"xray", "PutResourcePolicy"> {
  const { PolicyName: name = "", PolicyDocument: document = "", BypassPolicyLockoutCheck: bypass } = input;
  checkDocument(document);
  if (bypass === true) throw notImplemented("xray", "PutResourcePolicy", "BypassPolicyLockoutCheck");
  return ctx.tx(() => {
    const before = ctx.get(selectPolicy, { name });
    checkRevision(before, input.PolicyRevisionId);
    if (before === undefined && ctx.all(selectPolicies, {}).length >= MOST_POLICIES) {
      throw bad("PolicyCountLimitExceededException", `An account can have at most ${MOST_POLICIES} policies`);
    }
    const row = { name, document, revision: String(Number(before?.revision ?? 0) + 1), updated: ctx.now };
    ctx.run(upsertPolicy, row);
    ctx.claim(name);
    return { ResourcePolicy: shapeOf(row) };
  });
}

export function deleteResourcePolicy(input: Input<"xray", "DeleteResourcePolicy">, ctx: Context): Output<"xray", "DeleteResourcePolicy"> {
  const { PolicyName: name = "" } = input;
  return ctx.tx(() => {
    const row = ctx.get(selectPolicy, { name });
    if (row === undefined) throw invalidRequest(`Policy ${name} not found`);
    checkRevision(row, input.PolicyRevisionId);
    ctx.run(deletePolicy, { name });
    return {};
  });
}

export function listResourcePolicies(input: Input<"xray", "ListResourcePolicies">, ctx: Context): Output<"xray", "ListResourcePolicies"> {
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  return { ResourcePolicies: ctx.all(selectPolicies, {}).map(shapeOf) };
}

function shapeOf({ name, document, revision, updated }: PolicyRow) {
  return { PolicyName: name, PolicyDocument: document, PolicyRevisionId: revision, LastUpdatedTime: new Date(updated) };
}
