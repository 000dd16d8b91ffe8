import type { Cloud, Context } from "../../aws/context.ts";
import { recordSaturation } from "../../aws/golden-signals.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { countMessages, deleteDedups, type QueueRow, selectOldest, selectQueueById } from "./store.ts";

const MINUTE = 60_000;
/** A queue reports for as long after its last use: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-monitoring-using-cloudwatch.html */
const ACTIVE_MS = 6 * 60 * MINUTE;

export type Counter =
  | "NumberOfMessagesSent"
  | "NumberOfMessagesReceived"
  | "NumberOfMessagesDeleted"
  | "NumberOfEmptyReceives"
  | "SentMessageSize";

interface Tally {
  sum: number;
  count: number;
  min: number;
  max: number;
}
interface Activity {
  readonly account: string;
  readonly region: string;
  last: number;
  readonly tallies: Map<Counter, Tally>;
}
interface Meter {
  readonly queues: Map<number, Activity>;
  /** `account/region` with an `sqs.metrics` message on its way. */
  readonly armed: Set<string>;
}

/** Counters of the minute under way. Lost when the process ends, like what AWS's own agents hold. */
const meters = new WeakMap<Cloud, Meter>();

function meterOf(cloud: Cloud): Meter {
  const meter = meters.get(cloud);
  if (meter === undefined) {
    const made: Meter = { queues: new Map(), armed: new Set() };
    meters.set(cloud, made);
    // The messages that were armed are gone with all others.
    cloud.lifecycle.onReset(() => {
      made.queues.clear();
      made.armed.clear();
    });
    return made;
  }
  return meter;
}

const nextMinute = (now: number): number => Math.floor(now / MINUTE) * MINUTE + MINUTE;

/** Adds to a metric of the minute under way: no more than a map look-up on the request's path. */
export function count(ctx: Context, queue: QueueRow, name: Counter, value: number): void {
  const meter = meterOf(ctx.cloud);
  let activity = meter.queues.get(queue.id);
  if (activity === undefined) {
    activity = { account: queue.account, region: queue.region, last: ctx.now, tallies: new Map() };
    meter.queues.set(queue.id, activity);
  }
  activity.last = ctx.now;
  const tally = activity.tallies.get(name);
  if (tally === undefined) activity.tallies.set(name, { sum: value, count: 1, min: value, max: value });
  else {
    tally.sum += value;
    tally.count++;
    tally.min = Math.min(tally.min, value);
    tally.max = Math.max(tally.max, value);
  }
  const scope = `${queue.account}/${queue.region}`;
  if (meter.armed.has(scope)) return;
  meter.armed.add(scope);
  ctx.with({ account: queue.account, region: queue.region }).send("sqs.metrics", {}, { at: nextMinute(ctx.now), quiet: true });
}

type Datum = { MetricName: string; Dimensions: { Name: string; Value: string }[]; Timestamp: Date; Unit: "Count" | "Bytes" | "Seconds" } & (
  | { Value: number }
  | { StatisticValues: { SampleCount: number; Sum: number; Minimum: number; Maximum: number } }
);

/** Hands the counters of the minute before over to CloudWatch, with the depth of each active queue. */
export const onMetrics: MessageHandler = async (ctx, message) => {
  const meter = meterOf(ctx.cloud);
  const data: Datum[] = [];
  let active = false;
  for (const [id, activity] of meter.queues) {
    if (activity.account !== ctx.account || activity.region !== ctx.region) continue;
    const queue = ctx.cloud.store.get(selectQueueById, { id });
    if (queue === undefined || activity.last + ACTIVE_MS < ctx.now) meter.queues.delete(id);
    else {
      active = true;
      if (queue.name.endsWith(".fifo")) ctx.cloud.store.run(deleteDedups, { queue: id, now: ctx.now });
      data.push(...datumsOf(ctx, queue, activity, message.due - MINUTE));
      activity.tallies.clear();
    }
  }
  for (let from = 0; from < data.length; from += 1_000) {
    await ctx.call("cloudwatch", "PutMetricData", { Namespace: "AWS/SQS", MetricData: data.slice(from, from + 1_000) });
  }
  if (active) return { again: nextMinute(ctx.now) };
  meter.armed.delete(`${ctx.account}/${ctx.region}`);
  return undefined;
};

function datumsOf(ctx: Context, queue: QueueRow, activity: Activity, minute: number): Datum[] {
  const common = { Dimensions: [{ Name: "QueueName", Value: queue.name }], Timestamp: new Date(minute) };
  const counters = [...activity.tallies].map(([MetricName, tally]): Datum => {
    const StatisticValues = { SampleCount: tally.count, Sum: tally.sum, Minimum: tally.min, Maximum: tally.max };
    return { ...common, MetricName, Unit: MetricName === "SentMessageSize" ? "Bytes" : "Count", StatisticValues };
  });
  const counts = ctx.cloud.store.get(countMessages, { queue: queue.id, now: ctx.now });
  const oldest = ctx.cloud.store.get(selectOldest, { queue: queue.id })?.sent;
  const age = oldest == null ? 0 : Math.floor((ctx.now - oldest) / 1_000);
  recordSaturation(ctx, queue.name, "Age", age);
  const gauge = (MetricName: string, Value: number, Unit: "Count" | "Seconds" = "Count"): Datum => ({ ...common, MetricName, Unit, Value });
  return [
    ...counters,
    gauge("ApproximateNumberOfMessagesVisible", counts?.visible ?? 0),
    gauge("ApproximateNumberOfMessagesNotVisible", counts?.hidden ?? 0),
    gauge("ApproximateNumberOfMessagesDelayed", counts?.delayed ?? 0),
    gauge("ApproximateAgeOfOldestMessage", age, "Seconds"),
  ];
}
