import type { Context } from "../../../aws/context.ts";
import * as store from "../store.ts";
import { type Resource, type ResourceChange, type Stack, saveResource } from "./model.ts";

/** A stack event as it is kept. */
export interface EventBody {
  readonly logical: string;
  readonly physical: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly properties?: string;
  readonly token?: string;
  readonly operation?: string;
}

/** Clients sort events by their times, so that no two of a stack have the same; never later than the second that it is now. */
function eventTime(ctx: Context, stack: Stack): number {
  const last = ctx.get(store.lastEventTime, { stack: stack.id })?.time ?? 0;
  const endOfSecond = Math.floor(ctx.now / 1_000) * 1_000 + 999;
  return Math.max(last, Math.min(Math.max(ctx.now, last + 1), endOfSecond));
}

function record(ctx: Context, stack: Stack, id: string, body: EventBody): void {
  ctx.run(store.insertEvent, { stack: stack.id, id, time: eventTime(ctx, stack), body: JSON.stringify(body) });
}

/**
 * Sets a stack's status, tells of it in the stack's events, and puts AWS's event on the bus.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html
 */
export function setStackStatus(ctx: Context, stack: Stack, status: string, reason?: string): Stack {
  const { op } = stack;
  ctx.run(store.updateStackStatus, { id: stack.id, status, reason: reason ?? null });
  record(ctx, stack, ctx.cloud.ids.uuid(), {
    logical: stack.name,
    physical: stack.id,
    type: "AWS::CloudFormation::Stack",
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(op?.token === undefined ? {} : { token: op.token }),
    ...(op === undefined ? {} : { operation: op.id }),
  });
  const event = ctx.emit({
    source: "aws.cloudformation",
    type: "CloudFormation Stack Status Change",
    resources: [stack.id],
    bus: true,
    detail: { "stack-id": stack.id, "status-details": { status, "status-reason": reason ?? "" }, "client-request-token": op?.token ?? "" },
  });
  return { ...stack, status, reason: reason ?? null, event };
}

export function setResourceStatus(
  ctx: Context,
  stack: Stack,
  resource: Resource,
  change: ResourceChange & { readonly status: string; readonly properties?: unknown },
): Resource {
  const { properties, ...kept } = change;
  const marked = resource.body.modelled || change.body?.modelled ? withMark(change.reason) : change.reason;
  const next = saveResource(ctx, resource, { ...kept, reason: marked ?? null });
  const id = `${next.logical}-${next.status}-${ctx.cloud.ids.uuid()}`;
  record(ctx, stack, id, {
    logical: next.logical,
    physical: next.physical ?? "",
    type: next.type,
    status: next.status,
    ...(next.reason === null ? {} : { reason: next.reason }),
    properties: JSON.stringify(properties ?? next.body.masked ?? next.body.properties),
    ...(stack.op?.token === undefined ? {} : { token: stack.op.token }),
    ...(stack.op === undefined ? {} : { operation: stack.op.id }),
  });
  const event = ctx.emit({
    source: "aws.cloudformation",
    type: "CloudFormation Resource Status Change",
    resources: [stack.id],
    bus: true,
    detail: {
      "stack-id": stack.id,
      "logical-resource-id": next.logical,
      "physical-resource-id": next.physical ?? "",
      "status-details": { status: next.status, "status-reason": next.reason ?? "" },
      "resource-type": next.type,
      "client-request-token": stack.op?.token ?? "",
    },
  });
  return { ...next, event };
}

export const MODELLED = "Modelled by Orrery from the type's schema: nothing real stands behind it";

function withMark(reason: string | null | undefined): string {
  return reason === null || reason === undefined || reason === MODELLED ? MODELLED : `${reason} (${MODELLED})`;
}
