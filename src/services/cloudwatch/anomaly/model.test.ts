import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandAt, type Model, type Point, train } from "./model.ts";
import { type ZoneClock, zoneClock } from "./zone.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const START = Date.UTC(2026, 10, 2);
const UTC: ZoneClock = { hourOfWeek: (time) => Math.floor((time - START) / HOUR) % 168 };
const options = { zone: UTC, periodicSpikes: false };
const every = (days: number, step: number, value: (time: number) => number): Point[] =>
  Array.from({ length: (days * DAY) / step }, (_, index): Point => [START + index * step, value(START + index * step)]);
const band = (model: Model | undefined, time: number, deviations = 2): readonly [number, number] =>
  model === undefined ? [0, 0] : bandAt(model, time, { zone: UTC, deviations, least: Number.NEGATIVE_INFINITY });
const hourOf = (time: number): number => new Date(time).getUTCHours();
/** Between -1 and 1, always the same. */
const noise = (time: number): number => ((((time / MINUTE) * 7919) % 101) - 50) / 50;

// The model is Orrery's own: docs/not-aws.md
// assumed
describe("a band", () => {
  it("follows the hours of the day from two days on", () => {
    const model = train(
      every(3, MINUTE, (time) => (hourOf(time) < 12 ? 10 : 100) + noise(time)),
      options,
    );
    expect(model?.season).toBe("daily");
    const [low, high] = band(model, START + 20 * DAY + 3 * HOUR);
    expect(low).toBeGreaterThan(7);
    expect(high).toBeLessThan(13);
    const [lowAtNoon, highAtNoon] = band(model, START + 20 * DAY + 13 * HOUR);
    expect(lowAtNoon).toBeGreaterThan(95);
    expect(highAtNoon).toBeLessThan(105);
  });

  it("follows the hours of the week when it has seen two weeks", () => {
    const isWeekend = (time: number): boolean => UTC.hourOfWeek(time) >= 120;
    const model = train(
      every(14, MINUTE, (time) => (isWeekend(time) ? 5 : 50) + noise(time)),
      options,
    );
    expect(model?.season).toBe("weekly");
    expect(band(model, START + 21 * DAY)[0]).toBeGreaterThan(40);
    expect(band(model, START + 26 * DAY)[1]).toBeLessThan(10);
  });

  it("has no season of less than two days, and is not there for less than three hours", () => {
    const one = every(1, MINUTE, (time) => 10 + noise(time));
    expect(train(one, options)?.season).toBe("none");
    expect(train(one.slice(0, 170), options)).toBeUndefined();
    expect(
      train(
        every(1, 3 * HOUR, () => 1),
        options,
      ),
    ).toBeUndefined();
  });

  it("is not moved by a few wild values", () => {
    const calm = every(3, MINUTE, (time) => 10 + noise(time));
    const wild = calm.map(([time, value], index): Point => [time, index % 50 === 0 ? 1_000 : value]);
    const [low, high] = band(train(wild, options), START + 5 * DAY);
    expect(low).toBeGreaterThan(6);
    expect(high).toBeLessThan(14);
  });

  it("of a flat metric is narrow and holds its value", () => {
    const flat = train(
      every(3, MINUTE, () => 10),
      options,
    );
    expect(band(flat, START)).toEqual([9.8, 10.2]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricCharacteristics.html
  it("holds spikes that come back every day when they are told to be normal", () => {
    const spiky = every(4, MINUTE, (time) => (time % DAY === 3 * HOUR ? 500 : 10 + noise(time)));
    const at = START + 6 * DAY + 3 * HOUR;
    expect(band(train(spiky, options), at)[1]).toBeLessThan(20);
    expect(band(train(spiky, { zone: UTC, periodicSpikes: true }), at)[1]).toBe(500);
    const once = spiky.map(([time, value]): Point => [time, time < START + DAY || value < 500 ? value : 10]);
    expect(band(train(once, { zone: UTC, periodicSpikes: true }), at)[1]).toBeLessThan(20);
  });

  it("is wider for more deviations, and holds its middle", () => {
    const anyPoints = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(anyPoints, (values) => {
        const points = values.map((value, index): Point => [START + index * HOUR, value]);
        const model = train(points, options);
        const [low, high] = band(model, START, 1);
        const [lower, higher] = band(model, START, 3);
        expect(lower <= low && low <= high && high <= higher).toBe(true);
      }),
    );
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AnomalyDetectorConfiguration.html
describe("time zones", () => {
  it("follow the clock of the place through daylight saving", () => {
    const berlin = zoneClock("Europe/Berlin");
    expect(berlin?.hourOfWeek(Date.UTC(2026, 9, 23, 22, 30))).toBe(5 * 24);
    expect(berlin?.hourOfWeek(Date.UTC(2026, 9, 30, 22, 30))).toBe(4 * 24 + 23);
    expect(zoneClock(undefined)?.hourOfWeek(Date.UTC(2026, 10, 23, 0, 30))).toBe(0);
    expect(zoneClock("Asia/Kathmandu")?.hourOfWeek(Date.UTC(2026, 10, 23, 0, 15))).toBe(6);
    expect(zoneClock("Mars/Olympus")).toBeUndefined();
  });
});
