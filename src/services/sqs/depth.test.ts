import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

async function create(QueueName: string, Attributes: Record<string, string>): Promise<string> {
  return (await cloud.ctx.call("sqs", "CreateQueue", { QueueName, Attributes })).QueueUrl ?? "";
}
const TEN = Array.from({ length: 10 }, (_, i) => ({ Id: String(i), MessageBody: "x" }));

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
it("hands out no more than 120,000 messages that are not deleted", async () => {
  const QueueUrl = await create("deep", { VisibilityTimeout: "600" });
  for (let i = 0; i < 12_001; i++) await cloud.ctx.call("sqs", "SendMessageBatch", { QueueUrl, Entries: TEN });
  for (let i = 0; i < 12_000; i++) await cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
  const receive = () => cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl });
  await expect(receive()).rejects.toMatchObject({ code: "OverLimit", status: 403 });
  await cloud.cloud.clock.advance(600_000);
  expect((await receive()).Messages).toHaveLength(1);
}, 60_000);

/** What a FIFO queue does, in the plainest way: for each group, its messages in order. */
interface Model {
  readonly groups: Map<string, { readonly body: string; hidden: boolean }[]>;
  readonly handles: Map<string, { readonly group: string; readonly handle: string }>;
}

const step = fc.oneof(
  fc.record({ do: fc.constant("send" as const), group: fc.constantFrom("a", "b", "c") }),
  fc.record({ do: fc.constant("receive" as const), most: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("delete" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("release" as const), pick: fc.nat() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(QueueUrl: string, model: Model, chosen: Step, id: string): Promise<void> {
  const { ctx } = cloud;
  if (chosen.do === "send") {
    const { group } = chosen;
    await ctx.call("sqs", "SendMessage", { QueueUrl, MessageBody: id, MessageGroupId: group, MessageDeduplicationId: id });
    model.groups.set(group, [...(model.groups.get(group) ?? []), { body: id, hidden: false }]);
  } else if (chosen.do === "receive") {
    const free = [...model.groups.values()].flatMap((messages) => {
      const blocked = messages.findIndex(({ hidden }) => hidden);
      return blocked < 0 ? messages : messages.slice(0, blocked);
    });
    const { Messages = [] } = await ctx.call("sqs", "ReceiveMessage", {
      QueueUrl,
      MaxNumberOfMessages: chosen.most,
      MessageSystemAttributeNames: ["MessageGroupId"],
    });
    expect(Messages).toHaveLength(Math.min(chosen.most, free.length));
    for (const { Body = "", ReceiptHandle = "", Attributes = {} } of Messages) {
      const group = Attributes["MessageGroupId"] ?? "";
      const next = model.groups.get(group)?.find(({ hidden }) => !hidden);
      expect(Body).toBe(next?.body);
      if (next !== undefined) next.hidden = true;
      model.handles.set(Body, { group, handle: ReceiptHandle });
    }
  } else {
    const [body, held] = [...model.handles][chosen.pick % Math.max(1, model.handles.size)] ?? [];
    if (body === undefined || held === undefined) return;
    model.handles.delete(body);
    const messages = model.groups.get(held.group) ?? [];
    if (chosen.do === "delete") {
      await ctx.call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle: held.handle });
      model.groups.set(
        held.group,
        messages.filter((message) => message.body !== body),
      );
    } else {
      await ctx.call("sqs", "ChangeMessageVisibility", { QueueUrl, ReceiptHandle: held.handle, VisibilityTimeout: 0 });
      for (const message of messages) if (message.body === body) message.hidden = false;
    }
  }
}

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
it("a FIFO queue keeps the order of each group, whatever is sent, received, deleted and given back", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const QueueUrl = await create(`order-${run++}.fifo`, { FifoQueue: "true", VisibilityTimeout: "600" });
      const model: Model = { groups: new Map(), handles: new Map() };
      for (const [i, chosen] of steps.entries()) await take(QueueUrl, model, chosen, `m${i}`);
    }),
    { numRuns: 60 },
  );
}, 60_000);

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
it("a group goes on when its first message has gone to the dead-letter queue, and has its order there too", async () => {
  const { ctx } = cloud;
  const dead = await create("dead.fifo", { FifoQueue: "true" });
  const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead.fifo";
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
  const QueueUrl = await create("live.fifo", {
    FifoQueue: "true",
    VisibilityTimeout: "1",
    RedrivePolicy,
    ContentBasedDeduplication: "true",
  });
  for (const MessageBody of ["1", "2", "3"]) await ctx.call("sqs", "SendMessage", { QueueUrl, MessageBody, MessageGroupId: "g" });
  const bodies = async (url: string, MaxNumberOfMessages: number): Promise<(string | undefined)[]> => {
    const { Messages = [] } = await ctx.call("sqs", "ReceiveMessage", { QueueUrl: url, MaxNumberOfMessages });
    return Messages.map(({ Body }) => Body);
  };
  for (const expected of ["1", "2", "3"]) {
    expect(await bodies(QueueUrl, 1)).toEqual([expected]);
    expect(await bodies(QueueUrl, 1)).toEqual([]);
    await cloud.cloud.clock.advance(1_000);
  }
  expect(await bodies(QueueUrl, 10)).toEqual([]);
  expect(await bodies(dead, 10)).toEqual(["1", "2", "3"]);
});
