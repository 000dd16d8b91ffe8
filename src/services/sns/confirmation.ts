import type { Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { leaveMail, post, RETRY_MS, signature, subscribeUrl } from "./delivery.ts";
import { type SubscriptionRow, selectCancelled, selectSubscription } from "./store.ts";

/** How long an endpoint that does not answer is asked again. */
const PATIENCE_MS = 60_000;

interface Letter {
  readonly type: "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  readonly text: string;
  readonly subject: string;
  /** Virtual ms. */
  readonly time: number;
}

/** https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html; true when it need not be sent again. */
async function tell(ctx: Context, row: SubscriptionRow, { type, text, subject, time }: Letter): Promise<boolean> {
  const id = ctx.cloud.ids.uuid();
  const body = JSON.stringify({
    Type: type,
    MessageId: id,
    Token: row.token,
    TopicArn: row.topic,
    Message: text,
    SubscribeURL: subscribeUrl(ctx, row),
    Timestamp: new Date(time).toISOString(),
    ...signature(ctx),
  });
  if (row.protocol.startsWith("http")) return (await post(row, { type, id, body, raw: false })) === undefined;
  const link = subscribeUrl(ctx, row);
  leaveMail(ctx, row, { subject, link, body: row.protocol === "email" ? readable(text, link) : body });
  return true;
}

/** What a person reads in place of the document that programs get. */
function readable(text: string, link: string): string {
  const [first = ""] = text.split("\n");
  return `${first}\n\nTo confirm this subscription, click or visit the link below (If this was in error no action is necessary):\n${link}\n`;
}

/** Asks an endpoint to confirm its subscription. */
export const onConfirm: MessageHandler = async (ctx, message) => {
  const row = ctx.get(selectSubscription, { arn: String(message.payload["subscription"]) });
  if (row === undefined || row.token === null) return undefined;
  const text = `You have chosen to subscribe to the topic ${row.topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`;
  const subject = "AWS Notification - Subscription Confirmation";
  const told = await tell(ctx, row, { type: "SubscriptionConfirmation", text, subject, time: message.due });
  return told || ctx.now >= message.due + PATIENCE_MS ? undefined : { again: ctx.now + RETRY_MS };
};

/** Tells an endpoint that it has been unsubscribed, and how to come back. */
export const onCancelled: MessageHandler = async (ctx, message) => {
  const row = ctx.get(selectCancelled, { arn: String(message.payload["subscription"]) });
  if (row === undefined) return;
  const text = `You have chosen to deactivate subscription ${row.arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
  const subject = "AWS Notification - Unsubscribe Confirmation";
  await tell(ctx, row, { type: "UnsubscribeConfirmation", text, subject, time: message.due });
};
