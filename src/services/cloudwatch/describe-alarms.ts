import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { type AlarmConfig, alarmArn, configOf } from "./alarm-config.ts";
import { suppressionOf } from "./alarm-shapes.ts";
import { type AlarmRow, selectAlarms } from "./alarm-store.ts";
import { dimensionKey } from "./metrics-key.ts";

function toAlarm(ctx: Context, row: AlarmRow) {
  const { ActionsEnabled = true, OKActions = [], AlarmActions = [], InsufficientDataActions = [], ...config } = configOf(row);
  const suppression = suppressionOf(row);
  return {
    ...config,
    AlarmName: row.name,
    AlarmArn: alarmArn(ctx, row.name),
    ActionsEnabled,
    OKActions,
    AlarmActions,
    InsufficientDataActions,
    ...(row.type === "MetricAlarm" ? { Dimensions: config.Dimensions ?? [] } : {}),
    AlarmConfigurationUpdatedTimestamp: new Date(row.configured),
    StateValue: row.state as "OK",
    StateReason: row.reason,
    ...(row.reason_data === null ? {} : { StateReasonData: row.reason_data }),
    StateUpdatedTimestamp: new Date(row.updated),
    StateTransitionedTimestamp: new Date(row.transitioned),
    ...(suppression === undefined ? {} : { ActionsSuppressedBy: suppression.by, ActionsSuppressedReason: suppression.reason }),
  };
}

const actionsOf = (config: AlarmConfig): string[] => [
  ...(config.OKActions ?? []),
  ...(config.AlarmActions ?? []),
  ...(config.InsufficientDataActions ?? []),
];

export function describeAlarms(input: Input<"cloudwatch", "DescribeAlarms">, ctx: Context): Output<"cloudwatch", "DescribeAlarms"> {
  for (const member of ["ChildrenOfAlarmName", "ParentsOfAlarmName"] as const) {
    if (input[member] !== undefined) throw notImplemented("cloudwatch", "DescribeAlarms", member);
  }
  const after = input.NextToken === undefined ? "" : decodeToken(input.NextToken)?.[0];
  if (after === undefined) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  // Composite alarms come only when they are asked for.
  const types: readonly string[] = input.AlarmTypes ?? ["MetricAlarm"];
  const names = input.AlarmNames;
  const rows = ctx
    .all(selectAlarms, { after: String(after) })
    .filter((row) => types.includes(row.type))
    .filter((row) => names === undefined || names.length === 0 || names.includes(row.name))
    .filter((row) => row.name.startsWith(input.AlarmNamePrefix ?? ""))
    .filter((row) => input.StateValue === undefined || row.state === input.StateValue)
    .filter((row) => input.ActionPrefix === undefined || actionsOf(configOf(row)).some((arn) => arn.startsWith(input.ActionPrefix ?? "")));
  const page = pageOf(rows, input.MaxRecords ?? 50, ({ name }) => [name]);
  const of = (type: AlarmRow["type"]) => page.items.filter((row) => row.type === type).map((row) => toAlarm(ctx, row));
  return { MetricAlarms: of("MetricAlarm"), CompositeAlarms: of("CompositeAlarm"), NextToken: page.nextToken };
}

export function describeAlarmsForMetric(
  input: Input<"cloudwatch", "DescribeAlarmsForMetric">,
  ctx: Context,
): Output<"cloudwatch", "DescribeAlarmsForMetric"> {
  const same = (wanted: unknown, has: unknown): boolean => wanted === undefined || wanted === has;
  const dimensions = dimensionKey(input.Dimensions);
  const MetricAlarms = ctx
    .all(selectAlarms, { after: "" })
    .filter((row) => {
      const config = configOf(row);
      return (
        config.MetricName === input.MetricName &&
        config.Namespace === input.Namespace &&
        dimensionKey(config.Dimensions) === dimensions &&
        same(input.Statistic, config.Statistic) &&
        same(input.ExtendedStatistic, config.ExtendedStatistic) &&
        same(input.Period, config.Period) &&
        same(input.Unit, config.Unit)
      );
    })
    .map((row) => toAlarm(ctx, row));
  return { MetricAlarms };
}
