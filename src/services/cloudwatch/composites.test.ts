import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  PutCompositeAlarmCommand,
  type PutCompositeAlarmCommandInput,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchClient;
let topic: string;
let queue: string;
// Suppression is about time: each test has a cloud of its own.
beforeEach(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchClient(cloud.clientConfig);
  topic = (await cloud.ctx.call("sns", "CreateTopic", { Name: "told" })).TopicArn ?? "";
  queue = (await cloud.ctx.call("sqs", "CreateQueue", { QueueName: "told" })).QueueUrl ?? "";
  const Policy = JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }],
  });
  await cloud.ctx.call("sqs", "SetQueueAttributes", { QueueUrl: queue, Attributes: { Policy } });
  const Endpoint = "arn:aws:sqs:us-east-1:000000000000:told";
  await cloud.ctx.call("sns", "Subscribe", { TopicArn: topic, Protocol: "sqs", Endpoint, Attributes: { RawMessageDelivery: "true" } });
});
afterEach(async () => {
  client.destroy();
  await cloud.stop();
});

const metricAlarm = async (...names: string[]) => {
  for (const AlarmName of names) {
    await client.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace: "N",
        MetricName: "M",
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "ignore",
      }),
    );
  }
};
const composite = (AlarmName: string, AlarmRule: string, more: Partial<PutCompositeAlarmCommandInput> = {}) =>
  client.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule, AlarmActions: [topic], OKActions: [topic], ...more }));
const set = async (AlarmName: string, StateValue: StateValue) => {
  await client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "test" }));
  await cloud.cloud.clock.idle();
};
const described = async (name: string) =>
  (await client.send(new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ["CompositeAlarm"] }))).CompositeAlarms?.[0];
const told = async () => {
  await cloud.cloud.clock.idle();
  const { Messages = [] } = await cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl: queue, MaxNumberOfMessages: 10 });
  for (const { ReceiptHandle } of Messages) await cloud.ctx.call("sqs", "DeleteMessage", { QueueUrl: queue, ReceiptHandle });
  return Messages.map(({ Body = "" }) => JSON.parse(Body) as Record<string, unknown>);
};

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
describe("a composite alarm", () => {
  it("follows its children, says which one moved it, and acts", async () => {
    await metricAlarm("a", "b");
    await composite("both", "ALARM(a) AND ALARM(b)");
    expect(await described("both")).toMatchObject({
      StateValue: "OK",
      StateReason: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:both was created and its alarm rule evaluates to OK",
    });
    await told();
    await set("a", "ALARM");
    expect(await described("both")).toMatchObject({ StateValue: "OK" });
    await set("b", "ALARM");
    const found = await described("both");
    expect(found?.StateValue).toBe("ALARM");
    expect(found?.StateReason).toMatch(
      /^arn:aws:cloudwatch:us-east-1:000000000000:alarm:b transitioned to ALARM at [A-Z][a-z]+day \d\d [A-Z][a-z]+, \d{4} \d\d:\d\d:\d\d UTC$/,
    );
    expect(JSON.parse(found?.StateReasonData ?? "")).toMatchObject({
      triggeringAlarms: [{ arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:b", state: { value: "ALARM" } }],
    });
    expect(await told()).toMatchObject([
      { AlarmName: "both", NewStateValue: "ALARM", OldStateValue: "OK", AlarmRule: "ALARM(a) AND ALARM(b)" },
    ]);
    const changes = cloud.cloud.timeline.read({ type: "CloudWatch Alarm State Change" });
    const [child, parent] = changes.slice(-2);
    expect(parent).toMatchObject({ cause: child?.id, rule: "ALARM(a) AND ALARM(b) is true: a is ALARM, b is ALARM" });
  });

  it("is found by its children and the other way round, and keeps them from being deleted", async () => {
    await metricAlarm("a", "b");
    await composite("some", "ALARM(a) OR OK(b)");
    const children = await client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: "some" }));
    expect(children.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["a", "b"]);
    const parents = await client.send(new DescribeAlarmsCommand({ ParentsOfAlarmName: "a" }));
    expect(parents.CompositeAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["some"]);
    await expect(client.send(new DeleteAlarmsCommand({ AlarmNames: ["a"] }))).rejects.toMatchObject({ name: "ValidationException" });
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ["a", "some"] }));
  });

  it("that depends on itself is not evaluated any more", async () => {
    await metricAlarm("a");
    await composite("x", "ALARM(a)");
    await composite("y", "ALARM(x)");
    await composite("x", "ALARM(a) OR ALARM(y)");
    await set("a", "ALARM");
    expect(await described("x")).toMatchObject({ StateValue: "OK" });
    await composite("x", "FALSE OR ALARM(a)");
    expect(await described("x")).toMatchObject({ StateValue: "ALARM" });
  });

  it("refuses rules that are none, and alarms that are not there", async () => {
    await expect(composite("bad", "ALARM(")).rejects.toMatchObject({ name: "ValidationException" });
    await expect(composite("bad", "ALARM(none)")).rejects.toThrow(/does not exist: none/);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
describe("a suppressor", () => {
  const suppressed = { ActionsSuppressor: "maintenance", ActionsSuppressorWaitPeriod: 120, ActionsSuppressorExtensionPeriod: 180 };
  const advance = (seconds: number) => cloud.cloud.clock.advance(seconds * 1_000);
  const states = async () => (await told()).map(({ NewStateValue }) => NewStateValue);
  beforeEach(async () => {
    await metricAlarm("a", "maintenance");
    await composite("main", "ALARM(a)", suppressed);
    await advance(121);
    await states();
  });

  it("that stays quiet lets the actions go after the wait", async () => {
    await set("a", "ALARM");
    expect(await described("main")).toMatchObject({
      ActionsSuppressedBy: "WaitPeriod",
      ActionsSuppressedReason: "Actions suppressed by WaitPeriod",
    });
    await advance(119);
    expect(await states()).toEqual([]);
    await advance(2);
    expect(await states()).toEqual(["ALARM"]);
    expect((await described("main"))?.ActionsSuppressedBy).toBeUndefined();
  });

  it("holds the actions back while it is in ALARM, and for the extension after it", async () => {
    await set("a", "ALARM");
    await advance(60);
    await set("maintenance", "ALARM");
    expect(await described("main")).toMatchObject({ ActionsSuppressedBy: "Alarm" });
    await advance(600);
    await set("maintenance", "OK");
    expect(await described("main")).toMatchObject({ ActionsSuppressedBy: "ExtensionPeriod" });
    await advance(179);
    expect(await states()).toEqual([]);
    await advance(2);
    expect(await states()).toEqual(["ALARM"]);
  });

  it("begins a new wait when the alarm changes within the extension", async () => {
    await set("maintenance", "ALARM");
    await set("a", "ALARM");
    await set("maintenance", "OK");
    await advance(60);
    await set("a", "OK");
    expect(await described("main")).toMatchObject({ ActionsSuppressedBy: "WaitPeriod" });
    await advance(121);
    expect(await states()).toEqual(["OK"]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
it("an alarm's notice to a topic is AWS's, and its history tells of it", async () => {
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "N",
      MetricName: "M",
      Dimensions: [{ Name: "Host", Value: "x" }],
      Statistic: "SampleCount",
      Period: 60,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 1,
      Threshold: 5,
      ComparisonOperator: "GreaterThanThreshold",
      AlarmActions: [topic, "arn:aws:sns:us-east-1:000000000000:none"],
    }),
  );
  await set("errors", "ALARM");
  const [notice] = await told();
  // recorded: published notifications
  expect(notice).toMatchObject({
    AlarmName: "errors",
    AlarmDescription: null,
    AWSAccountId: "000000000000",
    NewStateValue: "ALARM",
    NewStateReason: "test",
    Region: "US East (N. Virginia)",
    OldStateValue: "INSUFFICIENT_DATA",
    OKActions: [],
    Trigger: {
      MetricName: "M",
      Namespace: "N",
      StatisticType: "Statistic",
      Statistic: "SAMPLE_COUNT",
      Unit: null,
      Dimensions: [{ value: "x", name: "Host" }],
      Period: 60,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 1,
      ComparisonOperator: "GreaterThanThreshold",
      Threshold: 5,
      TreatMissingData: "missing",
      EvaluateLowSampleCountPercentile: "",
    },
  });
  expect(notice?.["StateChangeTime"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  const { AlarmHistoryItems = [] } = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: "errors", HistoryItemType: "Action" }));
  expect(AlarmHistoryItems.map(({ HistorySummary = "" }) => HistorySummary.split(" ")[0]).sort()).toEqual(["Failed", "Successfully"]);
});
