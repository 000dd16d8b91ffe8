import { describe, expect, it } from "vitest";
import { nextWindow, problemOf } from "./rotation-rules.ts";

const at = (text: string): number => Date.parse(`${text}Z`);
const shown = (window: ReturnType<typeof nextWindow>): string[] | undefined =>
  window && [window.start, window.end].map((time) => new Date(time).toISOString().slice(0, 19));

// documented: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
describe("rules of rotation", () => {
  const now = at("2026-11-23T10:20:00");
  it.each([
    [{ AutomaticallyAfterDays: 7 }, ["2026-11-30T00:00:00", "2026-11-30T23:59:59"]],
    [{ AutomaticallyAfterDays: 1, Duration: "3h" }, ["2026-11-24T00:00:00", "2026-11-24T02:59:59"]],
    [{ ScheduleExpression: "rate(10 days)" }, ["2026-12-03T00:00:00", "2026-12-03T23:59:59"]],
    [{ ScheduleExpression: "rate(4 hours)", Duration: "2h" }, ["2026-11-23T14:20:00", "2026-11-23T16:19:59"]],
    [{ ScheduleExpression: "cron(0 8 1 * ? *)", Duration: "2h" }, ["2026-12-01T08:00:00", "2026-12-01T09:59:59"]],
    [{ ScheduleExpression: "cron(0 8 ? * SUN *)" }, ["2026-11-29T08:00:00", "2026-11-29T23:59:59"]],
    [{}, undefined],
  ])("%j", (rules, expected) => {
    expect(shown(nextWindow(rules, now, now))).toEqual(expected);
  });

  it.each([
    { AutomaticallyAfterDays: 7, ScheduleExpression: "rate(7 days)" },
    { AutomaticallyAfterDays: 0 },
    { ScheduleExpression: "rate(3 hours)" },
    { ScheduleExpression: "every day" },
    { Duration: "30h" },
  ])("are refused: %j", (rules) => {
    expect(problemOf(rules)).toBeTypeOf("string");
  });
});
