import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { invalidValue } from "./metrics.ts";
import { collect, QueryEvaluation, type Range } from "./series.ts";
import { isKnownStatistic, isSimple, statistic } from "./statistics.ts";

const DAY = 86_400_000;
const MAX_STATISTICS = 1_440;
const MAX_DATAPOINTS = 100_800;

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
  const Datapoints = [...collect(ctx, input, range, { unit: input.Unit, spread: !ExtendedStatistics.every(isSimple) })].flatMap(
    ([time, units]) =>
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

export function getMetricData(input: Input<"cloudwatch", "GetMetricData">, ctx: Context): Output<"cloudwatch", "GetMetricData"> {
  const queries = input.MetricDataQueries ?? [];
  if (queries.length > 500) throw invalid("The collection MetricDataQueries must not have a size greater than 500.");
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length)
    throw invalid("The values for parameter id in MetricDataQueries are not unique.");
  for (const query of queries) checkQuery(query);
  // A time zone for dynamic labels, which are refused.
  const { LabelOptions: _ } = input;
  const rangeFor = (period: number): Range => rangeOf(input.StartTime, input.EndTime, period, ctx.now);
  const evaluation = new QueryEvaluation(ctx, queries, rangeFor);
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
