import type { ActionTypeId } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../../aws/context.ts";
import { failureOf } from "./failures.ts";
import type { ActionProgress, ActionProvider, RuleProvider } from "./provider.ts";
import { unavailableProviders } from "./unavailable.ts";

/** A provider may throw what another service answered; the engine gets it as the action's failure. */
function guarded<R, P extends { advance(run: R): Promise<ActionProgress> }>(provider: P): P {
  return {
    ...provider,
    advance: async (run: R) => {
      try {
        return await provider.advance(run);
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

/** AWS's own providers. `Approval / Manual` belongs to the engine. */
export const actionProviders: readonly ActionProvider[] = [...unavailableProviders].map(guarded);

export const ruleProviders: readonly RuleProvider[] = ([] as RuleProvider[]).map(guarded);

/** The provider of a type of actions, those that the account made itself included; undefined when there is none. */
export function findProvider(_ctx: Context, id: Partial<ActionTypeId>): ActionProvider | undefined {
  return actionProviders.find(
    ({ category, owner, provider, version }) =>
      category === id.category && owner === id.owner && provider === id.provider && version === id.version,
  );
}

export function findRule(provider: string | undefined, version = "1"): RuleProvider | undefined {
  return ruleProviders.find((rule) => rule.provider === provider && rule.version === version);
}
