import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { given } from "../../../aws/properties.ts";
import { parseSchedule } from "../../../aws/schedule.ts";
import { page } from "../discovery/services.ts";
import { invalid } from "../errors.ts";
import { updateExclusions } from "../store.ts";
import type { Unit } from "./interval.ts";
import { measure } from "./measure.ts";
import { findSlo, getSlo, type KnownSlo, sloArn } from "./model.ts";
import type { ExclusionWindow } from "./windows.ts";

type Given = NonNullable<Input<"application-signals", "BatchUpdateExclusionWindows">["AddExclusionWindows"]>[number];

const MOST_WINDOWS = 10;

function windowsOf({ row }: KnownSlo): ExclusionWindow[] {
  return JSON.parse(row.exclusions) as ExclusionWindow[];
}

function kept({ Window, StartTime, RecurrenceRule, Reason }: Given, now: number): ExclusionWindow {
  const rule = RecurrenceRule?.Expression;
  return {
    unit: (Window?.DurationUnit ?? "MINUTE") as Unit,
    duration: Window?.Duration ?? 1,
    start: StartTime?.getTime() ?? now,
    ...given({ rule, reason: Reason }),
  };
}

function shapeOf({ unit, duration, start, rule, reason }: ExclusionWindow) {
  return {
    Window: { DurationUnit: unit, Duration: duration },
    StartTime: new Date(start),
    ...(rule === undefined ? {} : { RecurrenceRule: { Expression: rule } }),
    ...(reason === undefined ? {} : { Reason: reason }),
  };
}

/** Starts lie in the future: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-TimeWindowExclusion */
function checkWindow({ start, rule }: ExclusionWindow, now: number): void {
  // Clients give whole seconds.
  if (start < Math.floor(now / 1_000) * 1_000) throw invalid("The StartTime of an exclusion window must not be in the past.");
  if (rule !== undefined && parseSchedule(rule, start) === undefined)
    throw invalid(`The recurrence rule ${rule} is not a valid cron or rate expression.`);
}

/** A window without a start is removed whatever its start is. */
function isMeant(asked: Given, window: ExclusionWindow): boolean {
  const { start, unit, duration, rule, reason } = kept(asked, window.start);
  return (
    start === window.start &&
    unit === window.unit &&
    duration === window.duration &&
    rule === window.rule &&
    (reason === undefined || reason === window.reason)
  );
}

/** What has passed is kept as it was measured under the windows of then. https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_BatchUpdateExclusionWindows.html */
export async function batchUpdateExclusionWindows(
  input: Input<"application-signals", "BatchUpdateExclusionWindows">,
  ctx: Context,
): Promise<Output<"application-signals", "BatchUpdateExclusionWindows">> {
  const { AddExclusionWindows: added = [], RemoveExclusionWindows: removed = [] } = input;
  if (added.length + removed.length === 0) throw invalid("AddExclusionWindows or RemoveExclusionWindows must be specified.");
  const SloIds: string[] = [];
  const Errors = [];
  for (const id of input.SloIds ?? []) {
    try {
      await change(ctx, id, { added, removed });
      SloIds.push(id);
    } catch (error) {
      if (!(error instanceof AwsException)) throw error;
      Errors.push({ SloId: id, ErrorCode: error.code, ErrorMessage: error.message });
    }
  }
  return { SloIds, Errors };
}

async function change(
  ctx: Context,
  id: string,
  { added, removed }: { readonly added: readonly Given[]; readonly removed: readonly Given[] },
): Promise<void> {
  await measure(ctx, getSlo(ctx, id));
  ctx.tx(() => {
    const slo = getSlo(ctx, id);
    const windows = windowsOf(slo);
    for (const asked of removed) {
      const index = windows.findIndex((window) => isMeant(asked, window));
      if (index < 0) throw invalid("The exclusion window to remove does not match an existing one.");
      windows.splice(index, 1);
    }
    for (const asked of added) {
      const window = kept(asked, ctx.now);
      checkWindow(window, ctx.now);
      windows.push(window);
    }
    if (windows.length > MOST_WINDOWS) throw invalid(`An SLO can have at most ${MOST_WINDOWS} exclusion windows.`);
    ctx.run(updateExclusions, { name: slo.row.name, exclusions: JSON.stringify(windows) });
    ctx.emit({
      source: "aws.application-signals",
      type: "SLO exclusion windows changed",
      resources: [sloArn(ctx, slo.row.name)],
      detail: { sloName: slo.row.name, added: added.length, removed: removed.length, windows: windows.length },
    });
  });
}

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ListServiceLevelObjectiveExclusionWindows.html */
export function listExclusionWindows(
  input: Input<"application-signals", "ListServiceLevelObjectiveExclusionWindows">,
  ctx: Context,
): Output<"application-signals", "ListServiceLevelObjectiveExclusionWindows"> {
  const { shown, token } = page(windowsOf(findSlo(ctx, input.Id ?? "") ?? getSlo(ctx, input.Id)), input);
  return { ExclusionWindows: shown.map(shapeOf), ...token };
}
