import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import { invalidParameter, parsePolicy } from "./filter.ts";
import {
  cancel,
  confirm,
  deleteCancelled,
  deleteSubscription,
  insertSubscription,
  type SubscriptionRow,
  selectByToken,
  selectOfTopic,
  selectSame,
  selectSubscription,
  selectSubscriptions,
  updateSubscription,
} from "./store.ts";
import { attributesOf, findTopic } from "./topics.ts";

type Attributes = Readonly<Record<string, string>>;
const SETTABLE = ["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"];
const PAGE = 100;

function checkEndpoint(protocol: string, endpoint: string): void {
  const service = parseArn(endpoint)?.service;
  if (protocol === "sqs" || protocol === "lambda") {
    if (service !== protocol) throw invalidParameter(`${protocol.toUpperCase()} endpoint ARN`);
    if (protocol === "sqs" && endpoint.endsWith(".fifo")) {
      throw invalidParameter("Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
    }
  } else if (protocol === "http" || protocol === "https") {
    if (!endpoint.startsWith(`${protocol}://`)) throw invalidParameter("Endpoint must match the specified protocol");
  } else if (protocol === "email" || protocol === "email-json") {
    if (!/^[^@\s]+@[^@\s]+$/.test(endpoint)) throw invalidParameter("Email address");
  } else if (["sms", "application", "firehose"].includes(protocol)) throw notImplemented("sns", "Subscribe", `protocol ${protocol}`);
  else throw invalidParameter(`Does not support this protocol string: ${protocol}`);
}

function checkAttributes(operation: string, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!SETTABLE.includes(name)) {
      if (["DeliveryPolicy", "SubscriptionRoleArn", "ReplayPolicy"].includes(name)) throw notImplemented("sns", operation, name);
      throw invalidParameter("AttributeName");
    }
    if (name === "RawMessageDelivery" && !/^(true|false)$/i.test(value))
      throw invalidParameter(`RawMessageDelivery: Invalid value [${value}]`);
    if (name === "FilterPolicyScope" && !["MessageAttributes", "MessageBody"].includes(value))
      throw invalidParameter("FilterPolicyScope: Invalid value");
  }
  const policy = attributes["FilterPolicy"];
  if (policy !== undefined && policy !== "") parsePolicy(policy, attributes["FilterPolicyScope"] ?? "MessageAttributes");
}

export function subscribe(input: Input<"sns", "Subscribe">, ctx: Context): Output<"sns", "Subscribe"> {
  const { Protocol: protocol = "", Endpoint: endpoint = "" } = input;
  checkEndpoint(protocol, endpoint);
  const given = (input.Attributes ?? {}) as Attributes;
  checkAttributes("Subscribe", given);
  return ctx.tx(() => {
    const topic = findTopic(ctx, input.TopicArn);
    const existing = ctx.get(selectSame, { topic: topic.arn, protocol, endpoint });
    if (existing !== undefined) {
      const has = attributesOf(existing);
      if (Object.entries(given).some(([name, value]) => has[name] !== value)) {
        throw invalidParameter("Attributes Reason: Subscription already exists with different attributes");
      }
      return { SubscriptionArn: shownArn(existing, input.ReturnSubscriptionArn) };
    }
    const arn = `${topic.arn}:${ctx.cloud.ids.uuid()}`;
    const waits = !["sqs", "lambda"].includes(protocol);
    const token = waits ? ctx.cloud.ids.hex(128) : null;
    const row = { arn, topic: topic.arn, protocol, endpoint, attributes: JSON.stringify(given), token, now: ctx.now };
    ctx.run(deleteCancelled, { topic: topic.arn, protocol, endpoint });
    ctx.run(insertSubscription, row);
    ctx.claim(arn);
    if (waits) ctx.send("sns.confirm", { subscription: arn });
    ctx.emit({ source: "aws.sns", type: "Subscription Created", resources: [arn, topic.arn], detail: { protocol, endpoint } });
    return { SubscriptionArn: shownArn({ arn, token }, input.ReturnSubscriptionArn) };
  });
}

function shownArn(row: Pick<SubscriptionRow, "arn" | "token">, always: boolean | undefined): string {
  return row.token === null || always === true ? row.arn : "pending confirmation";
}

const isSigned = (ctx: Context): boolean => ctx.principal.type !== "anonymous";
const refused = (message: string): AwsException => new AwsException("AuthorizationErrorException", message, { status: 403 });

/** The token is proof enough, without a signature too: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html */
export function confirmSubscription(input: Input<"sns", "ConfirmSubscription">, ctx: Context): Output<"sns", "ConfirmSubscription"> {
  const ownerOnly = input.AuthenticateOnUnsubscribe === "true";
  if (ownerOnly && !isSigned(ctx)) throw refused("AuthenticateOnUnsubscribe needs a request that is signed");
  return ctx.tx(() => {
    const topic = findTopic(ctx, input.TopicArn);
    const row = ctx.get(selectByToken, { topic: topic.arn, token: input.Token ?? "" });
    if (row === undefined) throw invalidParameter("Token");
    ctx.run(confirm, { arn: row.arn, authenticated: isSigned(ctx) ? 1 : 0, owner_only: ownerOnly ? 1 : 0 });
    inTopicsPlace(ctx, row.arn).emit({
      source: "aws.sns",
      type: "Subscription Confirmed",
      resources: [row.arn, topic.arn],
      detail: { endpoint: row.endpoint },
    });
    return { SubscriptionArn: row.arn };
  });
}

/** Requests without a signature have no account or region of their own. */
function inTopicsPlace(ctx: Context, arn: string): Context {
  const parsed = parseArn(arn);
  return parsed === undefined ? ctx : ctx.with({ account: parsed.account, region: parsed.region });
}

function findSubscription(ctx: Context, arn: string | undefined): SubscriptionRow {
  const row = ctx.get(selectSubscription, { arn: arn ?? "" });
  if (row === undefined) throw new AwsException("NotFoundException", "Subscription does not exist");
  return row;
}

/** An endpoint that takes its leave without a signature is told, and may come back: https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html */
export function unsubscribe(input: Input<"sns", "Unsubscribe">, ctx: Context): Output<"sns", "Unsubscribe"> {
  const arn = input.SubscriptionArn ?? "";
  if (parseArn(arn)?.service !== "sns") throw invalidParameter("SubscriptionArn");
  ctx.tx(() => {
    const row = ctx.get(selectSubscription, { arn });
    if (row === undefined) return;
    const place = inTopicsPlace(ctx, arn);
    if (isSigned(ctx)) ctx.run(deleteSubscription, { arn });
    else if (row.owner_only !== 0)
      throw refused("The subscription can only be deleted by its owner or the topic's owner, with a signature");
    else if (row.token !== null) throw invalidParameter("SubscriptionArn");
    else {
      ctx.run(cancel, { arn, token: ctx.cloud.ids.hex(128) });
      place.send("sns.cancelled", { subscription: arn });
    }
    place.emit({ source: "aws.sns", type: "Subscription Deleted", resources: [arn, row.topic], detail: {} });
  });
  return {};
}

export function getSubscriptionAttributes(
  input: Input<"sns", "GetSubscriptionAttributes">,
  ctx: Context,
): Output<"sns", "GetSubscriptionAttributes"> {
  const row = findSubscription(ctx, input.SubscriptionArn);
  const attributes = attributesOf(row);
  return {
    Attributes: {
      SubscriptionArn: row.arn,
      TopicArn: row.topic,
      Owner: row.account,
      Protocol: row.protocol,
      Endpoint: row.endpoint,
      PendingConfirmation: String(row.token !== null),
      ConfirmationWasAuthenticated: String(row.authenticated !== 0),
      RawMessageDelivery: "false",
      SubscriptionPrincipal: `arn:aws:iam::${row.account}:root`,
      ...(attributes["FilterPolicy"] === undefined ? {} : { FilterPolicyScope: "MessageAttributes" }),
      ...attributes,
    },
  };
}

export function setSubscriptionAttributes(
  input: Input<"sns", "SetSubscriptionAttributes">,
  ctx: Context,
): Output<"sns", "SetSubscriptionAttributes"> {
  return ctx.tx(() => {
    const row = findSubscription(ctx, input.SubscriptionArn);
    const { AttributeName: name = "", AttributeValue: value = "" } = input;
    const { [name]: _, ...others } = attributesOf(row);
    const attributes = value === "" || value === "{}" ? others : { ...others, [name]: value };
    checkAttributes("SetSubscriptionAttributes", { ...attributes, ...(value === "" && !SETTABLE.includes(name) ? { [name]: value } : {}) });
    ctx.run(updateSubscription, { arn: row.arn, attributes: JSON.stringify(attributes) });
    return {};
  });
}

function toSubscription(row: SubscriptionRow) {
  return {
    SubscriptionArn: row.token === null ? row.arn : "PendingConfirmation",
    Owner: row.account,
    Protocol: row.protocol,
    Endpoint: row.endpoint,
    TopicArn: row.topic,
  };
}

const afterOf = (token: string | undefined): string => (token === undefined ? "" : String(decodeToken(token)?.[0] ?? ""));

export function listSubscriptions(input: Input<"sns", "ListSubscriptions">, ctx: Context): Output<"sns", "ListSubscriptions"> {
  const rows = ctx.all(selectSubscriptions, { after: afterOf(input.NextToken), limit: PAGE + 1 });
  const page = pageOf(rows, PAGE, ({ arn }) => [arn]);
  return { Subscriptions: page.items.map(toSubscription), NextToken: page.nextToken };
}

export function listSubscriptionsByTopic(
  input: Input<"sns", "ListSubscriptionsByTopic">,
  ctx: Context,
): Output<"sns", "ListSubscriptionsByTopic"> {
  const topic = findTopic(ctx, input.TopicArn);
  const page = pageOf(ctx.all(selectOfTopic, { topic: topic.arn, after: afterOf(input.NextToken) }), PAGE, ({ arn }) => [arn]);
  return { Subscriptions: page.items.map(toSubscription), NextToken: page.nextToken };
}
