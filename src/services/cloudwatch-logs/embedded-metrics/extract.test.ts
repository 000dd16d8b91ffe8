import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutAccountPolicyCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let logs: CloudWatchLogsClient;
let metrics: CloudWatchClient;
beforeAll(async () => {
  cloud = await startCloud();
  logs = new CloudWatchLogsClient(cloud.clientConfig);
  metrics = new CloudWatchClient(cloud.clientConfig);
});
afterAll(async () => {
  logs.destroy();
  metrics.destroy();
  await cloud.stop();
});

const logStreamName = "s";
async function put(logGroupName: string, messages: readonly (string | object)[], more: object = {}): Promise<void> {
  await logs.send(new CreateLogGroupCommand({ logGroupName, ...more }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const timestamp = cloud.cloud.clock.now();
  const logEvents = messages.map((message) => ({ timestamp, message: typeof message === "string" ? message : JSON.stringify(message) }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  await cloud.cloud.clock.idle();
}
const embedded = (Namespace: string, root: object) => {
  const Metrics = [{ Name: "took", Unit: "Milliseconds" }];
  const _aws = { Timestamp: cloud.cloud.clock.now(), CloudWatchMetrics: [{ Namespace, Dimensions: [["path"]], Metrics }] };
  return { _aws, ...root };
};
async function statistic(Namespace: string, MetricName: string, Stat: string, dimensions: Readonly<Record<string, string>>) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const now = cloud.cloud.clock.now();
  const range = { StartTime: new Date(now - 600_000), EndTime: new Date(now + 600_000) };
  const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat };
  const { MetricDataResults } = await metrics.send(new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: "m", MetricStat }] }));
  return MetricDataResults?.[0]?.Values;
}

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
describe("events with embedded metrics", () => {
  it("become metrics", async () => {
    const events = [1, 2, 3, 3].map((took) => embedded("Shop", { path: "/orders", took }));
    await put("/shop", ["a plain line", ...events, embedded("Shop", { path: "/carts", took: [10, 20] })]);
    expect(await statistic("Shop", "took", "Sum", { path: "/orders" })).toEqual([9]);
    expect(await statistic("Shop", "took", "SampleCount", { path: "/orders" })).toEqual([4]);
    expect(await statistic("Shop", "took", "Average", { path: "/carts" })).toEqual([15]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
  it("that are wrong are counted in AWS/Logs, and kept as events", async () => {
    const wrong = [embedded("Bad", { path: 7, took: 1 }), embedded("Bad", { path: "/" }), '{"_aws": {"CloudWatchMetrics": 1}}'];
    await put("/wrong", wrong);
    expect(await statistic("AWS/Logs", "EMFValidationErrors", "Sum", { LogGroupName: "/wrong" })).toEqual([2]);
    expect(await statistic("AWS/Logs", "EMFParsingErrors", "Sum", { LogGroupName: "/wrong" })).toEqual([1]);
    expect((await metrics.send(new ListMetricsCommand({ Namespace: "Bad" }))).Metrics).toEqual([]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
  it("are only counted where a policy of the account has none made of them", async () => {
    const policyType = "METRIC_EXTRACTION_POLICY";
    const policy = (policyName: string, selectionCriteria: string) =>
      logs.send(new PutAccountPolicyCommand({ policyName, policyType, policyDocument: "{}", selectionCriteria }));
    await policy("off", 'LogGroupNamePrefix IN ["/off"]');
    await expect(policy("more", 'LogGroupName IN ["/off/one"]')).rejects.toMatchObject({ name: "InvalidParameterException" });
    await put("/off/one", [embedded("Off", { path: "/", took: 1 })]);
    await put("/on", [embedded("On", { path: "/", took: 1 })]);
    expect((await metrics.send(new ListMetricsCommand({ Namespace: "Off" }))).Metrics).toEqual([]);
    expect(await statistic("AWS/Logs", "EMFDisabledErrors", "Sum", { LogGroupName: "/off/one" })).toEqual([1]);
    expect(await statistic("On", "took", "Sum", { path: "/" })).toEqual([1]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
  it("are only events where access is infrequent", async () => {
    await put("/rare", [embedded("Rare", { path: "/", took: 1 })], { logGroupClass: "INFREQUENT_ACCESS" });
    expect((await metrics.send(new ListMetricsCommand({ Namespace: "Rare" }))).Metrics).toEqual([]);
  });
});
