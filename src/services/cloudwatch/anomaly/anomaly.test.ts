import {
  CloudWatchClient,
  DeleteAnomalyDetectorCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAnomalyDetectorsCommand,
  GetMetricDataCommand,
  PutAnomalyDetectorCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
let cloud: TestCloud;
let client: CloudWatchClient;
beforeAll(async () => {
  cloud = await startCloud();
  client = new CloudWatchClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());
/** In the middle of a half day, where the usual values change neither way. */
beforeEach(async () => {
  await cloud.reset();
  const now = cloud.cloud.clock.now();
  await cloud.cloud.clock.advance((Math.floor(now / DAY) + 1) * DAY + 15 * HOUR + 7 * MINUTE - now);
});

const metric = { Namespace: "shop", MetricName: "orders", Dimensions: [{ Name: "stage", Value: "prod" }] };
const stat = { Metric: metric, Period: 300, Stat: "Average" };
/** 100 by day and 10 by night, each with a little noise. */
const usual = (time: number): number => (time % DAY < DAY / 2 ? 10 : 100) + ((time / MINUTE) % 7) / 7;

async function put(points: readonly (readonly [time: number, value: number])[], MetricName = metric.MetricName): Promise<void> {
  const MetricData = points.map(([time, Value]) => ({ MetricName, Dimensions: metric.Dimensions, Timestamp: new Date(time), Value }));
  await cloud.ctx.call("cloudwatch", "PutMetricData", { Namespace: metric.Namespace, MetricData });
}

/** What happened in the days before now, every five minutes. */
async function history(days: number, value = usual): Promise<void> {
  const end = Math.floor(cloud.cloud.clock.now() / (5 * MINUTE)) * 5 * MINUTE;
  const times = Array.from({ length: (days * DAY) / (5 * MINUTE) }, (_, index) => end - (index + 1) * 5 * MINUTE);
  await put(times.map((time) => [time, value(time)]));
}

const detectors = async (...AnomalyDetectorTypes: ("SINGLE_METRIC" | "METRIC_MATH")[]) =>
  (await client.send(new DescribeAnomalyDetectorsCommand({ AnomalyDetectorTypes }))).AnomalyDetectors ?? [];

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAnomalyDetector.html
describe("detectors", () => {
  const single = { ...metric, Stat: "Average" };

  it("are trained a minute after they were put, and again every hour until there is enough data", async () => {
    const Configuration = {
      ExcludedTimeRanges: [{ StartTime: new Date(0), EndTime: new Date(HOUR) }],
      MetricTimezone: "Europe/Berlin",
    };
    await client.send(
      new PutAnomalyDetectorCommand({
        SingleMetricAnomalyDetector: single,
        Configuration,
        MetricCharacteristics: { PeriodicSpikes: true },
      }),
    );
    expect(await detectors()).toEqual([
      {
        ...single,
        Configuration,
        MetricCharacteristics: { PeriodicSpikes: true },
        StateValue: "PENDING_TRAINING",
        SingleMetricAnomalyDetector: single,
      },
    ]);
    await cloud.cloud.clock.advance(MINUTE);
    expect(await detectors()).toMatchObject([{ StateValue: "TRAINED_INSUFFICIENT_DATA" }]);
    await history(1);
    await cloud.cloud.clock.advance(HOUR + MINUTE);
    expect(await detectors()).toMatchObject([{ StateValue: "TRAINED" }]);
  });

  it("are told apart by metric, statistic and expression, filtered, paged and deleted", async () => {
    const math = {
      MetricDataQueries: [
        { Id: "m1", MetricStat: stat, ReturnData: false },
        { Id: "e1", Expression: "m1 * 2" },
      ],
    };
    await client.send(new PutAnomalyDetectorCommand(single));
    await client.send(new PutAnomalyDetectorCommand(single));
    await client.send(new PutAnomalyDetectorCommand({ ...single, Stat: "p90", MetricName: "latency" }));
    await client.send(new PutAnomalyDetectorCommand({ MetricMathAnomalyDetector: math }));
    expect((await detectors()).map(({ Stat }) => Stat)).toEqual(["Average", "p90"]);
    expect(await detectors("METRIC_MATH")).toMatchObject([{ MetricMathAnomalyDetector: math, StateValue: "PENDING_TRAINING" }]);
    const filtered = await client.send(new DescribeAnomalyDetectorsCommand({ MetricName: "latency" }));
    expect(filtered.AnomalyDetectors).toHaveLength(1);
    const first = await client.send(new DescribeAnomalyDetectorsCommand({ MaxResults: 1 }));
    const next = await client.send(new DescribeAnomalyDetectorsCommand({ MaxResults: 1, NextToken: first.NextToken }));
    expect([first, next].flatMap(({ AnomalyDetectors = [] }) => AnomalyDetectors.map(({ Stat }) => Stat))).toEqual(["Average", "p90"]);
    await client.send(new DeleteAnomalyDetectorCommand({ SingleMetricAnomalyDetector: single }));
    await client.send(new DeleteAnomalyDetectorCommand({ MetricMathAnomalyDetector: math }));
    expect((await detectors("SINGLE_METRIC", "METRIC_MATH")).map(({ Stat }) => Stat)).toEqual(["p90"]);
    await expect(client.send(new DeleteAnomalyDetectorCommand(single))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it.each([
    [{ Namespace: "shop", Stat: "Sum" }, "MissingRequiredParameterException"],
    [{ ...single, SingleMetricAnomalyDetector: single }, "InvalidParameterCombinationException"],
    [{ ...single, Configuration: { MetricTimezone: "Nowhere" } }, "InvalidParameterValueException"],
    [
      { ...single, Configuration: { ExcludedTimeRanges: [{ StartTime: new Date(5), EndTime: new Date(5) }] } },
      "InvalidParameterValueException",
    ],
    [{ MetricMathAnomalyDetector: { MetricDataQueries: [{ Id: "e1", Expression: "SUM(METRICS())" }] } }, "InvalidParameterValueException"],
  ])("refuses %j", async (input, name) => {
    await expect(client.send(new PutAnomalyDetectorCommand(input))).rejects.toMatchObject({ name });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
describe("ANOMALY_DETECTION_BAND", () => {
  const now = () => cloud.cloud.clock.now();
  const ask = async (Expression: string, hours = 1) => {
    const queries = [
      { Id: "m1", MetricStat: stat, ReturnData: false },
      { Id: "e1", Expression: "m1 * 10", ReturnData: false },
      { Id: "ad1", Expression, Label: "orders (expected)" },
    ];
    const to = Math.floor(now() / HOUR) * HOUR;
    const range = { StartTime: new Date(to - hours * HOUR), EndTime: new Date(to), ScanBy: "TimestampAscending" as const };
    return (await client.send(new GetMetricDataCommand({ MetricDataQueries: queries, ...range }))).MetricDataResults ?? [];
  };

  it("gives the lower and the upper bound at every period", async () => {
    await history(3);
    await client.send(new PutAnomalyDetectorCommand({ ...metric, Stat: "Average" }));
    expect((await ask("ANOMALY_DETECTION_BAND(m1)"))[0]?.Values).toEqual([]);
    await cloud.cloud.clock.advance(MINUTE);
    const [low, high, ...others] = await ask("ANOMALY_DETECTION_BAND(m1, 3)", 24);
    expect(others).toEqual([]);
    expect([low?.Label, high?.Label]).toEqual(["orders (expected) Low", "orders (expected) High"]);
    expect([low?.Timestamps?.length, high?.Timestamps?.length]).toEqual([288, 288]);
    for (const [index, time] of (low?.Timestamps ?? []).entries()) {
      expect(low?.Values?.[index]).toBeLessThanOrEqual(usual(time.getTime()));
      expect(high?.Values?.[index]).toBeGreaterThanOrEqual(usual(time.getTime()));
      expect((high?.Values?.[index] ?? 0) - (low?.Values?.[index] ?? 0)).toBeLessThan(10);
    }
    const [upper] = await ask("LAST(ANOMALY_DETECTION_BAND(m1, 3))", 24);
    expect(upper?.Values).toEqual(high?.Values);
  });

  it("learns without what is excluded, and again when data of the past comes", async () => {
    const from = Math.floor(now() / HOUR) * HOUR - DAY;
    await history(1, () => 10);
    const detector = { ...metric, Stat: "Average" };
    await client.send(new PutAnomalyDetectorCommand(detector));
    await cloud.cloud.clock.advance(MINUTE);
    const upper = async () => (await ask("LAST(ANOMALY_DETECTION_BAND(m1))"))[0]?.Values?.[0];
    expect(await upper()).toBeCloseTo(10.2, 5);
    await history(2, (time) => (time < from ? 1_000 : 10));
    expect(await upper()).toBeGreaterThan(100);
    const ExcludedTimeRanges = [{ StartTime: new Date(from - 10 * DAY), EndTime: new Date(from) }];
    await client.send(new PutAnomalyDetectorCommand({ ...detector, Configuration: { ExcludedTimeRanges } }));
    await cloud.cloud.clock.advance(MINUTE);
    expect(await upper()).toBeCloseTo(10.2, 5);
  });

  it("is there for expressions that have a detector of their own", async () => {
    await history(1, () => 10);
    const MetricDataQueries = [
      { Id: "m1", MetricStat: stat, ReturnData: false },
      { Id: "e1", Expression: "m1 * 10" },
    ];
    await client.send(new PutAnomalyDetectorCommand({ MetricMathAnomalyDetector: { MetricDataQueries } }));
    await cloud.cloud.clock.advance(MINUTE);
    const [low, high] = await ask("ANOMALY_DETECTION_BAND(e1)");
    expect([low?.Values?.[0], high?.Values?.[0]]).toEqual([98, 102]);
    await expect(ask("ANOMALY_DETECTION_BAND(m1 * 2)")).rejects.toMatchObject({ name: "ValidationException" });
    await expect(ask("ANOMALY_DETECTION_BAND(m9)")).rejects.toMatchObject({ name: "ValidationException" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Anomaly_Detection_Alarm.html
describe("alarms on a band", () => {
  const alarm: PutMetricAlarmCommandInput = {
    AlarmName: "unusual",
    ComparisonOperator: "LessThanLowerOrGreaterThanUpperThreshold",
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
    ThresholdMetricId: "ad1",
    Metrics: [
      { Id: "ad1", Expression: "ANOMALY_DETECTION_BAND(m1, 3)", Label: "orders (expected)" },
      { Id: "m1", MetricStat: stat, ReturnData: true },
    ],
  };
  const described = async () => (await client.send(new DescribeAlarmsCommand({}))).MetricAlarms?.[0];
  /** The next five minutes pass with this value. */
  const pass = async (value: (time: number) => number) => {
    const start = Math.ceil(cloud.cloud.clock.now() / (5 * MINUTE)) * 5 * MINUTE;
    await cloud.cloud.clock.advance(start - cloud.cloud.clock.now());
    await put([[start, value(start)]]);
    await cloud.cloud.clock.advance(5 * MINUTE + 1_000);
  };

  it("learn the day, go off at what is unusual at its hour, and come back", async () => {
    await history(4);
    await client.send(new PutMetricAlarmCommand(alarm));
    // The alarm makes the detector that it needs.
    expect(await detectors()).toMatchObject([{ ...metric, Stat: "Average", StateValue: "PENDING_TRAINING" }]);
    await cloud.cloud.clock.advance(MINUTE);
    await pass(usual);
    expect(await described()).toMatchObject({ ThresholdMetricId: "ad1", StateValue: "OK", Metrics: alarm.Metrics });
    expect(await described()).not.toHaveProperty("Threshold");
    // What is usual by day is not by night, and the other way round.
    await pass((time) => usual(time + DAY / 2));
    const { StateValue, StateReason = "", StateReasonData = "" } = (await described()) ?? {};
    expect(StateValue).toBe("ALARM");
    // recorded: reasons of such alarms name both sides
    expect(StateReason).toMatch(
      /^Thresholds Crossed: 1 out of the last 1 datapoints \[[\d.]+ \(\S+ \S+\)\] was less than the lower thresholds \[[\d.]+\] or greater than the upper thresholds \[[\d.]+\] \(minimum 1 datapoint for OK -> ALARM transition\)\.$/,
    );
    expect(JSON.parse(StateReasonData)).toEqual({
      version: "1.0",
      queryDate: expect.any(String),
      startDate: expect.any(String),
      period: 300,
      recentDatapoints: [expect.any(Number)],
      recentLowerThresholds: [expect.any(Number)],
      recentUpperThresholds: [expect.any(Number)],
      evaluatedDatapoints: [{ timestamp: expect.any(String), value: expect.any(Number) }],
    });
    const [evidence] = cloud.cloud.timeline
      .read({ source: "aws.cloudwatch", type: "Alarm evaluated" })
      .filter(({ detail }) => detail["to"] === "ALARM");
    expect(evidence).toMatchObject({
      detail: { breaching: 1, values: [expect.any(Number)], lower: [expect.any(Number)], upper: [expect.any(Number)] },
      rule: expect.stringMatching(
        /^1 of 1 data points were below or above the expected band \([\d.]+ of [\d.]+ to [\d.]+\); 1 of 1 make it ALARM$/,
      ),
    });
    await pass(usual);
    expect((await described())?.StateReason).toMatch(
      /was not less than the lower thresholds \[.*\] or not greater than the upper thresholds/,
    );
    const { AlarmHistoryItems = [] } = await client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "unusual", HistoryItemType: "StateUpdate", ScanBy: "TimestampAscending" }),
    );
    expect(AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary?.replace("Alarm updated from ", ""))).toEqual([
      "INSUFFICIENT_DATA to OK",
      "OK to ALARM",
      "ALARM to OK",
    ]);
  });

  it("watch one side only when they are told to, and say nothing without a model", async () => {
    await history(4, () => 100);
    await client.send(new PutMetricAlarmCommand({ ...alarm, ComparisonOperator: "GreaterThanUpperThreshold" }));
    await client.send(new PutMetricAlarmCommand({ ...alarm, AlarmName: "below", ComparisonOperator: "LessThanLowerThreshold" }));
    const other = { ...stat, Metric: { ...metric, MetricName: "young" } };
    const Metrics = [
      { Id: "ad1", Expression: "ANOMALY_DETECTION_BAND(m1)" },
      { Id: "m1", MetricStat: other },
    ];
    await client.send(new PutMetricAlarmCommand({ ...alarm, AlarmName: "young", Metrics }));
    await put([[cloud.cloud.clock.now() + 5 * MINUTE, 1]], "young");
    await cloud.cloud.clock.advance(MINUTE);
    await pass(() => 10);
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({}));
    expect(Object.fromEntries(MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]))).toEqual({
      below: "ALARM",
      unusual: "OK",
      young: "INSUFFICIENT_DATA",
    });
  });

  it.each<[string, Partial<PutMetricAlarmCommandInput>]>([
    ["a threshold besides", { Threshold: 1 }],
    ["no band", { ThresholdMetricId: undefined }],
    ["a band that is none", { ThresholdMetricId: "m1" }],
    [
      "a band of itself",
      {
        Metrics: [
          { Id: "m1", MetricStat: stat, ReturnData: false },
          { Id: "e1", Expression: "m1 + FIRST(ad1)" },
          { Id: "ad1", Expression: "ANOMALY_DETECTION_BAND(e1)" },
        ],
      },
    ],
    ["an operator of thresholds", { ComparisonOperator: "GreaterThanThreshold", Threshold: 1 }],
    ["two values to compare", { Metrics: [...(alarm.Metrics ?? []), { Id: "e1", Expression: "m1 * 2" }] }],
  ])("are refused with %s", async (_, change) => {
    await expect(client.send(new PutMetricAlarmCommand({ ...alarm, ...change }))).rejects.toMatchObject({ name: "ValidationException" });
  });
});
