import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Query } from "./alarm-config.ts";
import { bandOf, type Source } from "./anomaly/band.ts";
import { selectSums } from "./anomaly/store.ts";
import { closureOf, targetOf } from "./anomaly/target.ts";
import { evaluateInsights, insightsQueryOf } from "./insights-sql/evaluate.ts";
import { isInsightsQuery } from "./insights-sql/parser.ts";
import { isDynamic } from "./labels.ts";
import { evaluateExpression, seriesOf } from "./math/evaluate.ts";
import { searchTest } from "./math/search.ts";
import { isSeries, type Series, type Value } from "./math/values.ts";
import { dimensionKey } from "./metrics-key.ts";
import { readBuckets } from "./retention/read.ts";
import { fromRow, isKnownStatistic, isSimple, merge, type Samples, statistic, sumsOf } from "./statistics.ts";
import { selectMetric, selectMetrics } from "./store.ts";

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
  for (const bucket of readBuckets(ctx, row.id, range)) {
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

/** Points of a simple statistic, oldest first. */
function simplePoints(ctx: Context, stat: NonNullable<Query["MetricStat"]>, { from, to, period }: Range): (readonly [number, number])[] {
  const { Namespace = "", MetricName = "", Dimensions } = stat.Metric ?? {};
  const metric = ctx.get(selectMetric, { namespace: Namespace, name: MetricName, dimensions: dimensionKey(Dimensions) });
  if (metric === undefined) return [];
  const periods: { time: number; samples: Samples }[] = [];
  for (const row of ctx.cloud.store.all(selectSums, { metric: metric.id, from, to, unit: stat.Unit ?? null })) {
    const time = from + Math.floor((row.time - from) / period) * period;
    const samples: Samples = { count: row.count, sum: row.sum, min: row.min, max: row.max, values: undefined };
    const last = periods.at(-1);
    if (last?.time === time) last.samples = merge(last.samples, samples);
    else periods.push({ time, samples });
  }
  return periods.map(({ time, samples }) => [time, statistic(samples, stat.Stat ?? "") ?? 0]);
}

/** Where the detector of a query learns from. */
export function sourceOf(ctx: Context, queries: readonly Query[], id: string): Source {
  const stats = closureOf(queries, id).flatMap(({ MetricStat }) => MetricStat ?? []);
  const period = stats.reduce((longest, { Period = 0 }) => Math.max(longest, Period), 0) || 60;
  return {
    period,
    read: (from, to) => {
      const stat = queries.find(({ Id }) => Id === id)?.MetricStat;
      if (stat !== undefined && isSimple(stat.Stat ?? "")) return simplePoints(ctx, stat, { from, to, period: period * 1_000 });
      const rangeFor = (seconds: number): Range => ({ from, to, period: seconds * 1_000 });
      const [series] = new QueryEvaluation(ctx, queries, { rangeFor, searches: false }).series(id);
      return series === undefined ? [] : [...series.points].sort(([a], [b]) => a - b);
    },
    metrics: () =>
      stats.flatMap(({ Metric: { Namespace = "", MetricName = "", Dimensions } = {} }) => {
        const row = ctx.get(selectMetric, { namespace: Namespace, name: MetricName, dimensions: dimensionKey(Dimensions) });
        return row?.id ?? [];
      }),
  };
}

/** Metrics that one search gives at most: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html */
const MOST_FOUND = 500;
const TWO_WEEKS = 14 * 86_400_000;

export interface EvaluationOptions {
  /** The range for a period in seconds. */
  readonly rangeFor: (period: number) => Range;
  /** Alarms may not search. */
  readonly searches: boolean;
}

/** Seconds of what a query reads itself; 0 for metric math, which has the period of what it computes with. */
const measuredPeriod = ({ MetricStat, Expression, Period = 60 }: Query): number =>
  MetricStat?.Period ?? (isInsightsQuery(Expression) ? Period : 0);

/** Computes each query of a list once, whatever refers to it. */
export class QueryEvaluation {
  readonly #ctx: Context;
  readonly #options: EvaluationOptions;
  readonly #queries: ReadonlyMap<string, Query>;
  readonly #done = new Map<string, Value>();
  readonly #open = new Set<string>();
  /** Samples read so far, of all metrics. */
  samples = 0;
  /** Whether a search found more metrics than it gives. */
  isCut = false;
  /** Queries of which a quota kept something back. */
  readonly partial = new Set<string>();

  constructor(ctx: Context, queries: readonly Query[], options: EvaluationOptions) {
    this.#ctx = ctx;
    this.#options = options;
    this.#queries = new Map(queries.map((query) => [query.Id ?? "", query]));
  }

  /** Series of a query that is to be returned. @throws AwsException ValidationError */
  series(id: string): readonly Series[] {
    return seriesOf(this.#queries.get(id)?.Expression ?? id, this.#value(id) ?? []);
  }

  #value(id: string): Value | undefined {
    const query = this.#queries.get(id);
    if (query === undefined) return undefined;
    const known = this.#done.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) throw new AwsException("ValidationError", `The expression of '${id}' refers to itself.`, { status: 400 });
    this.#open.add(id);
    const value = query.MetricStat === undefined ? this.#compute(query) : this.#read(query.MetricStat, query.Label);
    this.#open.delete(id);
    this.#done.set(id, value);
    return value;
  }

  #read(stat: NonNullable<Query["MetricStat"]>, label: string | undefined): Series {
    const period = stat.Period ?? 60;
    const points: [number, number][] = [];
    for (const [time, samples] of samplesOfStat(this.#ctx, stat, this.#options.rangeFor(period))) {
      this.samples += samples.count;
      const value = statistic(samples, stat.Stat ?? "");
      if (value !== undefined) points.push([time, value]);
    }
    const { Namespace: namespace = "", MetricName: name = "", Dimensions = [] } = stat.Metric ?? {};
    const dimensions = Dimensions.map(({ Name = "", Value = "" }) => [Name, Value] as const);
    const source = { namespace, name, dimensions, statistic: stat.Stat ?? "" };
    // What is dynamic in a label is told of the result, not of what it is made of.
    return { points: new Map(points), label: label === undefined || isDynamic(label) ? name : label, period, source };
  }

  #insights({ Id = "", Expression = "", Period = 60 }: Query): Value {
    const query = insightsQueryOf(Id, Expression, "GetMetricData");
    const { series, isPartial, samples } = evaluateInsights(this.#ctx, query, this.#options.rangeFor(Period));
    this.samples += samples;
    if (isPartial) this.partial.add(Id);
    const [first] = series;
    return query.groups.length === 0 && first !== undefined ? first : series;
  }

  #compute(query: Query): Value {
    if (isInsightsQuery(query.Expression)) return this.#insights(query);
    const metrics = [...this.#queries.values()].filter(({ MetricStat }) => MetricStat !== undefined);
    const period = query.Period ?? Math.max(0, ...[...this.#queries.values()].map(measuredPeriod));
    const { from, to } = this.#options.rangeFor(period === 0 ? 60 : period);
    return evaluateExpression(query.Expression ?? "", {
      from,
      to,
      period: period === 0 ? 60 : period,
      value: (id) => this.#value(id),
      isMetric: (id) => this.#queries.get(id)?.MetricStat !== undefined,
      metrics: (part) =>
        metrics.flatMap(({ Id = "" }) => {
          const value = Id.includes(part) ? this.#value(Id) : undefined;
          return isSeries(value) ? [value] : [];
        }),
      band: (id, deviations) => this.#band(id, deviations),
      search: (expression, stat, seconds) => (this.#options.searches ? this.#search(expression, stat, seconds) : undefined),
    });
  }

  #band(id: string, deviations: number): readonly Series[] | undefined {
    const queries = [...this.#queries.values()];
    const target = targetOf(queries, id);
    if (target === undefined) return undefined;
    const source = sourceOf(this.#ctx, queries, id);
    const { from, to } = this.#options.rangeFor(source.period);
    return bandOf(this.#ctx, { target, source, deviations, from, to });
  }

  #search(expression: string, Stat: string, Period: number): readonly Series[] {
    if (!isKnownStatistic(Stat)) throw new AwsException("ValidationError", `Unknown statistic ${Stat} in SEARCH`, { status: 400 });
    const test = searchTest(expression);
    const since = this.#ctx.now - TWO_WEEKS;
    const found = this.#ctx
      .all(selectMetrics, { after: 0, namespace: null, name: null })
      .map(({ namespace, name, last, dimensions }) => ({ namespace, name, last, dimensions: JSON.parse(dimensions) as [string, string][] }))
      .filter((metric) => metric.last >= since && test({ ...metric, account: this.#ctx.account }));
    this.isCut ||= found.length > MOST_FOUND;
    return found.slice(0, MOST_FOUND).map(({ namespace, name, dimensions }) => {
      const Dimensions = dimensions.map(([Name, Value]) => ({ Name, Value }));
      const stat = { Metric: { Namespace: namespace, MetricName: name, Dimensions }, Period, Stat };
      return this.#read(stat, [...dimensions.map(([, value]) => value), name].join(" "));
    });
  }
}
