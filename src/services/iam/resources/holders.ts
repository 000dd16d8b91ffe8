import type { Context } from "../../../aws/context.ts";
import { texts } from "../../../aws/properties.ts";
import type { Properties } from "../../../aws/resource.ts";
import { dropped, inlinePolicies, unlessGone } from "./properties.ts";

/** What users, roles and groups have in common: inline and attached policies. */
export interface Holder {
  put(policy: string, document: string): Promise<unknown>;
  remove(policy: string): Promise<unknown>;
  attach(arn: string): Promise<unknown>;
  detach(arn: string): Promise<unknown>;
}

export function roleHolder(ctx: Context, RoleName: string): Holder {
  return {
    put: (PolicyName, PolicyDocument) => ctx.call("iam", "PutRolePolicy", { RoleName, PolicyName, PolicyDocument }),
    remove: (PolicyName) => ctx.call("iam", "DeleteRolePolicy", { RoleName, PolicyName }),
    attach: (PolicyArn) => ctx.call("iam", "AttachRolePolicy", { RoleName, PolicyArn }),
    detach: (PolicyArn) => ctx.call("iam", "DetachRolePolicy", { RoleName, PolicyArn }),
  };
}

export function userHolder(ctx: Context, UserName: string): Holder {
  return {
    put: (PolicyName, PolicyDocument) => ctx.call("iam", "PutUserPolicy", { UserName, PolicyName, PolicyDocument }),
    remove: (PolicyName) => ctx.call("iam", "DeleteUserPolicy", { UserName, PolicyName }),
    attach: (PolicyArn) => ctx.call("iam", "AttachUserPolicy", { UserName, PolicyArn }),
    detach: (PolicyArn) => ctx.call("iam", "DetachUserPolicy", { UserName, PolicyArn }),
  };
}

export function groupHolder(ctx: Context, GroupName: string): Holder {
  return {
    put: (PolicyName, PolicyDocument) => ctx.call("iam", "PutGroupPolicy", { GroupName, PolicyName, PolicyDocument }),
    remove: (PolicyName) => ctx.call("iam", "DeleteGroupPolicy", { GroupName, PolicyName }),
    attach: (PolicyArn) => ctx.call("iam", "AttachGroupPolicy", { GroupName, PolicyArn }),
    detach: (PolicyArn) => ctx.call("iam", "DetachGroupPolicy", { GroupName, PolicyArn }),
  };
}

/** Brings `Policies` and `ManagedPolicyArns` to what the template says; every step may be repeated. */
export async function applyPolicies(holder: Holder, properties: Properties, previous: Properties = {}): Promise<void> {
  const policies = inlinePolicies(properties);
  for (const [name, document] of policies) await holder.put(name, document);
  const arns = texts(properties, "ManagedPolicyArns") ?? [];
  for (const arn of arns) await holder.attach(arn);
  for (const name of dropped([...inlinePolicies(previous).keys()], [...policies.keys()])) await unlessGone(holder.remove(name));
  for (const arn of dropped(texts(previous, "ManagedPolicyArns") ?? [], arns)) await unlessGone(holder.detach(arn));
}

/** Takes away what the template gave. What others added stays, and makes the deletion of its holder fail as on AWS. */
export async function removePolicies(holder: Holder, properties: Properties): Promise<void> {
  await applyPolicies(holder, {}, properties);
}

/** The users, roles and groups that a policy resource names. */
export function holdersIn(ctx: Context, properties: Properties): Map<string, Holder> {
  return new Map([
    ...(texts(properties, "Roles") ?? []).map((name) => [`role/${name}`, roleHolder(ctx, name)] as const),
    ...(texts(properties, "Users") ?? []).map((name) => [`user/${name}`, userHolder(ctx, name)] as const),
    ...(texts(properties, "Groups") ?? []).map((name) => [`group/${name}`, groupHolder(ctx, name)] as const),
  ]);
}
