import { createHash } from "node:crypto";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { type AlarmConfig, alarmArn, configOf } from "../alarm-config.ts";
import { shortConfiguration } from "../alarm-shapes.ts";
import { type AlarmRow, selectAlarm } from "../alarm-store.ts";
import { awsTime, jsonText } from "../doubles.ts";
import { type AlarmState, type Criteria, evaluate } from "../evaluation.ts";
import { type Contributor, record } from "../history.ts";
import { holdBack } from "../mute-rules/hold-back.ts";
import { muteDetail } from "../mute-rules/muting.ts";
import { reasonOf } from "../reasons.ts";
import { transition } from "../transitions.ts";
import type { GroupedSeries } from "./evaluate.ts";
import { deleteContributor, selectContributors, upsertContributor } from "./store.ts";

const PAGE = 100;
export const CONTRIBUTOR_CHANGE = "CloudWatch Alarm Contributor State Change";

/** The same for the same labels, whatever alarm they are of. */
function contributorOf({ attributes }: GroupedSeries): Contributor {
  const text = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { id: createHash("sha256").update(text).digest("hex").slice(0, 16), attributes };
}

interface ContributorChange {
  readonly contributor: Contributor;
  readonly state: "ALARM" | "OK";
  readonly reason: string;
}

/** Topics and functions are told of each contributor: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html */
const isOfContributor = (action: string): boolean => /^arn:[^:]*:(sns|lambda):/.test(action);

function sendContributorActions(ctx: Context, row: AlarmRow, change: ContributorChange, event: string): void {
  const config = configOf(row);
  const actions = ((change.state === "ALARM" ? config.AlarmActions : config.OKActions) ?? []).filter(isOfContributor);
  if (config.ActionsEnabled === false || actions.length === 0) return;
  if (holdBack(ctx, row, { event, state: change.state, contributor: change.contributor })) return;
  for (const action of actions) ctx.send("cloudwatch.act", { alarm: row.name, action, event });
}

function changeContributor(ctx: Context, row: AlarmRow, change: ContributorChange): void {
  const { contributor, state, reason } = change;
  const { id, attributes } = contributor;
  if (state === "OK") ctx.run(deleteContributor, { alarm: row.name, id });
  else ctx.run(upsertContributor, { alarm: row.name, id, attributes: JSON.stringify(attributes), reason, transitioned: ctx.now });
  const data = jsonText({ version: "1.0", newState: { stateValue: state, stateReason: reason } });
  record(ctx, row, { item: "AlarmContributorStateUpdate", summary: `Alarm contributor updated to ${state}`, data, contributor });
  const event = ctx.emit({
    source: "aws.cloudwatch",
    type: CONTRIBUTOR_CHANGE,
    resources: [alarmArn(ctx, row.name)],
    detail: {
      alarmName: row.name,
      alarmContributor: contributor,
      state: { value: state, reason, timestamp: awsTime(ctx.now) },
      configuration: shortConfiguration(ctx, row),
      ...muteDetail(ctx, row.name),
    },
    bus: true,
    rule: reason,
  });
  sendContributorActions(ctx.with({ cause: event }), row, change, event);
}

export interface ContributorView {
  readonly config: AlarmConfig;
  readonly criteria: Criteria;
  readonly series: readonly GroupedSeries[];
  /** Starts of the periods that are looked at, oldest first. */
  readonly times: readonly number[];
}

/** Nothing came back: only the alarm itself has a state then, as its treatment of missing data says. */
function stateOfNothing({ missingData }: Criteria, current: string): string {
  return { missing: "INSUFFICIENT_DATA", breaching: "ALARM", notBreaching: "OK", ignore: current }[missingData];
}

/**
 * Evaluates each time series of a query by itself; the alarm is in ALARM while any of them is. True when something changed.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-data-queries.html
 */
export function evaluateContributors(ctx: Context, row: AlarmRow, { config, criteria, series, times }: ContributorView): boolean {
  const before = new Map(ctx.all(selectContributors, { alarm: row.name, after: "" }).map((known) => [known.id, known]));
  const seen = new Set<string>();
  let alarming = 0;
  let changes = 0;
  for (const one of series) {
    const contributor = contributorOf(one);
    seen.add(contributor.id);
    const current: AlarmState = before.has(contributor.id) ? "ALARM" : "OK";
    const points = times.map((time) => ({ time, value: one.points.get(time), samples: undefined }));
    const verdict = evaluate(points, criteria, current);
    // A time series is never short of data: it is there, or it is not.
    const state = verdict.state === "ALARM" ? "ALARM" : "OK";
    if (state === "ALARM") alarming += 1;
    if (state === current) continue;
    changes += 1;
    const reason = reasonOf({ ...verdict, state }, { ...criteria, isMOutOfN: config.DatapointsToAlarm !== undefined, isContributor: true });
    changeContributor(ctx, row, { contributor, state, reason });
  }
  for (const [id, { attributes }] of before) {
    if (seen.has(id)) continue;
    changes += 1;
    const contributor = { id, attributes: JSON.parse(attributes) as Record<string, string> };
    changeContributor(ctx, row, { contributor, state: "OK", reason: "The query no longer returns this time series." });
  }
  const state = series.length === 0 ? stateOfNothing(criteria, row.state) : alarming > 0 ? "ALARM" : "OK";
  const reason = `${alarming} out of ${series.length} time series evaluated to ALARM`;
  if (state === row.state && (reason === row.reason || series.length === 0)) return changes > 0;
  transition(ctx, row, { state, reason: series.length === 0 ? "The query returned no time series" : reason });
  return true;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmContributors.html */
export function describeAlarmContributors(
  input: Input<"cloudwatch", "DescribeAlarmContributors">,
  ctx: Context,
): Output<"cloudwatch", "DescribeAlarmContributors"> {
  const alarm = input.AlarmName ?? "";
  const row = ctx.get(selectAlarm, { name: alarm });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", `Alarm ${alarm} does not exist.`, { status: 404 });
  const after = input.NextToken === undefined ? "" : decodeToken(input.NextToken)?.[0];
  if (after === undefined) throw new AwsException("InvalidNextToken", "The next token specified is invalid.");
  const page = pageOf(ctx.all(selectContributors, { alarm, after: String(after) }), PAGE, ({ id }) => [id]);
  const AlarmContributors = page.items.map(({ id, attributes, reason, transitioned }) => ({
    ContributorId: id,
    ContributorAttributes: JSON.parse(attributes) as Record<string, string>,
    StateReason: reason,
    StateTransitionedTimestamp: new Date(transitioned),
  }));
  return { AlarmContributors, ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }) };
}
