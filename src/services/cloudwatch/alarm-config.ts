import { createHash } from "node:crypto";
import { parseArn } from "../../aws/arn.ts";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { AlarmRow } from "./alarm-store.ts";
import { BAND, bandIdsIn, checkMath, closureOf } from "./anomaly/target.ts";
import { isBandComparison, isComparison } from "./comparisons.ts";
import type { MissingData } from "./evaluation.ts";
import { checkInsightsAlarm } from "./insights-sql/alarm-checks.ts";
import { isInsightsQuery } from "./insights-sql/parser.ts";
import { FOREIGN, isFunction } from "./math/evaluate.ts";
import { callsIn, ExpressionError, type Node, namesIn, parseExpression } from "./math/parser.ts";
import { isKnownStatistic } from "./statistics.ts";

export type MetricAlarmInput = Input<"cloudwatch", "PutMetricAlarm">;
export type CompositeAlarmInput = Input<"cloudwatch", "PutCompositeAlarm">;
/** What was put, as it is kept. */
export type AlarmConfig = Omit<MetricAlarmInput & CompositeAlarmInput, "AlarmName" | "Tags" | "AlarmRule"> & {
  readonly AlarmRule?: string;
};
export type Query = NonNullable<MetricAlarmInput["Metrics"]>[number];

const DAY = 86_400;
const MOST_SECONDS = 7 * DAY;
const HIGH_RESOLUTION: readonly number[] = [10, 20, 30];
const MISSING: readonly string[] = ["breaching", "notBreaching", "ignore", "missing"] satisfies MissingData[];
const NOT_HONOURED = ["ActionConfiguration", "EvaluationCriteria", "EvaluationInterval", "WarmUpConfiguration"] as const;

export const invalid = (message: string): AwsException => new AwsException("ValidationError", message, { status: 400 });

export const configOf = (row: AlarmRow): AlarmConfig => JSON.parse(row.config) as AlarmConfig;

export function alarmArn(ctx: Context, name: string): string {
  return ctx.arn("cloudwatch", `alarm:${name}`);
}

/** An alarm's name, from itself or from its ARN. */
export function alarmName(text: string): string {
  return text.startsWith("arn:") ? (parseArn(text)?.resource.replace(/^alarm:/, "") ?? text) : text;
}

/** Those that AWS gives a single metric of an alarm an id of its own: the same for the same alarm. */
function metricId(ctx: Context, name: string): string {
  const hex = createHash("sha256").update(alarmArn(ctx, name)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** What a metric alarm looks at, as queries: the one metric, or its list. */
export function queriesOf(ctx: Context, name: string, config: AlarmConfig): readonly Query[] {
  if (config.Metrics !== undefined) return config.Metrics;
  const { Namespace, MetricName, Dimensions, Period, Unit } = config;
  const MetricStat = {
    Metric: { Namespace, MetricName, Dimensions },
    Period,
    Stat: config.Statistic ?? config.ExtendedStatistic,
    ...(Unit === undefined ? {} : { Unit }),
  };
  return [{ Id: metricId(ctx, name), MetricStat, ReturnData: true }];
}

/** The query whose result is compared: the one that returns data, and is not the band that it is compared with. */
export function comparedQuery(queries: readonly Query[]): Query | undefined {
  const returned = queries.filter(({ ReturnData }) => ReturnData !== false);
  return returned.find(({ Expression }) => !BAND.test(Expression ?? "")) ?? returned[0];
}

/** Seconds. */
export function periodOf(queries: readonly Query[]): number {
  const compared = comparedQuery(queries);
  const periods = queries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []);
  return compared?.MetricStat?.Period ?? compared?.Period ?? Math.max(60, ...periods);
}

/**
 * Seconds between two evaluations.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export function cadenceOf(period: number, evaluationPeriods: number): number {
  if (period < 60) return 10;
  return period * evaluationPeriods > DAY ? 3_600 : 60;
}

/** AWS/DynamoDB's metrics come when something happens: their alarms ignore what is missing unless they say otherwise. */
export function missingDataOf(config: AlarmConfig): MissingData {
  const given = config.TreatMissingData;
  if (given !== undefined) return given as MissingData;
  const namespaces = [config.Namespace, ...(config.Metrics ?? []).map(({ MetricStat }) => MetricStat?.Metric?.Namespace)];
  return namespaces.includes("AWS/DynamoDB") ? "ignore" : "missing";
}

function checkPeriod(period: number): void {
  if (HIGH_RESOLUTION.includes(period) || (period > 0 && period % 60 === 0)) return;
  throw invalid("Invalid metrics list: Period must be 10, 20, 30 or a multiple of 60.");
}

function checkStatistic(name: string | undefined): void {
  if (name !== undefined && !isKnownStatistic(name)) throw invalid(`The value ${name} for parameter ExtendedStatistic is not supported.`);
}

function checkSingleMetric(input: MetricAlarmInput): void {
  if (input.MetricName === undefined || input.Namespace === undefined)
    throw invalid("Exactly one of MetricName and Metrics must be specified.");
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
    throw invalid("Exactly one of Statistic and ExtendedStatistic must be specified.");
  }
  checkStatistic(input.ExtendedStatistic);
  checkPeriod(input.Period ?? 0);
}

function checkQueries(input: MetricAlarmInput, queries: readonly Query[]): void {
  const single = ["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit"] as const;
  const both = single.find((member) => input[member] !== undefined);
  if (both !== undefined) throw invalid(`${both} must not be specified together with Metrics.`);
  const ids = queries.map(({ Id }) => Id ?? "");
  const wrong = ids.find((id) => !/^[a-z][a-zA-Z0-9_]*$/.test(id));
  if (wrong !== undefined) throw invalid(`Invalid metrics list: the id ${wrong} must begin with a lower-case letter.`);
  if (new Set(ids).size < ids.length) throw invalid("Invalid metrics list: the ids must be unique.");
  if (queries.filter(({ Id, ReturnData }) => ReturnData !== false && Id !== input.ThresholdMetricId).length !== 1) {
    throw invalid("Invalid metrics list: exactly one element of the metrics list should return data.");
  }
  for (const query of queries) {
    const { MetricStat, Expression, Period, AccountId } = query;
    if (AccountId !== undefined) throw notImplemented("cloudwatch", "PutMetricAlarm", "AccountId");
    if ((MetricStat === undefined) === (Expression === undefined)) {
      throw invalid("Invalid metrics list: each element must have either MetricStat or Expression.");
    }
    if (/\bSEARCH\s*\(/.test(Expression ?? "")) throw invalid("Invalid metrics list: SEARCH is not supported on Metric Alarms.");
    if (MetricStat !== undefined) checkPeriod(MetricStat.Period ?? 0);
    if (Period !== undefined) checkPeriod(Period);
    checkStatistic(MetricStat?.Stat);
    if (isInsightsQuery(Expression)) checkInsightsAlarm(input, query);
    else if (Expression !== undefined) checkExpression(Expression, ids);
    for (const closure of bandIdsIn(Expression).map((id) => closureOf(queries, id))) {
      if (closure.some((query) => query.Expression !== undefined)) checkMath(closure, "ValidationError");
    }
  }
}

function checkExpression(expression: string, ids: readonly string[]): void {
  let node: Node;
  try {
    node = parseExpression(expression);
  } catch (error) {
    if (error instanceof ExpressionError) throw invalid(`Invalid metrics list: Error in expression '${expression}': ${error.message}`);
    throw error;
  }
  const calls = [...callsIn(node)];
  const foreign = calls.find((name) => FOREIGN.includes(name));
  if (foreign !== undefined) throw notImplemented("cloudwatch", "PutMetricAlarm", `the function ${foreign}`);
  const none = calls.find((name) => !isFunction(name));
  if (none !== undefined) throw invalid(`Invalid metrics list: Error in expression '${expression}': unsupported function ${none}`);
  const unknown = [...namesIn(node)].find((name) => /^[a-z]/.test(name) && !ids.includes(name));
  if (unknown !== undefined) throw invalid(`Invalid metrics list: Error in expression '${expression}': undefined variable ${unknown}`);
}

/** Either a number or a band, as the operator wants it. */
function checkThreshold(input: MetricAlarmInput, operator: string): void {
  const { Threshold, ThresholdMetricId: id, Metrics: queries } = input;
  if (isComparison(operator)) {
    if (id !== undefined) throw invalid(`ThresholdMetricId must not be specified with the comparison operator ${operator}.`);
    if (Threshold === undefined) throw invalid("The parameter Threshold is required.");
    return;
  }
  if (!isBandComparison(operator)) throw invalid(`The value ${operator} for parameter ComparisonOperator is invalid.`);
  if (Threshold !== undefined) throw invalid(`Threshold must not be specified with the comparison operator ${operator}.`);
  if (id === undefined) throw invalid(`ThresholdMetricId must be specified with the comparison operator ${operator}.`);
  if (queries === undefined) throw invalid("Metrics must be specified with ThresholdMetricId.");
  const expression = queries.find(({ Id }) => Id === id)?.Expression;
  if (!BAND.test(expression ?? "")) {
    throw invalid(`Invalid metrics list: ThresholdMetricId ${id} must refer to an expression with the ANOMALY_DETECTION_BAND function.`);
  }
  const watched = bandIdsIn(expression);
  if (watched.length !== 1)
    throw invalid("Invalid metrics list: an expression can have one ANOMALY_DETECTION_BAND, of the id of a metric.");
}

/** @throws AwsException ValidationError; NotImplemented for what would change the evaluation and is not honoured */
export function checkMetricAlarm(input: MetricAlarmInput): void {
  const refused = NOT_HONOURED.find((member) => input[member] !== undefined);
  if (refused !== undefined) throw notImplemented("cloudwatch", "PutMetricAlarm", refused);
  if (input.EvaluationWindow !== undefined && !("SlidingWindow" in input.EvaluationWindow)) {
    throw notImplemented("cloudwatch", "PutMetricAlarm", "EvaluationWindow.WallClockWindow");
  }
  const { ComparisonOperator, EvaluationPeriods, Metrics } = input;
  if (ComparisonOperator === undefined) throw invalid("The parameter ComparisonOperator is required.");
  if (EvaluationPeriods === undefined) throw invalid("The parameter EvaluationPeriods is required.");
  checkThreshold(input, ComparisonOperator);
  if (Metrics === undefined) checkSingleMetric(input);
  else checkQueries(input, Metrics);
  if ((input.DatapointsToAlarm ?? 1) > EvaluationPeriods) {
    throw invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  }
  const missing = input.TreatMissingData;
  if (missing !== undefined && !MISSING.includes(missing)) throw invalid(`The value ${missing} for parameter TreatMissingData is invalid.`);
  const low = input.EvaluateLowSampleCountPercentile;
  if (low !== undefined && low !== "evaluate" && low !== "ignore") {
    throw invalid(`The value ${low} for parameter EvaluateLowSampleCountPercentile is invalid.`);
  }
  const seconds = (input.Period ?? periodOf(Metrics ?? [])) * EvaluationPeriods;
  if (seconds > MOST_SECONDS)
    throw invalid("Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).");
}
