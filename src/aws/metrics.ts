import { messageOf } from "../kernel/errors.ts";
import type { Cloud, Context } from "./context.ts";

/** One value of one metric, as AWS's services put them about themselves. */
export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly unit: "Count" | "Seconds" | "Milliseconds" | "Bytes" | "Percent" | "None";
  readonly dimensions: Readonly<Record<string, string>>;
}

interface Series extends Omit<MetricPoint, "value"> {
  /** How often each value came. */
  readonly counts: Map<number, number>;
}

interface Batch {
  readonly ctx: Context;
  readonly namespace: string;
  /** Virtual ms. */
  readonly time: number;
  readonly series: Map<string, Series>;
}

/** Datapoints of one PutMetricData call. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_DATA = 1_000;
const MAX_VALUES = 150;

const waiting = new WeakMap<Cloud, Map<string, Batch>>();

/**
 * Puts metrics without keeping the caller: what one turn of the event loop measures goes to CloudWatch together. Points
 * that have not been written when the process is killed are lost, as metrics may be.
 */
export function putMetrics(ctx: Context, namespace: string, points: readonly MetricPoint[]): void {
  let batches = waiting.get(ctx.cloud);
  if (batches === undefined) {
    batches = new Map();
    waiting.set(ctx.cloud, batches);
  }
  if (batches.size === 0) flushSoon(ctx.cloud);
  const time = ctx.now;
  const key = `${ctx.account}|${ctx.region}|${namespace}|${Math.floor(time / 1_000)}`;
  let batch = batches.get(key);
  if (batch === undefined) {
    batch = { ctx: ctx.with({ request: undefined, claimToken: undefined, cause: undefined }), namespace, time, series: new Map() };
    batches.set(key, batch);
  }
  for (const point of points) addPoint(batch, point);
}

function addPoint(batch: Batch, { value, ...metric }: MetricPoint): void {
  const key = `${metric.name}|${JSON.stringify(metric.dimensions)}`;
  let series = batch.series.get(key);
  if (series === undefined || series.counts.size >= MAX_VALUES) {
    if (series !== undefined) batch.series.set(`${key}|${batch.series.size}`, series);
    series = { ...metric, counts: new Map() };
    batch.series.set(key, series);
  }
  series.counts.set(value, (series.counts.get(value) ?? 0) + 1);
}

function flushSoon(cloud: Cloud): void {
  const release = cloud.clock.busy("metrics");
  setImmediate(() => {
    const batches = [...(waiting.get(cloud)?.values() ?? [])];
    waiting.delete(cloud);
    void Promise.all(batches.map(flush)).finally(release);
  });
}

async function flush({ ctx, namespace, time, series }: Batch): Promise<void> {
  const data = [...series.values()].map(({ name, unit, dimensions, counts }) => ({
    MetricName: name,
    Unit: unit,
    Timestamp: new Date(time),
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Values: [...counts.keys()],
    Counts: [...counts.values()],
  }));
  try {
    for (let from = 0; from < data.length; from += MAX_DATA) {
      await ctx.cloud.invoke(ctx, "cloudwatch", "PutMetricData", { Namespace: namespace, MetricData: data.slice(from, from + MAX_DATA) });
    }
  } catch (error) {
    if (!ctx.cloud.lifecycle.stopping && ctx.isCurrent) ctx.cloud.log.warn("metrics were lost", { namespace, reason: messageOf(error) });
  }
}
