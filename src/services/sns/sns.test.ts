import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: SNSClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new SNSClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const Statement = [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }];
const OPEN = { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) };

async function queue(name: string, Attributes: Record<string, string> = OPEN): Promise<{ url: string; arn: string }> {
  const { QueueUrl = "" } = await cloud.ctx.call("sqs", "CreateQueue", { QueueName: name, Attributes });
  return { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
}
async function bodies(QueueUrl: string): Promise<string[]> {
  await cloud.cloud.clock.idle();
  const { Messages = [] } = await cloud.ctx.call("sqs", "ReceiveMessage", {
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ["All"],
  });
  return Messages.map(({ Body = "" }) => Body);
}
const topic = async (Name: string): Promise<string> => (await client.send(new CreateTopicCommand({ Name }))).TopicArn ?? "";
const subscribe = async (TopicArn: string, Protocol: string, Endpoint: string, Attributes = {}) =>
  (await client.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true }))).SubscriptionArn ??
  "";

// documented: https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
describe("queues as subscribers", () => {
  it("get an envelope, or the bare message", async () => {
    const TopicArn = await topic("news");
    const wrapped = await queue("wrapped");
    const raw = await queue("raw");
    await subscribe(TopicArn, "sqs", wrapped.arn);
    await subscribe(TopicArn, "sqs", raw.arn, { RawMessageDelivery: "true" });
    const { MessageId } = await client.send(new PublishCommand({ TopicArn, Message: "hello", Subject: "s" }));
    expect(await bodies(raw.url)).toEqual(["hello"]);
    expect(JSON.parse((await bodies(wrapped.url))[0] ?? "")).toMatchObject({
      Type: "Notification",
      MessageId,
      TopicArn,
      Subject: "s",
      Message: "hello",
    });
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
    expect(Attributes).toMatchObject({ SubscriptionsConfirmed: "2", SubscriptionsPending: "0" });
  });

  // documented: https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
  it("get nothing unless their policy lets SNS in", async () => {
    const TopicArn = await topic("closed");
    const closed = await queue("closed", {});
    const dead = await queue("closed-dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn });
    await subscribe(TopicArn, "sqs", closed.arn, { RedrivePolicy, RawMessageDelivery: "true" });
    await client.send(new PublishCommand({ TopicArn, Message: "hello" }));
    expect(await bodies(closed.url)).toEqual([]);
    expect(await bodies(dead.url)).toEqual(["hello"]);
    expect(cloud.cloud.timeline.read({ resource: TopicArn, type: "Delivery Failed" })).toMatchObject([
      { rule: expect.stringContaining("does not let sns.amazonaws.com in") as string },
    ]);
  });

  it("get what their filter policy lets through", async () => {
    const TopicArn = await topic("filtered");
    const { url, arn } = await queue("filtered");
    const SubscriptionArn = await subscribe(TopicArn, "sqs", arn, { FilterPolicy: '{"kind":["a"]}', RawMessageDelivery: "true" });
    const entry = (Id: string, kind: string) => ({
      Id,
      Message: Id,
      MessageAttributes: { kind: { DataType: "String", StringValue: kind } },
    });
    const batch = new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [entry("1", "a"), entry("2", "b")] });
    expect((await client.send(batch)).Successful).toHaveLength(2);
    expect(await bodies(url)).toEqual(["1"]);
    await client.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName: "FilterPolicy", AttributeValue: "{}" }));
    await client.send(new PublishCommand({ TopicArn, Message: "all" }));
    expect(await bodies(url)).toEqual(["all"]);
    // documented: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
    const sum = async (MetricName: string) => {
      const { Datapoints = [] } = await cloud.ctx.call("cloudwatch", "GetMetricStatistics", {
        Namespace: "AWS/SNS",
        MetricName,
        Dimensions: [{ Name: "TopicName", Value: "filtered" }],
        StartTime: new Date(cloud.ctx.now - 3_600_000),
        EndTime: new Date(cloud.ctx.now + 60_000),
        Period: 60,
        Statistics: ["Sum"],
      });
      return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
    };
    expect(await sum("NumberOfMessagesPublished")).toBe(3);
    expect(await sum("NumberOfNotificationsDelivered")).toBe(2);
    expect(await sum("NumberOfNotificationsFilteredOut")).toBe(1);
  });
});

// documented: https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
describe("HTTP endpoints", () => {
  it("confirm first, are tried again, and give up to the dead-letter queue", async () => {
    const received: { type: string | undefined; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        received.push({ type: request.headers["x-amz-sns-message-type"] as string | undefined, body });
        response.writeHead(received.length === 1 ? 200 : 500).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const TopicArn = await topic("hooks");
    const dead = await queue("hooks-dead");
    const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn });
    const SubscriptionArn = await subscribe(TopicArn, "http", Endpoint, { RedrivePolicy });
    await cloud.cloud.clock.idle();
    const { Token } = JSON.parse(received[0]?.body ?? "{}") as { Token: string };
    expect(received[0]?.type).toBe("SubscriptionConfirmation");
    await client.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
    const { Attributes } = await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    expect(Attributes?.["PendingConfirmation"]).toBe("false");
    await client.send(new PublishCommand({ TopicArn, Message: "knock" }));
    await cloud.cloud.clock.idle();
    expect(received).toHaveLength(2);
    await cloud.cloud.clock.advance(60_000);
    expect(received).toHaveLength(5);
    expect(JSON.parse((await bodies(dead.url))[0] ?? "{}")).toMatchObject({ Message: "knock" });
    await new Promise((resolve) => server.close(resolve));
  });
});

// documented: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
describe("publishing", () => {
  it("refuses empty messages, unknown topics and structures without a default", async () => {
    const TopicArn = await topic("strict");
    const publish = (input: object) => client.send(new PublishCommand({ TopicArn, Message: "x", ...input }));
    await expect(publish({ TopicArn: `${TopicArn}x` })).rejects.toMatchObject({ name: "NotFoundException" });
    await expect(publish({ MessageStructure: "json", Message: '{"sqs":"x"}' })).rejects.toThrow(/No default entry/);
    await expect(publish({ Subject: "a\nb" })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(topic("x.fifo")).rejects.toMatchObject({ name: "NotImplemented" });
  });

  // documented: https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html; that mail is not sent is ours
  it("leaves mail in the outbox, where a subscription is confirmed by its link", async () => {
    const TopicArn = await topic("mail");
    await subscribe(TopicArn, "email", "me@example.com");
    await cloud.cloud.clock.idle();
    const outbox = async () => {
      const answer = await fetch(`${cloud.endpoint}/_orrery/outbox?to=me@example.com`);
      return ((await answer.json()) as { mails: { subject: string; body: string; link: string }[] }).mails;
    };
    const [confirmation] = await outbox();
    expect(confirmation?.subject).toBe("AWS Notification - Subscription Confirmation");
    expect(confirmation?.body).toContain(confirmation?.link);
    await client.send(new PublishCommand({ TopicArn, Message: "too early" }));
    expect((await fetch(confirmation?.link ?? "")).status).toBe(200);
    await client.send(new PublishCommand({ TopicArn, Subject: "News", Message: "hello" }));
    await cloud.cloud.clock.idle();
    const [, news, ...more] = await outbox();
    expect(news?.subject).toBe("News");
    expect(news?.body).toMatch(/^hello\n\n--\nIf you wish to stop receiving notifications/);
    expect(more).toEqual([]);
  });
});
