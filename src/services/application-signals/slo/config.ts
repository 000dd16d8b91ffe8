import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import { invalid } from "../errors.ts";
import { lengthOf, type Unit } from "./interval.ts";
import type { CreateInput, Goal, RequestSli, Sli, SloBody } from "./model.ts";
import { widthOf } from "./model.ts";
import { checkQueries, requestQueries, standardQueries, targetOf } from "./queries.ts";

type Config = Omit<CreateInput, "Name" | "Tags">;
type Indicator = Pick<SloBody, "Sli" | "RequestBasedSli" | "EvaluationType" | "MetricSourceType">;

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/** The indicator that is asked for, with the queries that it stands for. @throws AwsException ValidationException */
export async function indicatorOf(ctx: Context, { SliConfig, RequestBasedSliConfig }: Config): Promise<Indicator> {
  if ((SliConfig === undefined) === (RequestBasedSliConfig === undefined)) {
    throw invalid("Exactly one of SliConfig and RequestBasedSliConfig must be specified.");
  }
  return SliConfig === undefined ? requestIndicator(ctx, RequestBasedSliConfig ?? {}) : periodIndicator(ctx, SliConfig);
}

function about<T extends object>(config: T, names: readonly (keyof T)[]): Partial<T> {
  return Object.fromEntries(names.filter((name) => config[name] !== undefined).map((name) => [name, config[name]])) as Partial<T>;
}

const ABOUT = ["KeyAttributes", "OperationName", "MetricType", "DependencyConfig"] as const;

async function periodIndicator(ctx: Context, config: NonNullable<CreateInput["SliConfig"]>): Promise<Indicator> {
  const { SliMetricConfig: metric = {}, MetricThreshold, ComparisonOperator } = config;
  if (metric.MetricName !== undefined) throw notImplemented("application-signals", "CreateServiceLevelObjective", "MetricName");
  if (MetricThreshold === undefined || ComparisonOperator === undefined)
    throw invalid("MetricThreshold and ComparisonOperator must be specified.");
  const { MetricDataQueries: own } = metric;
  if (own !== undefined && (metric.MetricType !== undefined || metric.KeyAttributes !== undefined))
    throw invalid("MetricDataQueries must not be specified with KeyAttributes or MetricType.");
  const target = own === undefined ? targetOf(ctx, metric) : undefined;
  const MetricDataQueries = own === undefined ? standardQueries(target?.dimensions ?? {}, metric) : await checkQueries(ctx, own);
  const Sli = { SliMetric: { ...about(metric, ABOUT), MetricDataQueries }, MetricThreshold, ComparisonOperator } as Sli;
  const width = widthOf({ Sli } as SloBody) / 1_000;
  if (metric.PeriodSeconds !== undefined && metric.PeriodSeconds !== width)
    throw invalid(`PeriodSeconds ${metric.PeriodSeconds} is not the period of the metric data queries, ${width}.`);
  return { Sli, EvaluationType: "PeriodBased", MetricSourceType: target?.source ?? "CloudWatchMetric" };
}

async function requestIndicator(ctx: Context, config: Partial<NonNullable<CreateInput["RequestBasedSliConfig"]>>): Promise<Indicator> {
  const { RequestBasedSliMetricConfig: metric = {}, MetricThreshold, ComparisonOperator } = config;
  const { TotalRequestCountMetric: total, MonitoredRequestCountMetric: monitored } = metric;
  const compared = about(config, ["MetricThreshold", "ComparisonOperator"]);
  if (total === undefined && monitored === undefined) {
    const { dimensions, source } = targetOf(ctx, metric);
    const queries = requestQueries(dimensions, metric, { MetricThreshold, ComparisonOperator });
    const RequestBasedSli = { RequestBasedSliMetric: { ...about(metric, ABOUT), ...queries }, ...compared } as RequestSli;
    return { RequestBasedSli, EvaluationType: "RequestBased", MetricSourceType: source };
  }
  if (metric.MetricType !== undefined || metric.KeyAttributes !== undefined)
    throw invalid("TotalRequestCountMetric must not be specified with KeyAttributes or MetricType.");
  if (MetricThreshold !== undefined || ComparisonOperator !== undefined)
    throw invalid("MetricThreshold and ComparisonOperator are for the LATENCY metric only.");
  const { GoodCountMetric: good, BadCountMetric: bad } = monitored ?? {};
  if (total === undefined || (good === undefined) === (bad === undefined))
    throw invalid("TotalRequestCountMetric and one of GoodCountMetric and BadCountMetric must be specified.");
  await checkQueries(ctx, total);
  await checkQueries(ctx, good ?? bad ?? []);
  const MonitoredRequestCountMetric = good === undefined ? { BadCountMetric: bad } : { GoodCountMetric: good };
  const RequestBasedSli = { RequestBasedSliMetric: { TotalRequestCountMetric: total, MonitoredRequestCountMetric } } as RequestSli;
  return { RequestBasedSli, EvaluationType: "RequestBased", MetricSourceType: "CloudWatchMetric" };
}

/** With the documented defaults filled in. https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_Goal.html */
export function goalOf(goal: Goal | undefined): Goal {
  const { Interval, AttainmentGoal = 99, WarningThreshold = 50 } = goal ?? {};
  if (!(AttainmentGoal > 0 && AttainmentGoal < 100)) throw invalid("AttainmentGoal must be greater than 0 and less than 100.");
  if (!(WarningThreshold >= 0 && WarningThreshold <= 100)) throw invalid("WarningThreshold must be between 0 and 100.");
  const given = Interval ?? { RollingInterval: { DurationUnit: "DAY" as const, Duration: 7 } };
  const { RollingInterval: rolling, CalendarInterval: calendar } = given;
  if ((rolling === undefined) === (calendar === undefined))
    throw invalid("Exactly one of RollingInterval and CalendarInterval must be specified.");
  const length = intervalLength({ Interval: given });
  if (length < HOUR_MS || length > YEAR_MS) throw invalid("The interval must be between one hour and one year.");
  return { Interval: given, AttainmentGoal, WarningThreshold };
}

function intervalLength({ Interval }: Goal): number {
  const { DurationUnit, Duration } = Interval?.RollingInterval ?? Interval?.CalendarInterval ?? {};
  return lengthOf({ DurationUnit: DurationUnit as Unit | undefined, Duration });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#ServiceLevelObjectives-calculate-burnrate */
export function checkBurnRates(body: SloBody): void {
  const windows = (body.BurnRateConfigurations ?? []).map(({ LookBackWindowMinutes = 0 }) => LookBackWindowMinutes);
  if (new Set(windows).size < windows.length) throw invalid("BurnRateConfigurations must not have the same LookBackWindowMinutes twice.");
  const width = widthOf(body);
  for (const minutes of windows) {
    if ((minutes * 60_000) % width !== 0)
      throw invalid(`LookBackWindowMinutes ${minutes} must be a multiple of the SLO's period of ${width / 1_000} seconds.`);
    if (minutes * 60_000 >= intervalLength(body.Goal ?? {}))
      throw invalid(`LookBackWindowMinutes ${minutes} must be less than the SLO's interval.`);
  }
}
