import type { Context } from "../../../aws/context.ts";
import type { Message } from "../../../aws/service.ts";
import { beginPhase, beginRevert } from "./advance.ts";
import { setResourceStatus } from "./events.ts";
import { type Operation, resourcesOf, type Stack, saveOp, stackById } from "./model.ts";
import { markFailed, settle } from "./tasks.ts";

export type NewOperation = Pick<Operation, "kind" | "phase"> & Partial<Operation>;

/** Records an operation on a stack, in the caller's transaction. */
export function startOperation(ctx: Context, stack: Stack, operation: NewOperation): Stack {
  const op: Operation = {
    id: ctx.cloud.ids.uuid(),
    principal: ctx.principal,
    onFailure: "ROLLBACK",
    retainExceptOnCreate: false,
    retain: [],
    force: false,
    skip: [],
    failed: false,
    ...operation,
  };
  return saveOp(ctx, stack, op);
}

/** Queues the first step of the operation that was recorded, in the caller's transaction. */
export function queueStart(ctx: Context, stack: Stack): void {
  ctx.send("cloudformation.start", { stack: stack.id, op: stack.op?.id }, { lane: `cloudformation.stack:${stack.id}` });
}

/** `cloudformation.start {stack, op}`: plans the operation's first phase. */
export function start(ctx: Context, message: Message): void {
  const stack = stackById(ctx, String(message.payload["stack"]));
  if (stack?.op === undefined || stack.op.id !== message.payload["op"]) return;
  ctx.tx(() => {
    const minutes = stack.body.timeoutMinutes;
    if (stack.op?.phase === "create" && minutes !== undefined) {
      ctx.send("cloudformation.timeout", { stack: stack.id, op: stack.op.id }, { delay: minutes * 60_000, quiet: true });
    }
    if (stack.op?.phase === "revert") {
      for (const one of resourcesOf(ctx, stack.id)) {
        if (stack.op.skip.includes(one.logical)) setResourceStatus(ctx, stack, one, { status: "UPDATE_COMPLETE", reason: null });
      }
      beginRevert(ctx, stack, {});
    } else beginPhase(ctx, stack, {});
  });
}

/** `cloudformation.timeout {stack, op}`: the creation took longer than `TimeoutInMinutes`. */
export function timeout(ctx: Context, message: Message): void {
  const stack = stackById(ctx, String(message.payload["stack"]));
  const op = stack?.op;
  if (stack === undefined || op === undefined || op.id !== message.payload["op"] || stack.status !== "CREATE_IN_PROGRESS") return;
  ctx.tx(() => {
    const failed = markFailed(ctx, stack, { ...op, reason: "Stack creation time exceeded the specified timeout." });
    settle(ctx, failed.stack, failed.op);
  });
}
