import { ListTopicsCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../test/support/cloud.ts";
import { Meter, NAMESPACE } from "./meter.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const statistics = async (MetricName: string, Service: string) => {
  const { Datapoints = [] } = await cloud.ctx.call("cloudwatch", "GetMetricStatistics", {
    Namespace: NAMESPACE,
    MetricName,
    Dimensions: [{ Name: "Service", Value: Service }],
    StartTime: new Date(cloud.ctx.now - 3_600_000),
    EndTime: new Date(cloud.ctx.now + 60_000),
    Period: 3_600,
    Statistics: ["SampleCount", "Sum", "Maximum"],
  });
  return Datapoints[0];
};

it("tells CloudWatch how many requests there were, how long they took and which failed", async () => {
  const meter = new Meter(cloud.cloud);
  const place = { account: cloud.ctx.account, region: cloud.ctx.region, service: "kms" };
  for (let index = 0; index < 400; index++) meter.record({ ...place, status: index < 3 ? 500 : 200, latency: 1 + index });
  await meter.flush();
  meter.close();
  expect(await statistics("Requests", "kms")).toMatchObject({ SampleCount: 400, Sum: 400 });
  expect(await statistics("Faults", "kms")).toMatchObject({ SampleCount: 400, Sum: 3, Maximum: 1 });
  expect(await statistics("Latency", "kms")).toMatchObject({ SampleCount: 400, Maximum: 400 });
});

it("does not hold up virtual time, nor wait for it", async () => {
  const client = new SNSClient(cloud.clientConfig);
  await client.send(new ListTopicsCommand({}));
  await expect(client.send(new PublishCommand({ Message: "x", TopicArn: "none" }))).rejects.toThrow();
  client.destroy();
  // Roll-ups of what was measured before, which nobody waits for either.
  expect(cloud.cloud.scheduler.upcoming(10).filter(({ type }) => type !== "cloudwatch.retain")).toEqual([]);
});
