import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { checkMetricAlarm, configOf, type MetricAlarmInput } from "./alarm-config.ts";
import { deleteAlarm, deleteChildren, selectAlarm, updateConfig } from "./alarm-store.ts";
import { ensureDetectors } from "./anomaly/detectors.ts";
import { checkDeletion } from "./composites.ts";
import { checkInsightsQuota } from "./insights-sql/alarm-checks.ts";
import { deleteContributors } from "./insights-sql/store.ts";
import { deleteMuted } from "./mute-rules/store.ts";
import { putAlarm, tellChange } from "./put-alarm.ts";
import { transition } from "./transitions.ts";
import { unwatch, watch } from "./watch.ts";

export function putMetricAlarm(input: MetricAlarmInput, ctx: Context): Output<"cloudwatch", "PutMetricAlarm"> {
  checkMetricAlarm(input);
  checkInsightsQuota(ctx, input);
  return ctx.tx(() => {
    const row = putAlarm(ctx, "MetricAlarm", input);
    ensureDetectors(ctx, input.Metrics ?? []);
    watch(ctx, row.name, configOf(row));
    return {};
  });
}

export function deleteAlarms(input: Input<"cloudwatch", "DeleteAlarms">, ctx: Context): Output<"cloudwatch", "DeleteAlarms"> {
  checkDeletion(input, ctx);
  return ctx.tx(() => {
    for (const name of input.AlarmNames ?? []) {
      const row = ctx.get(selectAlarm, { name });
      if (row === undefined) continue;
      ctx.run(deleteAlarm, { name });
      ctx.run(deleteChildren, { parent: name });
      unwatch(ctx, name);
      ctx.run(deleteContributors, { alarm: name });
      ctx.run(deleteMuted, { alarm: name });
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
