import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, type Series } from "./math.ts";
import { fromRow, histogramOf, merge, samplesOf, statistic } from "./statistics.ts";

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
    const row = { time: 0, unit: "None", count: 2, sum: 3, min: 1, max: 2, histogram: null };
    expect(statistic(fromRow(row), "p50")).toBeUndefined();
    expect(statistic(fromRow(row), "Average")).toBe(1.5);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
describe("metric math", () => {
  const a: Series = new Map([
    [0, 1],
    [60_000, 4],
  ]);
  const b: Series = new Map([[0, 2]]);
  const known: Readonly<Record<string, Series>> = { a, b };
  const value = (expression: string): unknown => {
    const result = evaluate(expression, { series: (id) => known[id], metrics: [a, b], period: 60 });
    return typeof result === "number" ? result : [...result.values()];
  };

  it.each([
    ["a + b", [3]],
    ["2 + 3 * 4 ^ 2", 50],
    ["-(a - 1)", [-0, -3]],
    ["SUM(a)", 5],
    ["SUM(METRICS())", [3, 4]],
    ["MAX(METRICS())", [2, 4]],
    ["RATE(a)", [0.05]],
    ["IF(a > 2, a, 0)", [0, 4]],
    ["RUNNING_SUM(a) / PERIOD(a)", [1 / 60, 5 / 60]],
  ])("%s", (expression, expected) => {
    expect(value(expression)).toEqual(expected);
  });

  it("refuses what it cannot read, and names functions that are not there", () => {
    expect(() => value("a +")).toThrow(/Error in expression/);
    expect(() => value("unknown")).toThrow(/Error in expression/);
    expect(() => value("ANOMALY_DETECTION_BAND(a)")).toThrow(/not implemented/);
  });
});
