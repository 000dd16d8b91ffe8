import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { AlarmRow } from "./alarm-store.ts";
import { insertHistory, selectHistory } from "./store.ts";

type Item = "ConfigurationUpdate" | "StateUpdate" | "Action" | "AlarmContributorStateUpdate" | "AlarmContributorAction";

/** One of the time series that an alarm watches. */
export interface Contributor {
  readonly id: string;
  /** Values of the labels that the query groups by. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Adds to an alarm's history; `data` is JSON. */
export function record(
  ctx: Context,
  row: Pick<AlarmRow, "name" | "type">,
  entry: { readonly item: Item; readonly summary: string; readonly data: string; readonly contributor?: Contributor | undefined },
): void {
  const contributor = entry.contributor === undefined ? null : JSON.stringify(entry.contributor);
  ctx.run(insertHistory, { name: row.name, type: row.type, time: ctx.now, ...entry, contributor });
}

const contributorMembers = (contributor: Contributor | undefined) =>
  contributor === undefined ? {} : { AlarmContributorId: contributor.id, AlarmContributorAttributes: { ...contributor.attributes } };

export function describeAlarmHistory(
  input: Input<"cloudwatch", "DescribeAlarmHistory">,
  ctx: Context,
): Output<"cloudwatch", "DescribeAlarmHistory"> {
  const { AlarmContributorId: wanted, HistoryItemType: item } = input;
  const contributorOf = (text: string | null): Contributor | undefined => (text === null ? undefined : (JSON.parse(text) as Contributor));
  const types: readonly string[] = input.AlarmTypes ?? ["MetricAlarm"];
  const from = input.StartDate?.getTime() ?? 0;
  const rows = ctx
    .all(selectHistory, { name: input.AlarmName ?? null, from, to: input.EndDate?.getTime() ?? Number.MAX_SAFE_INTEGER })
    .filter((row) => types.includes(row.type) && (item === undefined || row.item === item))
    .filter((row) => wanted === undefined || contributorOf(row.contributor)?.id === wanted);
  const ascending = input.ScanBy === "TimestampAscending";
  if (!ascending) rows.reverse();
  const after = input.NextToken === undefined ? undefined : Number(decodeToken(input.NextToken)?.[0]);
  if (Number.isNaN(after)) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const rest = after === undefined ? rows : rows.filter(({ id }) => (ascending ? id > after : id < after));
  const page = pageOf(rest, input.MaxRecords ?? 100, ({ id }) => [id]);
  const AlarmHistoryItems = page.items.map((row) => ({
    ...contributorMembers(contributorOf(row.contributor)),
    AlarmName: row.name,
    AlarmType: row.type as "MetricAlarm",
    Timestamp: new Date(row.time),
    HistoryItemType: row.item as Item,
    HistorySummary: row.summary,
    HistoryData: row.data,
  }));
  return { AlarmHistoryItems, NextToken: page.nextToken };
}
