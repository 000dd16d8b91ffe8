import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { tagsOfList, withoutTags } from "../../aws/tags.ts";
import { findLive, tagListOf } from "./secrets.ts";
import { updatePolicy, updateTags } from "./store.ts";

function parsePolicy(text: string): { readonly Statement?: unknown } {
  try {
    const policy: unknown = JSON.parse(text);
    if (typeof policy === "object" && policy !== null && "Statement" in policy) return policy;
  } catch {
    // Told below, as for a policy without statements.
  }
  throw new AwsException("MalformedPolicyDocumentException", "This resource policy contains invalid Json", { status: 400 });
}

export function putResourcePolicy(
  input: Input<"secrets-manager", "PutResourcePolicy">,
  ctx: Context,
): Output<"secrets-manager", "PutResourcePolicy"> {
  if (input.BlockPublicPolicy === true) throw notImplemented("secrets-manager", "PutResourcePolicy", "BlockPublicPolicy");
  const row = findLive(ctx, input.SecretId);
  parsePolicy(input.ResourcePolicy ?? "");
  ctx.run(updatePolicy, { arn: row.arn, policy: input.ResourcePolicy ?? null });
  return { ARN: row.arn, Name: row.name };
}

export function getResourcePolicy(
  input: Input<"secrets-manager", "GetResourcePolicy">,
  ctx: Context,
): Output<"secrets-manager", "GetResourcePolicy"> {
  const row = findLive(ctx, input.SecretId);
  return { ARN: row.arn, Name: row.name, ...(row.policy === null ? {} : { ResourcePolicy: row.policy }) };
}

export function deleteResourcePolicy(
  input: Input<"secrets-manager", "DeleteResourcePolicy">,
  ctx: Context,
): Output<"secrets-manager", "DeleteResourcePolicy"> {
  const row = findLive(ctx, input.SecretId);
  ctx.run(updatePolicy, { arn: row.arn, policy: null });
  return { ARN: row.arn, Name: row.name };
}

export function tagResource(input: Input<"secrets-manager", "TagResource">, ctx: Context): Output<"secrets-manager", "TagResource"> {
  return ctx.tx(() => {
    const row = findLive(ctx, input.SecretId);
    const merged = tagsOfList([...tagListOf(row), ...(input.Tags ?? [])]);
    if (Object.keys(merged).length > 50) throw new AwsException("InvalidParameterException", "A secret can have at most 50 tags.");
    ctx.run(updateTags, { arn: row.arn, tags: JSON.stringify(merged) });
    return {};
  });
}

export function untagResource(input: Input<"secrets-manager", "UntagResource">, ctx: Context): Output<"secrets-manager", "UntagResource"> {
  return ctx.tx(() => {
    const row = findLive(ctx, input.SecretId);
    ctx.run(updateTags, { arn: row.arn, tags: JSON.stringify(withoutTags(tagsOfList(tagListOf(row)), input.TagKeys)) });
    return {};
  });
}
