import { describe, expect, test } from "vitest";
import { burnRate, periodBudget, requestBudget } from "./budget.ts";
import { intervalAt, plus } from "./interval.ts";
import { isExcluded } from "./windows.ts";

const DAY = 86_400_000;
const sums = (total: number, bad: number, excluded = 0) => ({ total, bad, measured: total > 0 ? 1 : 0, excluded });

describe("the budget of requests", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-budget-request
  test.each([
    [10, 1, 90, 1.5, 0.5, "WARNING"],
    [15, 2, 86.666667, 2.25, 0.25, "WARNING"],
    [16, 3, 81.25, 2.4, -0.6, "BREACHED"],
    [40, 3, 92.5, 6, 3, "OK"],
    [60, 8, 86.666667, 9, 1, "WARNING"],
    [56, 9, 83.928571, 8.4, -0.6, "BREACHED"],
    [57, 17, 70.175439, 8.55, -8.45, "BREACHED"],
  ])("%d requests of which %d fail, for a goal of 85 %%", (total, bad, attainment, budget, remaining, status) => {
    expect(requestBudget(sums(total, bad), { goal: 85, warning: 50 })).toEqual({ attainment, total: budget, remaining, status });
  });

  // documented: the same page, #CloudWatch-TimeWindowExclusion
  test("is attained where all was excluded, and unknown without requests", () => {
    expect(requestBudget(sums(0, 0, 5), { goal: 85, warning: 50 })).toMatchObject({ attainment: 100, status: "OK" });
    expect(requestBudget(sums(0, 0), { goal: 85, warning: 50 })).toMatchObject({ attainment: undefined, status: "INSUFFICIENT_DATA" });
  });
});

describe("the budget of periods", () => {
  const month = { from: 0, to: 30 * DAY };
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-budget
  test("of 43,200 minutes at 99 % is 432, of which 130 are spent", () => {
    const found = periodBudget(sums(1_000, 130), month, { goal: 99, warning: 50, width: 60_000 });
    expect(found).toEqual({ attainment: 99.699074, total: 432 * 60, remaining: 302 * 60, status: "OK" });
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ServiceLevelObjectiveBudgetReport.html
  test.each([
    [215, "OK"],
    [217, "WARNING"],
    [431, "WARNING"],
    [432, "BREACHED"],
  ])("with %d bad minutes is %s", (bad, status) => {
    expect(periodBudget(sums(1_000, bad), month, { goal: 99, warning: 50, width: 60_000 }).status).toBe(status);
  });
});

describe("the burn rate", () => {
  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#ServiceLevelObjectives-calculate-burnrate
  test.each([
    ["at the baseline error rate", { bad: 1, events: 100, hasData: true }, 1],
    ["of 30 % failures", { bad: 3, events: 10, hasData: true }, 30],
    ["without data: from the attainment", { bad: 0, events: 0, hasData: false }, 2],
  ])("%s", (_, look, expected) => {
    expect(burnRate(look, 99, 98)).toBe(expected);
  });
});

describe("intervals", () => {
  const at = Date.UTC(2026, 2, 31, 12);
  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_CalendarInterval.html
  test("of the calendar follow one another from their first start, in months of their own length", () => {
    const Interval = { CalendarInterval: { StartTime: new Date(Date.UTC(2026, 0, 1)), DurationUnit: "MONTH" as const, Duration: 1 } };
    expect(intervalAt({ Interval }, at)).toEqual({ from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 3, 1) });
    expect(intervalAt({ Interval }, Date.UTC(2026, 1, 1))).toEqual({ from: Date.UTC(2026, 1, 1), to: Date.UTC(2026, 2, 1) });
    expect(intervalAt({ Interval }, Date.UTC(2025, 11, 31))).toBeUndefined();
  });

  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_Goal.html
  test("roll over seven days unless something else is said", () => {
    expect(intervalAt({}, at)).toEqual({ from: at - 7 * DAY, to: at });
  });

  // assumed: as calendars count
  test("a month after the 31st ends with the next month's last day", () => {
    expect(plus(Date.UTC(2026, 0, 31, 6), 1, "MONTH")).toBe(Date.UTC(2026, 1, 28, 6));
  });
});

describe("exclusion windows", () => {
  const start = Date.UTC(2026, 0, 1, 2);
  const hour = { unit: "HOUR" as const, duration: 1, start };
  const minute = (day: number, hours: number, minutes: number) => {
    const from = Date.UTC(2026, 0, day, hours, minutes);
    return { from, to: from + 60_000 };
  };
  // documented: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ExclusionWindow.html
  test.each([
    ["once: before it", hour, minute(1, 1, 59), false],
    ["once: its first minute", hour, minute(1, 2, 0), true],
    ["once: after it", hour, minute(1, 3, 0), false],
    ["once: a day later", hour, minute(2, 2, 0), false],
    ["by rate: at its start", { ...hour, rule: "rate(1 day)" }, minute(1, 2, 59), true],
    ["by rate: a day later", { ...hour, rule: "rate(1 day)" }, minute(2, 2, 59), true],
    ["by rate: between", { ...hour, rule: "rate(1 day)" }, minute(2, 4, 0), false],
    ["by cron", { ...hour, rule: "cron(30 4 * * ? *)" }, minute(5, 5, 29), true],
    ["by cron: not at its start", { ...hour, rule: "cron(30 4 * * ? *)" }, minute(1, 2, 0), false],
    ["by cron: not before its start", { ...hour, start: Date.UTC(2026, 0, 6), rule: "cron(30 4 * * ? *)" }, minute(5, 5, 0), false],
  ])("%s", (_, window, span, expected) => {
    expect(isExcluded([window], span)).toBe(expected);
  });
});
