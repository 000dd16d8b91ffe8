import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { count } from "./metrics.ts";
import type { Content, StoredAttribute } from "./publishing.ts";
import {
  countAttempt,
  deleteDelivered,
  deleteDelivery,
  insertMail,
  type SubscriptionRow,
  selectDelivery,
  selectMessage,
  selectSubscription,
} from "./store.ts";
import { attributesOf } from "./topics.ts";

/** HTTP endpoints are tried 4 times, 20 s apart: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
const HTTP_RETRIES = 3;
/** AWS tries its own endpoints 100,015 times over 23 days; here the pre-backoff phases of that, then the last one every 20 s. */
const AWS_RETRIES = 100_015;
export const RETRY_MS = 20_000;
const HTTP_TIMEOUT_MS = 15_000;

/** Of requests that carry no signature, as they say by their version which service they mean. */
const VERSION = "Version=2010-03-31";

interface Notice {
  readonly id: string;
  readonly topic: string;
  readonly time: number;
  readonly content: Content;
}

/** What went wrong, and whether trying again may help. */
interface Failure {
  readonly reason: string;
  readonly permanent: boolean;
}

function textFor(content: Content, protocol: string): string {
  return content.byProtocol?.[protocol] ?? content.byProtocol?.["default"] ?? content.message;
}

function shownAttributes(attributes: Content["attributes"]): Record<string, { Type: string; Value: string }> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, base64 }]) => [
      name,
      { Type: DataType, Value: StringValue ?? base64 ?? "" },
    ]),
  );
}

/** Nothing here can sign for AWS: the fields are there, and say so. */
export function signature(ctx: Context): Record<string, string> {
  return {
    SignatureVersion: "1",
    Signature: Buffer.from("not signed: Orrery holds no key of AWS").toString("base64"),
    SigningCertURL: `${ctx.cloud.endpoint}/_orrery/sns-does-not-sign.pem`,
  };
}

/** Where a token is given back. */
export function subscribeUrl(ctx: Context, row: SubscriptionRow): string {
  return `${ctx.cloud.endpoint}/?Action=ConfirmSubscription&TopicArn=${row.topic}&Token=${row.token}&${VERSION}`;
}

function unsubscribeUrl(ctx: Context, row: SubscriptionRow): string {
  return `${ctx.cloud.endpoint}/?Action=Unsubscribe&SubscriptionArn=${row.arn}&${VERSION}`;
}

/** As people get it: the bare message, and how to get no more. https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html */
function mailOf(ctx: Context, notice: Notice, row: SubscriptionRow): Mail {
  const text = textFor(notice.content, row.protocol);
  const link = unsubscribeUrl(ctx, row);
  const footer = `\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n${link}\n`;
  const body = row.protocol === "email" ? `${text}${footer}` : JSON.stringify(envelope(ctx, notice, row));
  return { subject: notice.content.subject ?? "AWS Notification Message", body, link };
}

function envelope(ctx: Context, notice: Notice, row: SubscriptionRow): Record<string, unknown> {
  const { content } = notice;
  return {
    Type: "Notification",
    MessageId: notice.id,
    TopicArn: notice.topic,
    ...(content.subject === undefined ? {} : { Subject: content.subject }),
    Message: textFor(content, row.protocol),
    Timestamp: new Date(notice.time).toISOString(),
    ...signature(ctx),
    UnsubscribeURL: unsubscribeUrl(ctx, row),
    ...(Object.keys(content.attributes).length === 0 ? {} : { MessageAttributes: shownAttributes(content.attributes) }),
  };
}

const isRaw = (row: SubscriptionRow): boolean => attributesOf(row)["RawMessageDelivery"]?.toLowerCase() === "true";

function toSqsAttribute({ DataType, StringValue, base64 }: StoredAttribute) {
  return base64 === undefined ? { DataType, StringValue } : { DataType, BinaryValue: Buffer.from(base64, "base64") };
}

/** Where an endpoint's service acts, for SNS. */
function placeOf(ctx: Context, endpoint: string): Context {
  const arn = parseArn(endpoint);
  const principal = servicePrincipal(ctx.account, "sns.amazonaws.com");
  return ctx.with({ account: arn?.account ?? ctx.account, region: arn?.region ?? ctx.region, principal });
}

/**
 * The endpoint's own policy must let SNS in, in its own account too.
 * https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
 */
function requirePermission(ctx: Context, topic: string, asked: { action: string; resource: string; policy: string | undefined }): void {
  const { action, resource, policy } = asked;
  const conditions = { "aws:SourceArn": [topic], "aws:SourceAccount": [parseArn(topic)?.account ?? ""] };
  const request = { principal: ctx.principal, action, resource, conditions };
  if (policy !== undefined && policy !== "" && ctx.cloud.identity.judge(policy, request) === "allow") return;
  throw new AwsException("AccessDenied", `the policy of ${resource} does not let sns.amazonaws.com in for ${action}`, { status: 403 });
}

async function toQueue(ctx: Context, row: SubscriptionRow, queueArn: string, message: QueueMessage): Promise<void> {
  const scope = placeOf(ctx, queueArn);
  const QueueUrl = `${ctx.cloud.endpoint}/${scope.account}/${parseArn(queueArn)?.resource}`;
  const { Attributes } = await scope.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["Policy"] });
  requirePermission(scope, row.topic, { action: "sqs:SendMessage", resource: queueArn, policy: Attributes?.["Policy"] });
  const attributes = Object.entries(message.attributes).map(([name, value]) => [name, toSqsAttribute(value)]);
  await scope.call("sqs", "SendMessage", {
    QueueUrl,
    MessageBody: message.body,
    ...(attributes.length === 0 ? {} : { MessageAttributes: Object.fromEntries(attributes) }),
  });
}

interface QueueMessage {
  readonly body: string;
  readonly attributes: Content["attributes"];
}

/** As a queue gets it: the bare message with its attributes, or an envelope that has them inside. */
function queueMessage(ctx: Context, notice: Notice, row: SubscriptionRow): QueueMessage {
  return isRaw(row)
    ? { body: textFor(notice.content, row.protocol), attributes: notice.content.attributes }
    : { body: JSON.stringify(envelope(ctx, notice, row)), attributes: {} };
}

async function toFunction(ctx: Context, notice: Notice, row: SubscriptionRow): Promise<void> {
  const { SigningCertURL, UnsubscribeURL, ...fields } = envelope(ctx, notice, row);
  const Sns = { Subject: null, MessageAttributes: {}, ...fields, SigningCertUrl: SigningCertURL, UnsubscribeUrl: UnsubscribeURL };
  const event = { Records: [{ EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: row.arn, Sns }] };
  const scope = placeOf(ctx, row.endpoint);
  const { Policy } = await scope.call("lambda", "GetPolicy", { FunctionName: row.endpoint });
  requirePermission(scope, row.topic, { action: "lambda:InvokeFunction", resource: row.endpoint, policy: Policy });
  await scope.call("lambda", "Invoke", {
    FunctionName: row.endpoint,
    InvocationType: "Event",
    Payload: Buffer.from(JSON.stringify(event)),
  });
}

export interface Post {
  readonly type: string;
  readonly id: string;
  readonly body: string;
  readonly raw: boolean;
}

/** Posts to an HTTP endpoint; the failure, if there was one. */
export async function post(row: SubscriptionRow, { type, id, body, raw }: Post): Promise<Failure | undefined> {
  try {
    const response = await fetch(row.endpoint, {
      method: "POST",
      headers: {
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": type,
        "x-amz-sns-message-id": id,
        "x-amz-sns-topic-arn": row.topic,
        ...(type === "SubscriptionConfirmation" ? {} : { "x-amz-sns-subscription-arn": row.arn }),
        ...(raw ? { "x-amz-sns-rawdelivery": "true" } : {}),
      },
      body,
      signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
    });
    if (response.ok) return undefined;
    return {
      reason: `the endpoint answered ${response.status}`,
      permanent: response.status >= 400 && response.status < 500 && response.status !== 429,
    };
  } catch (error) {
    return { reason: String(error), permanent: false };
  }
}

export interface Mail {
  readonly subject: string;
  readonly body: string;
  /** What its reader would click on: to confirm, or to unsubscribe. */
  readonly link: string;
}

/** Mail is not sent: it lies in the outbox, and the timeline tells of it. */
export function leaveMail(ctx: Context, row: SubscriptionRow, { subject, body, link }: Mail): void {
  ctx.tx(() => {
    ctx.run(insertMail, { protocol: row.protocol, recipient: row.endpoint, subject, body, now: ctx.now });
    const detail = { to: row.endpoint, subject, body, link };
    ctx.emit({ source: "orrery.sns", type: "Mail Left In Outbox", resources: [row.arn, row.topic], detail });
  });
}

async function attempt(ctx: Context, notice: Notice, row: SubscriptionRow): Promise<Failure | undefined> {
  const raw = isRaw(row);
  const text = textFor(notice.content, row.protocol);
  const body = raw ? text : JSON.stringify(envelope(ctx, notice, row));
  try {
    if (row.protocol === "sqs") await toQueue(ctx, row, row.endpoint, queueMessage(ctx, notice, row));
    else if (row.protocol === "lambda") await toFunction(ctx, notice, row);
    else if (row.protocol.startsWith("http")) return await post(row, { type: "Notification", id: notice.id, body, raw });
    else leaveMail(ctx, row, mailOf(ctx, notice, row));
    return undefined;
  } catch (error) {
    // What the endpoint's service refuses will be refused again.
    return { reason: String(error), permanent: error instanceof AwsException && (error.status ?? 400) < 500 };
  }
}

/** Brings one message to one subscription. */
export const onDeliver: MessageHandler = async (ctx, message) => {
  const key = { message: String(message.payload["message"]), subscription: String(message.payload["subscription"]) };
  const delivery = ctx.get(selectDelivery, key);
  const stored = ctx.get(selectMessage, { id: key.message });
  const row = ctx.get(selectSubscription, { arn: key.subscription });
  if (delivery === undefined || stored === undefined) return undefined;
  if (row === undefined) return finish(ctx, key);
  const notice = { id: key.message, topic: stored.topic, time: stored.time, content: JSON.parse(stored.content) as Content };
  const failure = await attempt(ctx, notice, row);
  if (failure === undefined) {
    count(ctx, row.topic, { NumberOfNotificationsDelivered: 1 });
    return finish(ctx, key);
  }
  const retries = row.protocol.startsWith("http") ? HTTP_RETRIES : AWS_RETRIES;
  if (!failure.permanent && delivery.attempts < retries) {
    ctx.run(countAttempt, key);
    const delay = row.protocol.startsWith("http") || delivery.attempts >= 15 ? RETRY_MS : delivery.attempts < 3 ? 0 : 1_000;
    return { again: ctx.now + delay };
  }
  const target = (JSON.parse(attributesOf(row)["RedrivePolicy"] ?? "{}") as { readonly deadLetterTargetArn?: string }).deadLetterTargetArn;
  const lost = target === undefined ? "none" : await bury(ctx, notice, row, target);
  count(ctx, row.topic, { NumberOfNotificationsFailed: 1 });
  if (target !== undefined) {
    count(
      ctx,
      row.topic,
      lost === undefined ? { NumberOfNotificationsRedrivenToDlq: 1 } : { NumberOfNotificationsFailedToRedriveToDlq: 1 },
    );
  }
  ctx.emit({
    source: "aws.sns",
    type: "Delivery Failed",
    resources: [row.arn, row.topic],
    detail: { messageId: notice.id, deadLetterQueue: target, ...(lost === undefined ? {} : { lost }) },
    rule: failure.reason,
  });
  return finish(ctx, key);
};

/** Puts a message into the dead-letter queue; answers why it could not. */
async function bury(ctx: Context, notice: Notice, row: SubscriptionRow, queueArn: string): Promise<string | undefined> {
  try {
    await toQueue(ctx, row, queueArn, queueMessage(ctx, notice, row));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function finish(ctx: Context, key: { readonly message: string; readonly subscription: string }): undefined {
  ctx.tx(() => {
    ctx.run(deleteDelivery, key);
    ctx.run(deleteDelivered, { message: key.message });
  });
}
