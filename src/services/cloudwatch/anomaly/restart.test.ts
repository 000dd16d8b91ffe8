import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

// assumed: models are kept in memory, and made of what is stored
it("a band is the same after a restart, and gone after a reset", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-band-"));
  let cloud: TestCloud = await startCloud({ dataDir });
  const end = Math.floor(cloud.cloud.clock.now() / HOUR) * HOUR;
  const detect = () => cloud.ctx.call("cloudwatch", "PutAnomalyDetector", { Namespace: "N", MetricName: "M", Stat: "p90" });
  const band = async () => {
    const MetricStat = { Metric: { Namespace: "N", MetricName: "M" }, Period: 60, Stat: "p90" };
    const { MetricDataResults = [] } = await cloud.ctx.call("cloudwatch", "GetMetricData", {
      MetricDataQueries: [
        { Id: "m1", MetricStat, ReturnData: false },
        { Id: "b", Expression: "ANOMALY_DETECTION_BAND(m1)" },
      ],
      StartTime: new Date(end - 5 * MINUTE),
      EndTime: new Date(end),
    });
    return MetricDataResults.map(({ Label, Values }) => ({ Label, Values }));
  };
  const MetricData = Array.from({ length: 300 }, (_, index) => ({
    MetricName: "M",
    Timestamp: new Date(end - (index + 1) * MINUTE),
    Values: [1, 2, 10 + (index % 7)],
  }));
  await cloud.ctx.call("cloudwatch", "PutMetricData", { Namespace: "N", MetricData });
  await detect();
  await cloud.stop();
  cloud = await startCloud({ dataDir });
  await cloud.cloud.clock.advance(MINUTE);
  const before = await band();
  expect(before).toMatchObject([
    { Label: "b Low", Values: { length: 5 } },
    { Label: "b High", Values: { length: 5 } },
  ]);
  await cloud.stop();
  cloud = await startCloud({ dataDir });
  expect(await band()).toEqual(before);
  await cloud.reset();
  await detect();
  await cloud.cloud.clock.advance(MINUTE);
  expect(await band()).toMatchObject([{ Values: [] }, { Values: [] }]);
  await cloud.stop();
  rmSync(dataDir, { recursive: true });
});
