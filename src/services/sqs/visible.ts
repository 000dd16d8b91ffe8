import type { Cloud, Context } from "../../aws/context.ts";
import { countInFlight, type MessageRow, type QueueRow, selectGroup, selectVisible, selectVisibleHeads } from "./store.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html */
const MAX_IN_FLIGHT = 120_000;

/**
 * At least as many messages as are in flight, by queue id: those that were once counted and all that were handed out
 * since. A queue that is not here is counted.
 */
const bounds = new WeakMap<Cloud, Map<number, number>>();

function boundsOf(cloud: Cloud): Map<number, number> {
  const known = bounds.get(cloud);
  if (known !== undefined) return known;
  const made = new Map<number, number>();
  bounds.set(cloud, made);
  cloud.lifecycle.onReset(() => made.clear());
  return made;
}

/** Whether the queue has all the messages in flight that it may have. They are counted only when they may be that many. */
export function isFull(ctx: Context, queue: number): boolean {
  const known = boundsOf(ctx.cloud);
  if ((known.get(queue) ?? MAX_IN_FLIGHT) < MAX_IN_FLIGHT) return false;
  const counted = ctx.cloud.store.get(countInFlight, { queue, now: ctx.now })?.hidden ?? 0;
  known.set(queue, counted);
  return counted >= MAX_IN_FLIGHT;
}

export function noteHandedOut(ctx: Context, queue: number, messages: number): void {
  const known = boundsOf(ctx.cloud);
  const bound = known.get(queue);
  if (bound !== undefined) known.set(queue, bound + messages);
}

/** What can be received now, at most `limit`. */
export function visibleMessages(ctx: Context, queue: QueueRow, limit: number): MessageRow[] {
  const { store } = ctx.cloud;
  const asked = { queue: queue.id, now: ctx.now, limit };
  return queue.name.endsWith(".fifo") ? visibleFifo(ctx, asked) : store.all(selectVisible, asked);
}

/** Of each group in order, up to the first message that is in flight or delayed. */
function visibleFifo(ctx: Context, asked: { readonly queue: number; readonly now: number; readonly limit: number }): MessageRow[] {
  const { store } = ctx.cloud;
  const found: MessageRow[] = [];
  for (const { group_id: group } of store.all(selectVisibleHeads, asked)) {
    for (const row of store.all(selectGroup, { queue: asked.queue, group, limit: asked.limit - found.length })) {
      if (row.visible_at > asked.now) break;
      found.push(row);
    }
    if (found.length >= asked.limit) break;
  }
  return found;
}
