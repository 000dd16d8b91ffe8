import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { noteDataPoint } from "./anomaly/band.ts";
import { dimensionKey, dimensionsOf } from "./metrics-key.ts";
import { keep } from "./retention/roll-up.ts";
import { resolutionAt } from "./retention/tiers.ts";
import { fromRow, histogramOf, merge, type Samples, samplesOf } from "./statistics.ts";
import { type MetricRow, selectBucket, selectMetric, selectMetrics, upsertBucket, upsertMetric } from "./store.ts";
import { wakeWatchers } from "./watch.ts";

const HOUR = 3_600_000;
const TWO_WEEKS = 14 * 24 * HOUR;
const PAGE = 500;

type Datum = NonNullable<Input<"cloudwatch", "PutMetricData">["MetricData"]>[number];

export function invalidValue(message: string): AwsException {
  return new AwsException("InvalidParameterValueException", message, { status: 400 });
}

function invalidCombination(message: string): AwsException {
  return new AwsException("InvalidParameterCombinationException", message, { status: 400 });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
function samplesOfDatum(datum: Datum, path: string): Samples {
  const given = [datum.Value, datum.StatisticValues, datum.Values].filter((part) => part !== undefined);
  if (given.length === 0) {
    throw new AwsException(
      "MissingRequiredParameterException",
      `At least one of the parameters ${path}.Value, ${path}.StatisticValues, ${path}.Values must be specified.`,
      {
        status: 400,
      },
    );
  }
  if (given.length > 1) {
    throw invalidCombination(
      `The parameters ${path}.Value, ${path}.StatisticValues and ${path}.Values are mutually exclusive and you have specified more than one.`,
    );
  }
  const set = datum.StatisticValues;
  if (set !== undefined) {
    const { SampleCount: count = 0, Sum: sum = 0, Minimum: min = 0, Maximum: max = 0 } = set;
    if (count <= 0) throw invalidValue(`The parameter ${path}.StatisticValues.SampleCount must be greater than 0.`);
    if (max < min) throw invalidCombination(`The parameter ${path}.StatisticValues.Maximum must be greater than or equal to Minimum.`);
    return { count, sum, min, max, values: min === max ? new Map([[min, count]]) : undefined };
  }
  const values = datum.Values ?? [datum.Value ?? 0];
  if (values.length === 0 || values.length > 150) throw invalidValue(`The parameter ${path}.Values must hold 1 to 150 values.`);
  if (datum.Counts !== undefined && datum.Counts.length !== values.length) {
    throw invalidValue(`The parameters ${path}.Values and ${path}.Counts must be of the same size.`);
  }
  const wrong = values.find((value) => !Number.isFinite(value) || Math.abs(value) > 2 ** 360);
  if (wrong !== undefined) throw invalidValue(`The value ${wrong} for parameter ${path}.Value is invalid.`);
  return samplesOf(values, datum.Counts ?? []);
}

function checkDatum(datum: Datum, path: string, now: number): void {
  const dimensions = datum.Dimensions ?? [];
  if (new Set(dimensions.map(({ Name }) => Name)).size < dimensions.length) {
    throw invalidValue(`No parameter ${path}.Dimensions may name the same dimension twice.`);
  }
  const time = datum.Timestamp?.getTime() ?? now;
  if (time < now - TWO_WEEKS) throw invalidValue(`The parameter ${path}.Timestamp must specify a time no more than two weeks in the past.`);
  if (time > now + 2 * HOUR)
    throw invalidValue(`The parameter ${path}.Timestamp must specify a time no more than two hours in the future.`);
  const resolution = datum.StorageResolution ?? 60;
  if (resolution !== 1 && resolution !== 60) throw invalidValue(`The parameter ${path}.StorageResolution must be 1 or 60.`);
}

interface Pending {
  readonly datum: Datum;
  readonly dimensions: string;
  readonly resolution: number;
  readonly time: number;
  samples: Samples;
}

/** Samples of the same metric and bucket are put together first, so that each bucket is read and written once. */
function gather(data: readonly Datum[], now: number): Pending[] {
  const pending = new Map<string, Pending>();
  for (const [index, datum] of data.entries()) {
    const path = `MetricData.member.${index + 1}`;
    checkDatum(datum, path, now);
    const samples = samplesOfDatum(datum, path);
    const given = datum.Timestamp?.getTime() ?? now;
    // High resolution that would be gone already is stored as what it would have become.
    const resolution = Math.max(datum.StorageResolution ?? 60, resolutionAt(given, now) ?? 60);
    const width = resolution * 1_000;
    const time = Math.floor(given / width) * width;
    const dimensions = dimensionKey(datum.Dimensions);
    const key = `${datum.MetricName}\n${dimensions}\n${datum.Unit}\n${resolution}\n${time}`;
    const known = pending.get(key);
    if (known === undefined) pending.set(key, { datum, dimensions, resolution, time, samples });
    else known.samples = merge(known.samples, samples);
  }
  return [...pending.values()];
}

/** The id of a metric that has data at `time`: a known one is written to only when this is its newest. */
function metricOf(ctx: Context, key: Pick<MetricRow, "namespace" | "name" | "dimensions">, time: number): number {
  const known = ctx.get(selectMetric, key);
  if (known !== undefined && known.last >= time) return known.id;
  return ctx.get(upsertMetric, { ...key, last: time })?.id ?? 0;
}

export function putMetricData(input: Input<"cloudwatch", "PutMetricData">, ctx: Context): Output<"cloudwatch", "PutMetricData"> {
  const namespace = input.Namespace ?? "";
  if (input.EntityMetricData !== undefined) throw notImplemented("cloudwatch", "PutMetricData", "EntityMetricData");
  // It says how entities are checked, and those are refused.
  const { StrictEntityValidation: _ } = input;
  // Only AWS's own services write there: those of Orrery call in this process.
  if (namespace.startsWith("AWS/") && ctx.request !== undefined) {
    throw invalidValue("The value AWS/ for parameter Namespace is invalid: namespaces that begin with AWS/ are reserved for AWS.");
  }
  if (namespace.trim() === "" || /^:/.test(namespace)) throw invalidValue("The value for parameter Namespace is invalid.");
  const pending = gather(input.MetricData ?? [], ctx.now);
  ctx.tx(() => {
    if (pending.length > 0)
      keep(
        ctx,
        pending.some(({ resolution }) => resolution < 60),
      );
    for (const { datum, dimensions, resolution, time, samples } of pending) {
      const metric = metricOf(ctx, { namespace, name: datum.MetricName ?? "", dimensions }, time);
      const key = { metric, time, resolution, unit: datum.Unit ?? "None" };
      const stored = ctx.get(selectBucket, key);
      const { count, sum, min, max, ...all } = stored === undefined ? samples : merge(fromRow(stored), samples);
      ctx.run(upsertBucket, { ...key, count, sum, min, max, histogram: histogramOf({ count, sum, min, max, ...all }) });
      noteDataPoint(ctx, metric, time);
      wakeWatchers(ctx, metric);
    }
  });
  return {};
}

export function listMetrics(input: Input<"cloudwatch", "ListMetrics">, ctx: Context): Output<"cloudwatch", "ListMetrics"> {
  if (input.IncludeLinkedAccounts === true) throw notImplemented("cloudwatch", "ListMetrics", "IncludeLinkedAccounts");
  if (input.OwningAccount !== undefined) throw notImplemented("cloudwatch", "ListMetrics", "OwningAccount");
  const after = input.NextToken === undefined ? 0 : Number(decodeToken(input.NextToken)?.[0]);
  if (Number.isNaN(after)) throw invalidValue("Invalid nextToken");
  // Metrics without data for two weeks are no longer listed; RecentlyActive narrows it to three hours.
  const since = ctx.now - (input.RecentlyActive === undefined ? TWO_WEEKS : 3 * HOUR);
  const wanted = input.Dimensions ?? [];
  const matches = (row: MetricRow): boolean => {
    const has = new Map(JSON.parse(row.dimensions) as [string, string][]);
    return wanted.every(({ Name = "", Value }) => has.has(Name) && (Value === undefined || has.get(Name) === Value));
  };
  const rows = ctx
    .all(selectMetrics, { after, namespace: input.Namespace ?? null, name: input.MetricName ?? null })
    .filter((row) => row.last >= since && matches(row));
  const page = pageOf(rows, PAGE, ({ id }) => [id]);
  const Metrics = page.items.map((row) => ({ Namespace: row.namespace, MetricName: row.name, Dimensions: dimensionsOf(row.dimensions) }));
  return { Metrics, NextToken: page.nextToken };
}
