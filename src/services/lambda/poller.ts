import { randomUUID } from "node:crypto";
import type { Message as SqsMessage } from "@aws-sdk/client-sqs";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Message, MessageOutcome, Subscription } from "../../aws/service.ts";
import { parseTraceHeader } from "../../aws/tracing.ts";
import { execute } from "./execution.ts";
import { matchesFilter } from "./filter.ts";
import { route } from "./invoke.ts";
import { resolve } from "./names.ts";
import type { MappingRecord } from "./records.ts";
import { getPart, listParts } from "./store.ts";

/** Of one receive: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const MOST_RECEIVED = 10;
/** Batches at one time: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const WORKERS = 5;
/** The timeline tells when a queue has something; this is for what it did not tell. */
const WATCH_MS = 5 * 60_000;

/** Asks the poller to look into its queue: after the batching window, if there is one. */
export function wakePoller(ctx: Context, mapping: MappingRecord): void {
  ctx.send("lambda.poll", { uuid: mapping.uuid }, { delay: mapping.window * 1000, lane: `lambda.poll.${mapping.uuid}` });
}

/** Queues say that they have something to be received. */
export const queueReader: Subscription = {
  name: "lambda.event-source-mappings",
  wants: (event) => event.source === "orrery.sqs" && event.type === "Messages Available",
  handle: (ctx, event) => {
    for (const { record } of listParts(ctx, "mapping", "")) {
      if (record.enabled && event.resources.includes(record.sourceArn)) wakePoller(ctx, record);
    }
  },
};

/** Message `lambda.watch {uuid, since}`: looks into the queue now and then, until the mapping is changed or disabled. */
export function watch(ctx: Context, message: Message): MessageOutcome {
  const mapping = getPart(ctx, "mapping", "", String(message.payload["uuid"]));
  if (mapping === undefined || !mapping.enabled || mapping.lastModified !== message.payload["since"]) return undefined;
  wakePoller(ctx, mapping);
  return { again: ctx.now + WATCH_MS };
}

/** Message `lambda.poll {uuid}`: empties the queue into the function, several batches side by side. */
export async function poll(ctx: Context, message: Message): Promise<void> {
  const uuid = String(message.payload["uuid"]);
  const mapping = getPart(ctx, "mapping", "", uuid);
  if (mapping === undefined || !mapping.enabled) return;
  const queue = parseArn(mapping.sourceArn);
  let url: string | undefined;
  try {
    const name = { QueueName: queue?.resource, QueueOwnerAWSAccountId: queue?.account };
    url = (await ctx.call("sqs", "GetQueueUrl", name)).QueueUrl;
  } catch (error) {
    // The queue is gone; the mapping stays, as on AWS, and reads it again when it comes back.
    if (error instanceof AwsException) return;
    throw error;
  }
  const workers = mapping.sourceArn.endsWith(".fifo") ? 1 : Math.min(mapping.maxConcurrency ?? WORKERS, WORKERS);
  await Promise.all(Array.from({ length: workers }, () => work(ctx, uuid, url ?? "")));
}

/** Takes batches until there is none, the mapping changes, or the function has no room. */
async function work(ctx: Context, uuid: string, url: string): Promise<void> {
  for (;;) {
    const mapping = getPart(ctx, "mapping", "", uuid);
    if (mapping === undefined || !mapping.enabled || ctx.cloud.lifecycle.stopping) return;
    const batch = await receive(ctx, mapping, url);
    if (batch.length === 0) return;
    const { matching, others } = split(mapping, batch);
    await remove(ctx, url, others);
    if (matching.length > 0 && !(await deliver(ctx, mapping, url, matching))) return;
  }
}

async function receive(ctx: Context, mapping: MappingRecord, url: string): Promise<SqsMessage[]> {
  const batch: SqsMessage[] = [];
  while (batch.length < mapping.batchSize) {
    const { Messages = [] } = await ctx.call("sqs", "ReceiveMessage", {
      QueueUrl: url,
      MaxNumberOfMessages: Math.min(MOST_RECEIVED, mapping.batchSize - batch.length),
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    batch.push(...Messages);
    if (Messages.length === 0) break;
    // Without a window there is no waiting for a full batch.
    if (mapping.window === 0) break;
  }
  return batch;
}

function split(mapping: MappingRecord, batch: readonly SqsMessage[]): { readonly matching: SqsMessage[]; readonly others: SqsMessage[] } {
  if (mapping.filters.length === 0) return { matching: [...batch], others: [] };
  const patterns = mapping.filters.map((text) => JSON.parse(text) as Record<string, unknown>);
  const fits = (message: SqsMessage): boolean => {
    const record = { ...recordOf(mapping, message) };
    return patterns.some((pattern) => {
      const isText = Array.isArray(pattern["body"]);
      return matchesFilter(pattern, isText ? record : { ...record, body: parsed(message.Body) });
    });
  };
  return { matching: batch.filter(fits), others: batch.filter((message) => !fits(message)) };
}

function parsed(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? "") as unknown;
  } catch {
    return body;
  }
}

/** False when the function had no room: the messages come back when their visibility time-out ends. */
async function deliver(ctx: Context, mapping: MappingRecord, url: string, batch: readonly SqsMessage[]): Promise<boolean> {
  const { functionName: name, qualifier } = mapping;
  const payload = Buffer.from(JSON.stringify({ Records: batch.map((message) => recordOf(mapping, message)) }));
  try {
    const record = route(ctx, resolve(ctx, { name, qualifier }));
    const links = batch.map(({ Attributes }) => parseTraceHeader(Attributes?.["AWSTraceHeader"])).filter((link) => link !== undefined);
    const { outcome } = await execute(ctx, { record, qualifier, payload, requestId: randomUUID(), links });
    if (outcome.status === "success") await remove(ctx, url, succeeded(mapping, batch, outcome.payload));
    return true;
  } catch (error) {
    if (error instanceof AwsException) return false;
    throw error;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting */
export function succeeded(mapping: Pick<MappingRecord, "partial">, batch: readonly SqsMessage[], answer: Buffer): SqsMessage[] {
  if (!mapping.partial) return [...batch];
  const document = parsed(answer.toString("utf8")) as { batchItemFailures?: { itemIdentifier?: unknown }[] | null } | null;
  const failures = document?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return [];
  const failed = new Set<unknown>(failures.map((failure) => failure?.itemIdentifier));
  const known = new Set<unknown>(batch.map((message) => message.MessageId));
  // An identifier that is empty or nobody's makes the whole batch a failure.
  if ([...failed].some((id) => !known.has(id))) return [];
  return batch.filter((message) => !failed.has(message.MessageId));
}

async function remove(ctx: Context, url: string, messages: readonly SqsMessage[]): Promise<void> {
  for (let at = 0; at < messages.length; at += MOST_RECEIVED) {
    const Entries = messages.slice(at, at + MOST_RECEIVED).map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await ctx.call("sqs", "DeleteMessageBatch", { QueueUrl: url, Entries });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function recordOf(mapping: MappingRecord, message: SqsMessage): Record<string, unknown> {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
    name,
    {
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue === undefined ? {} : { binaryValue: Buffer.from(value.BinaryValue).toString("base64") }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes) as Record<string, unknown>,
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: mapping.sourceArn,
    awsRegion: parseArn(mapping.sourceArn)?.region,
  };
}
