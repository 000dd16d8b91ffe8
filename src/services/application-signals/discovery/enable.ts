import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { unless } from "../../../aws/exception.ts";
import { perCloud } from "../../../aws/per-cloud.ts";
import { selectScope, upsertScope } from "../store.ts";
import { nextMinute } from "../time.ts";

const LINKED_TO = "application-signals.cloudwatch.amazonaws.com";

/** Scopes of one generation of the store that are known to be enabled, or not to be. */
const known = perCloud(() => new Map<string, boolean>());

/** Whether Application Signals was turned on here: until then requests cost nothing. */
export function isEnabled(ctx: Context): boolean {
  const scopes = known(ctx.cloud);
  const key = keyOf(ctx);
  const told = scopes.get(key);
  if (told !== undefined) return told;
  const enabled = ctx.get(selectScope, {}) !== undefined;
  scopes.set(key, enabled);
  return enabled;
}

function keyOf({ cloud, account, region }: Context): string {
  return `${cloud.store.generation}/${account}/${region}`;
}

/** Makes the service-linked role where there is none, and begins to collect. */
export async function enable(ctx: Context): Promise<void> {
  const own = ctx.with({ request: undefined, claimToken: undefined });
  await unless("InvalidInputException", own.call("iam", "CreateServiceLinkedRole", { AWSServiceName: LINKED_TO }));
  ctx.tx(() => {
    if (ctx.get(selectScope, {}) !== undefined) return;
    ctx.run(upsertScope, {});
    ctx.emit({
      source: "aws.application-signals",
      type: "Discovery Started",
      resources: [ctx.arn("application-signals", "*")],
      detail: {},
    });
    // It goes on for ever: what it finds is not this request's effect.
    const lasting = own.with({ cause: undefined, trace: undefined });
    lasting.send("application-signals.minute", {}, { at: nextMinute(ctx.now), quiet: true });
  });
  known(ctx.cloud).set(keyOf(ctx), true);
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_StartDiscovery.html */
export async function startDiscovery(
  _: Input<"application-signals", "StartDiscovery">,
  ctx: Context,
): Promise<Output<"application-signals", "StartDiscovery">> {
  await enable(ctx);
  ctx.tx(() => ctx.claim(ctx.account));
  return {};
}
