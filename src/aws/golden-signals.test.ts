import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import { PublishVersionCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LambdaTest } from "../../test/support/lambda.ts";
import { SIGNALS_NAMESPACE } from "./golden-signals.ts";

let it: LambdaTest;
let cloudwatch: CloudWatchClient;
beforeAll(async () => {
  it = await LambdaTest.start();
  cloudwatch = new CloudWatchClient(it.cloud.clientConfig);
  await it.create("shop", "exports.handler = async (event) => { if (event.bad) throw new Error('bad'); return 1; };");
  await it.client.send(new PublishVersionCommand({ FunctionName: "shop" }));
  await it.idle();
});
afterAll(() => it.cloud.stop());

const ofVersion = (Value: string) => [
  { Name: "Service", Value: "shop" },
  { Name: "Version", Value },
];

test("traffic, faults, latency and saturation are metrics of each version, and an alarm can be made on the rate of faults", async () => {
  const { clock } = it.cloud.cloud;
  const alarm = {
    Namespace: SIGNALS_NAMESPACE,
    MetricName: "Faults",
    Dimensions: ofVersion("1"),
    Statistic: "Average",
    Period: 60,
  } as const;
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: "faults",
      ...alarm,
      EvaluationPeriods: 1,
      Threshold: 0.2,
      ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  for (const bad of [true, false, false]) await it.call("shop", { bad }, { Qualifier: "1" });
  await it.call("shop", {});
  await it.idle();
  const now = clock.now();
  const statistics = async (MetricName: string, version: string) => {
    const { Datapoints = [] } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: SIGNALS_NAMESPACE,
        MetricName,
        Dimensions: ofVersion(version),
        StartTime: new Date(now - 120_000),
        EndTime: new Date(now + 60_000),
        Period: 300,
        Statistics: ["Sum", "Average", "SampleCount"],
      }),
    );
    return Datapoints[0];
  };
  expect(await statistics("Requests", "1")).toMatchObject({ Sum: 3 });
  expect(await statistics("Requests", "$LATEST")).toMatchObject({ Sum: 1 });
  expect((await statistics("Faults", "1"))?.Average).toBeCloseTo(1 / 3);
  expect(await statistics("Latency", "1")).toMatchObject({ SampleCount: 2 });
  expect(await statistics("FailureLatency", "1")).toMatchObject({ SampleCount: 1 });
  expect((await statistics("MemoryUtilization", "1"))?.Average).toBeGreaterThan(0);
  await clock.advance(120_000);
  const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["faults"] }));
  expect(MetricAlarms[0]?.StateValue).toBe("ALARM");
});
