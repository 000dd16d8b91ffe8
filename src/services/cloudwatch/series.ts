import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Query } from "./alarm-config.ts";
import { evaluate, type Series } from "./math.ts";
import { dimensionKey } from "./metrics-key.ts";
import { fromRow, isSimple, merge, type Samples, statistic, sumsOf } from "./statistics.ts";
import { selectBuckets, selectMetric } from "./store.ts";

/** Periods of `period` ms, the first one from `from`. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly period: number;
}

interface Wanted {
  readonly Namespace?: string | undefined;
  readonly MetricName?: string | undefined;
  readonly Dimensions?: Input<"cloudwatch", "GetMetricStatistics">["Dimensions"];
}

interface Reading {
  readonly unit: string | undefined;
  /** Whether distributions are needed: reading them costs more than sums. */
  readonly spread: boolean;
}

/** Samples by the start of their period and by unit. */
export function collect(ctx: Context, metric: Wanted, range: Range, { unit, spread }: Reading): Map<number, Map<string, Samples>> {
  const periods = new Map<number, Map<string, Samples>>();
  const key = { namespace: metric.Namespace ?? "", name: metric.MetricName ?? "", dimensions: dimensionKey(metric.Dimensions) };
  const row = ctx.get(selectMetric, key);
  if (row === undefined || row.last < range.from) return periods;
  const read = spread ? fromRow : sumsOf;
  for (const bucket of ctx.all(selectBuckets, { metric: row.id, from: range.from, to: range.to })) {
    if (unit !== undefined && bucket.unit !== unit) continue;
    const time = range.from + Math.floor((bucket.time - range.from) / range.period) * range.period;
    const units = periods.get(time) ?? new Map<string, Samples>();
    const known = units.get(bucket.unit);
    units.set(bucket.unit, known === undefined ? read(bucket) : merge(known, read(bucket)));
    periods.set(time, units);
  }
  return periods;
}

/** Samples of one metric by the start of their period, whatever their unit unless the query names one. */
export function samplesOfStat(ctx: Context, stat: NonNullable<Query["MetricStat"]>, range: Range): Map<number, Samples> {
  const reading = { unit: stat.Unit, spread: !isSimple(stat.Stat ?? "") };
  const found = collect(ctx, stat.Metric ?? {}, range, reading);
  return new Map([...found].map(([time, units]) => [time, [...units.values()].reduce(merge)]));
}

/** Computes each query of a list once, whatever refers to it. */
export class QueryEvaluation {
  readonly #ctx: Context;
  readonly #rangeFor: (period: number) => Range;
  readonly #queries: ReadonlyMap<string, Query>;
  readonly #done = new Map<string, Series>();
  readonly #open = new Set<string>();
  /** Samples read so far, of all metrics. */
  samples = 0;

  /** @param rangeFor the range for a period in seconds */
  constructor(ctx: Context, queries: readonly Query[], rangeFor: (period: number) => Range) {
    this.#ctx = ctx;
    this.#rangeFor = rangeFor;
    this.#queries = new Map(queries.map((query) => [query.Id ?? "", query]));
  }

  /** @throws AwsException ValidationError */
  series(id: string): Series | undefined {
    const query = this.#queries.get(id);
    if (query === undefined) return undefined;
    const known = this.#done.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) throw new AwsException("ValidationError", `The expression of '${id}' refers to itself.`, { status: 400 });
    this.#open.add(id);
    const series = query.MetricStat === undefined ? this.#compute(query) : this.#read(query.MetricStat);
    this.#open.delete(id);
    this.#done.set(id, series);
    return series;
  }

  #read(stat: NonNullable<Query["MetricStat"]>): Series {
    const points: [number, number][] = [];
    for (const [time, samples] of samplesOfStat(this.#ctx, stat, this.#rangeFor(stat.Period ?? 0))) {
      this.samples += samples.count;
      const value = statistic(samples, stat.Stat ?? "");
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
    const range = this.#rangeFor(period);
    const count = Math.ceil((range.to - range.from) / range.period);
    return new Map(Array.from({ length: count }, (_, index) => [range.from + index * range.period, value]));
  }
}
