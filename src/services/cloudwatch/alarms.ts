import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { tagsOfList } from "../../aws/tags.ts";
import {
  alarmArn,
  alarmName,
  type CompositeAlarmInput,
  checkMetricAlarm,
  configOf,
  invalid,
  type MetricAlarmInput,
} from "./alarm-config.ts";
import { fullConfiguration } from "./alarm-shapes.ts";
import { type AlarmRow, deleteAlarm, selectAlarm, updateConfig, upsertAlarm } from "./alarm-store.ts";
import { awsTime } from "./doubles.ts";
import { record } from "./history.ts";
import { transition } from "./transitions.ts";
import { unwatch, watch } from "./watch.ts";

/** Tells of a change of what an alarm is, in its history and on the bus. */
function tellChange(
  ctx: Context,
  change: { operation: "create" | "update" | "delete"; row: AlarmRow; before?: AlarmRow | undefined },
): void {
  const { operation, row, before } = change;
  const configuration = fullConfiguration(ctx, row);
  const data = {
    version: "1.0",
    type: `${operation.slice(0, 1).toUpperCase()}${operation.slice(1)}`,
    [`${operation}dAlarm`]: configuration,
  };
  record(ctx, row, { item: "ConfigurationUpdate", summary: `Alarm "${row.name}" ${operation}d`, data: JSON.stringify(data) });
  ctx.emit({
    source: "aws.cloudwatch",
    type: "CloudWatch Alarm Configuration Change",
    resources: [alarmArn(ctx, row.name)],
    detail: {
      alarmName: row.name,
      operation,
      state: { value: row.state, timestamp: awsTime(row.updated) },
      configuration,
      ...(before === undefined ? {} : { previousConfiguration: fullConfiguration(ctx, before) }),
    },
    bus: true,
  });
}

function put(ctx: Context, type: AlarmRow["type"], input: MetricAlarmInput | CompositeAlarmInput): AlarmRow {
  const { AlarmName: name = "", Tags, ...config } = input;
  const before = ctx.get(selectAlarm, { name });
  if (before !== undefined && before.type !== type) throw invalid(`There is an alarm of another type with the name ${name}.`);
  const row: AlarmRow = {
    state: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    reason_data: null,
    updated: ctx.now,
    transitioned: ctx.now,
    tags: JSON.stringify(tagsOfList(Tags)),
    suppression: null,
    ...before,
    name,
    type,
    config: JSON.stringify(config),
    configured: ctx.now,
  };
  ctx.run(upsertAlarm, { ...row });
  ctx.claim(name);
  tellChange(ctx, { operation: before === undefined ? "create" : "update", row, before });
  return row;
}

export function putMetricAlarm(input: MetricAlarmInput, ctx: Context): Output<"cloudwatch", "PutMetricAlarm"> {
  checkMetricAlarm(input);
  return ctx.tx(() => {
    const row = put(ctx, "MetricAlarm", input);
    watch(ctx, row.name, configOf(row));
    return {};
  });
}

export function putCompositeAlarm(input: CompositeAlarmInput, ctx: Context): Output<"cloudwatch", "PutCompositeAlarm"> {
  const named = [...(input.AlarmRule ?? "").matchAll(/\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*["']?([^"')]+)["']?\s*\)/g)];
  const missing = named.map(([, name = ""]) => alarmName(name.trim())).find((name) => ctx.get(selectAlarm, { name }) === undefined);
  if (missing !== undefined) throw invalid(`AlarmRule must not contain an alarm that does not exist: ${missing}`);
  if (named.length === 0 && !/\b(TRUE|FALSE)\b/.test(input.AlarmRule ?? "")) throw invalid("AlarmRule is invalid: it names no alarm.");
  return ctx.tx(() => {
    put(ctx, "CompositeAlarm", input);
    return {};
  });
}

export function deleteAlarms(input: Input<"cloudwatch", "DeleteAlarms">, ctx: Context): Output<"cloudwatch", "DeleteAlarms"> {
  return ctx.tx(() => {
    for (const name of input.AlarmNames ?? []) {
      const row = ctx.get(selectAlarm, { name });
      if (row === undefined) continue;
      ctx.run(deleteAlarm, { name });
      unwatch(ctx, name);
      tellChange(ctx, { operation: "delete", row });
    }
    return {};
  });
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
    const rule = `set by hand: ${input.StateReason ?? ""}`;
    transition(ctx, row, { state: input.StateValue ?? "", reason: input.StateReason ?? "", reasonData: input.StateReasonData, rule });
    // The next evaluation puts it right again.
    if (row.type === "MetricAlarm") watch(ctx, row.name, configOf(row));
    return {};
  });
}

function setActions(ctx: Context, names: readonly string[] | undefined, ActionsEnabled: boolean): Record<never, never> {
  return ctx.tx(() => {
    for (const name of names ?? []) {
      const row = ctx.get(selectAlarm, { name });
      if (row === undefined || (configOf(row).ActionsEnabled ?? true) === ActionsEnabled) continue;
      const after = { ...row, config: JSON.stringify({ ...configOf(row), ActionsEnabled }) };
      ctx.run(updateConfig, { name, config: after.config });
      tellChange(ctx, { operation: "update", row: after, before: row });
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
