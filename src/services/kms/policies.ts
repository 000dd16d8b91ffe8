import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { recordKey } from "./create.ts";
import { findKey, notPendingDeletion, ownKey } from "./find.ts";
import { keys } from "./store.ts";

/** A key has one policy, and this is its name. */
const POLICY_NAME = "default";

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
export function defaultPolicy(ctx: Context): string {
  const statement = {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${ctx.account}:root` },
    Action: "kms:*",
    Resource: "*",
  };
  return JSON.stringify({ Version: "2012-10-17", Id: "key-default-1", Statement: [statement] }, undefined, 2);
}

/**
 * Grammar, and unless `bypass` that the caller does not lock itself out. AWS services, which act for somebody, are not asked.
 * @throws MalformedPolicyDocumentException
 */
export function checkPolicy(ctx: Context, policy: string, bypass = false): void {
  const { identity } = ctx.cloud;
  const problem = identity.problemOf(policy, "resource");
  if (problem !== undefined) throw new AwsException("MalformedPolicyDocumentException", problem);
  if (bypass || ctx.principal.type === "service") return;
  const action = "kms:PutKeyPolicy";
  const said = identity.judge(policy, { principal: ctx.principal, action, resource: "*", conditions: {} });
  if (said === "none" || said === "deny") {
    throw new AwsException(
      "MalformedPolicyDocumentException",
      "The new key policy will not allow you to update the key policy in the future.",
    );
  }
}

function checkName(name: string | undefined): void {
  if (name !== undefined && name !== POLICY_NAME) throw new AwsException("NotFoundException", `No such policy exists`);
}

export const policyOperations = {
  PutKeyPolicy: (input, ctx) => {
    checkName(input.PolicyName);
    const row = notPendingDeletion(ownKey(ctx, input.KeyId, "PutKeyPolicy"));
    checkPolicy(ctx, input.Policy ?? "", input.BypassPolicyLockoutSafetyCheck);
    ctx.tx(() => {
      ctx.run(keys.setPolicy, { id: row.id, policy: input.Policy ?? "" });
      recordKey(ctx, "key policy put", row);
    });
    return {};
  },

  GetKeyPolicy: (input, ctx) => {
    checkName(input.PolicyName);
    return { Policy: findKey(ctx, input.KeyId).policy, PolicyName: POLICY_NAME };
  },

  ListKeyPolicies: (input, ctx) => {
    findKey(ctx, input.KeyId);
    return { PolicyNames: [POLICY_NAME], Truncated: false };
  },
} satisfies Operations<"kms">;
