import { Context } from "../../src/aws/context.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, rootPrincipal } from "../../src/aws/identity.ts";
import type { Orrery } from "../../src/compose.ts";
import { messageOf } from "../../src/kernel/errors.ts";

/** The account's root in the default region. */
export function rootContext(orrery: Orrery): Context {
  return new Context(orrery.cloud, { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION, principal: rootPrincipal(DEFAULT_ACCOUNT) });
}

export async function stackExists(ctx: Context, StackName: string): Promise<boolean> {
  try {
    const { Stacks = [] } = await ctx.call("cloudformation", "DescribeStacks", { StackName });
    return Stacks.some(({ StackStatus }) => StackStatus?.endsWith("_COMPLETE") && !StackStatus.startsWith("DELETE"));
  } catch (error) {
    if (/does not exist/.test(messageOf(error))) return false;
    throw error;
  }
}

export async function resourceCount(ctx: Context, StackName: string): Promise<number> {
  return (await ctx.call("cloudformation", "DescribeStackResources", { StackName })).StackResources?.length ?? 0;
}

export async function stackOutputs(ctx: Context, StackName: string): Promise<Record<string, string>> {
  const { Stacks = [] } = await ctx.call("cloudformation", "DescribeStacks", { StackName });
  return Object.fromEntries((Stacks[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}
