import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

const MINUTE = 60_000;

// assumed: what was planned goes on after a restart, as everything on the clock does
it("alarms are evaluated after a restart as if there had been none", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-alarms-"));
  let cloud: TestCloud = await startCloud({ dataDir });
  const put = (Value: number) =>
    cloud.ctx.call("cloudwatch", "PutMetricData", { Namespace: "N", MetricData: [{ MetricName: "M", Value }] });
  const state = async () => (await cloud.ctx.call("cloudwatch", "DescribeAlarms", {})).MetricAlarms?.[0]?.StateValue;
  await cloud.ctx.call("cloudwatch", "PutMetricAlarm", {
    AlarmName: "a",
    Namespace: "N",
    MetricName: "M",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 2,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
  });
  await put(5);
  await cloud.cloud.clock.advance(MINUTE);
  await put(5);
  await cloud.stop();
  cloud = await startCloud({ dataDir });
  expect(await state()).not.toBe("ALARM");
  await cloud.cloud.clock.advance(MINUTE + 1_000);
  expect(await state()).toBe("ALARM");
  await cloud.reset();
  await cloud.cloud.clock.advance(5 * MINUTE);
  expect(await state()).toBeUndefined();
  await cloud.stop();
  rmSync(dataDir, { recursive: true });
});
