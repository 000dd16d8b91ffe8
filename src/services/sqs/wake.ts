import type { Cloud, Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { type QueueRow, selectAnyVisible, selectNextVisible, selectQueueById, updateAnnounced, updateWake } from "./store.ts";

/** Long polls that wait, by queue id. Not state: a client whose connection is lost asks again. */
const waiting = new WeakMap<Cloud, Map<number, Set<() => void>>>();

function waitersOf(cloud: Cloud, queue: number): Set<() => void> {
  let queues = waiting.get(cloud);
  if (queues === undefined) {
    queues = new Map();
    waiting.set(cloud, queues);
  }
  let waiters = queues.get(queue);
  if (waiters === undefined) {
    waiters = new Set();
    queues.set(queue, waiters);
  }
  return waiters;
}

/** Resolves when something may have become visible in the queue, at the latest at virtual `until`. */
export async function waitForMessages(ctx: Context, queue: number, until: number): Promise<void> {
  const waiters = waitersOf(ctx.cloud, queue);
  const ended = new AbortController();
  const next = ctx.cloud.store.get(selectNextVisible, { queue, now: ctx.now })?.at ?? until;
  const end = (): void => ended.abort();
  waiters.add(end);
  try {
    await ctx.cloud.clock.until(Math.min(next, until), "sqs: a long poll", ended.signal);
  } finally {
    waiters.delete(end);
    if (waiters.size === 0) waiting.get(ctx.cloud)?.delete(queue);
  }
}

/** Ends the long polls of a queue; each looks for itself. */
export function wakeAll(cloud: Cloud, queue: number): void {
  const waiters = waiting.get(cloud)?.get(queue);
  if (waiters === undefined) return;
  for (const wake of [...waiters]) wake();
}

/**
 * Says that the queue has something to be received now: ends long polls, and tells the timeline once until somebody asks
 * for messages. Called inside the transaction that made it so.
 */
export function announce(ctx: Context, queue: QueueRow): void {
  ctx.cloud.store.afterCommit(() => wakeAll(ctx.cloud, queue.id));
  if (queue.announced !== 0) return;
  ctx.cloud.store.run(updateAnnounced, { id: queue.id, announced: 1 });
  // In the queue's own account and region, whoever sends.
  ctx
    .with({ account: queue.account, region: queue.region })
    .emit({ source: "orrery.sqs", type: "Messages Available", resources: [queueArn(queue)], detail: {} });
}

/** Makes sure that `sqs.visible` looks at the queue at virtual `at`, at most one message per queue and instant asked for. */
export function scheduleWake(ctx: Context, queue: QueueRow, at: number): void {
  if (queue.wake_at !== null && queue.wake_at <= at && queue.wake_at > ctx.now) return;
  ctx.cloud.store.run(updateWake, { id: queue.id, at });
  ctx.with({ account: queue.account, region: queue.region }).send("sqs.visible", { queue: queue.id }, { at });
}

/** Messages whose delay or visibility timeout has ended are there again. */
export const onVisible: MessageHandler = (ctx, message) => {
  const queue = ctx.cloud.store.get(selectQueueById, { id: Number(message.payload["queue"]) });
  // An earlier one was scheduled after this one: that one goes on with the work.
  if (queue?.wake_at == null || queue.wake_at > ctx.now) return undefined;
  return ctx.tx(() => {
    const { store } = ctx.cloud;
    if (store.get(selectAnyVisible, { queue: queue.id, now: ctx.now }) !== undefined) announce(ctx, queue);
    const next = store.get(selectNextVisible, { queue: queue.id, now: ctx.now })?.at ?? null;
    store.run(updateWake, { id: queue.id, at: next });
    return next === null ? undefined : { again: next };
  });
};

export function queueArn(queue: Pick<QueueRow, "account" | "region" | "name">): string {
  return `arn:aws:sqs:${queue.region}:${queue.account}:${queue.name}`;
}
