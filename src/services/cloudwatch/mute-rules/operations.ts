import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { tagsOfList } from "../../../aws/tags.ts";
import { invalid } from "../alarm-config.ts";
import { selectAlarm } from "../alarm-store.ts";
import { awsTime } from "../doubles.ts";
import { release } from "./hold-back.ts";
import { type MuteConfig, muteArn, muteConfigOf, scheduleOf, statusOf } from "./muting.ts";
import { deleteMute, type MuteRow, selectMute, selectMutes, updateOpen, upsertMute } from "./store.ts";
import { durationOf, isTimezone, nextWindow, startsOf, windowAt } from "./windows.ts";

const SHORTEST = 60_000;
const LONGEST = 15 * 86_400_000;
const PAGE = 50;

type PutInput = Input<"cloudwatch", "PutAlarmMuteRule">;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html */
function check(ctx: Context, { Rule, MuteTargets, StartDate, ExpireDate }: PutInput): void {
  const { Expression = "", Duration = "", Timezone = "UTC" } = Rule?.Schedule ?? {};
  if (!isTimezone(Timezone)) throw invalid(`The value ${Timezone} for parameter Rule.Schedule.Timezone is not a time zone.`);
  if (startsOf(Expression, Timezone) === undefined) {
    throw invalid(`The value ${Expression} for parameter Rule.Schedule.Expression must be a cron or an at expression.`);
  }
  const duration = durationOf(Duration);
  if (duration === undefined) throw invalid(`The value ${Duration} for parameter Rule.Schedule.Duration must be an ISO 8601 duration.`);
  if (duration < SHORTEST || duration > LONGEST) throw invalid("Rule.Schedule.Duration must be between PT1M and P15D.");
  if (StartDate !== undefined && ExpireDate !== undefined && StartDate.getTime() >= ExpireDate.getTime()) {
    throw invalid("StartDate must be before ExpireDate.");
  }
  const unknown = MuteTargets?.AlarmNames?.find((name) => ctx.get(selectAlarm, { name }) === undefined);
  if (unknown !== undefined) throw invalid(`MuteTargets must name existing alarms: ${unknown} does not exist.`);
}

/** Asks again when the window that is open ends, or the next one begins; a rule that has expired is asked no more. */
function nextLook(row: MuteRow, now: number): number | undefined {
  const schedule = scheduleOf(muteConfigOf(row));
  return windowAt(schedule, now)?.end ?? nextWindow(schedule, now);
}

/** Tells that a window has begun or ended; at its end the alarms do what they owe. */
function look(ctx: Context, row: MuteRow): void {
  const config = muteConfigOf(row);
  const window = windowAt(scheduleOf(config), ctx.now);
  if ((window !== undefined) === (row.open === 1)) return;
  ctx.run(updateOpen, { name: row.name, open: window === undefined ? 0 : 1 });
  const { Expression, Duration, Timezone = "UTC" } = config.Rule?.Schedule ?? {};
  const event = ctx.emit({
    source: "aws.cloudwatch",
    type: window === undefined ? "Alarm mute window ended" : "Alarm mute window began",
    resources: [muteArn(ctx, row.name)],
    detail: { muteRule: row.name, ...(window === undefined ? {} : { start: awsTime(window.start), end: awsTime(window.end) }) },
    rule: `${Expression} for ${Duration} in ${Timezone}`,
  });
  if (window === undefined) releaseTargets(ctx.with({ cause: event }), config);
}

function releaseTargets(ctx: Context, { MuteTargets }: MuteConfig): void {
  for (const alarm of MuteTargets?.AlarmNames ?? []) release(ctx, alarm);
}

export function putAlarmMuteRule(input: PutInput, ctx: Context): Output<"cloudwatch", "PutAlarmMuteRule"> {
  check(ctx, input);
  const { Name: name = "", Description, Rule, MuteTargets, StartDate, ExpireDate, Tags } = input;
  return ctx.tx(() => {
    const before = ctx.get(selectMute, { name });
    const config: MuteConfig = { Description, Rule, MuteTargets, from: StartDate?.getTime(), until: ExpireDate?.getTime() };
    const row: MuteRow = {
      name,
      config: JSON.stringify(config),
      tags: before?.tags ?? JSON.stringify(tagsOfList(Tags)),
      created: before?.created ?? ctx.now,
      updated: ctx.now,
      generation: (before?.generation ?? 0) + 1,
      open: before?.open ?? 0,
    };
    ctx.run(upsertMute, { ...row });
    ctx.claim(muteArn(ctx, name));
    const verb = before === undefined ? "created" : "updated";
    const cause = ctx.emit({
      source: "aws.cloudwatch",
      type: `Alarm mute rule ${verb}`,
      resources: [muteArn(ctx, name)],
      detail: { muteRule: name, status: statusOf(row, ctx.now), alarms: MuteTargets?.AlarmNames ?? [] },
    });
    const next = ctx.with({ cause });
    look(next, row);
    // Alarms that are no longer among its targets are muted by it no more.
    if (before !== undefined) releaseTargets(next, muteConfigOf(before));
    const at = nextLook(row, ctx.now);
    if (at !== undefined) sendLook(ctx, row, at);
    return {};
  });
}

function sendLook(ctx: Context, { name, generation }: MuteRow, at: number): void {
  const own = ctx.with({ cause: undefined, request: undefined, claimToken: undefined });
  own.send("cloudwatch.mute", { name, generation }, { at, quiet: true });
}

/** `cloudwatch.mute`: a window of a rule begins or ends. */
export const onMute: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const row = ctx.get(selectMute, { name: String(message.payload["name"]) });
    if (row === undefined || row.generation !== message.payload["generation"]) return undefined;
    look(ctx, row);
    const again = nextLook(row, ctx.now);
    return again === undefined ? undefined : { again };
  });

function summaryOf(ctx: Context, row: MuteRow) {
  const { Rule, until } = muteConfigOf(row);
  return {
    AlarmMuteRuleArn: muteArn(ctx, row.name),
    ...(until === undefined ? {} : { ExpireDate: new Date(until) }),
    Status: statusOf(row, ctx.now),
    MuteType: Rule?.Schedule?.Expression?.startsWith("at(") === true ? "ONE_TIME" : "RECURRING",
    LastUpdatedTimestamp: new Date(row.updated),
  };
}

export function getAlarmMuteRule(input: Input<"cloudwatch", "GetAlarmMuteRule">, ctx: Context): Output<"cloudwatch", "GetAlarmMuteRule"> {
  const name = input.AlarmMuteRuleName ?? "";
  const row = ctx.get(selectMute, { name });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Alarm mute rule ${name} does not exist.`, { status: 404 });
  const { Description, Rule, MuteTargets, from } = muteConfigOf(row);
  return {
    Name: name,
    ...(Description === undefined ? {} : { Description }),
    Rule,
    ...(MuteTargets === undefined ? {} : { MuteTargets }),
    ...(from === undefined ? {} : { StartDate: new Date(from) }),
    ...summaryOf(ctx, row),
  };
}

export function listAlarmMuteRules(
  input: Input<"cloudwatch", "ListAlarmMuteRules">,
  ctx: Context,
): Output<"cloudwatch", "ListAlarmMuteRules"> {
  const after = input.NextToken === undefined ? "" : decodeToken(input.NextToken)?.[0];
  if (after === undefined) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const { AlarmName, Statuses } = input;
  const rows = ctx
    .all(selectMutes, { after: String(after) })
    .filter((row) => AlarmName === undefined || muteConfigOf(row).MuteTargets?.AlarmNames?.includes(AlarmName) === true)
    .filter((row) => Statuses === undefined || Statuses.length === 0 || Statuses.includes(statusOf(row, ctx.now)));
  const page = pageOf(rows, input.MaxRecords ?? PAGE, ({ name }) => [name]);
  const AlarmMuteRuleSummaries = page.items.map((row) => summaryOf(ctx, row));
  return { AlarmMuteRuleSummaries, ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }) };
}

/** Alarms that it muted do at once what they owe. */
export function deleteAlarmMuteRule(
  input: Input<"cloudwatch", "DeleteAlarmMuteRule">,
  ctx: Context,
): Output<"cloudwatch", "DeleteAlarmMuteRule"> {
  const name = input.AlarmMuteRuleName ?? "";
  return ctx.tx(() => {
    const row = ctx.get(selectMute, { name });
    if (row === undefined) return {};
    ctx.run(deleteMute, { name });
    const cause = ctx.emit({
      source: "aws.cloudwatch",
      type: "Alarm mute rule deleted",
      resources: [muteArn(ctx, name)],
      detail: { muteRule: name },
    });
    releaseTargets(ctx.with({ cause }), muteConfigOf(row));
    return {};
  });
}
