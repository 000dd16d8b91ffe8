import { describe, expect, it } from "vitest";
import { type Criteria, type Datapoint, evaluate } from "../evaluation.ts";
import { reasonDataOf, reasonOf } from "../reasons.ts";

const MINUTE = 60_000;
const point = (time: number, value: number | undefined, [lower, upper]: readonly [number, number]): Datapoint =>
  value === undefined ? { time, value, samples: undefined } : { time, value, lower, upper, samples: undefined };
const criteria = (comparison: Criteria["comparison"], N: number, M = N): Criteria => ({
  comparison,
  threshold: 0,
  evaluationPeriods: N,
  datapointsToAlarm: M,
  missingData: "missing",
});
const BOTH = "LessThanLowerOrGreaterThanUpperThreshold";
const told = (points: readonly Datapoint[], options: Criteria) => {
  const verdict = evaluate(points, options, "OK");
  return { state: verdict.state, reason: reasonOf(verdict, { ...options, isMOutOfN: true }), verdict };
};

describe("reasons of alarms on a band", () => {
  const at = Date.UTC(2019, 9, 3, 15, 58);

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
  it("are those of the documented events", () => {
    const alarm = told([point(at, 0, [0.020599444741798756, 0.3006915352732461])], criteria(BOTH, 1));
    expect(alarm.state).toBe("ALARM");
    expect(alarm.reason).toBe(
      "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (03/10/19 15:58:00)] was less than the lower thresholds [0.020599444741798756] or greater than the upper thresholds [0.3006915352732461] (minimum 1 datapoint for OK -> ALARM transition).",
    );
    const ok = told([point(at - MINUTE, 0.166666666664241, [0.0206719426210418, 0.30076870222143803])], criteria(BOTH, 1));
    expect(ok.state).toBe("OK");
    expect(ok.reason).toBe(
      "Thresholds Crossed: 1 out of the last 1 datapoints [0.166666666664241 (03/10/19 15:57:00)] was not less than the lower thresholds [0.0206719426210418] or not greater than the upper thresholds [0.30076870222143803] (minimum 1 datapoint for ALARM -> OK transition).",
    );
  });

  // recorded: an alarm that watches the upper side alone
  it("name one side, and its thresholds in their data", () => {
    const time = Date.UTC(2024, 6, 25, 7, 21);
    const options = criteria("GreaterThanUpperThreshold", 1);
    const { reason, verdict } = told([point(time, 239, [100, 225.71426732099445])], options);
    expect(reason).toBe(
      "Thresholds Crossed: 1 out of the last 1 datapoints [239.0 (25/07/24 07:21:00)] was greater than the upper thresholds [225.71426732099445] (minimum 1 datapoint for OK -> ALARM transition).",
    );
    const now = Date.UTC(2024, 6, 25, 7, 22, 32, 386);
    expect(reasonDataOf(verdict, { ...options, now, period: 60, wanted: [] })).toBe(
      '{"version":"1.0","queryDate":"2024-07-25T07:22:32.386+0000","startDate":"2024-07-25T07:21:00.000+0000","period":60,"recentDatapoints":[239.0],"recentUpperThresholds":[225.71426732099445],"evaluatedDatapoints":[{"timestamp":"2024-07-25T07:21:00.000+0000","value":239.0,"threshold":225.71426732099445}]}',
    );
  });

  // recorded: a notification of an alarm of 7 out of 10 data points
  it("show the latest five of many, with their thresholds", () => {
    const points = Array.from({ length: 10 }, (_, index) => point(at + index * MINUTE, index < 3 ? 1 : 10 + index, [0, 5]));
    expect(told(points, criteria(BOTH, 10, 7)).reason).toBe(
      "Thresholds Crossed: 7 out of the last 10 datapoints were less than the lower thresholds or greater than the upper thresholds. Recent datapoints [19.0 (03/10/19 16:07:00), 18.0 (03/10/19 16:06:00), 17.0 (03/10/19 16:05:00), 16.0 (03/10/19 16:04:00), 15.0 (03/10/19 16:03:00)] crossed the lower thresholds [0.0, 0.0, 0.0, 0.0, 0.0] or upper thresholds [5.0, 5.0, 5.0, 5.0, 5.0] (minimum 7 datapoints for OK -> ALARM transition).",
    );
  });

  // assumed
  it("say what is missing as those of other alarms do", () => {
    const none = { ...criteria(BOTH, 2), missingData: "breaching" as const };
    expect(told([point(at, undefined, [0, 1])], none).reason).toBe(
      "Thresholds Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
    );
  });
});
