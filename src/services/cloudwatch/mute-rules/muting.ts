import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { awsTime } from "../doubles.ts";
import { type MuteRow, selectMutes } from "./store.ts";
import { durationOf, type MuteSchedule, type MuteWindow, nextWindow, windowAt } from "./windows.ts";

type PutInput = Input<"cloudwatch", "PutAlarmMuteRule">;
/** What was put, as it is kept. */
export interface MuteConfig extends Pick<PutInput, "Description" | "Rule" | "MuteTargets"> {
  /** ms. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

export type MuteStatus = "SCHEDULED" | "ACTIVE" | "EXPIRED";

export const muteConfigOf = (row: MuteRow): MuteConfig => JSON.parse(row.config) as MuteConfig;

export const muteArn = (ctx: Context, name: string): string => ctx.arn("cloudwatch", `alarm-mute-rule:${name}`);

export function scheduleOf({ Rule, from, until }: MuteConfig): MuteSchedule {
  const { Expression = "", Duration = "", Timezone = "UTC" } = Rule?.Schedule ?? {};
  return { expression: Expression, duration: durationOf(Duration) ?? 0, timezone: Timezone, from, until };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html#mute-rule-status */
export function statusOf(row: MuteRow, now: number): MuteStatus {
  const schedule = scheduleOf(muteConfigOf(row));
  if (windowAt(schedule, now) !== undefined) return "ACTIVE";
  return nextWindow(schedule, now) === undefined ? "EXPIRED" : "SCHEDULED";
}

export interface Mute extends MuteWindow {
  readonly rule: MuteRow;
  /** Other rules that mute the alarm as well. */
  readonly others: number;
}

/** What mutes an alarm now: the rule made last, of several. */
export function activeMute(ctx: Context, alarm: string): Mute | undefined {
  const active = ctx.all(selectMutes, { after: "" }).flatMap((rule) => {
    const config = muteConfigOf(rule);
    const window = config.MuteTargets?.AlarmNames?.includes(alarm) === true ? windowAt(scheduleOf(config), ctx.now) : undefined;
    return window === undefined ? [] : [{ rule, ...window }];
  });
  const newest = active.toSorted((a, b) => b.rule.created - a.rule.created)[0];
  return newest === undefined ? undefined : { ...newest, others: active.length - 1 };
}

/** `muteDetail` of an alarm's events: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export function muteDetail(ctx: Context, alarm: string): Readonly<Record<string, unknown>> {
  const mute = activeMute(ctx, alarm);
  if (mute === undefined) return {};
  const { rule, start, end } = mute;
  return { muteDetail: { mutedByArn: muteArn(ctx, rule.name), muteWindowStart: awsTime(start), muteWindowEnd: awsTime(end) } };
}
