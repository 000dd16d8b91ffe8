import type { Goal } from "./model.ts";

export type Unit = "MINUTE" | "HOUR" | "DAY" | "MONTH";

const UNITS = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 } as const;
const MONTH_MS = 30 * UNITS.DAY;

/** Months keep the day of the month, or take the month's last where it has no such day. */
export function plus(time: number, count: number, unit: Unit): number {
  if (unit !== "MONTH") return time + count * UNITS[unit];
  const date = new Date(time);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1));
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return first.getTime() + (Math.min(date.getUTCDate(), days) - 1) * UNITS.DAY + (time % UNITS.DAY);
}

/** About how long it is, ms: a month is 30 days. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#ServiceLevelObjectives-calculate-threshold */
export function lengthOf({
  DurationUnit: unit = "DAY",
  Duration: count = 7,
}: {
  DurationUnit?: Unit | undefined;
  Duration?: number | undefined;
}): number {
  return count * (unit === "MONTH" ? MONTH_MS : UNITS[unit]);
}

export interface Span {
  /** Virtual ms, inclusive and exclusive. */
  readonly from: number;
  readonly to: number;
}

/** The interval that a goal is judged in at a time; undefined before its first calendar interval. */
export function intervalAt({ Interval }: Goal, at: number): Span | undefined {
  const calendar = Interval?.CalendarInterval;
  if (calendar === undefined) {
    const { DurationUnit = "DAY", Duration = 7 } = Interval?.RollingInterval ?? {};
    return { from: plus(at, -Duration, DurationUnit as Unit), to: at };
  }
  const { DurationUnit = "DAY", Duration = 1 } = calendar;
  const unit = DurationUnit as Unit;
  const first = calendar.StartTime?.getTime() ?? 0;
  if (at < first) return undefined;
  // A month is never longer than 31 days, so that this is not past the interval that is looked for.
  let count = Math.floor((at - first) / (Duration * (unit === "MONTH" ? 31 * UNITS.DAY : UNITS[unit])));
  while (plus(first, (count + 1) * Duration, unit) <= at) count++;
  return { from: plus(first, count * Duration, unit), to: plus(first, (count + 1) * Duration, unit) };
}
