import type { Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { alarmArn, alarmName, configOf } from "./alarm-config.ts";
import { type Suppression, shortConfiguration, shownState, suppressionOf } from "./alarm-shapes.ts";
import { type AlarmRow, selectAlarm, updateSuppression } from "./alarm-store.ts";
import { sendActions } from "./transitions.ts";

/**
 * Suppression of a composite alarm's actions:
 *
 *     composite changes, suppressor not in ALARM  → WaitPeriod      → actions
 *     suppressor in ALARM                         → Alarm           (whatever was running is discarded)
 *     suppressor leaves ALARM                     → ExtensionPeriod → actions, if some are owed
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
 */
function store(ctx: Context, row: AlarmRow, next: Omit<Suppression, "generation" | "reason"> | undefined): string | null {
  const generation = ctx.cloud.ids.hex(8);
  const suppression =
    next === undefined ? null : JSON.stringify({ ...next, reason: `Actions suppressed by ${next.by}`, generation } satisfies Suppression);
  ctx.run(updateSuppression, { name: row.name, suppression });
  return suppression;
}

/** A period runs whose end `cloudwatch.unsuppress` brings. */
function startPeriod(ctx: Context, row: AlarmRow, seconds: number): void {
  const generation = suppressionOf(row)?.generation;
  ctx.send("cloudwatch.unsuppress", { alarm: row.name, generation }, { delay: seconds * 1_000 });
}

/** What a change of the composite alarm means for its actions: what is stored with it, and what begins after it. */
export function suppressionForChange(ctx: Context, row: AlarmRow): { stored: string | null; begin(after: AlarmRow): void } {
  const config = configOf(row);
  const nothing = { stored: null, begin: () => undefined };
  if (config.ActionsSuppressor === undefined) return nothing;
  const suppressor = ctx.get(selectAlarm, { name: alarmName(config.ActionsSuppressor) });
  if (suppressor?.state === "ALARM") return { stored: store(ctx, row, { by: "Alarm", owed: true }), begin: () => undefined };
  const wait = config.ActionsSuppressorWaitPeriod ?? 0;
  if (wait === 0) return { stored: store(ctx, row, undefined), begin: () => undefined };
  return { stored: store(ctx, row, { by: "WaitPeriod", owed: true }), begin: (after) => startPeriod(ctx, after, wait) };
}

function tell(ctx: Context, before: AlarmRow, after: AlarmRow, rule: string): string {
  const suppression = suppressionOf(after);
  return ctx.emit({
    source: "aws.cloudwatch",
    type: suppression === undefined ? "Alarm actions no longer suppressed" : "Alarm actions suppressed",
    resources: [alarmArn(ctx, after.name)],
    detail: {
      alarmName: after.name,
      state: shownState(after),
      previousState: shownState(before),
      configuration: shortConfiguration(ctx, after),
    },
    rule,
  });
}

export function onSuppressorChange(ctx: Context, row: AlarmRow, state: string): void {
  const config = configOf(row);
  const current = suppressionOf(row);
  const name = alarmName(config.ActionsSuppressor ?? "");
  if (state === "ALARM") {
    const suppression = store(ctx, row, { by: "Alarm", owed: current?.owed ?? false });
    tell(ctx, row, { ...row, suppression }, `the suppressor ${name} is in ALARM`);
  } else if (current?.by === "Alarm") {
    const seconds = config.ActionsSuppressorExtensionPeriod ?? 0;
    const after = { ...row, suppression: store(ctx, row, { by: "ExtensionPeriod", owed: current.owed }) };
    const next = ctx.with({ cause: tell(ctx, row, after, `the suppressor ${name} left ALARM: its extension of ${seconds} s runs`) });
    startPeriod(next, after, seconds);
  }
}

/** `cloudwatch.unsuppress`: a wait or an extension is over, unless something else came in between. */
export const onUnsuppress: MessageHandler = (ctx, message) => {
  const row = ctx.get(selectAlarm, { name: String(message.payload["alarm"]) });
  const current = row && suppressionOf(row);
  if (row === undefined || current === undefined || current.generation !== message.payload["generation"]) return;
  ctx.tx(() => {
    const after = { ...row, suppression: store(ctx, row, undefined) };
    const event = tell(ctx, row, after, `the ${current.by} is over`);
    if (current.owed) sendActions(ctx.with({ cause: event }), after, event);
  });
};
