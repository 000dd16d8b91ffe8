import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import type { Message } from "../../aws/service.ts";

/** `s3.notify {arn, body}`: hands an event record to a function, queue or topic. Retried by the scheduler. */
export async function onNotify(ctx: Context, message: Message): Promise<void> {
  const arn = String(message.payload["arn"]);
  const text = JSON.stringify(message.payload["body"]);
  const target = parseArn(arn);
  if (target === undefined) return;
  const there = ctx.with({ account: target.account, region: target.region });
  if (target.service === "lambda") {
    await there.call("lambda", "Invoke", { FunctionName: arn, InvocationType: "Event", Payload: Buffer.from(text) });
  } else if (target.service === "sqs") {
    const { QueueUrl } = await there.call("sqs", "GetQueueUrl", { QueueName: target.resource });
    await there.call("sqs", "SendMessage", { QueueUrl, MessageBody: text });
  } else {
    await there.call("sns", "Publish", { TopicArn: arn, Subject: "Amazon S3 Notification", Message: text });
  }
}
