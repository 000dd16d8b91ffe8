import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { invalidParameter, matches, parsePolicy } from "./filter.ts";
import { count } from "./metrics.ts";
import { insertDelivery, insertMessage, type SubscriptionRow, selectOfTopic, type TopicRow } from "./store.ts";
import { attributesOf, findTopic } from "./topics.ts";

const MAX_BYTES = 262_144;

/** A message attribute, blobs in base64. */
export interface StoredAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly base64?: string;
}

/** What was published, as it is kept until all deliveries are done. */
export interface Content {
  readonly message: string;
  readonly subject?: string;
  readonly attributes: Readonly<Record<string, StoredAttribute>>;
  /** The message by protocol, for `MessageStructure: json`. */
  readonly byProtocol?: Readonly<Record<string, string>>;
}

type Entry = Pick<
  Input<"sns", "Publish">,
  "Message" | "Subject" | "MessageStructure" | "MessageAttributes" | "MessageDeduplicationId" | "MessageGroupId"
>;

function contentOf(entry: Entry): Content {
  const message = entry.Message ?? "";
  if (message === "") throw invalidParameter("Empty message");
  const attributes = Object.fromEntries(
    Object.entries(entry.MessageAttributes ?? {}).map(([name, value]): [string, StoredAttribute] => [name, storedAttribute(name, value)]),
  );
  const size = Buffer.byteLength(message) + Buffer.byteLength(JSON.stringify(entry.MessageAttributes ?? {}));
  if (size > MAX_BYTES) throw invalidParameter("Message too long");
  const subject = entry.Subject;
  if (subject !== undefined && (subject.length > 100 || /\p{Cc}/u.test(subject) || subject === "")) throw invalidParameter("Subject");
  if (entry.MessageDeduplicationId !== undefined) {
    throw invalidParameter(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    );
  }
  if (entry.MessageGroupId !== undefined) throw notImplemented("sns", "Publish", "MessageGroupId");
  const common = { message, attributes, ...(subject === undefined ? {} : { subject }) };
  return entry.MessageStructure === "json" ? { ...common, byProtocol: parseStructure(message) } : common;
}

function storedAttribute(name: string, value: NonNullable<Entry["MessageAttributes"]>[string] | undefined): StoredAttribute {
  const type = value?.DataType ?? "";
  if (!/^(String|Number|Binary)(\.|$)/.test(type)) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if (value?.BinaryValue !== undefined) return { DataType: type, base64: Buffer.from(value.BinaryValue).toString("base64") };
  if ((value?.StringValue ?? "") === "") {
    throw invalidParameter(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  return { DataType: type, StringValue: value?.StringValue ?? "" };
}

function parseStructure(message: string): Readonly<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  const texts = parsed as Readonly<Record<string, unknown>>;
  if (typeof texts["default"] !== "string") throw invalidParameter("Message Structure - No default entry in JSON message body");
  return Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function wants(row: SubscriptionRow, content: Content): boolean {
  const { FilterPolicy: policy, FilterPolicyScope: scope = "MessageAttributes" } = attributesOf(row);
  return policy === undefined || matches(parsePolicy(policy, scope), scope, { body: content.message, attributes: content.attributes });
}

/** Stores a message and one delivery for each subscription that wants it, inside a transaction. */
function publishTo(ctx: Context, topic: TopicRow, entry: Entry): string {
  const content = contentOf(entry);
  const id = ctx.cloud.ids.uuid();
  const confirmed = ctx.all(selectOfTopic, { topic: topic.arn, after: "" }).filter(({ token }) => token === null);
  const wanting = confirmed.filter((row) => wants(row, content));
  const filtered = confirmed.length - wanting.length;
  count(ctx, topic.arn, {
    NumberOfMessagesPublished: 1,
    PublishSize: Buffer.byteLength(content.message),
    ...(filtered === 0 ? {} : { NumberOfNotificationsFilteredOut: filtered }),
  });
  if (wanting.length === 0) return id;
  ctx.run(insertMessage, { id, topic: topic.arn, content: JSON.stringify(content), now: ctx.now });
  for (const { arn } of wanting) {
    ctx.run(insertDelivery, { message: id, subscription: arn });
    ctx.send("sns.deliver", { message: id, subscription: arn });
  }
  return id;
}

export function publish(input: Input<"sns", "Publish">, ctx: Context): Output<"sns", "Publish"> {
  if (input.PhoneNumber !== undefined) throw notImplemented("sns", "Publish", "PhoneNumber");
  const arn = input.TopicArn ?? input.TargetArn;
  if (arn === undefined) throw invalidParameter("TopicArn or TargetArn Reason: no value for required parameter");
  return ctx.tx(() => ({ MessageId: publishTo(ctx, findTopic(ctx, arn), input) }));
}

export function publishBatch(input: Input<"sns", "PublishBatch">, ctx: Context): Output<"sns", "PublishBatch"> {
  const entries = input.PublishBatchRequestEntries ?? [];
  const fail = (code: string, message: string): AwsException => new AwsException(code, message, { status: 400 });
  if (entries.length === 0) throw fail("EmptyBatchRequestException", "The batch request doesn't contain any entries.");
  if (entries.length > 10) throw fail("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw fail("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");
  }
  if (entries.some(({ Id = "" }) => !/^[A-Za-z0-9_-]{1,80}$/.test(Id))) {
    throw fail("InvalidBatchEntryIdException", "The Id of a batch entry in a batch request doesn't abide by the specification.");
  }
  return ctx.tx(() => {
    const topic = findTopic(ctx, input.TopicArn);
    const Successful: { Id: string; MessageId: string }[] = [];
    const Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
    for (const entry of entries) {
      const Id = entry.Id ?? "";
      try {
        Successful.push({ Id, MessageId: publishTo(ctx, topic, entry) });
      } catch (error) {
        if (!(error instanceof AwsException)) throw error;
        Failed.push({ Id, Code: error.code.replace(/Exception$/, ""), Message: error.message, SenderFault: true });
      }
    }
    return { Successful, Failed };
  });
}
