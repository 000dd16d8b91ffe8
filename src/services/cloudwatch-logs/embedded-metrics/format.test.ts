import { describe, expect, it } from "vitest";
import { extractMetrics, looksEmbedded } from "./format.ts";

const NOW = 1_574_109_732_004;
const document = (directive: object, root: object = {}): string =>
  JSON.stringify({
    _aws: {
      Timestamp: NOW,
      CloudWatchMetrics: [{ Namespace: "App", Dimensions: [["version"]], Metrics: [{ Name: "time" }], ...directive }],
    },
    version: "$LATEST",
    time: 100,
    ...root,
  });
const extract = (directive: object, root?: object) => extractMetrics(document(directive, root), NOW);

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
describe("the embedded metric format", () => {
  it("gives each metric under each set of dimensions", () => {
    const metrics = [{ Name: "time", Unit: "Milliseconds", StorageResolution: 1 }, { Name: "sizes" }];
    const found = extract({ Dimensions: [["version", "path"], []], Metrics: metrics }, { path: "/", sizes: [1, 2, 2] });
    const both = [
      ["version", "$LATEST"],
      ["path", "/"],
    ];
    const time = { namespace: "App", name: "time", unit: "Milliseconds", resolution: 1, time: NOW, values: [100] };
    const sizes = { namespace: "App", name: "sizes", unit: "None", resolution: 60, time: NOW, values: [1, 2, 2] };
    expect(found).toEqual({
      metrics: [
        { ...time, dimensions: both },
        { ...time, dimensions: [] },
        { ...sizes, dimensions: both },
        { ...sizes, dimensions: [] },
      ],
      parsingErrors: 0,
      validationErrors: 0,
    });
  });

  it("takes a dot in a name as it is", () => {
    const Metrics = [{ Name: "A.a" }];
    expect(extract({ Metrics }, { "A.a": 1 }).metrics).toHaveLength(1);
    expect(extract({ Metrics }, { A: { a: 1 } })).toEqual({ metrics: [], parsingErrors: 0, validationErrors: 1 });
  });

  it.each([
    ["more than 100 metrics", { Metrics: Array.from({ length: 101 }, () => ({ Name: "time" })) }, {}],
    ["more than 30 dimensions", { Dimensions: [Array.from({ length: 31 }, (_, i) => `d${i}`)] }, {}],
    ["a dimension that is no text", {}, { version: 5 }],
    ["a dimension that is not there", { Dimensions: [["none"]] }, {}],
    ["a metric that is no number", {}, { time: "100" }],
    ["more than 100 values", {}, { time: Array.from({ length: 101 }, () => 1) }],
    ["a unit that CloudWatch does not know", { Metrics: [{ Name: "time", Unit: "Parsecs" }] }, {}],
    ["a resolution that CloudWatch does not know", { Metrics: [{ Name: "time", StorageResolution: 30 }] }, {}],
    ["a namespace that is reserved", { Namespace: "AWS/Lambda" }, {}],
  ])("finds %s invalid", (_, directive, root) => {
    expect(extract(directive, root)).toEqual({ metrics: [], parsingErrors: 0, validationErrors: 1 });
  });

  it("still gives the metrics that are valid", () => {
    const found = extract({ Metrics: [{ Name: "time" }, { Name: "none" }] });
    expect(found).toMatchObject({ metrics: [{ name: "time" }], validationErrors: 1 });
  });

  it.each([
    ["a text that is no JSON", '{"_aws":{"CloudWatchMetrics":[}'],
    ["no timestamp", '{"_aws":{"CloudWatchMetrics":[]}}'],
    ["directives that are no array", `{"_aws":{"Timestamp":${NOW},"CloudWatchMetrics":{}}}`],
    ["a directive without dimensions", document({ Dimensions: undefined })],
  ])("cannot parse %s", (_, message) => {
    expect(looksEmbedded(message)).toBe(true);
    expect(extractMetrics(message, NOW)).toEqual({ metrics: [], parsingErrors: 1, validationErrors: 0 });
  });

  it("leaves events alone that only mention it", () => {
    expect(looksEmbedded('see {"_aws":{"CloudWatchMetrics":[]}}')).toBe(false);
    expect(extractMetrics('{"text":{"_aws":{"CloudWatchMetrics":[]}}}', NOW)).toEqual({
      metrics: [],
      parsingErrors: 0,
      validationErrors: 0,
    });
  });
});
