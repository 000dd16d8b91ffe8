import { createHash } from "node:crypto";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { formatTraceHeader } from "../../aws/tracing.ts";
import { type Attributes, numberOf } from "./attributes.ts";
import { checkEntries, failedEntry } from "./batches.ts";
import { type AttributeValues, attributesMd5, checkAttributeValues, checkCharacters, freeze, md5, sizeOf } from "./content.ts";
import { count } from "./metrics.ts";
import { attributesOf, findQueue } from "./queues.ts";
import { insertFifoMessage, insertMessage, type QueueRow, selectDedup, upsertDedup } from "./store.ts";
import { announce, scheduleWake } from "./wake.ts";

const DEDUPLICATION_MS = 5 * 60_000;

/** What SendMessage and an entry of SendMessageBatch have in common. */
interface Outgoing {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: AttributeValues | undefined;
  readonly MessageSystemAttributes?: AttributeValues | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

interface Sent {
  readonly MessageId: string;
  readonly MD5OfMessageBody: string;
  readonly MD5OfMessageAttributes?: string;
  readonly MD5OfMessageSystemAttributes?: string;
  readonly SequenceNumber?: string;
}

const invalid = (message: string): AwsException => new AwsException("InvalidParameterValue", message, { status: 400 });

/** FIFO sequence numbers have 20 digits and grow without steps of one. */
export function sequenceText(sequence: number): string {
  return String(18_850_000_000_000_000_000n + BigInt(sequence) * 256n);
}

function checkOutgoing(message: Outgoing, settings: Attributes): void {
  const body = message.MessageBody ?? "";
  if (body === "") throw new AwsException("MissingParameter", "The request must contain the parameter MessageBody.", { status: 400 });
  checkCharacters(body);
  const attributes = message.MessageAttributes ?? {};
  checkAttributeValues(attributes);
  const maximum = numberOf(settings, "MaximumMessageSize");
  if (sizeOf(body, attributes) > maximum) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${maximum} bytes.`);
  }
  for (const [name, value] of Object.entries(message.MessageSystemAttributes ?? {})) {
    if (name !== "AWSTraceHeader" || value.DataType !== "String") {
      throw invalid(`Message system attribute name '${name}' is invalid. Only AWSTraceHeader of type String is supported.`);
    }
  }
  const delay = message.DelaySeconds;
  if (delay === undefined) return;
  if (delay < 0 || delay > 900) {
    throw invalid(`Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`);
  }
  if (delay > 0 && settings["FifoQueue"] === "true") {
    throw invalid(
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  }
}

/** The id under which a FIFO queue knows a message again for 5 minutes. */
function deduplicationId(message: Outgoing, settings: Attributes): string {
  const { MessageDeduplicationId: given, MessageGroupId: group } = message;
  if (group === undefined)
    throw new AwsException("MissingParameter", "The request must contain the parameter MessageGroupId.", { status: 400 });
  if (given !== undefined) return given;
  if (settings["ContentBasedDeduplication"] !== "true") {
    throw invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  }
  return createHash("sha256")
    .update(message.MessageBody ?? "")
    .digest("hex");
}

function checkIds(message: Outgoing, fifo: boolean): void {
  for (const name of ["MessageGroupId", "MessageDeduplicationId"] as const) {
    const value = message[name];
    if (value === undefined) continue;
    // Standard queues take a group id since fair queues (July 2025), and no deduplication id.
    if (!fifo && name === "MessageDeduplicationId") {
      throw invalid(
        `Value ${value} for parameter ${name} is invalid. Reason: The request include parameter that is not valid for this queue type.`,
      );
    }
    if (!/^[\x21-\x7e]{1,128}$/.test(value)) {
      throw invalid(
        `Value ${value} for parameter ${name} is invalid. Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      );
    }
  }
}

/** Stores one message, inside a transaction. */
/** SQS keeps a request's tracing header with its messages. https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html */
function traceOf({ trace }: Context): string | null {
  return trace === undefined ? null : formatTraceHeader(trace);
}

function send(ctx: Context, queue: QueueRow, settings: Attributes, message: Outgoing): Sent {
  checkOutgoing(message, settings);
  const fifo = settings["FifoQueue"] === "true";
  checkIds(message, fifo);
  const body = message.MessageBody ?? "";
  const dedup = fifo ? deduplicationId(message, settings) : null;
  const group = message.MessageGroupId ?? null;
  const key = settings["DeduplicationScope"] === "messageGroup" ? `${group}\n${dedup}` : (dedup ?? "");
  const known = fifo ? ctx.get(selectDedup, { queue: queue.id, key, now: ctx.now }) : undefined;
  const digest = md5(body);
  const attributes = message.MessageAttributes;
  const system = message.MessageSystemAttributes;
  const digests = {
    MD5OfMessageBody: digest,
    ...(attributes === undefined || Object.keys(attributes).length === 0 ? {} : { MD5OfMessageAttributes: attributesMd5(attributes) }),
    ...(system === undefined || Object.keys(system).length === 0 ? {} : { MD5OfMessageSystemAttributes: attributesMd5(system) }),
  };
  if (known !== undefined) return { ...digests, MessageId: known.message_id, SequenceNumber: sequenceText(known.sequence) };
  const delay = (message.DelaySeconds ?? numberOf(settings, "DelaySeconds")) * 1_000;
  const id = ctx.cloud.ids.uuid();
  const row = {
    queue: queue.id,
    message_id: id,
    body,
    body_md5: digest,
    attributes: freeze(attributes),
    sender: ctx.principal.userId,
    sent: ctx.now,
    visible_at: ctx.now + delay,
    group_id: group,
    dedup_id: dedup,
    trace: system?.["AWSTraceHeader"]?.StringValue ?? traceOf(ctx),
  };
  let sequence = 0;
  if (fifo) sequence = ctx.get(insertFifoMessage, row)?.id ?? 0;
  else ctx.run(insertMessage, row);
  if (delay === 0) announce(ctx, queue);
  else scheduleWake(ctx, queue, row.visible_at);
  count(ctx, queue, "NumberOfMessagesSent", 1);
  count(ctx, queue, "SentMessageSize", Buffer.byteLength(body));
  if (!fifo) return { ...digests, MessageId: id };
  ctx.run(upsertDedup, { queue: queue.id, key, message_id: id, sequence, until: ctx.now + DEDUPLICATION_MS });
  return { ...digests, MessageId: id, SequenceNumber: sequenceText(sequence) };
}

export function sendMessage(input: Input<"sqs", "SendMessage">, ctx: Context): Output<"sqs", "SendMessage"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    return send(ctx, queue, attributesOf(queue), input as Outgoing);
  });
}

export function sendMessageBatch(input: Input<"sqs", "SendMessageBatch">, ctx: Context): Output<"sqs", "SendMessageBatch"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    const settings = attributesOf(queue);
    const entries = checkEntries("SendMessageBatch", input.Entries);
    const size = entries.reduce((sum, entry) => sum + sizeOf(entry.MessageBody ?? "", (entry as Outgoing).MessageAttributes), 0);
    if (size > 1_048_576) {
      throw new AwsException("BatchRequestTooLong", `Batch requests cannot be longer than 1048576 bytes. You have sent ${size} bytes.`, {
        status: 400,
      });
    }
    const Successful: NonNullable<Output<"sqs", "SendMessageBatch">["Successful"]> = [];
    const Failed: NonNullable<Output<"sqs", "SendMessageBatch">["Failed"]> = [];
    // A queue that was empty is announced once, not once an entry.
    let current = queue;
    for (const entry of entries) {
      const Id = entry.Id ?? "";
      try {
        Successful.push({ Id, ...send(ctx, current, settings, entry as Outgoing) });
        current = { ...current, announced: 1 };
      } catch (error) {
        Failed.push(failedEntry(Id, error));
      }
    }
    return { Successful, Failed };
  });
}
