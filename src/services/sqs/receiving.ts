import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { type Attributes, numberOf, redrivePolicyOf } from "./attributes.ts";
import { checkEntries, failedEntry } from "./batches.ts";
import { attributesMd5, selects, thaw } from "./content.ts";
import { count } from "./metrics.ts";
import { attributesOf, findByArn, findQueue, noSuchQueue } from "./queues.ts";
import { sequenceText } from "./sending.ts";
import {
  deleteExpired,
  deleteMessageRow,
  type MessageRow,
  markReceived,
  moveMessage,
  type QueueRow,
  selectMessage,
  selectQueueById,
  updateAnnounced,
  updateVisibility,
} from "./store.ts";
import { isFull, noteHandedOut, visibleMessages } from "./visible.ts";
import { announce, queueArn, scheduleWake, waitForMessages } from "./wake.ts";

const invalid = (message: string): AwsException => new AwsException("InvalidParameterValue", message, { status: 400 });

type Received = NonNullable<Output<"sqs", "ReceiveMessage">["Messages"]>[number];

interface Asked {
  readonly limit: number;
  /** ms that what is received stays hidden. */
  readonly timeout: number;
  readonly attributes: readonly string[];
  readonly system: readonly string[];
}

function range(name: string, value: number, bounds: readonly [number, number], reason: string): void {
  if (value < bounds[0] || value > bounds[1]) throw invalid(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
}

export async function receiveMessage(input: Input<"sqs", "ReceiveMessage">, ctx: Context): Promise<Output<"sqs", "ReceiveMessage">> {
  const queue = findQueue(ctx, input.QueueUrl);
  const settings = attributesOf(queue);
  const limit = input.MaxNumberOfMessages ?? 1;
  range("MaxNumberOfMessages", limit, [1, 10], "Must be between 1 and 10, if provided.");
  const wait = input.WaitTimeSeconds ?? numberOf(settings, "ReceiveMessageWaitTimeSeconds");
  range("WaitTimeSeconds", wait, [0, 20], "Must be >= 0 and <= 20, if provided.");
  const timeout = input.VisibilityTimeout ?? numberOf(settings, "VisibilityTimeout");
  range("VisibilityTimeout", timeout, [0, 43_200], "Must be >= 0 and <= 43200, if provided.");
  if (input.ReceiveRequestAttemptId !== undefined && settings["FifoQueue"] === "true") {
    throw notImplemented("sqs", "ReceiveMessage", "ReceiveRequestAttemptId");
  }
  const system: readonly string[] = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const asked = { limit, timeout: timeout * 1_000, attributes: input.MessageAttributeNames ?? [], system };
  const until = ctx.now + wait * 1_000;
  for (;;) {
    const messages = take(ctx, queue.id, asked);
    if (messages.length > 0 || ctx.now >= until) {
      count(ctx, queue, messages.length > 0 ? "NumberOfMessagesReceived" : "NumberOfEmptyReceives", Math.max(1, messages.length));
      return messages.length > 0 ? { Messages: messages } : {};
    }
    await ctx.idle(waitForMessages(ctx, queue.id, until));
  }
}

/** Receives what is visible now; messages that were received too often go to the dead-letter queue instead. */
function take(ctx: Context, id: number, asked: Asked): Received[] {
  const { store } = ctx.cloud;
  return ctx.tx(() => {
    const queue = store.get(selectQueueById, { id });
    // Deleted while a long poll waited.
    if (queue === undefined) throw noSuchQueue();
    const settings = attributesOf(queue);
    const now = ctx.now;
    if (queue.announced !== 0) store.run(updateAnnounced, { id, announced: 0 });
    store.run(deleteExpired, { queue: id, before: now - numberOf(settings, "MessageRetentionPeriod") * 1_000 });
    if (isFull(ctx, id)) {
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html
      if (settings["FifoQueue"] === "true") return [];
      throw new AwsException("OverLimit", `Too many messages in flight in ${queue.name}: no more than 120000 are handed out.`, {
        status: 403,
      });
    }
    const received: Received[] = [];
    for (let more = true; more && received.length < asked.limit; ) {
      const rows = visibleMessages(ctx, queue, asked.limit - received.length);
      const kept = rows.filter((row) => !deadLettered(ctx, queue, settings, row));
      for (const row of kept) received.push(handOut(ctx, row, asked));
      // What went to the dead-letter queue made room; with a zero timeout the same rows would come again.
      more = kept.length < rows.length && asked.timeout > 0;
    }
    noteHandedOut(ctx, id, received.length);
    if (received.length > 0 && asked.timeout > 0) scheduleWake(ctx, queue, now + asked.timeout);
    return received;
  });
}

/** Moves a message that has had its receives; true when it did. */
function deadLettered(ctx: Context, queue: QueueRow, settings: Attributes, row: MessageRow): boolean {
  const policy = redrivePolicyOf(settings);
  if (policy === undefined || row.received < policy.maxReceiveCount) return false;
  const target = findByArn(ctx, policy.deadLetterTargetArn);
  if (target === undefined) return false;
  const arn = queueArn(queue);
  // A standard queue's message keeps its age, a FIFO queue's starts anew:
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
  const sent = target.name.endsWith(".fifo") ? ctx.now : row.sent;
  ctx.run(moveMessage, { id: row.id, queue: target.id, source: arn, now: ctx.now, sent });
  announce(ctx.with({ account: target.account, region: target.region }), target);
  ctx.emit({
    source: "aws.sqs",
    type: "Message Moved To Dead-Letter Queue",
    resources: [arn, policy.deadLetterTargetArn],
    detail: { messageId: row.message_id },
    rule: `received ${row.received} times, maxReceiveCount is ${policy.maxReceiveCount}`,
  });
  return true;
}

function handOut(ctx: Context, row: MessageRow, asked: Asked): Received {
  const receipt = ctx.cloud.ids.hex(16);
  ctx.run(markReceived, { id: row.id, visible_at: ctx.now + asked.timeout, receipt, now: ctx.now });
  const attributes = row.attributes === null ? {} : thaw(row.attributes);
  const chosen = Object.fromEntries(Object.entries(attributes).filter(([name]) => selects(asked.attributes, name)));
  const system = Object.fromEntries(Object.entries(systemAttributes(ctx, row)).filter(([name]) => selects(asked.system, name)));
  return {
    MessageId: row.message_id,
    ReceiptHandle: Buffer.from(`${row.queue}:${row.id}:${receipt}`).toString("base64"),
    MD5OfBody: row.body_md5,
    Body: row.body,
    ...(Object.keys(system).length === 0 ? {} : { Attributes: system }),
    ...(Object.keys(chosen).length === 0 ? {} : { MessageAttributes: chosen, MD5OfMessageAttributes: attributesMd5(chosen) }),
  };
}

function systemAttributes(ctx: Context, row: MessageRow): Record<string, string> {
  return {
    SenderId: row.sender,
    SentTimestamp: String(row.sent),
    ApproximateReceiveCount: String(row.received + 1),
    ApproximateFirstReceiveTimestamp: String(row.first_received ?? ctx.now),
    ...(row.group_id === null ? {} : { MessageGroupId: row.group_id }),
    ...(row.dedup_id === null ? {} : { MessageDeduplicationId: row.dedup_id, SequenceNumber: sequenceText(row.id) }),
    ...(row.trace === null ? {} : { AWSTraceHeader: row.trace }),
    ...(row.source === null ? {} : { DeadLetterQueueSourceArn: row.source }),
  };
}

/** @throws AwsException ReceiptHandleIsInvalid */
function readHandle(queue: QueueRow, handle: string | undefined): { readonly id: number; readonly receipt: string } {
  const match = /^(\d+):(\d+):([0-9a-f]{16})$/.exec(Buffer.from(handle ?? "", "base64").toString("utf8"));
  const [, owner, id, receipt] = match ?? [];
  if (id === undefined || receipt === undefined || Number(owner) !== queue.id) {
    throw new AwsException("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`, {
      status: 400,
    });
  }
  return { id: Number(id), receipt };
}

/** A handle of an earlier receive succeeds and deletes nothing. */
function remove(ctx: Context, queue: QueueRow, handle: string | undefined): void {
  const { id, receipt } = readHandle(queue, handle);
  if (queue.name.endsWith(".fifo")) {
    const row = ctx.get(selectMessage, { id });
    if (row !== undefined && row.receipt === receipt && row.visible_at <= ctx.now) {
      throw invalid(`Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`);
    }
  }
  if (ctx.run(deleteMessageRow, { id, receipt }) > 0) count(ctx, queue, "NumberOfMessagesDeleted", 1);
}

export function deleteMessage(input: Input<"sqs", "DeleteMessage">, ctx: Context): Output<"sqs", "DeleteMessage"> {
  return ctx.tx(() => {
    remove(ctx, findQueue(ctx, input.QueueUrl), input.ReceiptHandle);
    return {};
  });
}

function changeVisibility(ctx: Context, queue: QueueRow, handle: string | undefined, seconds: number | undefined): void {
  const timeout = seconds ?? -1;
  if (timeout < 0 || timeout > 43_200) {
    throw invalid(
      `Value ${timeout} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.`,
    );
  }
  const { id, receipt } = readHandle(queue, handle);
  const row = ctx.get(selectMessage, { id });
  if (row === undefined || row.queue !== queue.id || row.receipt !== receipt || row.visible_at <= ctx.now) {
    throw invalid(
      `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
    );
  }
  ctx.run(updateVisibility, { id, visible_at: ctx.now + timeout * 1_000 });
  if (timeout === 0) announce(ctx, queue);
  else scheduleWake(ctx, queue, ctx.now + timeout * 1_000);
}

export function changeMessageVisibility(
  input: Input<"sqs", "ChangeMessageVisibility">,
  ctx: Context,
): Output<"sqs", "ChangeMessageVisibility"> {
  return ctx.tx(() => {
    changeVisibility(ctx, findQueue(ctx, input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout);
    return {};
  });
}

interface HandleEntry {
  readonly Id?: string | undefined;
  readonly ReceiptHandle?: string | undefined;
  readonly VisibilityTimeout?: number | undefined;
}

function batch(operation: string, entries: readonly HandleEntry[] | undefined, work: (entry: HandleEntry) => void) {
  const Successful: { Id: string }[] = [];
  const Failed: ReturnType<typeof failedEntry>[] = [];
  for (const entry of checkEntries(operation, entries)) {
    const Id = entry.Id ?? "";
    try {
      work(entry);
      Successful.push({ Id });
    } catch (error) {
      Failed.push(failedEntry(Id, error));
    }
  }
  return { Successful, Failed };
}

export function deleteMessageBatch(input: Input<"sqs", "DeleteMessageBatch">, ctx: Context): Output<"sqs", "DeleteMessageBatch"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    return batch("DeleteMessageBatch", input.Entries, (entry) => remove(ctx, queue, entry.ReceiptHandle));
  });
}

export function changeMessageVisibilityBatch(
  input: Input<"sqs", "ChangeMessageVisibilityBatch">,
  ctx: Context,
): Output<"sqs", "ChangeMessageVisibilityBatch"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    return batch("ChangeMessageVisibilityBatch", input.Entries, (entry) =>
      changeVisibility(ctx, queue, entry.ReceiptHandle, entry.VisibilityTimeout),
    );
  });
}
