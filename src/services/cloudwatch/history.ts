import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { AlarmRow } from "./alarm-store.ts";
import { insertHistory, selectHistory } from "./store.ts";

type Item = "ConfigurationUpdate" | "StateUpdate" | "Action";

/** Adds to an alarm's history; `data` is JSON. */
export function record(
  ctx: Context,
  row: Pick<AlarmRow, "name" | "type">,
  entry: { readonly item: Item; readonly summary: string; readonly data: string },
): void {
  ctx.run(insertHistory, { name: row.name, type: row.type, time: ctx.now, ...entry });
}

export function describeAlarmHistory(
  input: Input<"cloudwatch", "DescribeAlarmHistory">,
  ctx: Context,
): Output<"cloudwatch", "DescribeAlarmHistory"> {
  if (input.AlarmContributorId !== undefined) throw notImplemented("cloudwatch", "DescribeAlarmHistory", "AlarmContributorId");
  const types: readonly string[] = input.AlarmTypes ?? ["MetricAlarm"];
  const from = input.StartDate?.getTime() ?? 0;
  const rows = ctx
    .all(selectHistory, { name: input.AlarmName ?? null, from, to: input.EndDate?.getTime() ?? Number.MAX_SAFE_INTEGER })
    .filter((row) => types.includes(row.type) && (input.HistoryItemType === undefined || row.item === input.HistoryItemType));
  const ascending = input.ScanBy === "TimestampAscending";
  if (!ascending) rows.reverse();
  const after = input.NextToken === undefined ? undefined : Number(decodeToken(input.NextToken)?.[0]);
  if (Number.isNaN(after)) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const rest = after === undefined ? rows : rows.filter(({ id }) => (ascending ? id > after : id < after));
  const page = pageOf(rest, input.MaxRecords ?? 100, ({ id }) => [id]);
  const AlarmHistoryItems = page.items.map((row) => ({
    AlarmName: row.name,
    AlarmType: row.type as "MetricAlarm",
    Timestamp: new Date(row.time),
    HistoryItemType: row.item as Item,
    HistorySummary: row.summary,
    HistoryData: row.data,
  }));
  return { AlarmHistoryItems, NextToken: page.nextToken };
}
