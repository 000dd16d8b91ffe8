import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { dimensionKey } from "../metrics-key.ts";
import { isKnownStatistic } from "../statistics.ts";
import { type Settings, settingsOf } from "./band.ts";
import { type DetectorRow, deleteDetector, selectDetector, selectDetectors, upsertDetector } from "./store.ts";
import {
  bandIdsIn,
  checkMath,
  detectorId,
  type MetricMath,
  mathTarget,
  type Query,
  type SingleMetric,
  singleTarget,
  type Target,
  targetOf,
} from "./target.ts";
import { detectorArn, startTraining } from "./training.ts";
import { zoneClock } from "./zone.ts";

const MOST_RANGES = 10;
const MOST_RESULTS = 100;

type PutInput = Input<"cloudwatch", "PutAnomalyDetector">;
type Asked = Input<"cloudwatch", "DeleteAnomalyDetector">;

const invalidValue = (message: string) => new AwsException("InvalidParameterValueException", message, { status: 400 });
const combination = (message: string) => new AwsException("InvalidParameterCombinationException", message, { status: 400 });
const missing = (name: string) =>
  new AwsException("MissingRequiredParameterException", `The parameter ${name} is required.`, { status: 400 });

function single(ctx: Context, metric: SingleMetric, operation: string): Target {
  const absent = (["Namespace", "MetricName", "Stat"] as const).find((name) => metric[name] === undefined);
  if (absent !== undefined) throw missing(absent);
  if (metric.AccountId !== undefined && metric.AccountId !== ctx.account) throw notImplemented("cloudwatch", operation, "AccountId");
  if (!isKnownStatistic(metric.Stat ?? "")) throw invalidValue(`The value ${metric.Stat} for parameter Stat is not supported.`);
  return singleTarget(metric);
}

/** Exactly one way of naming what a detector looks at. */
function targetOfInput(ctx: Context, input: Asked, operation: string): Target {
  const { Namespace, MetricName, Dimensions, Stat, SingleMetricAnomalyDetector: one, MetricMathAnomalyDetector: math } = input;
  const isPlain = [Namespace, MetricName, Dimensions, Stat].some((member) => member !== undefined);
  if ([isPlain, one !== undefined, math !== undefined].filter((given) => given).length > 1) {
    throw combination(
      "Namespace, MetricName, Dimensions and Stat, SingleMetricAnomalyDetector and MetricMathAnomalyDetector are mutually exclusive.",
    );
  }
  if (math === undefined) return single(ctx, one ?? { Namespace, MetricName, Dimensions, Stat }, operation);
  const queries = math.MetricDataQueries ?? [];
  if (queries.length === 0) throw missing("MetricMathAnomalyDetector.MetricDataQueries");
  if (queries.filter(({ ReturnData }) => ReturnData !== false).length !== 1) {
    throw invalidValue("Exactly one element of MetricDataQueries must return data.");
  }
  if (queries.some(({ AccountId }) => AccountId !== undefined)) throw notImplemented("cloudwatch", operation, "AccountId");
  checkMath(queries, "InvalidParameterValueException");
  return mathTarget(queries);
}

function checkSettings({ Configuration }: PutInput): void {
  const { ExcludedTimeRanges = [], MetricTimezone } = Configuration ?? {};
  if (ExcludedTimeRanges.length > MOST_RANGES) throw invalidValue("Configuration.ExcludedTimeRanges must hold at most 10 time ranges.");
  if (ExcludedTimeRanges.some(({ StartTime, EndTime }) => (StartTime?.getTime() ?? 0) >= (EndTime?.getTime() ?? 0))) {
    throw invalidValue("The StartTime of an excluded time range must be before its EndTime.");
  }
  if (zoneClock(MetricTimezone) === undefined) throw invalidValue(`The value ${MetricTimezone} for parameter MetricTimezone is invalid.`);
}

/** What is put again as it is stays as it is. */
function put(ctx: Context, target: Target, settings: string): void {
  if (ctx.get(selectDetector, { kind: target.kind, key: target.key })?.settings === settings) return;
  const row = ctx.get(upsertDetector, { ...target, settings, state: "PENDING_TRAINING", put: ctx.now });
  if (row === undefined) return;
  const cause = ctx.emit({
    source: "aws.cloudwatch",
    type: "Anomaly detector put",
    resources: [detectorArn(ctx, row)],
    detail: { kind: row.kind, target: JSON.parse(row.target) as unknown, settings: JSON.parse(settings) as unknown },
  });
  startTraining(ctx.with({ cause }), row);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAnomalyDetector.html */
export function putAnomalyDetector(input: PutInput, ctx: Context): Output<"cloudwatch", "PutAnomalyDetector"> {
  const target = targetOfInput(ctx, input, "PutAnomalyDetector");
  checkSettings(input);
  const { Configuration, MetricCharacteristics } = input;
  return ctx.tx(() => {
    put(ctx, target, JSON.stringify({ Configuration, MetricCharacteristics }));
    ctx.claim(detectorId(target));
    return {};
  });
}

/** An alarm on a band makes the detectors that it needs and that are not there yet. */
export function ensureDetectors(ctx: Context, queries: readonly Query[]): void {
  for (const id of queries.flatMap(({ Expression }) => bandIdsIn(Expression))) {
    const target = targetOf(queries, id);
    if (target === undefined || ctx.get(selectDetector, { kind: target.kind, key: target.key }) !== undefined) continue;
    put(ctx, target, "{}");
  }
}

export function deleteAnomalyDetector(input: Asked, ctx: Context): Output<"cloudwatch", "DeleteAnomalyDetector"> {
  const { kind, key } = targetOfInput(ctx, input, "DeleteAnomalyDetector");
  return ctx.tx(() => {
    const row = ctx.get(selectDetector, { kind, key });
    if (row === undefined) {
      throw new AwsException("ResourceNotFoundException", "The anomaly detector specified does not exist.", { status: 404 });
    }
    ctx.run(deleteDetector, { id: row.id });
    ctx.emit({
      source: "aws.cloudwatch",
      type: "Anomaly detector deleted",
      resources: [detectorArn(ctx, row)],
      detail: { kind, target: JSON.parse(row.target) as unknown },
    });
    return {};
  });
}

function configurationOf({ Configuration }: Settings) {
  const { ExcludedTimeRanges = [], MetricTimezone } = Configuration ?? {};
  return {
    ExcludedTimeRanges: ExcludedTimeRanges.map(({ StartTime, EndTime }) => ({
      StartTime: new Date(StartTime),
      EndTime: new Date(EndTime),
    })),
    ...(MetricTimezone === undefined ? {} : { MetricTimezone }),
  };
}

function described(row: DetectorRow) {
  const settings = settingsOf(row);
  const metric = row.kind === "SINGLE_METRIC" ? (JSON.parse(row.target) as SingleMetric) : undefined;
  return {
    ...metric,
    Configuration: configurationOf(settings),
    ...(settings.MetricCharacteristics === undefined ? {} : { MetricCharacteristics: settings.MetricCharacteristics }),
    StateValue: row.state,
    ...(metric === undefined
      ? { MetricMathAnomalyDetector: JSON.parse(row.target) as MetricMath }
      : { SingleMetricAnomalyDetector: metric }),
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAnomalyDetectors.html */
export function describeAnomalyDetectors(
  input: Input<"cloudwatch", "DescribeAnomalyDetectors">,
  ctx: Context,
): Output<"cloudwatch", "DescribeAnomalyDetectors"> {
  const { Namespace, MetricName, Dimensions, MaxResults = MOST_RESULTS } = input;
  if (MaxResults > MOST_RESULTS) throw invalidValue(`The parameter MaxResults must be at most ${MOST_RESULTS}.`);
  const after = input.NextToken === undefined ? 0 : Number(decodeToken(input.NextToken)?.[0]);
  if (Number.isNaN(after)) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const types: readonly string[] = input.AnomalyDetectorTypes?.length ? input.AnomalyDetectorTypes : ["SINGLE_METRIC"];
  const fits = (row: DetectorRow): boolean => {
    if (!types.includes(row.kind)) return false;
    // The filters are those of single metrics.
    if (row.kind === "METRIC_MATH") return true;
    const metric = JSON.parse(row.target) as SingleMetric;
    return (
      (Namespace === undefined || metric.Namespace === Namespace) &&
      (MetricName === undefined || metric.MetricName === MetricName) &&
      (Dimensions === undefined || dimensionKey(metric.Dimensions) === dimensionKey(Dimensions))
    );
  };
  const page = pageOf(ctx.all(selectDetectors, { after }).filter(fits), MaxResults, ({ id }) => [id]);
  return { AnomalyDetectors: page.items.map(described), NextToken: page.nextToken };
}
