import type { Context } from "../../../aws/context.ts";
import { alarmArn, configOf } from "../alarm-config.ts";
import { type AlarmRow, selectAlarm } from "../alarm-store.ts";
import { awsTime } from "../doubles.ts";
import { type Contributor, record } from "../history.ts";
import { contributorQuery } from "../insights-sql/alarm-checks.ts";
import { selectContributor } from "../insights-sql/store.ts";
import { activeMute, muteArn } from "./muting.ts";
import { deleteMuted, type MutedRow, selectMuted, upsertMuted } from "./store.ts";

interface Held {
  /** The change whose actions they are. */
  readonly event: string;
  readonly state: string;
  readonly contributor?: Contributor | undefined;
}

/** True when a mute rule keeps the actions of a change back: then they are owed until its window ends. */
export function holdBack(ctx: Context, row: AlarmRow, { event, state, contributor }: Held): boolean {
  const mute = activeMute(ctx, row.name);
  if (mute === undefined) return false;
  const { rule, others, start, end } = mute;
  const more = others === 0 ? "" : ` and ${others} other active mute rule${others === 1 ? "" : "s"}`;
  const data = {
    actionState: "Muted",
    mutedByArn: muteArn(ctx, rule.name),
    otherActiveMuteRules: others,
    muteWindowStart: awsTime(start),
    muteWindowEnd: awsTime(end),
  };
  record(ctx, row, {
    item: contributor === undefined ? "Action" : "AlarmContributorAction",
    summary: `Actions muted by mute rule "${rule.name}"${more}`,
    data: JSON.stringify(data),
    ...(contributor === undefined ? {} : { contributor }),
  });
  ctx.run(upsertMuted, { alarm: row.name, contributor: contributor?.id ?? "", state, event });
  ctx.emit({
    source: "aws.cloudwatch",
    type: "Alarm actions muted",
    resources: [alarmArn(ctx, row.name), muteArn(ctx, rule.name)],
    detail: { alarmName: row.name, state, muteRule: rule.name },
    rule: `the mute rule ${rule.name}${more} is active until ${awsTime(end)}`,
  });
  return true;
}

function stateOf(ctx: Context, row: AlarmRow, { contributor }: MutedRow): string {
  if (contributor === "") return row.state;
  return ctx.get(selectContributor, { alarm: row.name, id: contributor }) === undefined ? "OK" : "ALARM";
}

/** An alarm that nothing mutes any more does what it owes, if it is still in the state whose actions were kept back. */
export function release(ctx: Context, alarm: string): void {
  const owed = ctx.all(selectMuted, { alarm });
  if (owed.length === 0 || activeMute(ctx, alarm) !== undefined) return;
  ctx.run(deleteMuted, { alarm });
  const row = ctx.get(selectAlarm, { name: alarm });
  if (row === undefined) return;
  const config = configOf(row);
  if (config.ActionsEnabled === false) return;
  const isGrouped = contributorQuery(config.Metrics) !== undefined;
  const by: Readonly<Record<string, readonly string[] | undefined>> = {
    ALARM: config.AlarmActions,
    OK: config.OKActions,
    INSUFFICIENT_DATA: config.InsufficientDataActions,
  };
  for (const muted of owed) {
    if (stateOf(ctx, row, muted) !== muted.state) continue;
    // An alarm with contributors leaves topics and functions to these.
    const ofContributor = (action: string): boolean => /^arn:[^:]*:(sns|lambda):/.test(action);
    const actions = (by[muted.state] ?? []).filter((action) => !isGrouped || ofContributor(action) === (muted.contributor !== ""));
    for (const action of actions) ctx.send("cloudwatch.act", { alarm, action, event: muted.event });
  }
}
