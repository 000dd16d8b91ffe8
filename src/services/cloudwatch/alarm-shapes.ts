import type { Context } from "../../aws/context.ts";
import { type AlarmConfig, configOf, type Query, queriesOf } from "./alarm-config.ts";
import type { AlarmRow } from "./alarm-store.ts";
import { awsTime } from "./doubles.ts";

/** Why the actions of a composite alarm are kept back. */
export interface Suppression {
  readonly by: "WaitPeriod" | "ExtensionPeriod" | "Alarm";
  readonly reason: string;
  /** The alarm has changed since, and its actions have not been taken. */
  readonly owed: boolean;
  /** The wait or extension that is running; an older one's end means nothing. */
  readonly generation: string;
}

export const suppressionOf = (row: AlarmRow): Suppression | undefined =>
  row.suppression === null ? undefined : (JSON.parse(row.suppression) as Suppression);

const metricOf = ({ Id, Label, Expression, Period, MetricStat, ReturnData }: Query) => ({
  id: Id,
  ...(Label === undefined ? {} : { label: Label }),
  ...(Expression === undefined ? {} : { expression: Expression }),
  ...(Period === undefined ? {} : { period: Period }),
  ...(MetricStat === undefined
    ? {}
    : {
        metricStat: {
          metric: {
            namespace: MetricStat.Metric?.Namespace,
            name: MetricStat.Metric?.MetricName,
            dimensions: Object.fromEntries((MetricStat.Metric?.Dimensions ?? []).map(({ Name = "", Value = "" }) => [Name, Value])),
          },
          period: MetricStat.Period,
          stat: MetricStat.Stat,
          ...(MetricStat.Unit === undefined ? {} : { unit: MetricStat.Unit }),
        },
      }),
  returnData: ReturnData !== false,
});

/** `configuration` of events and of what functions are told: what an alarm looks at. */
export function shortConfiguration(ctx: Context, row: AlarmRow): Record<string, unknown> {
  const config = configOf(row);
  const looksAt =
    row.type === "CompositeAlarm"
      ? {
          alarmRule: config.AlarmRule,
          actionsSuppressor: config.ActionsSuppressor,
          actionsSuppressorWaitPeriod: config.ActionsSuppressorWaitPeriod,
          actionsSuppressorExtensionPeriod: config.ActionsSuppressorExtensionPeriod,
        }
      : { metrics: queriesOf(ctx, row.name, config).map(metricOf) };
  return { description: config.AlarmDescription, ...looksAt };
}

/** `configuration` of a configuration change. */
export function fullConfiguration(ctx: Context, row: AlarmRow): Record<string, unknown> {
  const config: AlarmConfig = configOf(row);
  return {
    ...shortConfiguration(ctx, row),
    evaluationPeriods: config.EvaluationPeriods,
    datapointsToAlarm: config.DatapointsToAlarm,
    threshold: config.Threshold,
    thresholdMetricId: config.ThresholdMetricId,
    comparisonOperator: config.ComparisonOperator,
    treatMissingData: config.TreatMissingData,
    alarmName: row.name,
    actionsEnabled: config.ActionsEnabled ?? true,
    timestamp: awsTime(row.configured),
    okActions: config.OKActions ?? [],
    alarmActions: config.AlarmActions ?? [],
    insufficientDataActions: config.InsufficientDataActions ?? [],
  };
}

/** `state` and `previousState` of events. */
export function shownState(row: AlarmRow): Record<string, unknown> {
  const suppression = suppressionOf(row);
  return {
    value: row.state,
    reason: row.reason,
    ...(row.reason_data === null ? {} : { reasonData: row.reason_data }),
    timestamp: awsTime(row.updated),
    ...(suppression === undefined ? {} : { actionsSuppressedBy: suppression.by, actionsSuppressedReason: suppression.reason }),
  };
}
