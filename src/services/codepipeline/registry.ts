import type { Context } from "../../aws/context.ts";
import { customProvider } from "./actions/custom.ts";
import type { ActionProvider, RuleProvider } from "./actions/provider.ts";
import { actionProviders, ruleProviders } from "./actions/registry.ts";
import { approval } from "./approval-provider.ts";
import type { TypeId } from "./definition/declaration.ts";

const DEFAULT_MINUTES = 60;

const matches = (one: TypeId, id: TypeId): boolean =>
  one.category === id.category && one.owner === id.owner && one.provider === id.provider && one.version === id.version;

/** What runs actions of a type, those that the account made itself included; undefined when there is nothing. */
export function findProvider(ctx: Context, id: TypeId): ActionProvider | undefined {
  if (matches(approval, id)) return approval;
  return actionProviders.find((one) => matches(one, id)) ?? customProvider(ctx, id as Parameters<typeof customProvider>[1]);
}

export function findRuleProvider(id: TypeId): RuleProvider | undefined {
  return ruleProviders.find((one) => matches({ ...one, category: "Rule", owner: "AWS" }, id));
}

/** How long a run of a type may take. https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
export function timeoutMinutes(ctx: Context, id: TypeId): number {
  const provider = id.category === "Rule" ? findRuleProvider(id) : findProvider(ctx, id);
  return provider?.timeoutMinutes ?? DEFAULT_MINUTES;
}
