import type { Context } from "../../aws/context.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { alarmArn, type CompositeAlarmInput, invalid, type MetricAlarmInput } from "./alarm-config.ts";
import { fullConfiguration } from "./alarm-shapes.ts";
import { type AlarmRow, selectAlarm, upsertAlarm } from "./alarm-store.ts";
import { awsTime } from "./doubles.ts";
import { record } from "./history.ts";

/** Tells of a change of what an alarm is, in its history and on the bus. */
export function tellChange(
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

/** Makes an alarm or changes what it is; its state stays. */
export function putAlarm(ctx: Context, type: AlarmRow["type"], input: MetricAlarmInput | CompositeAlarmInput): AlarmRow {
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
    evaluation: null,
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
