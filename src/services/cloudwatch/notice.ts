import { type AlarmConfig, missingDataOf, periodOf, type Query } from "./alarm-config.ts";
import type { AlarmRow } from "./alarm-store.ts";
import { awsTime, Double, jsonText } from "./doubles.ts";
import type { Contributor } from "./history.ts";
import { regionName } from "./regions.ts";

/** What the event of a change told of one state. */
export interface ToldState {
  readonly value: string;
  readonly reason: string;
  readonly timestamp: string;
  readonly actionsSuppressedBy?: string;
  readonly actionsSuppressedReason?: string;
}

export interface NoticeParts {
  readonly row: AlarmRow;
  readonly config: AlarmConfig;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly state: ToldState;
  readonly previous: ToldState;
  readonly contributor?: Contributor | undefined;
}

const MOST_SUBJECT = 100;

/** `SampleCount` as notifications write it: `SAMPLE_COUNT`. */
const upperStatistic = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

type Dimensions = readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[] | undefined;
const dimensions = (list: Dimensions) => (list ?? []).map(({ Name, Value }) => ({ value: Value, name: Name }));

const shownQuery = ({ Id, Label, Expression, Period, MetricStat, ReturnData }: Query) => ({
  Expression,
  Id,
  Label,
  ...(MetricStat === undefined
    ? { Period }
    : {
        MetricStat: {
          Metric: {
            Dimensions: dimensions(MetricStat.Metric?.Dimensions),
            MetricName: MetricStat.Metric?.MetricName,
            Namespace: MetricStat.Metric?.Namespace,
          },
          Period: MetricStat.Period,
          Stat: MetricStat.Stat,
          Unit: MetricStat.Unit,
        },
      }),
  ReturnData: ReturnData !== false,
});

function looksAt(config: AlarmConfig): Record<string, unknown> {
  if (config.Metrics !== undefined) return { Period: periodOf(config.Metrics) };
  const extended = config.ExtendedStatistic;
  return {
    MetricName: config.MetricName,
    Namespace: config.Namespace,
    StatisticType: extended === undefined ? "Statistic" : "ExtendedStatistic",
    ...(extended === undefined ? { Statistic: upperStatistic(config.Statistic ?? "") } : { ExtendedStatistic: extended }),
    Unit: config.Unit ?? null,
    Dimensions: dimensions(config.Dimensions),
    Period: config.Period,
  };
}

function triggerOf(config: AlarmConfig): Record<string, unknown> {
  return {
    ...looksAt(config),
    EvaluationPeriods: config.EvaluationPeriods,
    DatapointsToAlarm: config.DatapointsToAlarm,
    ComparisonOperator: config.ComparisonOperator,
    // Alarms on a band have no threshold of their own.
    ...(config.ThresholdMetricId === undefined
      ? { Threshold: new Double(config.Threshold ?? 0) }
      : { ThresholdMetricId: config.ThresholdMetricId }),
    TreatMissingData: missingDataOf(config),
    EvaluateLowSampleCountPercentile: config.EvaluateLowSampleCountPercentile ?? "",
    ...(config.Metrics === undefined ? {} : { Metrics: config.Metrics.map(shownQuery) }),
  };
}

const composite = (config: AlarmConfig, state: ToldState, reasonData: unknown) => ({
  AlarmRule: config.AlarmRule,
  ...(config.ActionsSuppressor === undefined
    ? {}
    : {
        ActionsSuppressor: config.ActionsSuppressor,
        ActionsSuppressorWaitPeriod: config.ActionsSuppressorWaitPeriod,
        ActionsSuppressorExtensionPeriod: config.ActionsSuppressorExtensionPeriod,
        ActionsSuppressedBy: state.actionsSuppressedBy,
        ActionsSuppressedReason: state.actionsSuppressedReason,
      }),
  TriggeringChildren: triggering(reasonData),
});

function triggering(reasonData: unknown): unknown[] {
  if (typeof reasonData !== "string") return [];
  const { triggeringAlarms = [] } = JSON.parse(reasonData) as {
    triggeringAlarms?: { arn: string; state: { value: string; timestamp: string } }[];
  };
  return triggeringAlarms.map(({ arn, state }) => ({ Arn: arn, State: { Value: state.value, Timestamp: state.timestamp } }));
}

/** The message that topics get, as JSON. */
export function noticeText({ row, config, arn, account, region, state, previous, contributor }: NoticeParts): string {
  return jsonText({
    AlarmName: row.name,
    AlarmDescription: config.AlarmDescription ?? null,
    AWSAccountId: account,
    AlarmConfigurationUpdatedTimestamp: awsTime(row.configured),
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: state.timestamp,
    Region: regionName(region),
    AlarmArn: arn,
    OldStateValue: previous.value,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    ...(contributor === undefined ? {} : { AlarmContributorId: contributor.id, AlarmContributorAttributes: contributor.attributes }),
    ...(row.type === "CompositeAlarm" ? composite(config, state, row.reason_data) : { Trigger: triggerOf(config) }),
  });
}

/** `ALARM: "errors" in US East (N. Virginia)`, a long name cut so that it has 100 characters. */
export function noticeSubject({ row, region, state }: NoticeParts): string {
  const [before, after] = [`${state.value}: "`, `" in ${regionName(region)}`];
  const room = MOST_SUBJECT - before.length - after.length;
  const name = row.name.length <= room ? row.name : `${row.name.slice(0, room - 3)}...`;
  return `${before}${name}${after}`;
}
