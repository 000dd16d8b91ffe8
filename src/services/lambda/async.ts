import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Message, MessageOutcome } from "../../aws/service.ts";
import { OrreryError } from "../../kernel/errors.ts";
import { deliverResult, type EventResult } from "./destinations.ts";
import { type ExecutionResult, execute } from "./execution.ts";
import { route } from "./invoke.ts";
import { functionArn, type Resolved, resolve } from "./names.ts";
import type { AsyncEvent, EventConfig } from "./records.ts";
import { changeEvent, getEvent, getPart, LATEST, putEvent, removeEvent } from "./store.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRIES = 2;
const OLDEST_SECONDS = 6 * 3_600;
const FIRST_WAIT_MS = 60_000;
const SECOND_WAIT_MS = 120_000;
const FIRST_THROTTLE_WAIT_MS = 1_000;
const LONGEST_THROTTLE_WAIT_MS = 300_000;

/** Takes an event for later: it is stored before the caller is told. */
export function acceptEvent(
  ctx: Context,
  request: Resolved & { readonly payload: Uint8Array; readonly clientContext?: string | undefined },
): void {
  const { name, qualifier, clientContext } = request;
  const event: AsyncEvent = {
    id: ctx.requestId,
    functionName: name,
    accepted: ctx.now,
    failures: 0,
    throttles: 0,
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(clientContext === undefined ? {} : { clientContext }),
  };
  ctx.tx(() => {
    // One request may send several events (a batch of destinations): each has an id of its own.
    const id = getEvent(ctx, event.id) === undefined ? event.id : ctx.cloud.ids.uuid();
    putEvent(ctx, { ...event, id }, request.payload);
    ctx.send("lambda.event", { id });
  });
}

/**
 * Message `lambda.event {id}`: one asynchronous invocation.
 *
 *     queued ─run─▶ success ─▶ on-success destination
 *       ▲  │ throttled: 1 s, doubling to 5 min, until too old
 *       └──┤ failed: 1 min, then 2 min
 *          └─ retries exhausted, too old ─▶ on-failure destination, dead-letter queue
 */
export async function runEvent(ctx: Context, message: Message): Promise<MessageOutcome> {
  const found = getEvent(ctx, String(message.payload["id"]));
  if (found === undefined) return undefined;
  const { event, payload } = found;
  const target = targetOf(ctx, event);
  if (target === undefined) {
    removeEvent(ctx, event.id);
    return undefined;
  }
  const config = getPart(ctx, "event-config", event.functionName, event.qualifier ?? LATEST);
  const oldest = (config?.maxAge ?? OLDEST_SECONDS) * 1000;
  const result = { event, payload, target, config };
  if (ctx.now - event.accepted > oldest) return finish(ctx, { ...result, condition: "EventAgeExceeded" });
  const execution = await attempt(ctx, event, target, payload);
  if (execution === undefined) {
    const wait = Math.min(FIRST_THROTTLE_WAIT_MS * 2 ** event.throttles, LONGEST_THROTTLE_WAIT_MS);
    changeEvent(ctx, { ...event, throttles: event.throttles + 1 });
    return { again: ctx.now + wait };
  }
  if (execution.outcome.crash !== undefined && ctx.cloud.lifecycle.stopping) {
    // The server took the process down with itself: the event is tried again at the next start, and nothing is counted.
    throw new OrreryError("WorkloadFailed", `event ${event.id} was interrupted by the end of the server`);
  }
  if (execution.outcome.status === "success") return finish(ctx, { ...result, execution, condition: "Success" });
  const failed = { ...event, failures: event.failures + 1, throttles: 0 };
  if (failed.failures > retriesOf(config)) {
    return finish(ctx, { ...result, event: failed, execution, condition: "RetriesExhausted" });
  }
  changeEvent(ctx, failed);
  return { again: ctx.now + (failed.failures === 1 ? FIRST_WAIT_MS : SECOND_WAIT_MS) };
}

function retriesOf(config: EventConfig | undefined): number {
  return config?.retries ?? RETRIES;
}

function targetOf(ctx: Context, event: AsyncEvent): Resolved | undefined {
  try {
    return resolve(ctx, { name: event.functionName, qualifier: event.qualifier });
  } catch (error) {
    // The function was deleted meanwhile: its events go with it.
    if (error instanceof AwsException) return undefined;
    throw error;
  }
}

/** Undefined when there was no room for it. */
async function attempt(ctx: Context, event: AsyncEvent, target: Resolved, payload: Buffer): Promise<ExecutionResult | undefined> {
  const { qualifier, clientContext } = event;
  try {
    const queued = { since: event.accepted, attempt: event.failures + 1 };
    return await execute(ctx, { record: route(ctx, target), qualifier, payload, requestId: event.id, clientContext, queued });
  } catch (error) {
    if (error instanceof AwsException && error.code === "TooManyRequestsException") return undefined;
    throw error;
  }
}

async function finish(ctx: Context, result: EventResult): Promise<undefined> {
  await deliverResult(ctx, result);
  ctx.tx(() => {
    removeEvent(ctx, result.event.id);
    if (result.condition === "Success") return;
    ctx.emit({
      source: "aws.lambda",
      type: "Event Dropped",
      resources: [functionArn(ctx, result.event.functionName, result.event.qualifier)],
      detail: { requestId: result.event.id, attempts: result.event.failures },
      rule: result.condition,
    });
  });
  return undefined;
}
