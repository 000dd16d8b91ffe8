import { describe, expect, it } from "vitest";
import { checkBody } from "./body.ts";
import { metricEntries } from "./metric-arrays.ts";
import { Findings } from "./schema.ts";

const errorsOf = (body: unknown) => checkBody(JSON.stringify(body)).errors.map(({ path, message }) => `${path}: ${message}`);
const widgetErrors = (type: string, properties: unknown, more: object = {}) =>
  errorsOf({ widgets: [{ type, properties, ...more }] }).map((error) => error.replace("/widgets/0", ""));
const METRICS = { region: "us-east-1", metrics: [["AWS/EC2", "CPUUtilization", "InstanceId", "i-1"]] };
const metricErrors = (properties: object) =>
  widgetErrors("metric", { ...METRICS, ...properties }).map((error) => error.replace("/properties", ""));

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
describe("the body of a dashboard", () => {
  it("needs widgets, 500 at most, with 2,500 metrics at most", () => {
    expect(errorsOf({})).toEqual([": Should have required property 'widgets'"]);
    const text = { type: "text", properties: { markdown: "" } };
    expect(errorsOf({ widgets: Array.from({ length: 501 }, () => text) })).toEqual(["/widgets: Should NOT have more than 500 items"]);
    const many = { type: "metric", properties: { region: "r", metrics: Array.from({ length: 500 }, () => ["N", "M"]) } };
    expect(errorsOf({ widgets: [many, many, many, many, many] })).toEqual([]);
    expect(errorsOf({ widgets: [many, many, many, many, many, { type: "metric", properties: METRICS }] })).toEqual([
      "/widgets: Should NOT have more than 2500 metrics",
    ]);
    expect(metricErrors({ metrics: Array.from({ length: 501 }, () => ["N", "M"]) })).toEqual([
      "/metrics: Should NOT have more than 500 items",
    ]);
  });

  it("has a start, and knows periodOverride", () => {
    expect(errorsOf({ widgets: [], start: "-PT8H", periodOverride: "inherit" })).toEqual([]);
    expect(errorsOf({ widgets: [], start: "-P3M" })).toEqual([]);
    expect(errorsOf({ widgets: [], start: "8h", periodOverride: "none" })).toHaveLength(2);
  });

  it("lies on a grid of 24 columns", () => {
    const text = (place: object) => widgetErrors("text", { markdown: "" }, place);
    expect(text({ x: 23, y: 0, width: 24, height: 1_000 })).toEqual([]);
    expect(text({ x: 24, y: -1 })).toEqual(["/x: Should be <= 23", "/y: Should be >= 0"]);
    expect(text({ x: 1 })).toEqual([": Should have property y when property x is present"]);
    expect(text({ width: 0, height: 1_001 })).toEqual(["/width: Should be >= 1", "/height: Should be <= 1000"]);
    expect(text({ width: 1.5 })).toEqual(["/width: Should be integer"]);
    expect(errorsOf({ widgets: [{ type: "text" }] })).toEqual(["/widgets/0: Should have required property 'properties'"]);
    expect(widgetErrors("tile", {})).toEqual(["/type: Should be equal to one of the allowed values"]);
  });

  it("has variables", () => {
    const variable = (more: object) =>
      errorsOf({ widgets: [], variables: [{ type: "property", property: "region", inputType: "input", id: "r", ...more }] });
    expect(variable({})).toEqual([]);
    expect(variable({ type: "pattern" })).toEqual(["/variables/0: Should have required property 'pattern'"]);
    expect(variable({ inputType: "select" })).toEqual(["/variables/0: Should have required property 'values'"]);
    expect(variable({ inputType: "radio", search: "{AWS/EC2,InstanceId}" })).toEqual([
      "/variables/0: Should have required property 'populateFrom'",
    ]);
    expect(variable({ inputType: "radio", search: "{AWS/EC2,InstanceId}", populateFrom: "InstanceId", defaultValue: "__FIRST" })).toEqual(
      [],
    );
    expect(variable({ inputType: "select", values: [{ value: "a" }], defaultValue: "b" })).toEqual([
      "/variables/0/defaultValue: Should be equal to one of the allowed values",
    ]);
    expect(variable({ id: "no spaces", label: "x".repeat(31) })).toHaveLength(2);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
describe("widgets", () => {
  it("have the members that their type needs", () => {
    expect(widgetErrors("text", {})).toEqual(["/properties: Should have required property 'markdown'"]);
    expect(widgetErrors("log", {})).toHaveLength(2);
    // recorded: https://github.com/aws-solutions-library-samples/guidance-for-automating-network-monitoring-and-alerting-on-aws/issues/7
    expect(widgetErrors("alarm", { alarms: [] })).toEqual(["/properties/alarms: Should NOT have less than 1 items"]);
    expect(
      widgetErrors("explorer", { metrics: [{ metricName: "M", resourceType: "AWS::EC2::Instance" }], labels: [{ key: "State" }] }),
    ).toEqual([]);
    expect(widgetErrors("explorer", { metrics: [], labels: [] })).toEqual(["/properties/metrics: Should NOT have less than 1 items"]);
    expect(widgetErrors("custom", {})).toEqual(["/properties: Should have required property 'endpoint'"]);
  });

  it("of metrics have a region, and limits on a gauge", () => {
    expect(metricErrors({})).toEqual([]);
    expect(metricErrors({ region: undefined })).toEqual([": Should have required property 'region'"]);
    expect(metricErrors({ view: "gauge", yAxis: { left: { min: 0 } } })).toEqual(["/yAxis/left: Should have required property 'max'"]);
    expect(metricErrors({ view: "lines", period: 61, timezone: "UTC", stat: "Mean" })).toHaveLength(4);
    expect(metricErrors({ legend: { position: "top" } })).toEqual(["/legend/position: Should be equal to one of the allowed values"]);
  });

  it("have annotations", () => {
    expect(
      metricErrors({ annotations: { horizontal: [{ value: 1, fill: "above" }, [{ value: 2, color: "#9467bd" }, { value: 1 }]] } }),
    ).toEqual([]);
    expect(metricErrors({ annotations: { horizontal: [{ label: "none" }] } })).toEqual([
      "/annotations/horizontal/0: Should have required property 'value'",
    ]);
    expect(metricErrors({ annotations: { vertical: [{ value: "noon" }, [{ value: "2018-08-28T15:25:26Z" }]] } })).toHaveLength(2);
    expect(widgetErrors("metric", { annotations: { alarms: ["arn:aws:cloudwatch:us-east-1:0:alarm:a"] } })).toEqual([]);
    expect(metricErrors({ annotations: { alarms: ["arn:aws:cloudwatch:us-east-1:0:alarm:a"] } })).toHaveLength(1);
  });

  it("have metrics with options and unique ids, and one query of Metrics Insights", () => {
    expect(metricErrors({ metrics: [["N", "M", { color: "red" }]] })).toEqual([
      '/metrics/0/2/color: Should match pattern "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"',
    ]);
    expect(
      metricErrors({
        metrics: [
          ["N", "M", { id: "a" }],
          [".", "L", { id: "a" }],
        ],
      }),
    ).toEqual(["/metrics/1/2/id: Should be unique within the widget"]);
    const select = [{ expression: 'SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2")' }];
    expect(metricErrors({ metrics: [select] })).toEqual([]);
    expect(metricErrors({ metrics: [select, select] })).toHaveLength(1);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
it("reads the shorthand of metrics", () => {
  const found = new Findings();
  const entries = metricEntries(
    [
      ["AWS/EC2", "Reads", "InstanceId", "i-1"],
      [".", ".", ".", "i-2", { yAxis: "right" }],
      [{ expression: "SUM(METRICS())" }],
      ["...", "i-3"],
      [".", "Writes", "Volume", "v", "InstanceId", "i-4"],
      ["...", "w", ".", "i-5"],
    ],
    "",
    found,
  );
  expect(entries.map(({ name, dimensions }) => [name, ...dimensions.flat()].join(" "))).toEqual([
    "Reads InstanceId i-1",
    "Reads InstanceId i-2",
    "",
    "Reads InstanceId i-3",
    "Writes Volume v InstanceId i-4",
    "Writes Volume w InstanceId i-5",
  ]);
  expect(entries[1]?.options).toEqual({ yAxis: "right" });
  expect(found.errors).toEqual([]);
  metricEntries([["."], ["N", 5], ["N", "M", "D"], []], "/m", found);
  expect(found.errors.map(({ path }) => path)).toEqual(["/m/0", "/m/1/1", "/m/2", "/m/3"]);
});
