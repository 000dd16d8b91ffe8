import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { type AlarmConfig, comparedQuery, invalid, type MetricAlarmInput, type Query } from "../alarm-config.ts";
import { insightsQueryOf } from "./evaluate.ts";
import { type InsightsQuery, isInsightsQuery } from "./parser.ts";
import { countQueryAlarms } from "./store.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html */
const MOST_SECONDS = 3 * 3_600;
const MOST_ALARMS = 200;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html */
const NOT_FOR_CONTRIBUTORS = /^arn:[^:]*:(automate|autoscaling|swf):/;

/** The query whose groups are an alarm's contributors; undefined for alarms that watch one time series. */
export function contributorQuery(queries: readonly Query[] | undefined): InsightsQuery | undefined {
  const compared = comparedQuery(queries ?? []);
  if (compared === undefined || !isInsightsQuery(compared.Expression)) return undefined;
  const query = insightsQueryOf(compared.Id ?? "", compared.Expression ?? "", "PutMetricAlarm");
  return query.groups.length === 0 ? undefined : query;
}

export const hasContributors = ({ Metrics }: AlarmConfig): boolean => contributorQuery(Metrics) !== undefined;

/** Checks the Metrics Insights query among an alarm's queries. @throws AwsException ValidationError */
export function checkInsightsAlarm(input: MetricAlarmInput, query: Query): void {
  const { Period: period = 60, Id = "" } = query;
  insightsQueryOf(Id, query.Expression ?? "", "PutMetricAlarm");
  if (period < 60) throw invalid("Invalid metrics list: Metrics Insights does not support a Period of less than 60 seconds.");
  if ((input.Metrics ?? []).filter(({ Expression }) => isInsightsQuery(Expression)).length > 1) {
    throw invalid("Invalid metrics list: only one Metrics Insights query can be specified.");
  }
  if (period * (input.EvaluationPeriods ?? 1) > MOST_SECONDS) {
    throw invalid(
      "Metrics Insights alarms can evaluate the most recent three hours of data (EvaluationPeriods * Period must be <= 10800).",
    );
  }
  const grouped = contributorQuery(input.Metrics);
  if (grouped === undefined) return;
  if (grouped.order === undefined)
    throw invalid(`Error in expression '${Id}': an alarm on a query with GROUP BY needs an ORDER BY clause.`);
  const actions = [...(input.AlarmActions ?? []), ...(input.OKActions ?? []), ...(input.InsufficientDataActions ?? [])];
  const wrong = actions.find((action) => NOT_FOR_CONTRIBUTORS.test(action));
  if (wrong !== undefined) throw invalid(`The action ${wrong} is not supported for alarms on queries that return multiple time series.`);
}

/** @throws AwsException LimitExceeded: a Region has at most 200 of them */
export function checkInsightsQuota(ctx: Context, input: MetricAlarmInput): void {
  if (!(input.Metrics ?? []).some(({ Expression }) => isInsightsQuery(Expression))) return;
  const count = ctx.get(countQueryAlarms, { alarm: input.AlarmName ?? "" })?.count ?? 0;
  if (count >= MOST_ALARMS) {
    throw new AwsException("LimitExceededFault", `The maximum number of Metrics Insights alarms (${MOST_ALARMS}) has been reached.`);
  }
}
