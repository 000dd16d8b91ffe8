import { parseSchedule } from "../../aws/schedule.ts";

/** When a secret is rotated: what was put, `rotation` columns of the store. */
export interface Rules {
  readonly AutomaticallyAfterDays?: number | undefined;
  readonly ScheduleExpression?: string | undefined;
  /** `3h`. */
  readonly Duration?: string | undefined;
}

/** Virtual ms. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LEAST_RATE = 4 * HOUR;

/** What is wrong with rules; undefined when nothing is. */
export function problemOf(rules: Rules): string | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules;
  if (days !== undefined && expression !== undefined)
    return "You can't specify both AutomaticallyAfterDays and ScheduleExpression in the same request.";
  if (days !== undefined && !(days >= 1 && days <= 1_000)) return "AutomaticallyAfterDays value must be between 1 and 1000 (inclusive).";
  const hours = duration === undefined ? undefined : Number(/^(\d{1,2})h$/.exec(duration)?.[1]);
  if (hours !== undefined && !(hours >= 1 && hours <= 24)) return "Duration value must be between 1h and 24h (inclusive).";
  if (expression === undefined) return undefined;
  const schedule = parseSchedule(expression, 0);
  if (schedule === undefined) return "The ScheduleExpression is invalid.";
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)/.exec(expression) ?? [];
  if (unit === undefined) return undefined;
  const rate = Number(value) * ({ minute: 60_000, hour: HOUR, day: DAY }[unit] ?? 0);
  if (rate < LEAST_RATE) return "The ScheduleExpression is invalid: the rate must be at least 4 hours.";
  return unit === "hour" && hours !== undefined && hours * HOUR > rate ? "Duration can't be longer than the rate." : undefined;
}

const midnight = (time: number): number => Math.floor(time / DAY) * DAY;

/**
 * The next window after `now`, for a secret that was last rotated at `last`. Windows by days open at midnight UTC.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function nextWindow(rules: Rules, last: number, now: number): Window | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules;
  const hours = duration === undefined ? undefined : Number.parseInt(duration, 10);
  if (days !== undefined) {
    const start = Math.max(midnight(last + days * DAY), midnight(now) + DAY);
    return { start, end: start + (hours ?? 24) * HOUR - 1_000 };
  }
  if (expression === undefined) return undefined;
  const byHours = /^rate\(\d+ hours?\)$/.test(expression);
  const byDays = /^rate\(\d+ days?\)$/.test(expression);
  const next = parseSchedule(expression, byDays ? midnight(last) : last)?.next(now);
  if (next === undefined) return undefined;
  const length = hours === undefined ? (byHours ? HOUR : midnight(next) + DAY - next) : hours * HOUR;
  return { start: next, end: next + length - 1_000 };
}
