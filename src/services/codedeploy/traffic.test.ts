import fc from "fast-check";
import { expect, test } from "vitest";
import { lastShiftMinutes, planText, shiftsOf } from "./traffic.ts";

const percentage = fc.integer({ min: 1, max: 99 });
const interval = fc.integer({ min: 1, max: 2_880 });
const canary = fc
  .record({ canaryPercentage: percentage, canaryInterval: interval })
  .map((timeBasedCanary) => ({ type: "TimeBasedCanary" as const, timeBasedCanary }));
const linear = fc
  .record({ linearPercentage: percentage, linearInterval: interval })
  .map((timeBasedLinear) => ({ type: "TimeBasedLinear" as const, timeBasedLinear }));

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
test("the first shift is done at once, each moves more traffic later than the one before, and the last one all of it", () => {
  fc.assert(
    fc.property(fc.oneof(canary, linear), (config) => {
      const shifts = shiftsOf(config);
      expect(shifts[0]?.minute).toBe(0);
      expect(shifts.at(-1)).toEqual({ percentage: 100, minute: lastShiftMinutes(config) });
      for (const [index, shift] of shifts.slice(1).entries()) {
        expect(shift.percentage).toBeGreaterThan(shifts[index]?.percentage ?? 0);
        expect(shift.minute).toBeGreaterThan(shifts[index]?.minute ?? 0);
      }
    }),
  );
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TimeBasedLinear.html
test("a linear deployment has as many shifts as its percentage goes into a hundred, rounded up", () => {
  fc.assert(
    fc.property(linear, (config) => {
      const { linearPercentage, linearInterval } = config.timeBasedLinear;
      const shifts = shiftsOf(config);
      expect(shifts).toHaveLength(Math.ceil(100 / linearPercentage));
      for (const [index, shift] of shifts.entries()) {
        expect(shift).toEqual({ percentage: Math.min(100, (index + 1) * linearPercentage), minute: index * linearInterval });
      }
    }),
  );
});

// assumed: the words are Orrery's own
test("plans are said in words", () => {
  expect(planText({ type: "TimeBasedCanary", timeBasedCanary: { canaryPercentage: 10, canaryInterval: 1 } })).toBe(
    "canary: 10% for 1 minute, then 100%",
  );
  expect(planText({ type: "TimeBasedLinear", timeBasedLinear: { linearPercentage: 20, linearInterval: 3 } })).toBe(
    "linear: 20% more every 3 minutes",
  );
  expect(planText({ type: "AllAtOnce" })).toBe("all at once");
});
