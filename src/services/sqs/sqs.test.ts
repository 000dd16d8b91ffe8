import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: SQSClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new SQSClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const create = async (name: string, attributes: Record<string, string> = {}): Promise<string> =>
  (await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))).QueueUrl ?? "";
const send = (url: string, body: string) => client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
const receive = async (url: string, more: object = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ["All"], ...more }))).Messages ?? [];
const attribute = async (url: string, name: "ApproximateNumberOfMessages" | "QueueArn") =>
  (await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [name] }))).Attributes?.[name] ?? "";

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
describe("queues", () => {
  it("have a URL of the client's host, and are found by name", async () => {
    const url = await create("urls");
    expect(url).toBe(`${cloud.endpoint}/000000000000/urls`);
    expect((await client.send(new GetQueueUrlCommand({ QueueName: "urls" }))).QueueUrl).toBe(url);
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: "url" }))).QueueUrls).toEqual([url]);
    await expect(client.send(new GetQueueUrlCommand({ QueueName: "nowhere" }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });

  it("are created again only with the same attributes", async () => {
    await create("twice", { VisibilityTimeout: "10" });
    await expect(create("twice", { VisibilityTimeout: "10" })).resolves.toMatch(/twice$/);
    await expect(create("twice", { VisibilityTimeout: "11" })).rejects.toMatchObject({ name: "QueueNameExists" });
    await expect(create("bad", { VisibilityTimeout: "43201" })).rejects.toMatchObject({ name: "InvalidAttributeValue" });
    await expect(create("bad", { Colour: "red" })).rejects.toMatchObject({ name: "InvalidAttributeName" });
  });

  it("keep their name for 60 seconds after they are deleted", async () => {
    const url = await create("again");
    await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    await expect(create("again")).rejects.toMatchObject({ name: "QueueDeletedRecently" });
    await cloud.cloud.clock.advance(60_000);
    await expect(create("again")).resolves.toBe(url);
  });
});

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
describe("messages", () => {
  it("are hidden while somebody works on them, and are gone once deleted", async () => {
    const url = await create("hide");
    await send(url, "hello");
    const [first] = await receive(url);
    expect(first?.Body).toBe("hello");
    expect(first?.Attributes?.["ApproximateReceiveCount"]).toBe("1");
    expect(await receive(url)).toEqual([]);
    await cloud.cloud.clock.advance(30_000);
    const [second] = await receive(url);
    expect(second?.Attributes?.["ApproximateReceiveCount"]).toBe("2");
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: second?.ReceiptHandle }));
    await cloud.cloud.clock.advance(30_000);
    expect(await receive(url)).toEqual([]);
    await expect(client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: "x" }))).rejects.toMatchObject({
      name: "ReceiptHandleIsInvalid",
    });
  });

  it("carry attributes whose digests the SDK accepts", async () => {
    const url = await create("attributes");
    const MessageAttributes = {
      text: { DataType: "String", StringValue: "ä" },
      bytes: { DataType: "Binary.png", BinaryValue: Uint8Array.of(1, 2, 3) },
    };
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "b", MessageAttributes }));
    const [message] = await receive(url, { MessageAttributeNames: ["All"] });
    expect(message?.MessageAttributes?.["text"]?.StringValue).toBe("ä");
    expect([...(message?.MessageAttributes?.["bytes"]?.BinaryValue ?? [])]).toEqual([1, 2, 3]);
  });

  it("are answered for one by one in a batch", async () => {
    const url = await create("batch");
    const Entries = [
      { Id: "a", MessageBody: "1" },
      { Id: "b", MessageBody: "2", DelaySeconds: 901 },
    ];
    const sent = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(["a"]);
    expect(sent.Failed).toMatchObject([{ Id: "b", Code: "InvalidParameterValue", SenderFault: true }]);
    const messages = await receive(url, { MaxNumberOfMessages: 10 });
    const handles = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    const deleted = await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }));
    expect(deleted.Successful).toHaveLength(1);
    await expect(client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: [] }))).rejects.toMatchObject({
      name: "EmptyBatchRequest",
    });
  });

  it("wake a long poll as they arrive", async () => {
    const url = await create("poll");
    const polled = receive(url, { WaitTimeSeconds: 20 });
    await send(url, "at last");
    expect((await polled)[0]?.Body).toBe("at last");
  });

  it("end a long poll with an error when their queue is deleted", async () => {
    const url = await create("poll-deleted");
    const polled = receive(url, { WaitTimeSeconds: 20 });
    const refused = expect(polled).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    await refused;
  });

  it("end a long poll empty-handed at its time, on the virtual clock", async () => {
    const url = await create("poll-empty");
    const skipping = await startCloud({ clockMode: { mode: "skip", until: cloud.cloud.clock.now() + 86_400_000 } });
    const other = new SQSClient(skipping.clientConfig);
    const QueueUrl = (await other.send(new CreateQueueCommand({ QueueName: "q" }))).QueueUrl;
    expect((await other.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))).Messages).toBeUndefined();
    other.destroy();
    await skipping.stop();
    expect(url).toMatch(/poll-empty$/);
  });

  it("go to the dead-letter queue after maxReceiveCount receives, and back by a move task", async () => {
    const dead = await create("dead");
    const deadLetterTargetArn = await attribute(dead, "QueueArn");
    const url = await create("source", {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
      VisibilityTimeout: "1",
    });
    await send(url, "poison");
    expect(await receive(url)).toHaveLength(1);
    await cloud.cloud.clock.advance(1_000);
    expect(await receive(url)).toEqual([]);
    expect(await attribute(dead, "ApproximateNumberOfMessages")).toBe("1");
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }));
    await cloud.cloud.clock.advance(1_000);
    const tasks = await client.send(new ListMessageMoveTasksCommand({ SourceArn: deadLetterTargetArn }));
    expect(tasks.Results).toMatchObject([{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }]);
    expect(await attribute(url, "ApproximateNumberOfMessages")).toBe("1");
  });

  it("expire after the retention period, and wait for their delay", async () => {
    const url = await create("retain", { MessageRetentionPeriod: "60", DelaySeconds: "10" });
    await send(url, "short-lived");
    expect(await attribute(url, "ApproximateNumberOfMessages")).toBe("0");
    await cloud.cloud.clock.advance(10_000);
    expect(await attribute(url, "ApproximateNumberOfMessages")).toBe("1");
    await cloud.cloud.clock.advance(50_000);
    expect(await receive(url)).toEqual([]);
  });

  it("can be handed back at once, and purged once a minute", async () => {
    const url = await create("purge");
    await send(url, "x");
    const [message] = await receive(url);
    const handle = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle };
    await client.send(new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 0 }));
    expect(await receive(url)).toHaveLength(1);
    await expect(client.send(new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 5 }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    await expect(client.send(new PurgeQueueCommand({ QueueUrl: url }))).rejects.toMatchObject({ name: "PurgeQueueInProgress" });
  });

  it("tell the timeline once until somebody receives", async () => {
    const url = await create("wake");
    const arn = await attribute(url, "QueueArn");
    const told = (): number => cloud.cloud.timeline.read({ source: "orrery.sqs", resource: arn }).length;
    await send(url, "1");
    await send(url, "2");
    expect(told()).toBe(1);
    await receive(url, { MaxNumberOfMessages: 10 });
    await cloud.cloud.clock.advance(30_000);
    expect(told()).toBe(2);
  });
});

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
describe("FIFO queues", () => {
  it("keep the order of a group, block it while in flight, and know repeated messages", async () => {
    const url = await create("orders.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
    const post = (body: string, group: string) =>
      client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageGroupId: group }));
    const first = await post("1", "a");
    expect((await post("1", "a")).MessageId).toBe(first.MessageId);
    await post("2", "a");
    await post("3", "b");
    expect((await receive(url)).map(({ Body }) => Body)).toEqual(["1"]);
    expect((await receive(url, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).toEqual(["3"]);
    await expect(send(url, "no group")).rejects.toMatchObject({ name: "MissingParameter" });
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { ContentBasedDeduplication: "false" } }));
    await expect(post("4", "a")).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });
});
