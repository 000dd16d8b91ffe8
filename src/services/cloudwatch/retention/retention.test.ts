import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchClient, GetMetricDataCommand, GetMetricStatisticsCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";
import { unscoped } from "../../../kernel/store.ts";
import { answers } from "./tiers.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
describe("a data point", () => {
  it("answers periods of a multiple of what is kept at its age", () => {
    const asked = (age: number, seconds: number) => answers({ time: 0, resolution: 1 }, seconds * 1_000, age);
    expect([asked(3 * HOUR, 1), asked(3 * HOUR + 1, 1), asked(3 * HOUR + 1, 60)]).toEqual([true, false, true]);
    expect([asked(15 * DAY, 60), asked(15 * DAY + 1, 60), asked(15 * DAY + 1, 300)]).toEqual([true, false, true]);
    expect([asked(63 * DAY, 300), asked(63 * DAY + 1, 300), asked(63 * DAY + 1, 7_200)]).toEqual([true, false, true]);
    expect([asked(455 * DAY, 3_600), asked(455 * DAY + 1, 3_600)]).toEqual([true, false]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
describe("retention", () => {
  let dataDir: string;
  let cloud: TestCloud;
  let client: CloudWatchClient;
  let start: number;
  const open = async () => {
    cloud = await startCloud({ strict: true, dataDir });
    client = new CloudWatchClient(cloud.clientConfig);
  };
  const close = async () => {
    client.destroy();
    await cloud.stop();
  };
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "orrery-retention-"));
    await open();
    // The full hour, so that every period begins with it.
    const now = cloud.cloud.clock.now();
    await cloud.cloud.clock.advance(Math.ceil(now / HOUR) * HOUR - now);
    start = cloud.cloud.clock.now();
    const at = (seconds: number, Value: number, StorageResolution?: 1) => ({
      MetricName: "Latency",
      Timestamp: new Date(start + seconds * 1_000),
      Value,
      ...(StorageResolution === undefined ? {} : { StorageResolution }),
    });
    const fine = [1, 2, 3, 4].map((value, index) => at(index, value, 1));
    await client.send(new PutMetricDataCommand({ Namespace: "Kept", MetricData: [...fine, at(120, 10), at(400, 90), at(3_000, 0.1)] }));
  });
  afterAll(async () => {
    await close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const rows = () => {
    const counted = unscoped<Record<never, never>, { resolution: number; count: number }>(
      "SELECT resolution, count(*) AS count FROM cloudwatch_buckets GROUP BY resolution ORDER BY resolution",
    );
    return cloud.cloud.store.all(counted, {}).map(({ resolution, count }) => [resolution, count]);
  };
  const statistics = async (Period: number) => {
    const range = { StartTime: new Date(start), EndTime: new Date(start + HOUR) };
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        ...range,
        Namespace: "Kept",
        MetricName: "Latency",
        Period,
        Statistics: ["SampleCount", "Sum", "Minimum", "Maximum"],
      }),
    );
    return Datapoints.map(({ SampleCount, Sum, Minimum, Maximum }) => [SampleCount, Sum, Minimum, Maximum]);
  };
  const p50 = async () => {
    const MetricStat = { Metric: { Namespace: "Kept", MetricName: "Latency" }, Period: 3_600, Stat: "p50" };
    const { MetricDataResults: [result] = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(start),
        EndTime: new Date(start + HOUR),
        MetricDataQueries: [{ Id: "m", MetricStat }],
      }),
    );
    return result?.Values;
  };
  const WHOLE = [[7, 110.1, 0.1, 90]];

  it("has seconds for three hours, then minutes", async () => {
    expect(rows()).toEqual([
      [1, 4],
      [60, 3],
    ]);
    expect(await statistics(10)).toHaveLength(4);
    await cloud.cloud.clock.advance(4 * HOUR);
    expect(rows()).toEqual([[60, 4]]);
    expect(await statistics(60)).toEqual([
      [4, 10, 1, 4],
      [1, 10, 10, 10],
      [1, 90, 90, 90],
      [1, 0.1, 0.1, 0.1],
    ]);
    expect(await statistics(10)).toEqual([]);
  });

  it("has minutes for 15 days, then five minutes, with the same sums and distribution", async () => {
    await cloud.cloud.clock.advance(16 * DAY);
    expect(rows()).toEqual([[300, 3]]);
    expect(await statistics(60)).toEqual([]);
    expect(await statistics(300)).toEqual([
      [5, 20, 1, 10],
      [1, 90, 90, 90],
      [1, 0.1, 0.1, 0.1],
    ]);
    expect(await statistics(3_600)).toEqual(WHOLE);
    expect(await p50()).toEqual([3]);
  });

  it("goes on after a restart, has five minutes for 63 days, then hours", async () => {
    await close();
    await open();
    expect(await statistics(3_600)).toEqual(WHOLE);
    await cloud.cloud.clock.advance(48 * DAY);
    expect(rows()).toEqual([[3_600, 1]]);
    expect(await statistics(300)).toEqual([]);
    expect(await statistics(3_600)).toEqual(WHOLE);
    expect(await p50()).toEqual([3]);
  });

  it("has nothing after 455 days, and nothing goes on then", async () => {
    await cloud.cloud.clock.advance(392 * DAY);
    expect(rows()).toEqual([]);
    const waiting = unscoped<Record<never, never>, { type: string }>("SELECT type FROM messages WHERE type = 'cloudwatch.retain'");
    expect(cloud.cloud.store.all(waiting, {})).toEqual([]);
  });
});
