import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { ExecutionResult } from "./execution.ts";
import { functionArn, type Resolved } from "./names.ts";
import type { AsyncEvent, EventConfig } from "./records.ts";

/** How an asynchronous invocation ended. */
export interface EventResult {
  readonly event: AsyncEvent;
  readonly payload: Buffer;
  readonly target: Resolved;
  readonly config: EventConfig | undefined;
  readonly condition: "Success" | "RetriesExhausted" | "EventAgeExceeded";
  /** The last attempt, if there was one. */
  readonly execution?: ExecutionResult;
}

const DEAD_LETTER_TEXT_BYTES = 1_024;

/** Sends the record of a result to its destination, and the event to the dead-letter queue when it failed. */
export async function deliverResult(ctx: Context, result: EventResult): Promise<void> {
  const isSuccess = result.condition === "Success";
  const destinations = result.config?.destinations;
  const arn = isSuccess ? destinations?.OnSuccess?.Destination : destinations?.OnFailure?.Destination;
  if (arn !== undefined) await guarded(ctx, arn, () => sendRecord(ctx, arn, result));
  const deadLetter = result.target.record.deadLetterArn;
  if (!isSuccess && deadLetter !== undefined) await guarded(ctx, deadLetter, () => sendDeadLetter(ctx, deadLetter, result));
}

/** A destination that cannot be reached loses the record, as on AWS (metric DestinationDeliveryFailures). */
async function guarded(ctx: Context, arn: string, send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch (error) {
    ctx.emit({ source: "aws.lambda", type: "Destination Delivery Failed", resources: [arn], detail: { reason: messageOf(error) } });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function recordOf(ctx: Context, result: EventResult): Record<string, unknown> {
  const { event, execution } = result;
  const isError = execution !== undefined && execution.outcome.status !== "success";
  return {
    version: "1.0",
    timestamp: new Date(ctx.now).toISOString(),
    requestContext: {
      requestId: event.id,
      functionArn: functionArn(ctx, event.functionName, event.qualifier ?? "$LATEST"),
      condition: result.condition,
      approximateInvokeCount: event.failures + (result.condition === "Success" ? 1 : 0),
    },
    requestPayload: JSON.parse(result.payload.toString("utf8")) as unknown,
    ...(execution === undefined
      ? {}
      : {
          responseContext: { statusCode: 200, executedVersion: execution.version, ...(isError ? { functionError: "Unhandled" } : {}) },
          responsePayload: parsedOrText(execution.outcome.payload),
        }),
  };
}

function parsedOrText(payload: Buffer): unknown {
  const text = payload.toString("utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function sendRecord(ctx: Context, arn: string, result: EventResult): Promise<void> {
  const record = recordOf(ctx, result);
  const text = JSON.stringify(record);
  const service = parseArn(arn)?.service;
  if (service === "sqs") await sendToQueue(ctx, arn, { MessageBody: text });
  else if (service === "sns") await ctx.call("sns", "Publish", { TopicArn: arn, Message: text });
  else if (service === "lambda")
    await ctx.call("lambda", "Invoke", { FunctionName: arn, InvocationType: "Event", Payload: Buffer.from(text) });
  else if (service === "events") await putEvent(ctx, arn, result, text);
  else if (service === "s3") await putObject(ctx, arn, result, text);
}

async function putEvent(ctx: Context, arn: string, result: EventResult, text: string): Promise<void> {
  const kind = result.condition === "Success" ? "Success" : "Failure";
  const entry = {
    Source: "lambda",
    DetailType: `Lambda Function Invocation Result - ${kind}`,
    Resources: [arn, functionArn(ctx, result.event.functionName, result.event.qualifier ?? "$LATEST")],
    Detail: text,
    EventBusName: arn,
  };
  await ctx.call("eventbridge", "PutEvents", { Entries: [entry] });
}

async function putObject(ctx: Context, arn: string, result: EventResult, text: string): Promise<void> {
  const { Readable } = await import("node:stream");
  const stamp = new Date(ctx.now).toISOString();
  const folder = `aws/lambda/async/${result.event.functionName}/${stamp.slice(0, 10).replaceAll("-", "/")}`;
  const Key = `${folder}/${stamp.slice(0, 19).replaceAll(":", ".")}-${result.event.id}`;
  await ctx.call("s3", "PutObject", { Bucket: parseArn(arn)?.resource, Key, Body: Readable.from([Buffer.from(text)]) });
}

interface QueueMessage {
  readonly MessageBody: string;
  readonly MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
}

async function sendToQueue(ctx: Context, arn: string, message: QueueMessage): Promise<void> {
  const parsed = parseArn(arn);
  const { QueueUrl } = await ctx.call("sqs", "GetQueueUrl", { QueueName: parsed?.resource, QueueOwnerAWSAccountId: parsed?.account });
  await ctx.call("sqs", "SendMessage", { QueueUrl, ...message });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq: the event as it came, with why. */
async function sendDeadLetter(ctx: Context, arn: string, result: EventResult): Promise<void> {
  const body = result.payload.toString("utf8");
  const answer = parsedOrText(result.execution?.outcome.payload ?? Buffer.from("{}")) as { errorMessage?: string } | null;
  const text = String(answer?.errorMessage ?? result.condition).slice(0, DEAD_LETTER_TEXT_BYTES);
  const attributes = {
    RequestID: { DataType: "String", StringValue: result.event.id },
    ErrorCode: { DataType: "Number", StringValue: "200" },
    ErrorMessage: { DataType: "String", StringValue: text },
  };
  if (parseArn(arn)?.service === "sns") {
    await ctx.call("sns", "Publish", { TopicArn: arn, Message: body, MessageAttributes: attributes });
  } else await sendToQueue(ctx, arn, { MessageBody: body, MessageAttributes: attributes });
}
