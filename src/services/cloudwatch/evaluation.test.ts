import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlarmState, type Criteria, type Datapoint, evaluate, isLowSample, type MissingData } from "./evaluation.ts";
import { reasonDataOf, reasonOf } from "./reasons.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 10, 0);
const points = (text: string): Datapoint[] =>
  text.split(" ").map((mark, index) => {
    const value = mark === "-" ? undefined : mark === "X" ? 2 : mark === "0" ? 0 : Number(mark);
    return { time: START + index * MINUTE, value, samples: value === undefined ? undefined : 1 };
  });
const criteria = (M: number, missingData: MissingData, N = 3): Criteria => ({
  comparison: "GreaterThanThreshold",
  threshold: 1,
  evaluationPeriods: N,
  datapointsToAlarm: M,
  missingData,
});
const treatments = ["missing", "ignore", "breaching", "notBreaching"] as const;
const states = (text: string, M: number, current: AlarmState = "INSUFFICIENT_DATA"): AlarmState[] =>
  treatments.map((missingData) => evaluate(points(text), criteria(M, missingData), current).state);

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe("missing data", () => {
  const keep = "kept" as AlarmState;
  it.each([
    ["0 - X - X", ["OK", "OK", "OK", "OK"]],
    ["0 - - - -", ["OK", "OK", "OK", "OK"]],
    ["- - - - -", ["INSUFFICIENT_DATA", keep, "ALARM", "OK"]],
    ["0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["- - X - -", ["ALARM", keep, "ALARM", "OK"]],
  ])("of 3 out of 3: %s", (text, expected) => {
    expect(states(text, 3, keep)).toEqual(expected);
  });

  it.each([
    ["0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
    ["0 - X - -", ["OK", "OK", "ALARM", "OK"]],
    ["- - - - 0", ["OK", "OK", "ALARM", "OK"]],
    ["- - - X -", ["ALARM", keep, "ALARM", "OK"]],
  ])("of 2 out of 3: %s", (text, expected) => {
    expect(states(text, 2, keep)).toEqual(expected);
  });

  it("does not alarm too early when what there is breaches", () => {
    expect(states("- - - - X", 3, "OK")[0]).toBe("OK");
    expect(states("- - - X -", 3, "OK")[0]).toBe("OK");
  });

  it("changes nothing while there are as many data points as are asked for", () => {
    const mark = fc.constantFrom("0", "X");
    const full = fc.tuple(fc.array(mark, { minLength: 5, maxLength: 5 }), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(full, ([marks, M]) => {
        const breaching = marks.slice(-3).filter((one) => one === "X").length;
        expect(states(marks.join(" "), M)).toEqual(treatments.map(() => (breaching >= M ? "ALARM" : "OK")));
      }),
    );
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
it("says when a percentile has too few samples", () => {
  expect(isLowSample(99, 999)).toBe(true);
  expect(isLowSample(99, 1_001)).toBe(false);
  expect(isLowSample(10, 99)).toBe(true);
  expect(isLowSample(10, 100)).toBe(false);
});

describe("reasons", () => {
  const reason = (text: string, M: number | undefined, missingData: MissingData = "missing", N = 3): string => {
    const options = { ...criteria(M ?? N, missingData, N), isMOutOfN: M !== undefined };
    return reasonOf(evaluate(points(text), options, "OK"), options);
  };

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
  it("name the datapoints that count, newest first", () => {
    expect(reason("0 0 9.5 10 11", 3)).toBe(
      "Threshold Crossed: 3 out of the last 3 datapoints [11.0 (23/11/26 10:04:00), 10.0 (23/11/26 10:03:00), 9.5 (23/11/26 10:02:00)] were greater than the threshold (1.0) (minimum 3 datapoints for OK -> ALARM transition).",
    );
    expect(reason("0 0 X X 0", 3)).toBe(
      "Threshold Crossed: 1 out of the last 3 datapoints [0.0 (23/11/26 10:04:00)] was not greater than the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).",
    );
  });

  // recorded: published alarm notifications without DatapointsToAlarm, with missing data, and of long alarms
  it("are worded by what was given and what was missing", () => {
    expect(reason("- - X", undefined, "missing", 1)).toBe(
      "Threshold Crossed: 1 datapoint [2.0 (23/11/26 10:02:00)] was greater than the threshold (1.0).",
    );
    expect(reason("- - -", undefined, "notBreaching", 1)).toBe(
      "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
    );
    expect(reason("- - - - 0", 2, "breaching")).toBe(
      "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
    );
    expect(reason("- - - - X", 1, "notBreaching")).toBe(
      "Threshold Crossed: 1 out of the last 3 datapoints [2.0 (23/11/26 10:04:00)] was greater than the threshold (1.0) and 2 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).",
    );
    expect(reason("- - - - -", 3)).toBe("Insufficient Data: 3 datapoints were unknown.");
    expect(reason("60 61 62 63 64", 5, "missing", 5)).toBe(
      "Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (1.0). The most recent datapoints which crossed the threshold: [64.0 (23/11/26 10:04:00), 63.0 (23/11/26 10:03:00), 62.0 (23/11/26 10:02:00), 61.0 (23/11/26 10:01:00), 60.0 (23/11/26 10:00:00)] (minimum 5 datapoints for OK -> ALARM transition).",
    );
  });

  // recorded: StateReasonData of DescribeAlarms
  it("come with data", () => {
    const verdict = evaluate(points("0 0 9.5"), criteria(1, "missing", 1), "OK");
    const options = {
      now: START + 3 * MINUTE + 1_044,
      period: 60,
      comparison: "GreaterThanThreshold" as const,
      statistic: "Average",
      threshold: 1,
      wanted: [],
    };
    expect(reasonDataOf(verdict, options)).toBe(
      '{"version":"1.0","queryDate":"2026-11-23T10:03:01.044+0000","startDate":"2026-11-23T10:02:00.000+0000","statistic":"Average","period":60,"recentDatapoints":[9.5],"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-11-23T10:02:00.000+0000","sampleCount":1.0,"value":9.5}]}',
    );
  });
});
