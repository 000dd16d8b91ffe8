import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, pageOf } from "../../aws/paging.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { redrivePolicyOf } from "./attributes.ts";
import { attributesOf, findByArn, findQueue, queueUrl } from "./queues.ts";
import {
  countMessages,
  insertMoveTask,
  type MoveTaskRow,
  moveMessage,
  type QueueRow,
  selectAllQueues,
  selectMoveTask,
  selectMoveTasks,
  selectVisible,
  updateMoveTask,
} from "./store.ts";
import { announce, queueArn } from "./wake.ts";

const SECOND = 1_000;
/** Messages a second where the caller sets no rate; AWS chooses it by the load of the queues. */
const DEFAULT_RATE = 500;

function sourcesOf(ctx: Context, arn: string): QueueRow[] {
  return ctx.cloud.store.all(selectAllQueues, {}).filter((queue) => redrivePolicyOf(attributesOf(queue))?.deadLetterTargetArn === arn);
}

export function listDeadLetterSourceQueues(
  input: Input<"sqs", "ListDeadLetterSourceQueues">,
  ctx: Context,
): Output<"sqs", "ListDeadLetterSourceQueues"> {
  const limit = Math.min(input.MaxResults ?? 1_000, 1_000);
  const after = input.NextToken === undefined ? "" : String(decodeToken(input.NextToken)?.[0] ?? "");
  const urls = sourcesOf(ctx, queueArn(findQueue(ctx, input.QueueUrl))).map((queue) => queueUrl(ctx, queue));
  const page = pageOf(urls.filter((url) => url > after).sort(), limit, (url) => [url]);
  return { queueUrls: page.items, ...(input.MaxResults === undefined ? {} : { NextToken: page.nextToken }) };
}

const notFound = (message: string): AwsException => new AwsException("ResourceNotFoundException", message, { status: 404 });

export function startMessageMoveTask(input: Input<"sqs", "StartMessageMoveTask">, ctx: Context): Output<"sqs", "StartMessageMoveTask"> {
  return ctx.tx(() => {
    const arn = input.SourceArn ?? "";
    const source = findByArn(ctx, arn);
    if (source === undefined) throw notFound("The resource that you specified for the SourceArn parameter doesn't exist.");
    if (sourcesOf(ctx, arn).length === 0) {
      throw new AwsException("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.", { status: 400 });
    }
    if (input.DestinationArn !== undefined && findByArn(ctx, input.DestinationArn) === undefined) {
      throw notFound("The resource that you specified for the DestinationArn parameter doesn't exist.");
    }
    const rate = input.MaxNumberOfMessagesPerSecond ?? null;
    if (rate !== null && (rate < 1 || rate > 500)) {
      throw new AwsException(
        "InvalidParameterValue",
        "Value for parameter MaxNumberOfMessagesPerSecond is invalid: must be between 1 and 500.",
        {
          status: 400,
        },
      );
    }
    if (ctx.all(selectMoveTasks, { source: arn, limit: 1 })[0]?.status === "RUNNING") {
      throw new AwsException(
        "UnsupportedOperation",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
      );
    }
    const taskId = ctx.cloud.ids.uuid();
    const handle = Buffer.from(JSON.stringify({ taskId, sourceArn: arn })).toString("base64");
    const total = ctx.get(countMessages, { queue: source.id, now: ctx.now })?.visible ?? 0;
    ctx.run(insertMoveTask, { handle, source: arn, destination: input.DestinationArn ?? null, rate, total, now: ctx.now });
    ctx.send("sqs.move", { handle });
    return { TaskHandle: handle };
  });
}

/** One second's worth of a move task. */
export const onMove: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const task = ctx.get(selectMoveTask, { handle: String(message.payload["handle"]) });
    if (task?.status === "CANCELLING") end(ctx, task, "CANCELLED", null);
    if (task?.status !== "RUNNING") return undefined;
    const source = findByArn(ctx, task.source);
    if (source === undefined) return end(ctx, task, "FAILED", "AWS.SimpleQueueService.NonExistentQueue");
    const rows = ctx.all(selectVisible, { queue: source.id, now: ctx.now, limit: task.rate ?? DEFAULT_RATE });
    for (const row of rows) {
      const target = findByArn(ctx, task.destination ?? row.source ?? "");
      if (target === undefined) return end(ctx, task, "FAILED", "CouldNotDetermineMessageSource");
      ctx.run(moveMessage, { id: row.id, queue: target.id, source: null, now: ctx.now, sent: ctx.now });
      announce(ctx.with({ account: target.account, region: target.region }), target);
    }
    const moved = task.moved + rows.length;
    const done = moved >= task.total || rows.length === 0;
    ctx.run(updateMoveTask, { handle: task.handle, status: done ? "COMPLETED" : "RUNNING", moved, failure: null });
    return done ? undefined : { again: ctx.now + SECOND };
  });

function end(ctx: Context, task: MoveTaskRow, status: string, failure: string | null): undefined {
  ctx.run(updateMoveTask, { handle: task.handle, status, moved: task.moved, failure });
}

export function cancelMessageMoveTask(input: Input<"sqs", "CancelMessageMoveTask">, ctx: Context): Output<"sqs", "CancelMessageMoveTask"> {
  return ctx.tx(() => {
    const handle = input.TaskHandle ?? "";
    const task = ctx.get(selectMoveTask, { handle });
    if (task === undefined) throw notFound("Task does not exist.");
    if (task.status !== "RUNNING") throw new AwsException("UnsupportedOperation", "Only active tasks can be cancelled.");
    ctx.run(updateMoveTask, { handle, status: "CANCELLING", moved: task.moved, failure: null });
    return { ApproximateNumberOfMessagesMoved: task.moved };
  });
}

export function listMessageMoveTasks(input: Input<"sqs", "ListMessageMoveTasks">, ctx: Context): Output<"sqs", "ListMessageMoveTasks"> {
  const source = input.SourceArn ?? "";
  if (findByArn(ctx, source) === undefined) throw notFound("The resource that you specified for the SourceArn parameter doesn't exist.");
  const limit = Math.min(Math.max(input.MaxResults ?? 1, 1), 10);
  return {
    Results: ctx.all(selectMoveTasks, { source, limit }).map((task) => ({
      // Only a task that runs can still be cancelled, so only that one has a handle.
      ...(task.status === "RUNNING" ? { TaskHandle: task.handle } : {}),
      Status: task.status,
      SourceArn: task.source,
      ...(task.destination === null ? {} : { DestinationArn: task.destination }),
      ...(task.rate === null ? {} : { MaxNumberOfMessagesPerSecond: task.rate }),
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.total,
      ...(task.failure === null ? {} : { FailureReason: task.failure }),
      StartedTimestamp: task.started,
    })),
  };
}
