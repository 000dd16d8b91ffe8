import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromRow, histogramOf, isKnownStatistic, merge, samplesOf, statistic } from "./statistics.ts";

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
describe("statistics", () => {
  it("put together are those of all samples, in whatever parts they came", () => {
    const values = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = samplesOf([...a, ...b], []);
        const parts = merge(samplesOf(a, []), samplesOf(b, []));
        for (const name of ["SampleCount", "Sum", "Minimum", "Maximum", "Average", "p50", "p99.9"]) {
          expect(statistic(parts, name)).toBe(statistic(whole, name));
        }
      }),
    );
  });

  it("keep percentiles within 1 % when there are many different values", () => {
    let samples = samplesOf([1], []);
    for (let value = 2; value <= 1_000; value++) samples = merge(samples, samplesOf([value], []));
    const p90 = statistic(samples, "p90") ?? 0;
    expect(Math.abs(p90 - 900) / 900).toBeLessThan(0.011);
    expect(statistic(samples, "p100")).toBe(1_000);
    expect((histogramOf(samples) ?? "").length).toBeLessThan(30_000);
  });

  it("have no percentiles where only a statistic set is known", () => {
    const row = { time: 0, resolution: 60, unit: "None", count: 2, sum: 3, min: 1, max: 2, histogram: null };
    expect(statistic(fromRow(row), "p50")).toBeUndefined();
    expect(statistic(fromRow(row), "Average")).toBe(1.5);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
describe("statistics of a part", () => {
  const samples = samplesOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 100], []);
  it.each([
    ["tm90", 5],
    ["TM(10%:90%)", 5.5],
    ["TM(2:5)", 4],
    ["wm90", 5.4],
    ["tc80", 8],
    ["TC(:50)", 9],
    ["ts80", 36],
    ["TS(8:)", 109],
    ["PR(:5)", 50],
    ["IQM", 5.5],
  ])("%s is %d", (name, expected) => {
    expect(statistic(samples, name)).toBeCloseTo(expected, 10);
  });

  it.each(["tm", "TM(:)", "PR(10%:90%)", "TM(1:90%)", "p101", "Median"])("there is no %s", (name) => {
    expect(isKnownStatistic(name)).toBe(false);
  });
});
