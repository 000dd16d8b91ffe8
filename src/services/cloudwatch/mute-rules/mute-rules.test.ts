import {
  CloudWatchClient,
  DeleteAlarmMuteRuleCommand,
  DescribeAlarmHistoryCommand,
  GetAlarmMuteRuleCommand,
  ListAlarmMuteRulesCommand,
  type ListAlarmMuteRulesCommandInput,
  ListTagsForResourceCommand,
  PutAlarmMuteRuleCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

const HOUR = 3_600_000;
let cloud: TestCloud;
let client: CloudWatchClient;
let sns: SNSClient;
let sqs: SQSClient;
let topic: string;
let queueUrl: string;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchClient(cloud.clientConfig);
  sns = new SNSClient(cloud.clientConfig);
  sqs = new SQSClient(cloud.clientConfig);
  topic = (await sns.send(new CreateTopicCommand({ Name: "muted" }))).TopicArn ?? "";
  const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:muted`;
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: queue };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: "muted", Attributes: { Policy } }))).QueueUrl ?? "";
  await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: "sqs", Endpoint: queue, Attributes: { RawMessageDelivery: "true" } }));
});
afterAll(async () => {
  for (const one of [client, sns, sqs]) one.destroy();
  await cloud.stop();
});

const now = () => cloud.cloud.clock.now();
const advance = (ms: number) => cloud.cloud.clock.advance(ms);
const alarm = (AlarmName: string) =>
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
      TreatMissingData: "ignore",
      AlarmActions: [topic],
      OKActions: [topic],
    }),
  );
const minute = (time: number): string => new Date(time).toISOString().slice(0, 16);
/** A window of an hour that begins at the next minute's start after `delay`. */
const mute = (Name: string, AlarmNames: string[], delay = 0) =>
  client.send(
    new PutAlarmMuteRuleCommand({
      Name,
      Rule: { Schedule: { Expression: `at(${minute(now() + delay)})`, Duration: "PT1H" } },
      MuteTargets: { AlarmNames },
      Tags: [{ Key: "team", Value: "a" }],
    }),
  );
const set = (AlarmName: string, StateValue: "ALARM" | "OK") =>
  client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "for a test" }));
const told = async (): Promise<unknown[]> => {
  await advance(0);
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }));
  for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  return Messages.map(({ Body = "" }) => {
    const { AlarmName, NewStateValue } = JSON.parse(Body) as Record<string, string>;
    return `${AlarmName} ${NewStateValue}`;
  });
};
const rule = (AlarmMuteRuleName: string) => client.send(new GetAlarmMuteRuleCommand({ AlarmMuteRuleName }));
const arn = (name: string) => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm-mute-rule:${name}`;

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html
describe("an alarm mute rule", () => {
  it("is scheduled, active and expired", async () => {
    await alarm("life");
    await mute("life", ["life"], 2 * HOUR);
    expect(await rule("life")).toMatchObject({ Name: "life", AlarmMuteRuleArn: arn("life"), Status: "SCHEDULED", MuteType: "ONE_TIME" });
    await advance(2 * HOUR);
    expect((await rule("life")).Status).toBe("ACTIVE");
    await advance(HOUR);
    expect((await rule("life")).Status).toBe("EXPIRED");
    const types = cloud.cloud.timeline.read({ source: "aws.cloudwatch" }).filter(({ resources }) => resources[0] === arn("life"));
    expect(types.map(({ type }) => type)).toEqual(["Alarm mute rule created", "Alarm mute window began", "Alarm mute window ended"]);
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN: arn("life") }));
    expect(Tags).toEqual([{ Key: "team", Value: "a" }]);
  });

  it("keeps actions back while it is active, tells so, and takes them when its window ends", async () => {
    await alarm("held");
    await mute("held", ["held"]);
    await set("held", "ALARM");
    expect(await told()).toEqual([]);
    // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/viewing-managing-muted-alarms.html
    const { AlarmHistoryItems = [] } = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: "held", HistoryItemType: "Action" }));
    expect(AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary)).toEqual(['Actions muted by mute rule "held"']);
    // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    const [event] = cloud.cloud.timeline
      .read({ source: "aws.cloudwatch", type: "CloudWatch Alarm State Change" })
      .filter(({ detail }) => detail["alarmName"] === "held");
    expect(event?.detail["muteDetail"]).toMatchObject({
      mutedByArn: arn("held"),
      muteWindowStart: expect.stringMatching(/:00\.000\+0000$/),
    });
    await advance(HOUR);
    expect(await told()).toEqual(["held ALARM"]);
  });

  it("takes only the actions of the state that the alarm has remained in", async () => {
    await alarm("back");
    await mute("back", ["back"]);
    await set("back", "ALARM");
    await set("back", "OK");
    await advance(HOUR);
    expect(await told()).toEqual(["back OK"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarmMuteRule.html
  it("unmutes at once when it is deleted, unless another one mutes, and again for what is not there", async () => {
    await alarm("twice");
    await mute("first", ["twice"]);
    await advance(60_000);
    await mute("second", ["twice"]);
    await set("twice", "ALARM");
    const { AlarmHistoryItems: [item] = [] } = await client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "twice", HistoryItemType: "Action" }),
    );
    expect(item?.HistorySummary).toBe('Actions muted by mute rule "second" and 1 other active mute rule');
    await client.send(new DeleteAlarmMuteRuleCommand({ AlarmMuteRuleName: "second" }));
    expect(await told()).toEqual([]);
    await client.send(new DeleteAlarmMuteRuleCommand({ AlarmMuteRuleName: "first" }));
    expect(await told()).toEqual(["twice ALARM"]);
    await client.send(new DeleteAlarmMuteRuleCommand({ AlarmMuteRuleName: "first" }));
    await expect(rule("first")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("recurs, and an alarm that is no longer its target is muted no more", async () => {
    await alarm("daily");
    const Rule = { Schedule: { Expression: "cron(0 0 * * *)", Duration: "P1D" } };
    await client.send(new PutAlarmMuteRuleCommand({ Name: "daily", Rule, MuteTargets: { AlarmNames: ["daily"] } }));
    expect(await rule("daily")).toMatchObject({ Status: "ACTIVE", MuteType: "RECURRING" });
    await advance(72 * HOUR);
    await set("daily", "ALARM");
    expect(await told()).toEqual([]);
    await client.send(new PutAlarmMuteRuleCommand({ Name: "daily", Rule }));
    expect(await told()).toEqual(["daily ALARM"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListAlarmMuteRules.html
  it("is listed by alarm and by status, in pages", async () => {
    const list = async (input: ListAlarmMuteRulesCommandInput) => client.send(new ListAlarmMuteRulesCommand(input));
    const { AlarmMuteRuleSummaries: of } = await list({ AlarmName: "held" });
    expect(of?.map(({ AlarmMuteRuleArn }) => AlarmMuteRuleArn)).toEqual([arn("held")]);
    const { AlarmMuteRuleSummaries: active } = await list({ Statuses: ["ACTIVE"] });
    expect(active?.map(({ AlarmMuteRuleArn }) => AlarmMuteRuleArn)).toEqual([arn("daily")]);
    const first = await list({ MaxRecords: 3 });
    const second = await list({ MaxRecords: 3, NextToken: first.NextToken });
    expect([first, second].map(({ AlarmMuteRuleSummaries }) => AlarmMuteRuleSummaries?.length)).toEqual([3, 1]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
  it("is refused without a schedule that can be, or with alarms that are not there", async () => {
    const put = (Expression: string, Duration: string, more = {}) => {
      const Rule = { Schedule: { Expression, Duration, ...more } };
      return client.send(new PutAlarmMuteRuleCommand({ Name: "no", Rule, MuteTargets: { AlarmNames: ["nobody"] } }));
    };
    const wrong = { name: "ValidationException" };
    await expect(put("rate(1 hour)", "PT1H")).rejects.toMatchObject(wrong);
    await expect(put("cron(0 0 * * *)", "PT30S")).rejects.toMatchObject(wrong);
    await expect(put("cron(0 0 * * *)", "P16D")).rejects.toMatchObject(wrong);
    await expect(put("cron(0 0 * * *)", "PT1H", { Timezone: "Mars/Base" })).rejects.toMatchObject(wrong);
    await expect(put("cron(0 0 * * *)", "PT1H")).rejects.toMatchObject({ message: expect.stringContaining("nobody") });
  });
});
