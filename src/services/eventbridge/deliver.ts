import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { MessageHandler, MessageOutcome } from "../../aws/service.ts";
import { tracingOf } from "../../aws/tracing.ts";
import { messageOf } from "../../kernel/errors.ts";
import { eventTime, ruleArn } from "./names.ts";
import { type BusEvent, countRule } from "./publish.ts";
import { decideRetry } from "./retry.ts";
import { type Parcel, send } from "./senders.ts";
import {
  countAttempt,
  type DeliveryRow,
  deleteDeliveredEvent,
  deleteDelivery,
  type RuleRow,
  selectDelivery,
  selectEvent,
  selectRuleById,
} from "./store.ts";
import { readTarget } from "./targets.ts";
import { targetInput } from "./transform.ts";

interface Job {
  readonly delivery: DeliveryRow;
  readonly rule: RuleRow;
  readonly target: Target;
  readonly parcel: Parcel;
}

/**
 * `eventbridge.deliver {delivery}`: sends one stored event to one target.
 *
 *   stored ──▶ sent ──▶ gone
 *     │ ▲ error that may pass: again, later and later, within the target's RetryPolicy
 *     └─┴──▶ given up ──▶ dead-letter queue, if the target has one ──▶ gone
 */
export const deliver: MessageHandler = async (ctx, message) => {
  const delivery = ctx.get(selectDelivery, { id: Number(message.payload["delivery"]) });
  if (delivery === undefined) return undefined;
  const job = prepare(ctx, delivery);
  if (job === undefined) {
    finish(ctx, delivery);
    return undefined;
  }
  try {
    await traced(ctx, job.rule, (within) => send(within, job.parcel));
  } catch (error) {
    return await onError(ctx, job, error);
  }
  countRule(ctx, job.rule, ["Invocations"]);
  finish(ctx, delivery);
  return undefined;
};

/** A hop of its own in the event's trace. https://docs.aws.amazon.com/xray/latest/devguide/xray-services-eventbridge.html */
async function traced(ctx: Context, { bus }: RuleRow, work: (ctx: Context) => Promise<void>): Promise<void> {
  const { trace } = ctx;
  if (trace?.sampled !== true) return await work(ctx);
  const tracing = tracingOf(ctx.cloud);
  const id = tracing.segmentId();
  const start_time = tracing.instant(ctx, trace.root);
  let failed = false;
  try {
    await work(ctx.with({ trace: { ...trace, parent: id } }));
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    tracing.record(ctx, {
      id,
      trace_id: trace.root,
      ...(trace.parent === undefined ? {} : { parent_id: trace.parent }),
      name: bus,
      origin: "AWS::Events",
      start_time,
      end_time: tracing.instant(ctx, trace.root),
      ...(failed ? { fault: true } : {}),
    });
  }
}

/** Undefined when rule, target or event are gone meanwhile. */
function prepare(ctx: Context, delivery: DeliveryRow): Job | undefined {
  const rule = ctx.get(selectRuleById, { id: delivery.rule_id });
  const target = readTarget(ctx, delivery.rule_id, delivery.target_id);
  const stored = ctx.get(selectEvent, { id: delivery.event_id });
  const arn = parseArn(target?.Arn ?? "");
  if (rule === undefined || target === undefined || stored === undefined || arn === undefined) return undefined;
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html: never on to a third bus, nor round in circles.
  if (stored.forwarded !== 0 && arn.service === "events") return undefined;
  const event = JSON.parse(stored.body) as BusEvent;
  const facts = { ruleArn: ruleArn(ctx, rule), ruleName: rule.name, ingestionTime: eventTime(stored.received) };
  const text = targetInput(target as Parameters<typeof targetInput>[0], { ...event }, facts);
  return { delivery, rule, target, parcel: { target, arn, ruleArn: facts.ruleArn, event, text, received: stored.received } };
}

async function onError(ctx: Context, job: Job, error: unknown): Promise<MessageOutcome> {
  const { delivery, rule, target, parcel } = job;
  const code = error instanceof AwsException ? error.code : "InternalException";
  const { attempts } = delivery;
  const decision = decideRetry(target.RetryPolicy, { code, attempts, received: parcel.received, now: ctx.now });
  if ("again" in decision) {
    ctx.run(countAttempt, { id: delivery.id, attempts: attempts + 1 });
    return decision;
  }
  const reason = { code, message: messageOf(error), condition: decision.condition };
  const buried = await bury(ctx, job, reason);
  countRule(ctx, rule, ["FailedInvocations", ...(buried === undefined ? [] : [buried])]);
  ctx.tx(() => {
    ctx.emit({
      source: "aws.events",
      type: "Target Invocation Failed",
      resources: [parcel.ruleArn, target.Arn ?? ""],
      detail: { "event-id": parcel.event.id, "error-code": code, "error-message": reason.message, retries: delivery.attempts },
      rule: buried === undefined ? "the target has no dead-letter queue: the event is dropped" : `dead-letter queue: ${buried}`,
    });
    finish(ctx, delivery);
  });
  return undefined;
}

interface Reason {
  readonly code: string;
  readonly message: string;
  readonly condition: string | undefined;
}

/** Sends the event to the target's dead-letter queue; answers the metric to count, or undefined when there is no queue. */
async function bury(ctx: Context, { delivery, target, parcel }: Job, reason: Reason): Promise<string | undefined> {
  const queue = parseArn(target.DeadLetterConfig?.Arn ?? "");
  if (queue === undefined) return undefined;
  const scope = ctx.with({ account: queue.account, region: queue.region });
  const attributes = {
    ERROR_CODE: reason.code,
    ERROR_MESSAGE: reason.message,
    EXHAUSTED_RETRY_CONDITION: reason.condition,
    RETRY_ATTEMPTS: String(delivery.attempts),
    RULE_ARN: parcel.ruleArn,
    TARGET_ARN: target.Arn,
  };
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
  );
  try {
    const { QueueUrl } = await scope.call("sqs", "GetQueueUrl", { QueueName: queue.resource });
    await scope.call("sqs", "SendMessage", { QueueUrl, MessageBody: JSON.stringify(parcel.event), MessageAttributes });
    return "InvocationsSentToDlq";
  } catch (error) {
    ctx.cloud.log.warn("an event could not be put into its dead-letter queue", { queue: queue.resource, reason: messageOf(error) });
    return "InvocationsFailedToBeSentToDlq";
  }
}

function finish(ctx: Context, delivery: DeliveryRow): void {
  ctx.tx(() => {
    ctx.run(deleteDelivery, { id: delivery.id });
    ctx.run(deleteDeliveredEvent, { id: delivery.event_id });
  });
}
