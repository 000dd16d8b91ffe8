// biome-ignore-all lint/suspicious/noTemplateCurlyInString: dynamic labels are written so
import { describe, expect, it } from "vitest";
import { fullLabel } from "./labels.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 10, 0);
const points = [3, 9.12345, 1, 5].map((value, index) => [START + index * MINUTE, value] as const);
const label = (text: string, shown: typeof points = points): string =>
  fullLabel(text, {
    series: {
      points: new Map(shown),
      label: "Errors",
      period: 60,
      source: { namespace: "AWS/Lambda", name: "Errors", dimensions: [["FunctionName", "pay"]], statistic: "Sum" },
    },
    query: { Id: "e1" },
    points: shown,
    timezone: "+0130",
    now: START + 26 * 60 * MINUTE,
    account: "000000000000",
    region: "eu-central-1",
  });

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
describe("dynamic labels", () => {
  it.each([
    ["[max: ${MAX} ${LABEL}]", "[max: 9.123 Errors]"],
    ["${AVG} ${DATAPOINT_COUNT} ${FIRST} ${LAST} ${MIN} ${SUM}", "4.531 4 3 5 1 18.123"],
    ["${FIRST_LAST_RANGE} ${MIN_MAX_RANGE}", "2 8.123"],
    ["${FIRST_TIME} to ${LAST_TIME}", "2026-11-23 11:30:00 to 2026-11-23 11:33:00"],
    ["${MAX_TIME}, ${MIN_TIME}", "2026-11-23 11:31:00, 2026-11-23 11:32:00"],
    ["${PROP('AccountId')} ${PROP('Region')} ${PROP('Namespace')}", "000000000000 eu-central-1 AWS/Lambda"],
    ["${PROP('MetricName')} ${PROP('Stat')} ${PROP('Period')} ${PROP('Dim.FunctionName')}", "Errors Sum 60 pay"],
  ])("%s is %s", (text, expected) => {
    expect(label(text)).toBe(expected);
  });

  // assumed: AWS does not say how it writes spans of time
  it.each([
    ["${FIRST_TIME_RELATIVE} ${LAST_TIME_RELATIVE}", "1 day 2 hours 1 day 1 hour 57 minutes"],
    ["${MIN_TIME_RELATIVE}", "1 day 1 hour 58 minutes"],
    ["${MAX_TIME_RELATIVE}", "1 day 1 hour 59 minutes"],
    ["${FIRST_LAST_TIME_RANGE}, ${MIN_MAX_TIME_RANGE}", "3 minutes, 1 minute"],
  ])("%s is %s", (text, expected) => {
    expect(label(text)).toBe(expected);
  });

  it("tell nothing of no data points", () => {
    expect(label("${MAX} ${MIN_MAX_RANGE} ${LAST_TIME_RELATIVE} ${FIRST_LAST_TIME_RANGE} ${AVG} ${SUM}", [])).toBe("-- -- -- -- -- 0");
  });

  it.each(["${NOTHING}", "${LABEL} ${LABEL}", "${MAX}${MAX}${MAX}${MAX}${MAX}${MAX}${MAX}", "${PROP('Colour')}"])("are not %s", (text) => {
    expect(() => label(text)).toThrow(expect.objectContaining({ name: "ValidationError" }));
  });
});
