import type { Principal } from "../../aws/identity.ts";
import { type BusReference, busArn } from "./names.ts";
import { selectBus } from "./store.ts";

/** Another account's bus takes events from those whom its policy allows. eb-event-bus-perms.html */
export function mayPut(principal: Principal, bus: BusReference): boolean {
  if (bus.ctx.account === principal.account) return true;
  const policy = bus.ctx.get(selectBus, { name: bus.name })?.policy;
  if (policy === undefined || policy === null) return false;
  const request = { principal, action: "events:PutEvents", resource: busArn(bus.ctx, bus.name), conditions: {} };
  const verdict = bus.ctx.cloud.identity.judge(policy, request);
  return verdict === "allow" || verdict === "delegate";
}
