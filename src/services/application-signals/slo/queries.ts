import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { dependencySets, faultOfKeys, isSame, type KeyAttributes, NAMESPACE, remoteOf, serviceSets } from "../discovery/keys.ts";
import { invalid } from "../errors.ts";
import { selectEverSeen } from "../store.ts";
import { pointsOf } from "./measure.ts";
import type { CreateInput, Queries, RequestSli } from "./model.ts";

type PeriodConfig = NonNullable<NonNullable<CreateInput["SliConfig"]>["SliMetricConfig"]>;
type RequestConfig = NonNullable<NonNullable<CreateInput["RequestBasedSliConfig"]>["RequestBasedSliMetricConfig"]>;
type Query = Queries[number];

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AppSignals-MetricsCollected.html: SLOs are for operations of such names. */
const LONGEST_OPERATION = 194;

/** What an indicator of Application Signals' own metrics is about. */
export interface Target {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly source: "ServiceOperation" | "ServiceDependency";
}

/** @throws AwsException ValidationException where that has not reported its metrics yet */
export function targetOf(ctx: Context, config: PeriodConfig | RequestConfig): Target {
  const { KeyAttributes: attributes, OperationName: operation, DependencyConfig: dependency } = config;
  const fault = faultOfKeys(attributes);
  if (fault !== undefined || attributes === undefined) throw invalid(fault ?? "");
  if (attributes["Type"] !== "Service") throw invalid("The KeyAttributes of an SLO must be of the type Service.");
  if ((operation?.length ?? 0) > LONGEST_OPERATION)
    throw invalid(`OperationName must have at most ${LONGEST_OPERATION} characters for an SLO.`);
  const { Name: service = "", Environment: environment = "" } = attributes;
  const rows = ctx.all(selectEverSeen, { service, environment }).filter((row) => operation === undefined || row.operation === operation);
  const [any] = rows;
  if (any === undefined)
    throw invalid(`The service ${service}${operation === undefined ? "" : `'s operation ${operation}`} has not reported metrics.`);
  if (dependency === undefined) {
    if (!rows.some(({ remote }) => remote === "")) throw invalid(`The operation ${operation} has not reported metrics.`);
    const [exact, all] = serviceSets(any);
    return { dimensions: (operation === undefined ? all : exact) ?? {}, source: "ServiceOperation" };
  }
  const { DependencyKeyAttributes: wanted, DependencyOperationName: called } = dependency;
  const remote = rows
    .map(remoteOf)
    .find((one) => one !== undefined && one.operation === called && isSame(one.attributes, (wanted ?? {}) as KeyAttributes));
  if (remote === undefined) throw invalid(`The dependency's operation ${called} has not reported metrics.`);
  const sets = dependencySets(any, remote).filter((set) => (set["Operation"] !== undefined) === (operation !== undefined));
  return { dimensions: sets[0] ?? {}, source: "ServiceDependency" };
}

function query(
  Id: string,
  MetricName: string,
  stat: { dimensions: Target["dimensions"]; Stat: string; Period: number; shown?: boolean },
): Query {
  const Dimensions = Object.entries(stat.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const { Stat, Period, shown = true } = stat;
  return { Id, MetricStat: { Metric: { Namespace: NAMESPACE, MetricName, Dimensions }, Period, Stat }, ReturnData: shown };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-concepts: (1 - fault rate) * 100 */
export function standardQueries(dimensions: Target["dimensions"], { MetricType, Statistic, PeriodSeconds = 60 }: PeriodConfig): Queries {
  const Period = PeriodSeconds;
  if (Period % 60 !== 0) throw invalid("PeriodSeconds must be a multiple of 60.");
  if (MetricType === "LATENCY") {
    if (Statistic === undefined) throw invalid("Statistic must be specified for the LATENCY metric.");
    return [query("m1", "Latency", { dimensions, Stat: Statistic, Period })];
  }
  if (MetricType === undefined) throw invalid("MetricType must be specified with KeyAttributes.");
  return [
    query("m1", "Fault", { dimensions, Stat: "Sum", Period, shown: false }),
    query("m2", "Latency", { dimensions, Stat: "SampleCount", Period, shown: false }),
    { Id: "e1", Expression: "(1 - m1 / m2) * 100", ReturnData: true },
  ];
}

type Threshold = { readonly MetricThreshold?: number | undefined; readonly ComparisonOperator?: string | undefined };

/** All requests, and those that are good or bad of them. */
export function requestQueries(
  dimensions: Target["dimensions"],
  { MetricType }: RequestConfig,
  threshold: Threshold,
): Required<Pick<NonNullable<RequestSli["RequestBasedSliMetric"]>, "TotalRequestCountMetric" | "MonitoredRequestCountMetric">> {
  const Period = 60;
  const TotalRequestCountMetric = [query("m1", "Latency", { dimensions, Stat: "SampleCount", Period })];
  if (MetricType === "AVAILABILITY") {
    return {
      TotalRequestCountMetric,
      MonitoredRequestCountMetric: { BadCountMetric: [query("m2", "Fault", { dimensions, Stat: "Sum", Period })] },
    };
  }
  if (MetricType === undefined) throw invalid("MetricType must be specified with KeyAttributes.");
  const { MetricThreshold: limit, ComparisonOperator: operator } = threshold;
  if (limit === undefined || operator === undefined)
    throw invalid("MetricThreshold and ComparisonOperator must be specified for the LATENCY metric.");
  if (limit <= 0) throw invalid("MetricThreshold must be greater than 0 for the LATENCY metric.");
  // A trimmed count takes what is above its low bound, and up to its high one; latencies have three digits.
  const below = Number((limit * (1 - 1e-9)).toPrecision(12));
  const Stat = {
    LessThanOrEqualTo: `TC(:${limit})`,
    LessThan: `TC(:${below})`,
    GreaterThan: `TC(${limit}:)`,
    GreaterThanOrEqualTo: `TC(${below}:)`,
  }[operator as "LessThan"];
  return {
    TotalRequestCountMetric,
    MonitoredRequestCountMetric: { GoodCountMetric: [query("m2", "Latency", { dimensions, Stat, Period })] },
  };
}

/** Checks queries of a client's own by asking CloudWatch. @throws AwsException ValidationException */
export async function checkQueries(ctx: Context, queries: Queries): Promise<Queries> {
  if (queries.length === 0) throw invalid("At least one metric data query must be specified.");
  if (queries.some(({ AccountId }) => AccountId !== undefined)) {
    throw notImplemented("application-signals", "CreateServiceLevelObjective", "MetricDataQueries.AccountId");
  }
  if (queries.filter(({ ReturnData }) => ReturnData !== false).length !== 1)
    throw invalid("Exactly one of the metric data queries must return data.");
  const now = Math.floor(ctx.now / 3_600_000) * 3_600_000;
  try {
    await pointsOf(ctx, queries, { from: now, to: now + 3_600_000, width: 60_000 });
  } catch (error) {
    if (error instanceof AwsException && error.code !== "NotImplemented") throw invalid(error.message);
    throw error;
  }
  return queries;
}
