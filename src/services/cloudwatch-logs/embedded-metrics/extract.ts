import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { type MetricPoint, putMetrics } from "../../../aws/metrics.ts";
import type { Message, MessageHandler } from "../../../aws/service.ts";
import { isExtractionDisabled } from "../account-policies/extraction.ts";
import { batchOf } from "../metric-filters.ts";
import { type GroupRow, selectGroupById } from "../store.ts";
import { type EmbeddedMetric, extractMetrics, looksEmbedded } from "./format.ts";

type Datum = NonNullable<Input<"cloudwatch", "PutMetricData">["MetricData"]>[number];

/** Of one PutMetricData. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MOST_DATA = 1_000;
const MOST_VALUES = 150;

interface Series extends Omit<EmbeddedMetric, "values"> {
  /** How often each value came. */
  readonly counts: Map<number, number>;
}

/** What a batch's events add up to: as many values as differ, however many events there are. */
class Gathered {
  readonly #series = new Map<string, Series>();

  add(metric: EmbeddedMetric): void {
    const width = metric.resolution * 1_000;
    const time = Math.floor(metric.time / width) * width;
    const { namespace, name, unit, resolution, dimensions } = metric;
    const key = JSON.stringify([namespace, name, unit, resolution, time, dimensions]);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { namespace, name, unit, resolution, time, dimensions, counts: new Map() };
      this.#series.set(key, series);
    }
    for (const value of metric.values) series.counts.set(value, (series.counts.get(value) ?? 0) + 1);
  }

  byNamespace(): Map<string, Datum[]> {
    const found = new Map<string, Datum[]>();
    for (const series of this.#series.values()) {
      const data = found.get(series.namespace) ?? [];
      data.push(...dataOf(series));
      found.set(series.namespace, data);
    }
    return found;
  }
}

function dataOf({ name, unit, resolution, dimensions, time, counts }: Series): Datum[] {
  const pairs = [...counts];
  const parts = Array.from({ length: Math.ceil(pairs.length / MOST_VALUES) }, (_, i) =>
    pairs.slice(i * MOST_VALUES, (i + 1) * MOST_VALUES),
  );
  return parts.map((part) => ({
    MetricName: name,
    Unit: unit as NonNullable<Datum["Unit"]>,
    StorageResolution: resolution,
    Timestamp: new Date(time),
    Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
    Values: part.map(([value]) => value),
    Counts: part.map(([, count]) => count),
  }));
}

/**
 * Has `cloudwatch-logs.embedded` look at a batch in which an event looks like the embedded metric format. One batch of a
 * group at a time: however fast they come in, one is in memory.
 */
export function sendEmbedded(
  ctx: Context,
  group: GroupRow,
  messages: readonly { readonly message: string }[],
  batch: Message["payload"],
): void {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
  if (group.class !== "STANDARD") return;
  if (!messages.some(({ message }) => looksEmbedded(message))) return;
  ctx.send("cloudwatch-logs.embedded", batch, { lane: `cloudwatch-logs.embedded.${group.id}` });
}

/** `cloudwatch-logs.embedded`: makes metrics of the events of a batch that carry them. */
export const onEmbedded: MessageHandler = async (ctx, message) => {
  const group = ctx.get(selectGroupById, { id: Number(message.payload["group"]) });
  if (group === undefined) return;
  if (isExtractionDisabled(ctx, group)) {
    const ignored = batchOf(ctx, message).filter((event) => looksEmbedded(event.message)).length;
    putMetrics(ctx, "AWS/Logs", [point(group, "EMFDisabledErrors", ignored)]);
    return;
  }
  const gathered = new Gathered();
  let parsingErrors = 0;
  let validationErrors = 0;
  for (const event of batchOf(ctx, message)) {
    if (!looksEmbedded(event.message)) continue;
    const found = extractMetrics(event.message, ctx.now);
    parsingErrors += found.parsingErrors;
    validationErrors += found.validationErrors;
    for (const metric of found.metrics) gathered.add(metric);
  }
  for (const [Namespace, data] of gathered.byNamespace()) {
    for (let from = 0; from < data.length; from += MOST_DATA)
      await ctx.call("cloudwatch", "PutMetricData", { Namespace, MetricData: data.slice(from, from + MOST_DATA) });
  }
  const failed = [point(group, "EMFParsingErrors", parsingErrors), point(group, "EMFValidationErrors", validationErrors)];
  const points = failed.filter(({ value }) => value > 0);
  if (points.length > 0) putMetrics(ctx, "AWS/Logs", points);
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
function point(group: GroupRow, name: string, value: number): MetricPoint {
  return { name, value, unit: "None", dimensions: { LogGroupName: group.name } };
}
