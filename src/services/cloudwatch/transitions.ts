import type { Context } from "../../aws/context.ts";
import { alarmArn, configOf } from "./alarm-config.ts";
import { shortConfiguration, shownState, suppressionOf } from "./alarm-shapes.ts";
import { type AlarmRow, updateState } from "./alarm-store.ts";
import { jsonText, RawJson } from "./doubles.ts";
import { record } from "./history.ts";
import { hasContributors } from "./insights-sql/alarm-checks.ts";
import { holdBack } from "./mute-rules/hold-back.ts";
import { muteDetail } from "./mute-rules/muting.ts";

export const STATE_CHANGE = "CloudWatch Alarm State Change";

export interface NextState {
  readonly state: string;
  readonly reason: string;
  readonly reasonData?: string | undefined;
  /** The sentence of the timeline, where it says more than the reason. */
  readonly rule?: string | undefined;
}

const historyState = (row: AlarmRow) => ({
  stateValue: row.state,
  stateReason: row.reason,
  ...(row.reason_data === null ? {} : { stateReasonData: new RawJson(row.reason_data) }),
});

/** Sends the actions of the alarm's state, as they were when `event` told of it. */
export function sendActions(ctx: Context, row: AlarmRow, event: string): void {
  const config = configOf(row);
  if (config.ActionsEnabled === false) return;
  const all = { ALARM: config.AlarmActions, OK: config.OKActions, INSUFFICIENT_DATA: config.InsufficientDataActions }[row.state] ?? [];
  // Of an alarm with contributors, each of these tells topics and functions of itself.
  const actions = hasContributors(config) ? all.filter((action) => !/^arn:[^:]*:(sns|lambda):/.test(action)) : all;
  if (actions.length === 0 || holdBack(ctx, row, { event, state: row.state })) return;
  for (const action of actions) ctx.send("cloudwatch.act", { alarm: row.name, action, event });
}

/** Puts an alarm into a state; a change is told to the bus, and its actions follow unless they are suppressed. */
export function transition(ctx: Context, row: AlarmRow, next: NextState): AlarmRow {
  const changed = row.state !== next.state;
  const after: AlarmRow = {
    ...row,
    state: next.state,
    reason: next.reason,
    reason_data: next.reasonData ?? null,
    updated: ctx.now,
    transitioned: changed ? ctx.now : row.transitioned,
  };
  const { name, state, reason, reason_data, updated, transitioned } = after;
  ctx.run(updateState, { name, state, reason, reason_data, updated, transitioned });
  if (!changed) return after;
  const data = jsonText({ version: "1.0", oldState: historyState(row), newState: historyState(after) });
  record(ctx, after, { item: "StateUpdate", summary: `Alarm updated from ${row.state} to ${state}`, data });
  const event = ctx.emit({
    source: "aws.cloudwatch",
    type: STATE_CHANGE,
    resources: [alarmArn(ctx, name)],
    detail: {
      alarmName: name,
      state: shownState(after),
      previousState: shownState(row),
      configuration: shortConfiguration(ctx, after),
      ...muteDetail(ctx, name),
    },
    bus: true,
    rule: next.rule ?? reason,
  });
  if (suppressionOf(after) === undefined) sendActions(ctx.with({ cause: event }), after, event);
  return after;
}
