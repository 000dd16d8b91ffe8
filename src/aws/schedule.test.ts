import { describe, expect, it } from "vitest";
import { parseSchedule } from "./schedule.ts";

const at = (text: string): number => Date.parse(text);
const next = (expression: string, after: string): string | undefined => {
  const due = parseSchedule(expression, at("2026-01-01T00:00:30Z"))?.next(at(after));
  return due === undefined ? undefined : new Date(due).toISOString().replace(":00.000Z", "");
};

// documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
describe("schedules", () => {
  it.each([
    ["cron(0 10 * * ? *)", "2026-03-01T10:00:00Z", "2026-03-02T10:00"],
    ["cron(15 12 * * ? *)", "2026-03-01T10:00:00Z", "2026-03-01T12:15"],
    ["cron(0 18 ? * MON-FRI *)", "2026-03-06T18:00:00Z", "2026-03-09T18:00"],
    ["cron(0 8 1 * ? *)", "2026-03-01T08:00:00Z", "2026-04-01T08:00"],
    ["cron(0/15 * * * ? *)", "2026-03-01T10:46:00Z", "2026-03-01T11:00"],
    ["cron(0/5 8-17 ? * MON-FRI *)", "2026-03-06T17:55:00Z", "2026-03-09T08:00"],
    ["cron(0 9 ? * 2#1 *)", "2026-03-01T00:00:00Z", "2026-03-02T09:00"],
    ["cron(0 9 ? * 6L *)", "2026-03-01T00:00:00Z", "2026-03-27T09:00"],
    ["cron(0 9 ? * 1 *)", "2026-03-02T00:00:00Z", "2026-03-08T09:00"],
    ["cron(0 9 ? * L *)", "2026-03-02T00:00:00Z", "2026-03-07T09:00"],
    ["cron(0 0 L * ? *)", "2026-02-01T00:00:00Z", "2026-02-28T00:00"],
    ["cron(0 0 29 2 ? *)", "2026-02-01T00:00:00Z", "2028-02-29T00:00"],
    ["cron(0 0 3W * ? *)", "2026-01-01T00:00:00Z", "2026-01-02T00:00"],
    ["cron(0 0 1W 8 ? *)", "2026-01-01T00:00:00Z", "2026-08-03T00:00"],
    ["cron(0 0 LW 5 ? *)", "2026-01-01T00:00:00Z", "2026-05-29T00:00"],
    ["cron(0 0 ? * FRI-MON *)", "2026-03-02T00:00:00Z", "2026-03-06T00:00"],
    ["cron(30 1 1,15 JAN,JUL ? 2026-2030)", "2026-01-16T00:00:00Z", "2026-07-01T01:30"],
    ["cron(0 0 1 1 ? 2020)", "2026-01-16T00:00:00Z", undefined],
  ])("%s after %s is %s", (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it("counts a rate from its origin", () => {
    const schedule = parseSchedule("rate(5 minutes)", 1_000);
    expect(schedule?.next(1_000)).toBe(301_000);
    expect(schedule?.next(300_999)).toBe(301_000);
    expect(schedule?.next(301_000)).toBe(601_000);
  });

  it.each([
    "rate(1 minutes)",
    "rate(2 minute)",
    "rate(0 minutes)",
    "rate(5 seconds)",
    "rate(5minutes)",
    "cron(* * * * *)",
    "cron(* * * * * *)",
    "cron(0 0 ? * ? *)",
    "cron(60 * * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 0 32 * ? *)",
    "cron(0 0 ? * 0 *)",
    "cron(0 0 ? * 8 *)",
    "cron(0/0 * * * ? *)",
    "at(2026-01-01T00:00:00)",
    "every day",
  ])("%s is not a schedule", (expression) => {
    expect(parseSchedule(expression, 0)).toBeUndefined();
  });
});
