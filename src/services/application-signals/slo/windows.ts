import { parseSchedule } from "../../../aws/schedule.ts";
import { plus, type Span, type Unit } from "./interval.ts";

/** An exclusion window as it is kept. https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ExclusionWindow.html */
export interface ExclusionWindow {
  readonly unit: Unit;
  readonly duration: number;
  /** Virtual ms. */
  readonly start: number;
  readonly rule?: string | undefined;
  readonly reason?: string | undefined;
}

const LONGEST_DAY_MS = 86_400_000;

/** Whether any of the windows, at any of its recurrences, overlaps a span. */
export function isExcluded(windows: readonly ExclusionWindow[], span: Span): boolean {
  return windows.some((window) => overlaps(window, span));
}

function overlaps(window: ExclusionWindow, { from, to }: Span): boolean {
  const { start, unit, duration, rule } = window;
  const covers = (begin: number): boolean => begin < to && plus(begin, duration, unit) > from;
  const schedule = rule === undefined ? undefined : parseSchedule(rule, start);
  // A rate begins with its start, a cron expression with the first time that fits.
  if ((schedule === undefined || rule?.startsWith("rate")) && covers(start)) return true;
  if (schedule === undefined) return false;
  const longest = unit === "MONTH" ? duration * 31 * LONGEST_DAY_MS : plus(0, duration, unit);
  let next = schedule.next(Math.max(start - 1, from - longest));
  while (next !== undefined && next < to) {
    if (covers(next)) return true;
    next = schedule.next(next);
  }
  return false;
}
