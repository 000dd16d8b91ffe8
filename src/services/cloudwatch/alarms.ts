import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { record } from "./history.ts";
import { dimensionKey } from "./metrics.ts";
import { type AlarmRow, deleteAlarm, selectAlarm, selectAlarms, upsertAlarm } from "./store.ts";

type MetricAlarmInput = Input<"cloudwatch", "PutMetricAlarm">;
type CompositeAlarmInput = Input<"cloudwatch", "PutCompositeAlarm">;
/** What was put, as it is kept. */
type Config = Omit<MetricAlarmInput & CompositeAlarmInput, "AlarmName" | "Tags" | "AlarmRule"> & { readonly AlarmRule?: string };

const invalid = (message: string): AwsException => new AwsException("ValidationError", message, { status: 400 });

function alarmArn(ctx: Context, name: string): string {
  return ctx.arn("cloudwatch", `alarm:${name}`);
}

const configOf = (row: AlarmRow): Config => JSON.parse(row.config) as Config;

function checkMetricAlarm(input: MetricAlarmInput): void {
  for (const member of ["EvaluationCriteria", "EvaluationInterval", "ThresholdMetricId"] as const) {
    if (input[member] !== undefined) throw notImplemented("cloudwatch", "PutMetricAlarm", member);
  }
  if (input.ComparisonOperator === undefined) throw invalid("The parameter ComparisonOperator is required.");
  if (input.EvaluationPeriods === undefined) throw invalid("The parameter EvaluationPeriods is required.");
  if (input.Threshold === undefined) throw invalid("The parameter Threshold is required.");
  if (input.Metrics === undefined) {
    if (input.MetricName === undefined || input.Namespace === undefined)
      throw invalid("Exactly one of MetricName and Metrics must be specified.");
    if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
      throw invalid("Exactly one of Statistic and ExtendedStatistic must be specified.");
    }
    const period = input.Period ?? 0;
    if (!([10, 20, 30].includes(period) || (period > 0 && period % 60 === 0))) {
      throw invalid("Invalid metrics list: Period must be 10, 20, 30 or a multiple of 60.");
    }
  } else if (input.MetricName !== undefined) throw invalid("MetricName must not be specified together with Metrics.");
  if ((input.DatapointsToAlarm ?? 1) > input.EvaluationPeriods) {
    throw invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  }
  const missing = input.TreatMissingData;
  if (missing !== undefined && !["breaching", "notBreaching", "ignore", "missing"].includes(missing)) {
    throw invalid(`The value ${missing} for parameter TreatMissingData is invalid.`);
  }
}

function put(ctx: Context, name: string, type: AlarmRow["type"], input: MetricAlarmInput | CompositeAlarmInput): Record<never, never> {
  const { AlarmName: _, Tags, ...config } = input;
  return ctx.tx(() => {
    const before = ctx.get(selectAlarm, { name });
    if (before !== undefined && before.type !== type) throw invalid(`There is an alarm of another type with the name ${name}.`);
    const initial = {
      state: "INSUFFICIENT_DATA",
      reason: "Unchecked: Initial alarm creation",
      reason_data: null,
      updated: ctx.now,
      transitioned: ctx.now,
    };
    const row = {
      ...(before ?? { ...initial, tags: JSON.stringify(tagsOfList(Tags)) }),
      name,
      type,
      config: JSON.stringify(config),
      configured: ctx.now,
    };
    const { state, reason, reason_data, updated, transitioned, tags } = row;
    ctx.run(upsertAlarm, {
      name,
      type,
      config: row.config,
      configured: row.configured,
      state,
      reason,
      reason_data,
      updated,
      transitioned,
      tags,
    });
    ctx.claim(name);
    const operation = before === undefined ? "create" : "update";
    record(ctx, row, "ConfigurationUpdate", `Alarm "${name}" ${operation}d`, {
      version: "1.0",
      type: operation === "create" ? "Create" : "Update",
    });
    ctx.emit({
      source: "aws.cloudwatch",
      type: "CloudWatch Alarm Configuration Change",
      resources: [alarmArn(ctx, name)],
      detail: { alarmName: name, operation, configuration: config },
      bus: true,
    });
    return {};
  });
}

export function putMetricAlarm(input: MetricAlarmInput, ctx: Context): Output<"cloudwatch", "PutMetricAlarm"> {
  checkMetricAlarm(input);
  return put(ctx, input.AlarmName ?? "", "MetricAlarm", input);
}

export function putCompositeAlarm(input: CompositeAlarmInput, ctx: Context): Output<"cloudwatch", "PutCompositeAlarm"> {
  const named = [...(input.AlarmRule ?? "").matchAll(/\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*["']?([^"')]+)["']?\s*\)/g)];
  const missing = named.map(([, name = ""]) => nameOf(name.trim())).find((name) => ctx.get(selectAlarm, { name }) === undefined);
  if (missing !== undefined) throw invalid(`AlarmRule must not contain an alarm that does not exist: ${missing}`);
  if (named.length === 0 && !/\b(TRUE|FALSE)\b/.test(input.AlarmRule ?? "")) throw invalid("AlarmRule is invalid: it names no alarm.");
  return put(ctx, input.AlarmName ?? "", "CompositeAlarm", input);
}

const nameOf = (text: string): string => (text.startsWith("arn:") ? (parseArn(text)?.resource.replace(/^alarm:/, "") ?? text) : text);

function toAlarm(ctx: Context, row: AlarmRow) {
  const { ActionsEnabled = true, OKActions = [], AlarmActions = [], InsufficientDataActions = [], ...config } = configOf(row);
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
  };
}

const actionsOf = (config: Config): string[] => [
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

export function deleteAlarms(input: Input<"cloudwatch", "DeleteAlarms">, ctx: Context): Output<"cloudwatch", "DeleteAlarms"> {
  return ctx.tx(() => {
    for (const name of input.AlarmNames ?? []) {
      const row = ctx.get(selectAlarm, { name });
      if (row === undefined) continue;
      ctx.run(deleteAlarm, { name });
      record(ctx, row, "ConfigurationUpdate", `Alarm "${name}" deleted`, { version: "1.0", type: "Delete" });
      const detail = { alarmName: name, operation: "delete", configuration: configOf(row) };
      ctx.emit({
        source: "aws.cloudwatch",
        type: "CloudWatch Alarm Configuration Change",
        resources: [alarmArn(ctx, name)],
        detail,
        bus: true,
      });
    }
    return {};
  });
}

/** Puts an alarm into a state; a change is told to the bus, and its actions follow. */
function transition(
  ctx: Context,
  row: AlarmRow,
  next: { readonly state: string; readonly reason: string; readonly reasonData?: string | undefined },
): void {
  const changed = row.state !== next.state;
  const after: AlarmRow = {
    ...row,
    state: next.state,
    reason: next.reason,
    reason_data: next.reasonData ?? null,
    updated: ctx.now,
    transitioned: changed ? ctx.now : row.transitioned,
  };
  const { name, type, config, tags, state, reason, reason_data, configured, updated, transitioned } = after;
  ctx.run(upsertAlarm, { name, type, config, tags, state, reason, reason_data, configured, updated, transitioned });
  if (!changed) return;
  const shown = (one: AlarmRow) => ({
    value: one.state,
    reason: one.reason,
    ...(one.reason_data === null ? {} : { reasonData: one.reason_data }),
    timestamp: new Date(one.updated).toISOString(),
  });
  const data = {
    version: "1.0",
    oldState: { stateValue: row.state, stateReason: row.reason },
    newState: { stateValue: state, stateReason: reason },
  };
  record(ctx, after, "StateUpdate", `Alarm updated from ${row.state} to ${state}`, data);
  ctx.emit({
    source: "aws.cloudwatch",
    type: "CloudWatch Alarm State Change",
    resources: [alarmArn(ctx, name)],
    detail: {
      alarmName: name,
      state: shown(after),
      previousState: shown(row),
      configuration: { description: configOf(row).AlarmDescription },
    },
    bus: true,
    rule: reason,
  });
  const parsed = configOf(row);
  if (parsed.ActionsEnabled === false) return;
  const actions = { ALARM: parsed.AlarmActions, OK: parsed.OKActions, INSUFFICIENT_DATA: parsed.InsufficientDataActions }[state];
  for (const action of actions ?? []) ctx.send("cloudwatch.act", { alarm: name, action, from: row.state });
}

export function setAlarmState(input: Input<"cloudwatch", "SetAlarmState">, ctx: Context): Output<"cloudwatch", "SetAlarmState"> {
  return ctx.tx(() => {
    const row = ctx.get(selectAlarm, { name: input.AlarmName ?? "" });
    if (row === undefined) throw new AwsException("ResourceNotFound", "The alarm specified does not exist.");
    if (input.StateReasonData !== undefined) {
      try {
        JSON.parse(input.StateReasonData);
      } catch {
        throw new AwsException("InvalidFormatFault", "StateReasonData was not valid JSON");
      }
    }
    transition(ctx, row, { state: input.StateValue ?? "", reason: input.StateReason ?? "", reasonData: input.StateReasonData });
    return {};
  });
}

function setActions(ctx: Context, names: readonly string[] | undefined, ActionsEnabled: boolean): Record<never, never> {
  return ctx.tx(() => {
    for (const name of names ?? []) {
      const row = ctx.get(selectAlarm, { name });
      if (row === undefined) continue;
      const { type, tags, state, reason, reason_data, configured, updated, transitioned } = row;
      const config = JSON.stringify({ ...configOf(row), ActionsEnabled });
      ctx.run(upsertAlarm, { name, type, config, tags, state, reason, reason_data, configured, updated, transitioned });
    }
    return {};
  });
}

export function enableAlarmActions(
  input: Input<"cloudwatch", "EnableAlarmActions">,
  ctx: Context,
): Output<"cloudwatch", "EnableAlarmActions"> {
  return setActions(ctx, input.AlarmNames, true);
}

export function disableAlarmActions(
  input: Input<"cloudwatch", "DisableAlarmActions">,
  ctx: Context,
): Output<"cloudwatch", "DisableAlarmActions"> {
  return setActions(ctx, input.AlarmNames, false);
}

/** Carries out one action of an alarm that has changed: SNS topics and Lambda functions. */
export const onAct: MessageHandler = async (ctx, message) => {
  const row = ctx.get(selectAlarm, { name: String(message.payload["alarm"]) });
  if (row === undefined) return;
  const action = String(message.payload["action"]);
  const service = parseArn(action)?.service;
  const alarm = toAlarm(ctx, row);
  const notice = {
    AlarmName: row.name,
    AlarmDescription: alarm.AlarmDescription ?? null,
    AWSAccountId: ctx.account,
    NewStateValue: row.state,
    NewStateReason: row.reason,
    StateChangeTime: new Date(row.transitioned).toISOString(),
    Region: ctx.region,
    AlarmArn: alarm.AlarmArn,
    OldStateValue: message.payload["from"],
    Trigger: configOf(row),
  };
  if (service === "sns") {
    const Subject = `${row.state}: "${row.name}" in ${ctx.region}`.slice(0, 100);
    await ctx.call("sns", "Publish", { TopicArn: action, Subject, Message: JSON.stringify(notice) });
  } else if (service === "lambda") {
    const event = {
      source: "aws.cloudwatch",
      alarmArn: alarm.AlarmArn,
      accountId: ctx.account,
      time: notice.StateChangeTime,
      region: ctx.region,
      alarmData: { alarmName: row.name, state: { value: row.state, reason: row.reason }, configuration: configOf(row) },
    };
    await ctx.call("lambda", "Invoke", { FunctionName: action, InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) });
  }
  const done = service === "sns" || service === "lambda";
  const summary = done ? `Successfully executed action ${action}` : `Failed to execute action ${action}: Orrery has no such action`;
  record(ctx, row, "Action", summary, { actionState: done ? "Succeeded" : "Failed", notificationResource: action });
};
