import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import type { Series } from "../math/values.ts";
import { readBuckets } from "../retention/read.ts";
import type { Range } from "../series.ts";
import { merge, type Samples, statistic, sumsOf } from "../statistics.ts";
import { type MetricRow, selectNamed } from "../store.ts";
import { type Aggregate, type Condition, type InsightsQuery, type LabelKey, MOST_SERIES, parseInsightsQuery } from "./parser.ts";
import { QueryError } from "./tokens.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html */
const MOST_METRICS = 10_000;
const LONGEST_LOOK = 14 * 86_400_000;
/** What a group is called whose metrics do not have a label. */
const OTHER = "Other";

const STATISTICS: Readonly<Record<Aggregate, string>> = {
  AVG: "Average",
  COUNT: "SampleCount",
  MAX: "Maximum",
  MIN: "Minimum",
  SUM: "Sum",
};

export interface GroupedSeries extends Series {
  /** Values of the labels that it is grouped by; empty without GROUP BY. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface InsightsResult {
  /** In the query's order. */
  readonly series: readonly GroupedSeries[];
  /** A quota kept something back. */
  readonly isPartial: boolean;
  /** Samples behind all of it. */
  readonly samples: number;
}

/** @throws AwsException ValidationError; NotImplemented for tags of resources, which are not known here */
export function insightsQueryOf(id: string, text: string, operation: string): InsightsQuery {
  let query: InsightsQuery;
  try {
    query = parseInsightsQuery(text);
  } catch (error) {
    if (error instanceof QueryError)
      throw new AwsException("ValidationError", `Error in expression '${id}': ${error.message}`, { status: 400 });
    throw error;
  }
  const tag = [...query.groups, ...query.conditions.map(({ key }) => key)].find(({ kind }) => kind === "tag");
  if (tag !== undefined) throw notImplemented("cloudwatch", operation, `resource tags in Metrics Insights queries (tag.${tag.name})`);
  return query;
}

interface Candidate {
  readonly id: number;
  readonly labels: ReadonlyMap<string, string>;
}

const labelOf = (ctx: Context, { labels }: Candidate, key: LabelKey): string | undefined =>
  key.kind === "account" ? ctx.account : labels.get(key.name);

function fits(ctx: Context, metric: Candidate, { key, isEqual, value }: Condition): boolean {
  return (labelOf(ctx, metric, key) === (value ?? ctx.account)) === isEqual;
}

/** Metrics that the query looks at, in the order in which they came to be. */
function matching(ctx: Context, query: InsightsQuery, from: number): Candidate[] {
  const schema = query.schema?.toSorted().join("\n");
  const candidate = ({ id, dimensions }: MetricRow): Candidate => ({ id, labels: new Map(JSON.parse(dimensions) as [string, string][]) });
  return ctx
    .all(selectNamed, { namespace: query.namespace, name: query.metric, from })
    .map(candidate)
    .filter(({ labels }) => schema === undefined || [...labels.keys()].sort().join("\n") === schema)
    .filter((metric) => query.conditions.every((condition) => fits(ctx, metric, condition)));
}

interface Group {
  readonly values: readonly string[];
  readonly periods: Map<number, Samples>;
}

function add(ctx: Context, group: Group, metric: Candidate, range: Range): void {
  for (const bucket of readBuckets(ctx, metric.id, range)) {
    const time = range.from + Math.floor((bucket.time - range.from) / range.period) * range.period;
    const known = group.periods.get(time);
    group.periods.set(time, known === undefined ? sumsOf(bucket) : merge(known, sumsOf(bucket)));
  }
}

function scalar(values: readonly number[], by: Aggregate): number {
  const sum = values.reduce((a, b) => a + b, 0);
  if (by === "COUNT") return values.length;
  if (by === "SUM") return sum;
  if (by === "AVG") return sum / values.length;
  return values.reduce((a, b) => (by === "MAX" ? Math.max(a, b) : Math.min(a, b)));
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By the labels' values, unless the query has an order of its own. */
function ordered(groups: readonly Group[], series: ReadonlyMap<Group, GroupedSeries>, { order }: InsightsQuery): Group[] {
  const byLabel = (a: Group, b: Group): number =>
    a.values.map((value, index) => compareText(value, b.values[index] ?? "")).find((result) => result !== 0) ?? 0;
  if (order === undefined) return groups.toSorted(byLabel);
  const worth = new Map(groups.map((group) => [group, scalar([...(series.get(group)?.points.values() ?? [])], order.by)]));
  const sign = order.isDescending ? -1 : 1;
  return groups.toSorted((a, b) => sign * ((worth.get(a) ?? 0) - (worth.get(b) ?? 0)) || byLabel(a, b));
}

/** One-minute granularity is the finest, and two weeks the furthest. */
function rangeWithin({ from, to, period }: Range, now: number): Range {
  const width = Math.max(60_000, period);
  const start = Math.floor(from / 60_000) * 60_000;
  const late = Math.max(0, Math.ceil((now - LONGEST_LOOK - start) / width));
  return { from: start + late * width, to, period: width };
}

/**
 * Time series of a Metrics Insights query.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
export function evaluateInsights(ctx: Context, query: InsightsQuery, asked: Range): InsightsResult {
  const range = rangeWithin(asked, ctx.now);
  const metrics = matching(ctx, query, range.from);
  const groups = new Map<string, Group>();
  if (query.groups.length === 0) groups.set("[]", { values: [], periods: new Map() });
  for (const metric of metrics.slice(0, MOST_METRICS)) {
    const values = query.groups.map((key) => labelOf(ctx, metric, key) ?? OTHER);
    const name = JSON.stringify(values);
    const group = groups.get(name) ?? { values, periods: new Map() };
    groups.set(name, group);
    add(ctx, group, metric, range);
  }
  let samples = 0;
  const series = new Map<Group, GroupedSeries>();
  for (const group of groups.values()) {
    // A time series exists where there is data; the one of a query without groups always does.
    if (group.periods.size === 0 && query.groups.length > 0) continue;
    const points = [...group.periods]
      .sort(([a], [b]) => a - b)
      .map(([time, found]) => {
        samples += found.count;
        return [time, statistic(found, STATISTICS[query.aggregate]) ?? 0] as const;
      });
    const attributes = Object.fromEntries(query.groups.map(({ name }, index) => [name, group.values[index] ?? OTHER]));
    const label = query.groups.length === 0 ? query.metric : group.values.join(" ");
    series.set(group, { points: new Map(points), label, period: range.period / 1_000, attributes });
  }
  const sorted = ordered([...series.keys()], series, query).flatMap((group) => series.get(group) ?? []);
  return {
    series: sorted.slice(0, query.limit ?? MOST_SERIES),
    isPartial: metrics.length > MOST_METRICS || (query.limit === undefined && sorted.length > MOST_SERIES),
    samples,
  };
}
