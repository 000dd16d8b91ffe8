import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { type Attributes, allowsRedriveFrom, checkAttributes, defaults, READ_ONLY, redrivePolicyOf, SETTABLE } from "./attributes.ts";
import {
  countMessages,
  deleteAllMessages,
  deleteExpired,
  deleteQueueRow,
  insertQueue,
  type QueueRow,
  selectDeleted,
  selectQueue,
  selectQueues,
  updateAttributes,
  updatePurged,
  upsertDeleted,
} from "./store.ts";
import { checkTags } from "./tags.ts";
import { queueArn, wakeAll } from "./wake.ts";

const MINUTE = 60_000;

/** The attributes of a stored queue. */
export function attributesOf(queue: QueueRow): Attributes {
  return JSON.parse(queue.attributes) as Attributes;
}

export function noSuchQueue(): AwsException {
  return new AwsException("QueueDoesNotExist", "The specified queue does not exist.", { status: 400 });
}

/** `http://<host>/<account>/<name>`: the host is the one that the client used. */
export function queueUrl(ctx: Context, queue: Pick<QueueRow, "account" | "name">): string {
  const base = ctx.request === undefined ? ctx.cloud.endpoint : `${ctx.request.protocol}://${ctx.request.host}`;
  return `${base}/${queue.account}/${queue.name}`;
}

/**
 * The queue of a URL, whatever its host; a name alone is taken too, as AWS does.
 * @throws AwsException QueueDoesNotExist
 */
export function findQueue(ctx: Context, url: string | undefined): QueueRow {
  if (url === undefined || url === "") {
    throw new AwsException("MissingParameter", "The request must contain the parameter QueueUrl.", { status: 400 });
  }
  const parts = url.split("?", 1)[0]?.replace(/\/$/, "").split("/") ?? [];
  const name = parts.at(-1) ?? "";
  const account = parts.at(-2) ?? "";
  const scope = /^\d{12}$/.test(account) && account !== ctx.account ? ctx.with({ account }) : ctx;
  const queue = scope.get(selectQueue, { name });
  if (queue === undefined) throw noSuchQueue();
  return queue;
}

export function findByArn(ctx: Context, arn: string): QueueRow | undefined {
  const parsed = parseArn(arn);
  if (parsed?.service !== "sqs") return undefined;
  return ctx.with({ account: parsed.account, region: parsed.region }).get(selectQueue, { name: parsed.resource });
}

export function createQueue(input: Input<"sqs", "CreateQueue">, ctx: Context): Output<"sqs", "CreateQueue"> {
  const name = input.QueueName ?? "";
  const fifo = name.endsWith(".fifo");
  const given = checkAttributes(input.Attributes ?? {}, fifo || input.Attributes?.["FifoQueue"] === "true");
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(fifo ? name.slice(0, -5) : name) || name.length > 80) {
    throw new AwsException(
      "InvalidParameterValue",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
      {
        status: 400,
      },
    );
  }
  if (fifo !== (given["FifoQueue"] === "true")) {
    const reason = fifo
      ? "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
      : "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length";
    throw new AwsException("InvalidParameterValue", reason, { status: 400 });
  }
  const tags = checkTags({}, input.tags ?? {});
  return ctx.tx(() => {
    const existing = ctx.get(selectQueue, { name });
    if (existing !== undefined) return { QueueUrl: queueUrl(ctx, sameQueue(existing, given)) };
    const deleted = ctx.get(selectDeleted, { name })?.deleted;
    if (deleted !== undefined && ctx.now < deleted + MINUTE) {
      throw new AwsException(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
      );
    }
    checkDeadLetterQueue(ctx, given, name);
    const attributes = JSON.stringify(merge(defaults(fifo), given));
    ctx.get(insertQueue, { name, attributes, tags: JSON.stringify(tags), now: ctx.now });
    ctx.claim(name);
    ctx.emit({ source: "aws.sqs", type: "Queue Created", resources: [ctx.arn("sqs", name)], detail: { name } });
    return { QueueUrl: queueUrl(ctx, { account: ctx.account, name }) };
  });
}

function sameQueue(existing: QueueRow, given: Attributes): QueueRow {
  const attributes = attributesOf(existing);
  for (const [name, value] of Object.entries(given)) {
    if ((attributes[name] ?? "") === value) continue;
    throw new AwsException("QueueNameExists", `A queue already exists with the same name and a different value for attribute ${name}`);
  }
  return existing;
}

/** KMS and SQS-managed encryption exclude each other; empty texts take attributes away. */
function merge(attributes: Attributes, given: Attributes): Attributes {
  const merged: Record<string, string> = { ...attributes, ...given };
  if ((given["KmsMasterKeyId"] ?? "") !== "") merged["SqsManagedSseEnabled"] = "false";
  if (given["SqsManagedSseEnabled"] === "true") delete merged["KmsMasterKeyId"];
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
}

function checkDeadLetterQueue(ctx: Context, given: Attributes, name: string): void {
  const policy = given["RedrivePolicy"] === "" ? undefined : redrivePolicyOf(given);
  if (policy === undefined) return;
  const target = findByArn(ctx, policy.deadLetterTargetArn);
  const fail = (reason: string): AwsException =>
    new AwsException("InvalidParameterValue", `Value ${given["RedrivePolicy"]} for parameter RedrivePolicy is invalid. Reason: ${reason}`, {
      status: 400,
    });
  if (target === undefined) throw fail("Dead letter target does not exist.");
  if (target.name.endsWith(".fifo") !== name.endsWith(".fifo")) {
    throw fail("Dead-letter queue must be same type of queue as the source.");
  }
  if (!allowsRedriveFrom(attributesOf(target), ctx.arn("sqs", name))) {
    throw fail("The dead-letter queue's redrive allow policy does not permit this source queue.");
  }
}

export function getQueueUrl(input: Input<"sqs", "GetQueueUrl">, ctx: Context): Output<"sqs", "GetQueueUrl"> {
  const account = input.QueueOwnerAWSAccountId ?? ctx.account;
  const queue = ctx.with({ account }).get(selectQueue, { name: input.QueueName ?? "" });
  if (queue === undefined) throw noSuchQueue();
  return { QueueUrl: queueUrl(ctx, queue) };
}

export function listQueues(input: Input<"sqs", "ListQueues">, ctx: Context): Output<"sqs", "ListQueues"> {
  const limit = input.MaxResults ?? 1_000;
  if (limit < 1 || limit > 1_000) {
    throw new AwsException(
      "InvalidParameterValue",
      `Value ${limit} for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.`,
      {
        status: 400,
      },
    );
  }
  const from = input.QueueNamePrefix ?? "";
  const after = input.NextToken === undefined ? "" : String(decodeToken(input.NextToken)?.[0] ?? "");
  const rows = ctx.all(selectQueues, { from, to: `${from}\uffff`, after, limit: limit + 1 });
  const page = pageOf(rows, limit, (row) => [row.name]);
  const QueueUrls = page.items.map((queue) => queueUrl(ctx, queue));
  // A token is given only to those who asked for pages.
  return { QueueUrls, ...(input.MaxResults === undefined ? {} : { NextToken: page.nextToken }) };
}

export function deleteQueue(input: Input<"sqs", "DeleteQueue">, ctx: Context): Output<"sqs", "DeleteQueue"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    const scope = ctx.with({ account: queue.account });
    scope.run(deleteQueueRow, { id: queue.id });
    scope.run(upsertDeleted, { name: queue.name, now: ctx.now });
    ctx.emit({ source: "aws.sqs", type: "Queue Deleted", resources: [queueArn(queue)], detail: { name: queue.name } });
    ctx.cloud.store.afterCommit(() => wakeAll(ctx.cloud, queue.id));
    return {};
  });
}

export function getQueueAttributes(input: Input<"sqs", "GetQueueAttributes">, ctx: Context): Output<"sqs", "GetQueueAttributes"> {
  const queue = findQueue(ctx, input.QueueUrl);
  const asked: readonly string[] = input.AttributeNames ?? [];
  if (asked.length === 0) return {};
  const known: readonly string[] = [...SETTABLE, ...READ_ONLY, "All"];
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new AwsException("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
  const attributes = attributesOf(queue);
  const retention = Number(attributes["MessageRetentionPeriod"]) * 1_000;
  ctx.run(deleteExpired, { queue: queue.id, before: ctx.now - retention });
  const counts = ctx.get(countMessages, { queue: queue.id, now: ctx.now });
  const all: Record<string, string> = {
    QueueArn: queueArn(queue),
    ApproximateNumberOfMessages: String(counts?.visible ?? 0),
    ApproximateNumberOfMessagesNotVisible: String(counts?.hidden ?? 0),
    ApproximateNumberOfMessagesDelayed: String(counts?.delayed ?? 0),
    CreatedTimestamp: String(Math.floor(queue.created / 1_000)),
    LastModifiedTimestamp: String(Math.floor(queue.modified / 1_000)),
    ...attributes,
  };
  return { Attributes: asked.includes("All") ? all : Object.fromEntries(Object.entries(all).filter(([name]) => asked.includes(name))) };
}

export function setQueueAttributes(input: Input<"sqs", "SetQueueAttributes">, ctx: Context): Output<"sqs", "SetQueueAttributes"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    const given = checkAttributes(input.Attributes ?? {}, queue.name.endsWith(".fifo"));
    checkDeadLetterQueue(ctx.with({ account: queue.account }), given, queue.name);
    const attributes = JSON.stringify(merge(attributesOf(queue), given));
    ctx.run(updateAttributes, { id: queue.id, attributes, now: ctx.now });
    ctx.emit({
      source: "aws.sqs",
      type: "Queue Attributes Changed",
      resources: [queueArn(queue)],
      detail: { attributes: Object.keys(given) },
    });
    return {};
  });
}

export function purgeQueue(input: Input<"sqs", "PurgeQueue">, ctx: Context): Output<"sqs", "PurgeQueue"> {
  return ctx.tx(() => {
    const queue = findQueue(ctx, input.QueueUrl);
    if (ctx.now < queue.purged + MINUTE) {
      throw new AwsException("PurgeQueueInProgress", `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`, {
        status: 403,
      });
    }
    ctx.run(updatePurged, { id: queue.id, now: ctx.now });
    const purged = ctx.run(deleteAllMessages, { queue: queue.id });
    ctx.emit({ source: "aws.sqs", type: "Queue Purged", resources: [queueArn(queue)], detail: { messages: purged } });
    return {};
  });
}
