import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { invalid, type Query } from "./alarm-config.ts";
import { insightsQueryOf } from "./insights-sql/evaluate.ts";
import { isInsightsQuery } from "./insights-sql/parser.ts";
import { fullLabel, isDynamic } from "./labels.ts";
import type { Series } from "./math/values.ts";
import { rangeOf } from "./queries.ts";
import { QueryEvaluation, type Range } from "./series.ts";
import { isKnownStatistic } from "./statistics.ts";

const MAX_DATAPOINTS = 100_800;
const MAX_QUERIES = 500;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html gives the text; the code is a guess. */
const EXCEEDED = { Code: "MaxMetricsExceeded", Value: "Maximum number of allowed metrics exceeded" };

function checkQuery(query: Query): void {
  if ((query.MetricStat === undefined) === (query.Expression === undefined)) {
    throw invalid("Each MetricDataQuery must specify either MetricStat or Expression, and not both.");
  }
  if (query.AccountId !== undefined) throw notImplemented("cloudwatch", "GetMetricData", "AccountId");
  if (!/^[a-z][a-zA-Z0-9_]*$/.test(query.Id ?? "")) {
    throw invalid(`The value ${query.Id} for parameter MetricDataQueries.Id is invalid: it must begin with a lower-case letter.`);
  }
  const name = query.MetricStat?.Stat;
  if (name !== undefined && !isKnownStatistic(name))
    throw invalid(`The value ${name} for parameter MetricDataQueries.MetricStat.Stat is not supported.`);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html */
function checkInsights(queries: readonly Query[]): void {
  const insights = queries.filter(({ Expression }) => isInsightsQuery(Expression));
  if (insights.length > 1) throw invalid("Only one Metrics Insights query is allowed in each GetMetricData operation.");
  for (const { Id = "", Expression = "" } of insights) insightsQueryOf(Id, Expression, "GetMetricData");
}

/** Series of a query that groups are named by their group alone, whatever number of them there is. */
function isGrouped({ Id = "", Expression = "" }: Query): boolean {
  return isInsightsQuery(Expression) && insightsQueryOf(Id, Expression, "GetMetricData").groups.length > 0;
}

interface Result {
  readonly query: Query;
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
}

/** What labels tell besides the series. */
type Told = Pick<Parameters<typeof fullLabel>[1], "timezone" | "now" | "account" | "region">;

function resultOf(query: Query, series: Series, many: boolean, told: Told): Result {
  const points = [...series.points].sort(([a], [b]) => a - b);
  const own = query.Label;
  if (own !== undefined && isDynamic(own)) return { query, points, label: fullLabel(own, { series, query, points, ...told }) };
  if (isGrouped(query)) return { query, points, label: [own ?? "", series.label].filter((part) => part !== "").join(" ") };
  if (!many) return { query, points, label: own ?? (query.MetricStat === undefined ? (query.Id ?? "") : series.label) };
  return { query, points, label: [own ?? query.Id ?? "", series.label].filter((part) => part !== "").join(" ") };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
export function getMetricData(input: Input<"cloudwatch", "GetMetricData">, ctx: Context): Output<"cloudwatch", "GetMetricData"> {
  const queries = input.MetricDataQueries ?? [];
  if (queries.length > MAX_QUERIES) throw invalid(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length)
    throw invalid("The values for parameter id in MetricDataQueries are not unique.");
  for (const query of queries) checkQuery(query);
  checkInsights(queries);
  const rangeFor = (period: number): Range => rangeOf(input.StartTime, input.EndTime, period, ctx.now);
  const evaluation = new QueryEvaluation(ctx, queries, { rangeFor, searches: true });
  const skip = input.NextToken === undefined ? 0 : Number(decodeToken(input.NextToken)?.[0]);
  if (Number.isNaN(skip)) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const limit = input.MaxDatapoints ?? MAX_DATAPOINTS;
  const told: Told = { timezone: input.LabelOptions?.Timezone, now: ctx.now, account: ctx.account, region: ctx.region };
  const ascending = input.ScanBy === "TimestampAscending";
  const results = queries
    .filter(({ ReturnData }) => ReturnData !== false)
    .flatMap((query) => {
      const all = evaluation.series(query.Id ?? "");
      return all.map((series) => resultOf(query, series, all.length > 1, told));
    });
  let seen = 0;
  const MetricDataResults = results.map(({ query, label, points }) => {
    const ordered = ascending ? points : points.toReversed();
    const shown = ordered.slice(Math.max(0, skip - seen), Math.max(0, skip + limit - seen));
    const more = seen + ordered.length > skip + limit;
    seen += ordered.length;
    return {
      Id: query.Id,
      Label: label,
      Timestamps: shown.map(([time]) => new Date(time)),
      Values: shown.map(([, value]) => value),
      StatusCode: more || evaluation.partial.has(query.Id ?? "") ? ("PartialData" as const) : ("Complete" as const),
    };
  });
  const NextToken = seen > skip + limit ? encodeToken([skip + limit]) : undefined;
  const Messages = evaluation.isCut || evaluation.partial.size > 0 ? [EXCEEDED] : [];
  return { MetricDataResults, Messages, ...(NextToken === undefined ? {} : { NextToken }) };
}
