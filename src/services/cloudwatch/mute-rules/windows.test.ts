import { describe, expect, it } from "vitest";
import { durationOf, type MuteSchedule, nextWindow, windowAt } from "./windows.ts";

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(`${text}Z`);
const show = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16));
const schedule = (expression: string, hours: number, more: Partial<MuteSchedule> = {}): MuteSchedule => ({
  expression,
  duration: hours * HOUR,
  timezone: "UTC",
  from: undefined,
  until: undefined,
  ...more,
});
const window = (one: MuteSchedule, now: string): (string | undefined)[] => {
  const found = windowAt(one, at(now));
  return [show(found?.start), show(found?.end)];
};

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html
describe("a duration", () => {
  it("is in weeks, days, hours and minutes", () => {
    expect(durationOf("PT4H")).toBe(4 * HOUR);
    expect(durationOf("P2DT12H")).toBe(60 * HOUR);
    expect(durationOf("PT1M")).toBe(60_000);
    expect(durationOf("P15D")).toBe(360 * HOUR);
    for (const wrong of ["P", "PT", "4H", "P1M", "P1Y", "PT1.5H", "-PT1H"]) expect(durationOf(wrong)).toBeUndefined();
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html
describe("a mute window", () => {
  it("begins on the day of the week, of which Sunday is 0 and 7", () => {
    for (const day of ["SUN", "0", "7"]) {
      const weekly = schedule(`cron(0 2 * * ${day})`, 4);
      expect(window(weekly, "2026-11-22T05:59")).toEqual(["2026-11-22T02:00", "2026-11-22T06:00"]);
      expect(window(weekly, "2026-11-22T06:00")).toEqual([undefined, undefined]);
      expect(show(nextWindow(weekly, at("2026-11-22T06:00")))).toBe("2026-11-29T02:00");
    }
  });

  it("has the documented examples", () => {
    expect(window(schedule("cron(0 1 1 * *)", 6), "2026-12-01T06:59")).toEqual(["2026-12-01T01:00", "2026-12-01T07:00"]);
    expect(window(schedule("cron(0 18 * * FRI)", 60), "2026-11-23T05:00")).toEqual(["2026-11-20T18:00", "2026-11-23T06:00"]);
    expect(window(schedule("cron(0 23 * * *)", 2), "2026-11-24T00:30")).toEqual(["2026-11-23T23:00", "2026-11-24T01:00"]);
    expect(show(nextWindow(schedule("cron(0 9 * * SUN#4)", 1), at("2026-11-01T00:00")))).toBe("2026-11-22T09:00");
    expect(window(schedule("at(2024-12-23T00:00)", 168), "2024-12-29T23:59")).toEqual(["2024-12-23T00:00", "2024-12-30T00:00"]);
    expect(nextWindow(schedule("at(2024-12-23T00:00)", 168), at("2024-12-30T00:00"))).toBeUndefined();
  });

  // assumed: as cron has it
  it("begins on either of a day of the month and a day of the week", () => {
    const both = schedule("cron(0 0 1 * MON)", 1);
    expect(show(nextWindow(both, at("2026-11-24T00:00")))).toBe("2026-11-30T00:00");
    expect(show(nextWindow(both, at("2026-11-30T00:00")))).toBe("2026-12-01T00:00");
  });

  it("goes by the clock of its time zone, over its changes too", () => {
    const nightly = schedule("cron(0 2 * * *)", 1, { timezone: "America/New_York" });
    expect(show(nextWindow(nightly, at("2026-07-01T00:00")))).toBe("2026-07-01T06:00");
    expect(show(nextWindow(nightly, at("2026-12-01T00:00")))).toBe("2026-12-01T07:00");
    // 2:00 does not happen on 8 March.
    expect(show(nextWindow(nightly, at("2026-03-08T00:00")))).toBe("2026-03-08T07:00");
    expect(window(schedule("at(2024-05-10T14:00)", 4, { timezone: "Asia/Tokyo" }), "2024-05-10T06:00")).toEqual([
      "2024-05-10T05:00",
      "2024-05-10T09:00",
    ]);
  });

  it("lies between the dates of its rule", () => {
    const bounded = schedule("cron(0 * * * *)", 1, { from: at("2026-11-23T10:30"), until: at("2026-11-23T12:15") });
    expect(window(bounded, "2026-11-23T10:29")).toEqual([undefined, undefined]);
    expect(show(nextWindow(bounded, at("2026-11-23T10:00")))).toBe("2026-11-23T10:30");
    expect(window(bounded, "2026-11-23T10:45")).toEqual(["2026-11-23T10:30", "2026-11-23T11:00"]);
    expect(window(bounded, "2026-11-23T12:10")).toEqual(["2026-11-23T12:00", "2026-11-23T12:15"]);
    expect(nextWindow(bounded, at("2026-11-23T12:10"))).toBeUndefined();
  });

  it("holds all the time where windows overlap", () => {
    const always = schedule("cron(0 0 * * *)", 48);
    expect(window(always, "2026-11-23T10:00")).toEqual(["2026-11-23T00:00", "2026-11-25T00:00"]);
  });

  it("is none for what is no expression", () => {
    for (const wrong of ["cron(0 2 * *)", "cron(0 25 * * *)", "at(2026-02-30T00:00)", "rate(1 hour)", "0 2 * * *"]) {
      expect(nextWindow(schedule(wrong, 1), 0)).toBeUndefined();
    }
  });
});
