import { CloudWatchClient, GetMetricWidgetImageCommand, PutMetricAlarmCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import { instantOf } from "./definition.ts";
import { shortNumber, timeTicks, valueScale } from "./scale.ts";

const MINUTE = 60_000;
let cloud: TestCloud;
let client: CloudWatchClient;
let now = 0;
beforeAll(async () => {
  cloud = await startCloud();
  client = new CloudWatchClient(cloud.clientConfig);
  now = cloud.cloud.clock.now();
  const data = (service: string, Value: number, gaps: (n: number) => boolean) =>
    Array.from({ length: 36 }, (_, n) => n)
      .filter((n) => !gaps(n))
      .map((n) => ({
        MetricName: "Requests",
        Dimensions: [{ Name: "Service", Value: service }],
        Unit: "Count" as const,
        Timestamp: new Date(now - (36 - n) * 5 * MINUTE),
        Value,
      }));
  const MetricData = [...data("shop", 50, () => false), ...data("till", 100, (n) => n > 10 && n < 25)];
  await client.send(new PutMetricDataCommand({ Namespace: "Shop", MetricData }));
});
afterAll(() => cloud.stop());

const metrics = [
  ["Shop", "Requests", "Service", "shop", { color: "#0000ff" }],
  ["...", "till", { color: "#00ff00" }],
];
const plain = { metrics, legend: { position: "hidden" }, yAxis: { left: { min: 0, max: 200, showUnits: false } } };

async function draw(widget: object): Promise<PNG> {
  const { MetricWidgetImage } = await client.send(new GetMetricWidgetImageCommand({ MetricWidget: JSON.stringify(widget) }));
  return PNG.sync.read(Buffer.from(MetricWidgetImage ?? []));
}

/** How many pixels of a region are of about this colour. */
function count(png: PNG, [red, green, blue]: readonly [number, number, number], [from, to]: readonly [number, number] = [0, 1]): number {
  let found = 0;
  for (let y = 0; y < png.height; y++) {
    for (let x = Math.floor(png.width * from); x < png.width * to; x++) {
      const at = (y * png.width + x) * 4;
      const off = [red, green, blue].reduce((sum, part, i) => sum + Math.abs(part - (png.data[at + i] ?? 0)), 0);
      if (off < 90) found++;
    }
  }
  return found;
}
const BLUE = [0, 0, 255] as const;
const GREEN = [0, 255, 0] as const;

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
describe("GetMetricWidgetImage", () => {
  test("is a PNG of the size that the widget has, 600 by 400 without one", async () => {
    const png = await draw({ metrics });
    expect([png.width, png.height]).toEqual([600, 400]);
    const small = await draw({ metrics, width: 1, height: 1 });
    expect([small.width, small.height]).toEqual([1, 1]);
  });

  test("a line is where its values are, and has a gap where they are missing", async () => {
    const png = await draw(plain);
    expect(count(png, BLUE)).toBeGreaterThan(300);
    const middle = [0.4, 0.6] as const;
    expect(count(png, BLUE, middle)).toBeGreaterThan(80);
    expect(count(png, GREEN, [0.1, 0.3])).toBeGreaterThan(30);
    expect(count(png, GREEN, middle)).toBe(0);
    const heights = [BLUE, GREEN].map((color) => rowOf(png, color));
    // 50 and 100 of 200: at a quarter and at half of the plot's height.
    expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeGreaterThan(png.height * 0.2);
    expect(heights[0]).toBeGreaterThan(heights[1] ?? 0);
  });

  test("stacked areas are filled, and stand on one another", async () => {
    const png = await draw({ ...plain, stacked: true });
    expect(count(png, BLUE)).toBeGreaterThan(300);
    expect(count(png, [115, 115, 255])).toBeGreaterThan(10_000);
  });

  test("bars and a pie show the newest values", async () => {
    const bars = await draw({ ...plain, view: "bar" });
    expect(count(bars, GREEN) / count(bars, BLUE)).toBeCloseTo(2, 0);
    const pie = await draw({ ...plain, view: "pie" });
    expect(count(pie, GREEN) / count(pie, BLUE)).toBeCloseTo(2, 0);
  });

  test("annotations are drawn with their colour and shade, hidden ones are not", async () => {
    const red = [255, 0, 0] as const;
    const horizontal = [{ value: 150, color: "#ff0000", label: "high", fill: "above" }];
    expect(count(await draw({ ...plain, annotations: { horizontal } }), red)).toBeGreaterThan(400);
    expect(count(await draw({ ...plain, annotations: { horizontal: [{ ...horizontal[0], visible: false }] } }), red)).toBe(0);
    const value = new Date(now - 60 * MINUTE).toISOString();
    const band = [{ value, color: "#ff0000" }, { value: new Date(now - 30 * MINUTE).toISOString() }];
    expect(count(await draw({ ...plain, annotations: { vertical: [band] } }), [255, 224, 224])).toBeGreaterThan(10_000);
  });

  test("expressions, right axes and themes", async () => {
    const [first, second] = metrics;
    const widget = {
      ...plain,
      theme: "dark",
      metrics: [
        [...(first ?? []).slice(0, -1), { id: "a", visible: false }],
        [...(second ?? []).slice(0, -1), { id: "b", visible: false }],
        [{ expression: "a + b", color: "#ffff00", yAxis: "right" }],
      ],
    };
    const png = await draw(widget);
    expect(count(png, [255, 255, 0])).toBeGreaterThan(100);
    expect(count(png, BLUE)).toBe(0);
    expect([...png.data.subarray(0, 3)]).toEqual([15, 27, 42]);
  });

  test("an alarm is drawn with its metric and threshold", async () => {
    const alarm = { Namespace: "Shop", MetricName: "Requests", Dimensions: [{ Name: "Service", Value: "shop" }] };
    await client.send(
      new PutMetricAlarmCommand({
        ...alarm,
        AlarmName: "many",
        Statistic: "Sum",
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 80,
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
    const png = await draw({ annotations: { alarms: [cloud.ctx.arn("cloudwatch", "alarm:many")] } });
    expect(count(png, [214, 39, 40])).toBeGreaterThan(400);
    expect(count(png, [31, 119, 180])).toBeGreaterThan(100);
  });

  // assumed: AWS documents no error of this operation; its messages tell the place
  test("a widget that cannot be drawn is refused with the reason", async () => {
    const refused = async (widget: unknown): Promise<string> => {
      const MetricWidget = typeof widget === "string" ? widget : JSON.stringify(widget);
      const error = await client.send(new GetMetricWidgetImageCommand({ MetricWidget })).catch((thrown: unknown) => thrown as Error);
      expect(error).toMatchObject({ name: "ValidationException" });
      return (error as Error).message;
    };
    expect(await refused("{")).toContain("not valid JSON");
    expect(await refused("[]")).toContain("must be a JSON object");
    expect(await refused({})).toContain("'metrics'");
    expect(await refused({ metrics, width: 2_001 })).toContain("/width: Should be <= 2000");
    expect(await refused({ metrics, view: "map" })).toContain("/view");
    expect(await refused({ metrics, start: "yesterday" })).toContain("yesterday");
    expect(await refused({ metrics, start: "-PT1H", end: "-PT2H" })).toContain("before its end");
    expect(await refused({ metrics: [[".", "Requests"]] })).toContain("shorthand");
    expect(await refused({ metrics: Array.from({ length: 101 }, () => ["Shop", "Requests"]) })).toContain("more than 100");
    expect(await refused({ metrics, region: "eu-west-1" })).toContain("/region");
    expect(await refused({ annotations: { alarms: ["none"] } })).toContain("does not exist");
    const both = client.send(new GetMetricWidgetImageCommand({ MetricWidget: JSON.stringify({ metrics }), OutputFormat: "image/png" }));
    await expect(both).rejects.toMatchObject({ name: "ValidationException" });
  });
});

/** The row with most pixels of a colour. */
function rowOf(png: PNG, color: readonly [number, number, number]): number {
  const rows = Array.from({ length: png.height }, (_, y) => {
    let found = 0;
    for (let x = 0; x < png.width; x++) {
      const at = (y * png.width + x) * 4;
      if (color.every((part, i) => Math.abs(part - (png.data[at + i] ?? 0)) < 90)) found++;
    }
    return found;
  });
  return rows.indexOf(Math.max(...rows));
}

describe("scales", () => {
  test("ticks are round and few", () => {
    expect(valueScale([3, 97], {}, 5).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(valueScale([0.1, 0.24], { min: 0 }, 5).ticks.map((tick) => shortNumber(tick, 0.05))).toEqual([
      "0",
      "0.05",
      "0.1",
      "0.15",
      "0.2",
      "0.25",
    ]);
    expect(valueScale([], {}, 4)).toMatchObject({ min: 0, max: 1 });
    expect(valueScale([7, 7], {}, 4).ticks.length).toBeGreaterThan(1);
    expect([1_500, 2_500_000].map((value) => shortNumber(value, 500))).toEqual(["1.5k", "2.5M"]);
  });

  test("times are round in their zone, and a day begins with its date", () => {
    const from = Date.UTC(2026, 10, 23, 21, 10);
    expect(timeTicks(from, from + 4 * 60 * MINUTE, 0, 4).map(({ label }) => label)).toEqual(["22:00", "23:00", "11/24", "01:00"]);
    expect(timeTicks(from, from + 2 * 60 * MINUTE, 7 * 60 * MINUTE, 2).map(({ label }) => label)).toEqual(["05:00", "06:00"]);
  });

  test.each([
    ["-PT3H", 3 * 60 * MINUTE],
    ["-P1D", 24 * 60 * MINUTE],
    ["-P1M", 30 * 24 * 60 * MINUTE],
    ["-PT1M30S", 90_000],
    ["-P1DT12H", 36 * 60 * MINUTE],
  ])("%s is so long ago", (text, ago) => {
    expect(instantOf(text, 1e12)).toBe(1e12 - ago);
  });
});
