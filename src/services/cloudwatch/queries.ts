import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { evaluate, type Series } from "./math.ts";
import { dimensionKey, invalidValue } from "./metrics.ts";
import { fromRow, isKnownStatistic, merge, type Samples, statistic } from "./statistics.ts";
import { selectBuckets, selectMetric } from "./store.ts";

const DAY = 86_400_000;
const MAX_STATISTICS = 1_440;
const MAX_DATAPOINTS = 100_800;

interface Range {
  readonly from: number;
  readonly to: number;
  /** ms. */
  readonly period: number;
}

/** The start is rounded down by its age: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
function rangeOf(start: Date | undefined, end: Date | undefined, period: number, now: number): Range {
  const from = start?.getTime() ?? 0;
  const to = end?.getTime() ?? 0;
  if (from >= to) throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
  if (!(period > 0 && (period % 60 === 0 || [1, 5, 10, 20, 30].includes(period)))) {
    throw invalidValue("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  }
  const age = now - from;
  const grain = age > 63 * DAY ? 3_600 : age > 15 * DAY ? 300 : Math.min(period, 60);
  return { from: Math.floor(from / (grain * 1_000)) * grain * 1_000, to, period: period * 1_000 };
}

interface Wanted {
  readonly Namespace?: string | undefined;
  readonly MetricName?: string | undefined;
  readonly Dimensions?: Input<"cloudwatch", "GetMetricStatistics">["Dimensions"];
}

/** Samples by the start of their period and, where asked for, by unit. */
function collect(ctx: Context, metric: Wanted, range: Range, unit: string | undefined): Map<number, Map<string, Samples>> {
  const periods = new Map<number, Map<string, Samples>>();
  const key = { namespace: metric.Namespace ?? "", name: metric.MetricName ?? "", dimensions: dimensionKey(metric.Dimensions) };
  const row = ctx.get(selectMetric, key);
  if (row === undefined) return periods;
  for (const bucket of ctx.all(selectBuckets, { metric: row.id, from: range.from, to: range.to })) {
    if (unit !== undefined && bucket.unit !== unit) continue;
    const time = range.from + Math.floor((bucket.time - range.from) / range.period) * range.period;
    const units = periods.get(time) ?? new Map<string, Samples>();
    const known = units.get(bucket.unit);
    units.set(bucket.unit, known === undefined ? fromRow(bucket) : merge(known, fromRow(bucket)));
    periods.set(time, units);
  }
  return periods;
}

export function getMetricStatistics(
  input: Input<"cloudwatch", "GetMetricStatistics">,
  ctx: Context,
): Output<"cloudwatch", "GetMetricStatistics"> {
  const { Statistics = [], ExtendedStatistics = [] } = input;
  if (Statistics.length + ExtendedStatistics.length === 0) {
    throw new AwsException(
      "MissingRequiredParameterException",
      "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
      { status: 400 },
    );
  }
  const unknown = ExtendedStatistics.find((name) => !isKnownStatistic(name));
  if (unknown !== undefined) throw notImplemented("cloudwatch", "GetMetricStatistics", `the statistic ${unknown}`);
  const range = rangeOf(input.StartTime, input.EndTime, input.Period ?? 0, ctx.now);
  const asked = Math.ceil((range.to - range.from) / range.period);
  if (asked > MAX_STATISTICS) {
    throw new AwsException(
      "InvalidParameterCombinationException",
      `You have requested up to ${asked} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
      { status: 400 },
    );
  }
  const Datapoints = [...collect(ctx, input, range, input.Unit)].flatMap(([time, units]) =>
    [...units].map(([unit, samples]) => {
      const simple = Object.fromEntries(Statistics.map((name) => [name, statistic(samples, name)]));
      const extended = ExtendedStatistics.flatMap((name) => {
        const value = statistic(samples, name);
        return value === undefined ? [] : [[name, value]];
      });
      return {
        Timestamp: new Date(time),
        Unit: unit as "None",
        ...simple,
        ...(extended.length === 0 ? {} : { ExtendedStatistics: Object.fromEntries(extended) }),
      };
    }),
  );
  return { Label: input.MetricName, Datapoints };
}

type Query = NonNullable<Input<"cloudwatch", "GetMetricData">["MetricDataQueries"]>[number];

function checkQuery(query: Query): void {
  if ((query.MetricStat === undefined) === (query.Expression === undefined)) {
    throw invalid("Each MetricDataQuery must specify either MetricStat or Expression, and not both.");
  }
  if (query.AccountId !== undefined) throw notImplemented("cloudwatch", "GetMetricData", "AccountId");
  if (query.Label?.includes("${") === true) throw notImplemented("cloudwatch", "GetMetricData", "dynamic labels");
  const name = query.MetricStat?.Stat;
  if (name !== undefined && !isKnownStatistic(name)) throw notImplemented("cloudwatch", "GetMetricData", `the statistic ${name}`);
}

const invalid = (message: string): AwsException => new AwsException("ValidationError", message, { status: 400 });

/** Computes each query once, whatever refers to it. */
class Evaluation {
  readonly #ctx: Context;
  readonly #input: Input<"cloudwatch", "GetMetricData">;
  readonly #queries: ReadonlyMap<string, Query>;
  readonly #done = new Map<string, Series>();
  readonly #open = new Set<string>();

  constructor(ctx: Context, input: Input<"cloudwatch", "GetMetricData">) {
    this.#ctx = ctx;
    this.#input = input;
    this.#queries = new Map((input.MetricDataQueries ?? []).map((query) => [query.Id ?? "", query]));
  }

  series(id: string): Series | undefined {
    const query = this.#queries.get(id);
    if (query === undefined) return undefined;
    const known = this.#done.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) throw invalid(`The expression of '${id}' refers to itself.`);
    this.#open.add(id);
    const series = query.MetricStat === undefined ? this.#compute(query) : this.#read(query.MetricStat);
    this.#open.delete(id);
    this.#done.set(id, series);
    return series;
  }

  #read(stat: NonNullable<Query["MetricStat"]>): Series {
    const range = rangeOf(this.#input.StartTime, this.#input.EndTime, stat.Period ?? 0, this.#ctx.now);
    const points: [number, number][] = [];
    for (const [time, units] of collect(this.#ctx, stat.Metric ?? {}, range, stat.Unit)) {
      const value = statistic([...units.values()].reduce(merge), stat.Stat ?? "");
      if (value !== undefined) points.push([time, value]);
    }
    return new Map(points);
  }

  #compute(query: Query): Series {
    const metrics = [...this.#queries.values()].filter(({ MetricStat }) => MetricStat !== undefined);
    const period = query.Period ?? Math.max(60, ...metrics.map(({ MetricStat }) => MetricStat?.Period ?? 0));
    const value = evaluate(query.Expression ?? "", {
      series: (id) => this.series(id),
      metrics: metrics.flatMap(({ Id = "" }) => this.series(Id) ?? []),
      period,
    });
    if (typeof value !== "number") return value;
    // A number becomes a series with one point a period.
    const range = rangeOf(this.#input.StartTime, this.#input.EndTime, period, this.#ctx.now);
    const count = Math.ceil((range.to - range.from) / range.period);
    return new Map(Array.from({ length: count }, (_, index) => [range.from + index * range.period, value]));
  }
}

export function getMetricData(input: Input<"cloudwatch", "GetMetricData">, ctx: Context): Output<"cloudwatch", "GetMetricData"> {
  const queries = input.MetricDataQueries ?? [];
  if (queries.length > 500) throw invalid("The collection MetricDataQueries must not have a size greater than 500.");
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length)
    throw invalid("The values for parameter id in MetricDataQueries are not unique.");
  for (const query of queries) checkQuery(query);
  // A time zone for dynamic labels, which are refused.
  const { LabelOptions: _ } = input;
  const evaluation = new Evaluation(ctx, input);
  const skip = input.NextToken === undefined ? 0 : Number(decodeToken(input.NextToken)?.[0]);
  if (Number.isNaN(skip)) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const limit = input.MaxDatapoints ?? MAX_DATAPOINTS;
  const ascending = input.ScanBy === "TimestampAscending";
  let seen = 0;
  const MetricDataResults = queries
    .filter(({ ReturnData }) => ReturnData !== false)
    .map((query) => {
      const points = [...(evaluation.series(query.Id ?? "") ?? [])].sort(([a], [b]) => (ascending ? a - b : b - a));
      const shown = points.slice(Math.max(0, skip - seen), Math.max(0, skip + limit - seen));
      const more = seen + points.length > skip + limit;
      seen += points.length;
      return {
        Id: query.Id,
        Label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? query.Id,
        Timestamps: shown.map(([time]) => new Date(time)),
        Values: shown.map(([, value]) => value),
        StatusCode: more ? ("PartialData" as const) : ("Complete" as const),
      };
    });
  const NextToken = seen > skip + limit ? encodeToken([skip + limit]) : undefined;
  return { MetricDataResults, Messages: [], ...(NextToken === undefined ? {} : { NextToken }) };
}
