import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { type AlarmConfig, alarmArn, configOf, invalid } from "./alarm-config.ts";
import { suppressionOf } from "./alarm-shapes.ts";
import { type AlarmRow, selectAlarm, selectAlarms, selectChildren, selectParents } from "./alarm-store.ts";
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
    ...(row.evaluation === null ? {} : { EvaluationState: row.evaluation as "EVALUATION_ERROR" }),
    ...(suppression === undefined ? {} : { ActionsSuppressedBy: suppression.by, ActionsSuppressedReason: suppression.reason }),
  };
}

const actionsOf = (config: AlarmConfig): string[] => [
  ...(config.OKActions ?? []),
  ...(config.AlarmActions ?? []),
  ...(config.InsufficientDataActions ?? []),
];

/** Alarms that a composite alarm depends on, or that depend on an alarm: with less of them than else is told. */
function relatedAlarms(ctx: Context, input: Input<"cloudwatch", "DescribeAlarms">): Output<"cloudwatch", "DescribeAlarms"> | undefined {
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input;
  if (parent === undefined && child === undefined) return undefined;
  if (parent !== undefined && child !== undefined) throw invalid("ChildrenOfAlarmName and ParentsOfAlarmName exclude each other.");
  const names =
    parent === undefined
      ? ctx.all(selectParents, { child: child ?? "" }).map((row) => row.parent)
      : ctx.all(selectChildren, { parent }).map((row) => row.child);
  const rows = [...new Set(names)].flatMap((name) => ctx.get(selectAlarm, { name }) ?? []);
  const of = (type: AlarmRow["type"]) =>
    rows
      .filter((row) => row.type === type)
      .map((row) => ({
        AlarmName: row.name,
        AlarmArn: alarmArn(ctx, row.name),
        ...(parent === undefined ? {} : { StateValue: row.state as "OK", StateUpdatedTimestamp: new Date(row.updated) }),
      }));
  return { MetricAlarms: of("MetricAlarm"), CompositeAlarms: of("CompositeAlarm") };
}

/** By name, in order; who asks for some by their names, as deployments do again and again, reads no others. */
function rowsOf(ctx: Context, names: readonly string[], after: string): AlarmRow[] {
  if (names.length === 0) return ctx.all(selectAlarms, { after });
  const rows = [...new Set(names)].flatMap((name) => ctx.get(selectAlarm, { name }) ?? []);
  return rows.filter(({ name }) => name > after).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function describeAlarms(input: Input<"cloudwatch", "DescribeAlarms">, ctx: Context): Output<"cloudwatch", "DescribeAlarms"> {
  const related = relatedAlarms(ctx, input);
  if (related !== undefined) return related;
  const after = input.NextToken === undefined ? "" : decodeToken(input.NextToken)?.[0];
  if (after === undefined) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  // Composite alarms come only when they are asked for.
  const types: readonly string[] = input.AlarmTypes ?? ["MetricAlarm"];
  const rows = rowsOf(ctx, input.AlarmNames ?? [], String(after))
    .filter((row) => types.includes(row.type))
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
