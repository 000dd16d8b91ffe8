import { describe, expect, test } from "vitest";
import { autoPeriod, entriesOf, instantOf, withVariables } from "./body.ts";

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
describe("a dashboard's body", () => {
  const body = {
    variables: [
      { id: "f", type: "property", property: "FunctionName", inputType: "select" },
      { id: "s", type: "pattern", pattern: "prod", inputType: "input" },
    ],
    widgets: [
      {
        type: "metric",
        properties: { region: "us-east-1", metrics: [["AWS/Lambda", "Errors", "FunctionName", "a", { label: "prod errors" }]] },
      },
      { type: "text", properties: { markdown: "# prod" } },
    ],
  };

  test("a pattern is replaced everywhere, a property where it is one or a dimension", () => {
    const { widgets } = withVariables(JSON.stringify(body), { f: "b", s: 'te"st' });
    expect(widgets.map(({ properties }) => properties)).toEqual([
      { region: "us-east-1", metrics: [["AWS/Lambda", "Errors", "FunctionName", "b", { label: 'te"st errors' }]] },
      { markdown: '# te"st' },
    ]);
    expect(withVariables(JSON.stringify(body), { f: "" }).widgets).toEqual(body.widgets);
  });

  test("shorthand of metrics is written out", () => {
    const metrics = [
      ["AWS/SQS", "Sent", "QueueName", "a"],
      [".", "Deleted", ".", "."],
      ["...", "b", { stat: "Sum" }],
      [{ expression: "m1 + m2" }],
      ["...", "c"],
    ];
    expect(entriesOf(metrics).map(({ parts }) => parts.join(" "))).toEqual([
      "AWS/SQS Sent QueueName a",
      "AWS/SQS Deleted QueueName a",
      "AWS/SQS Deleted QueueName b",
      "",
      "AWS/SQS Deleted QueueName c",
    ]);
    expect(entriesOf(metrics)[2]?.options).toEqual({ stat: "Sum" });
  });

  test("times are relative or absolute", () => {
    expect(instantOf("-PT1H30M", 10_000_000)).toBe(10_000_000 - 5_400_000);
    expect(instantOf("-P1M", 0)).toBe(-720 * 3_600_000);
    expect(instantOf("2026-11-23T00:00:00Z", 0)).toBe(Date.UTC(2026, 10, 23));
    expect(instantOf("soon", 0)).toBeUndefined();
    expect([1, 12, 100, 1_000].map((hours) => autoPeriod(hours * 3_600_000))).toEqual([60, 300, 3_600, 21_600]);
  });
});
