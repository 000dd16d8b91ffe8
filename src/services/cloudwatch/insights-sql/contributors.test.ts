import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmContributorsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

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
const advance = (ms: number) => cloud.cloud.clock.advance(ms);
// Each begins 10 s into a minute.
beforeEach(async () => {
  const now = cloud.cloud.clock.now();
  await advance(Math.ceil(now / MINUTE) * MINUTE + 10_000 - now);
});

const alarm = (AlarmName: string, Expression: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  client.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Metrics: [{ Id: "q", Expression, Period: 60 }],
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      ...more,
    }),
  );
const put = (Namespace: string, host: string, Value: number) =>
  client.send(
    new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "Load", Value, Dimensions: [{ Name: "Host", Value: host }] }] }),
  );
const described = async (name: string) => (await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0];
const contributors = async (AlarmName: string) =>
  (await client.send(new DescribeAlarmContributorsCommand({ AlarmName }))).AlarmContributors ?? [];
const byHost = (namespace: string) => `SELECT MAX(Load) FROM ${namespace} GROUP BY Host ORDER BY MAX() DESC`;

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-alarms.html
describe("an alarm on a Metrics Insights query", () => {
  it("watches metrics that come after it, and wakes for each of them", async () => {
    await alarm("single", "SELECT SUM(Load) FROM Single");
    await advance(10 * MINUTE);
    await put("Single", "a", 1);
    await put("Single", "b", 1);
    await advance(MINUTE);
    expect(await described("single")).toMatchObject({ StateValue: "ALARM" });
    await advance(10 * MINUTE);
    expect(await described("single")).toMatchObject({ StateValue: "INSUFFICIENT_DATA" });
  });

  it("may be metric math over the query", async () => {
    const Metrics = [
      { Id: "q", Expression: "SELECT SUM(Load) FROM Maths GROUP BY Host", Period: 60, ReturnData: false },
      { Id: "e", Expression: "MAX(q)" },
    ];
    await alarm("math", "", { Metrics });
    await put("Maths", "a", 0);
    await put("Maths", "b", 5);
    await advance(MINUTE);
    expect(await described("math")).toMatchObject({ StateValue: "ALARM" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
  it("looks back three hours at most, by whole minutes, and tells the order of its groups", async () => {
    const wrong = { name: "ValidationException" };
    await expect(alarm("no", "SELECT SUM(Load) FROM Single", { EvaluationPeriods: 181 })).rejects.toMatchObject(wrong);
    await expect(alarm("no", "SELECT SUM(Load) FROM Single GROUP BY Host")).rejects.toMatchObject(wrong);
    await expect(alarm("no", "SELECT SUM(Load FROM Single")).rejects.toMatchObject(wrong);
    const Metrics = [{ Id: "q", Expression: "SELECT SUM(Load) FROM Single", Period: 10 }];
    await expect(alarm("no", "", { Metrics })).rejects.toMatchObject(wrong);
    const AlarmActions = [`arn:aws:automate:${REGION}:ec2:stop`];
    await expect(alarm("no", byHost("Single"), { AlarmActions })).rejects.toMatchObject(wrong);
  });

  it("is one of 200 in a Region at most", async () => {
    const elsewhere = cloud.ctx.with({ region: "eu-west-1" });
    const make = (AlarmName: string) =>
      elsewhere.call("cloudwatch", "PutMetricAlarm", {
        AlarmName,
        Metrics: [{ Id: "q", Expression: "SELECT SUM(Load) FROM Single", Period: 60 }],
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      });
    for (let index = 0; index < 200; index++) await make(`a${index}`);
    await make("a0");
    await expect(make("one-more")).rejects.toMatchObject({ code: "LimitExceededFault" });
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-data-queries.html
describe("an alarm on a query with groups", () => {
  it("has a state per contributor, and is in ALARM while any of them is", async () => {
    await alarm("fleet", byHost("Fleet"));
    for (const [host, value] of [["a", 5] as const, ["b", 0] as const]) await put("Fleet", host, value);
    await advance(MINUTE);
    expect(await described("fleet")).toMatchObject({ StateValue: "ALARM", StateReason: "1 out of 2 time series evaluated to ALARM" });
    const [only, ...others] = await contributors("fleet");
    expect(others).toEqual([]);
    expect(only).toMatchObject({ ContributorAttributes: { Host: "a" }, ContributorId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(only?.StateReason).toMatch(
      /^Threshold Crossed: 1 datapoint was greater than the threshold \(1\.0\)\. The most recent datapoint which crossed the threshold: \[5\.0 \(.*\)\]\.$/,
    );
    for (const host of ["a", "b"]) await put("Fleet", host, 0);
    await advance(MINUTE);
    expect(await contributors("fleet")).toEqual([]);
    expect(await described("fleet")).toMatchObject({ StateValue: "OK", StateReason: "0 out of 2 time series evaluated to ALARM" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
  it("tells of each contributor on the bus and in its history", async () => {
    const events = cloud.cloud.timeline
      .read({ source: "aws.cloudwatch", type: "CloudWatch Alarm Contributor State Change" })
      .filter(({ detail }) => detail["alarmName"] === "fleet");
    expect(events.map(({ detail }) => detail["state"])).toMatchObject([{ value: "ALARM" }, { value: "OK" }]);
    const [first] = events;
    expect(Object.keys(first?.detail ?? {}).sort()).toEqual(["alarmContributor", "alarmName", "configuration", "state"]);
    const AlarmContributorId = (first?.detail["alarmContributor"] as { id: string } | undefined)?.id;
    const { AlarmHistoryItems } = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: "fleet", AlarmContributorId }));
    const common = { HistoryItemType: "AlarmContributorStateUpdate", AlarmContributorId, AlarmContributorAttributes: { Host: "a" } };
    expect(AlarmHistoryItems).toMatchObject([common, common]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
  it("notifies topics of each contributor, and not of itself", async () => {
    const [sns, sqs] = [new SNSClient(cloud.clientConfig), new SQSClient(cloud.clientConfig)];
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "contributors" }));
    const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:contributors`;
    const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: queue };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "contributors", Attributes: { Policy } }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queue, Attributes: { RawMessageDelivery: "true" } }));
    await alarm("told", byHost("Told"), { AlarmActions: [TopicArn ?? ""] });
    await put("Told", "a", 5);
    await put("Told", "b", 6);
    await advance(MINUTE);
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const told = Messages.map(({ Body = "" }) => JSON.parse(Body) as Record<string, unknown>);
    expect(told.map(({ AlarmContributorAttributes }) => AlarmContributorAttributes)).toEqual(
      expect.arrayContaining([{ Host: "a" }, { Host: "b" }]),
    );
    expect(told).toHaveLength(2);
    expect(told[0]).toMatchObject({ AlarmName: "told", NewStateValue: "ALARM", OldStateValue: "OK" });
    for (const one of [sns, sqs]) one.destroy();
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Acting_Alarm_Changes.html (a series exists only with data)
  it("lets go of contributors whose data ends, and of all when it is deleted", async () => {
    await alarm("gone", byHost("Gone"), { TreatMissingData: "ignore" });
    await put("Gone", "a", 5);
    await advance(MINUTE);
    expect(await contributors("gone")).toHaveLength(1);
    await advance(10 * MINUTE);
    expect(await contributors("gone")).toHaveLength(0);
    expect(await described("gone")).toMatchObject({ StateValue: "ALARM" });
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ["gone"] }));
    await expect(contributors("gone")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
