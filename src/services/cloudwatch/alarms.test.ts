import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

const MINUTE = 60_000;
let cloud: TestCloud;
let client: CloudWatchClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});
// Each begins 10 s into a minute.
beforeEach(async () => {
  const now = cloud.cloud.clock.now();
  await cloud.cloud.clock.advance(Math.ceil(now / MINUTE) * MINUTE + 10_000 - now);
});

let count = 0;
const unique = () => `alarm-${count++}`;
const alarm = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  client.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: "Test",
      MetricName: AlarmName,
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      ...more,
    }),
  );
const put = (MetricName: string, Value: number) =>
  client.send(new PutMetricDataCommand({ Namespace: "Test", MetricData: [{ MetricName, Value }] }));
const described = async (name: string) => (await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0];
const state = async (name: string) => (await described(name))?.StateValue;
const advance = (ms: number) => cloud.cloud.clock.advance(ms);
const events = (type: string, name: string) =>
  cloud.cloud.timeline.read({ source: "aws.cloudwatch", type }).filter(({ detail }) => detail["alarmName"] === name);

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
describe("a metric alarm", () => {
  it("is evaluated at the end of each period, and goes back when the data does", async () => {
    const name = unique();
    await alarm(name, { EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    for (const value of [5, 0, 7]) {
      expect(await state(name)).not.toBe("ALARM");
      await put(name, value);
      await advance(MINUTE);
    }
    const found = await described(name);
    expect(found).toMatchObject({ StateValue: "ALARM" });
    expect(found?.StateReason).toMatch(
      /^Threshold Crossed: 2 out of the last 3 datapoints \[7\.0 \(.*\), 5\.0 \(.*\)\] were greater than the threshold \(1\.0\) \(minimum 2 datapoints for OK -> ALARM transition\)\.$/,
    );
    expect(JSON.parse(found?.StateReasonData ?? "")).toMatchObject({
      statistic: "Sum",
      period: 60,
      recentDatapoints: [5, 0, 7],
      threshold: 1,
    });
    const [evaluated] = events("Alarm evaluated", name).filter(({ detail }) => detail["to"] === "ALARM");
    expect(evaluated).toMatchObject({
      detail: { datapoints: 3, breaching: 2, samples: 3, values: [7, 0, 5] },
      rule: "2 of 3 data points were greater than 1 (7, 0, 5); 2 of 3 make it ALARM",
    });
    const changes = events("CloudWatch Alarm State Change", name);
    expect(changes.at(-1)).toMatchObject({
      cause: evaluated?.id,
      bus: true,
      detail: { state: { value: "ALARM" }, previousState: { value: "OK" }, configuration: { metrics: [{ metricStat: { stat: "Sum" } }] } },
    });
    await put(name, 0);
    await advance(MINUTE);
    await put(name, 0);
    await advance(MINUTE);
    expect(await state(name)).toBe("OK");
  });

  it("becomes INSUFFICIENT_DATA when its data ends, and then rests", async () => {
    const name = unique();
    await alarm(name);
    await put(name, 5);
    await advance(MINUTE);
    expect(await state(name)).toBe("ALARM");
    await advance(10 * MINUTE);
    expect(await described(name)).toMatchObject({
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Insufficient Data: 1 datapoint was unknown.",
    });
    expect(cloud.cloud.scheduler.upcoming(10).filter(({ type }) => type === "cloudwatch.evaluate")).toEqual([]);
    await put(name, 5);
    await advance(MINUTE);
    expect(await state(name)).toBe("ALARM");
  });

  it("of 10 seconds is evaluated every 10 seconds", async () => {
    const name = unique();
    await alarm(name, { Period: 10 });
    const datum = { MetricName: name, Value: 3, StorageResolution: 1 };
    await client.send(new PutMetricDataCommand({ Namespace: "Test", MetricData: [datum] }));
    await advance(12_000);
    expect(await state(name)).toBe("ALARM");
  });

  it("of several days is evaluated at the full hour, on data up to it", async () => {
    const name = unique();
    await alarm(name, { Period: 86_400, EvaluationPeriods: 2, DatapointsToAlarm: 1, TreatMissingData: "notBreaching" });
    await put(name, 3);
    await advance(2 * 3_600_000);
    expect(await state(name)).toBe("ALARM");
    const [change] = events("CloudWatch Alarm State Change", name);
    expect((change?.time ?? 0) % 3_600_000).toBe(1_000);
  });

  it("watches percentiles, and keeps its state while there are too few samples if told so", async () => {
    const name = unique();
    const percentile = { Statistic: undefined, ExtendedStatistic: "p90" };
    await alarm(name, percentile);
    await alarm(`${name}-sure`, { ...percentile, MetricName: name, EvaluateLowSampleCountPercentile: "ignore" });
    await put(name, 5);
    await advance(MINUTE);
    expect([await state(name), await state(`${name}-sure`)]).toEqual(["ALARM", "INSUFFICIENT_DATA"]);
  });

  it("watches an expression", async () => {
    const name = unique();
    const stat = (MetricName: string) => ({
      MetricStat: { Metric: { Namespace: "Test", MetricName }, Period: 60, Stat: "Sum" },
      ReturnData: false,
    });
    const single = { Namespace: undefined, MetricName: undefined, Statistic: undefined, Period: undefined };
    const Metrics = [
      { Id: "rate", Expression: "100 * errors / requests", Label: "Error rate" },
      { Id: "errors", ...stat(`${name}-errors`) },
      { Id: "requests", ...stat(`${name}-requests`) },
    ];
    await alarm(name, { ...single, Metrics });
    await put(`${name}-errors`, 2);
    await put(`${name}-requests`, 50);
    await advance(MINUTE);
    expect(await described(name)).toMatchObject({ StateValue: "ALARM" });
    expect(events("Alarm evaluated", name).at(-1)).toMatchObject({ detail: { samples: 2, values: [4] } });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html#alarm-evaluation-state
  it("that cannot be evaluated says so, and goes on when its expression is mended", async () => {
    const name = unique();
    const MetricStat = { Metric: { Namespace: "Test", MetricName: name }, Period: 60, Stat: "Sum" };
    const single = { Namespace: undefined, MetricName: undefined, Statistic: undefined, Period: undefined };
    const watching = (Expression: string) => ({
      ...single,
      Metrics: [{ Id: "e1", Expression }, ...["m1", "m2"].map((Id) => ({ Id, MetricStat, ReturnData: false }))],
    });
    await alarm(name, watching("METRICS() * 2"));
    await put(name, 5);
    await advance(MINUTE);
    expect(await described(name)).toMatchObject({ StateValue: "INSUFFICIENT_DATA", EvaluationState: "EVALUATION_ERROR" });
    await alarm(name, watching("SUM(METRICS()) * 2"));
    await advance(MINUTE);
    expect(await described(name)).toMatchObject({ StateValue: "ALARM" });
    expect((await described(name))?.EvaluationState).toBeUndefined();
    await expect(alarm(name, watching("m1 + nothing"))).rejects.toThrow(/undefined variable nothing/);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
  it("that was set by hand is put right by the next evaluation", async () => {
    const name = unique();
    await alarm(name);
    await put(name, 0);
    await advance(MINUTE);
    await client.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: "ALARM", StateReason: "testing" }));
    expect(await state(name)).toBe("ALARM");
    await advance(MINUTE);
    expect(await state(name)).toBe("OK");
    const { AlarmHistoryItems } = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: name, HistoryItemType: "StateUpdate" }));
    expect(AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
      "Alarm updated from ALARM to OK",
      "Alarm updated from OK to ALARM",
      "Alarm updated from INSUFFICIENT_DATA to OK",
    ]);
  });
});
