import type { Context } from "../../../aws/context.ts";
import type { ResourcePending, ResourceState } from "../../../aws/resource.ts";
import type { MessageOutcome } from "../../../aws/service.ts";
import * as store from "../store.ts";
import type { Json } from "../template/parse.ts";
import { advance } from "./advance.ts";
import { type Operation, type Stack, saveOp, stackById } from "./model.ts";
import type { SignalPolicy } from "./signals.ts";

/** What a task has decided; kept so that a restart goes on with the same decision. */
export interface TaskData {
  readonly mode?: "create" | "update" | "replace";
  readonly properties?: Json;
  readonly deps?: readonly string[];
  readonly again?: boolean;
  /** Signals that its CreationPolicy asks for, what was made meanwhile, and when (virtual ms). */
  readonly signal?: SignalPolicy;
  readonly made?: ResourceState;
  readonly since?: number;
  /** Deletions that failed so far. */
  readonly tries?: number;
  /** A change of the physical id in place (custom resources). */
  readonly formerPhysical?: string;
}

export interface Task extends Omit<store.TaskRow, "data"> {
  readonly data: TaskData;
}

export function taskById(ctx: Context, id: number): Task | undefined {
  const row = ctx.get(store.taskById, { id });
  return row === undefined ? undefined : { ...row, data: JSON.parse(row.data) as TaskData };
}

export function saveTask(ctx: Context, task: Task, change: Partial<Pick<Task, "state" | "uid" | "data" | "started">>): Task {
  const next = { ...task, ...change };
  ctx.run(store.setTask, { id: next.id, state: next.state, uid: next.uid, started: next.started, data: JSON.stringify(next.data) });
  return next;
}

/** Each attempt has a lane of its own: attempts go side by side, two deliveries of one never do. */
export function wakeTask(ctx: Context, id: number): void {
  ctx.send("cloudformation.attempt", { task: id }, { lane: `cloudformation.attempt:${id}` });
}

/** What an attempt answers that has to wait. */
export function sleep(ctx: Context, task: Task, pending: ResourcePending): MessageOutcome {
  if (pending.quiet !== true) return { again: pending.again };
  const when = { at: pending.again, quiet: true, lane: `cloudformation.attempt:${task.id}` };
  ctx.send("cloudformation.attempt", { task: task.id }, when);
  return undefined;
}

export function startTasks(ctx: Context, rows: readonly store.TaskRow[]): void {
  for (const row of rows) {
    ctx.run(store.setTask, { id: row.id, state: "running", uid: row.uid, started: ctx.now, data: row.data });
    wakeTask(ctx, row.id);
  }
}

/** Ends a task and starts what waited for it; the end of the last one moves the operation on. One transaction with its caller. */
export function endTask(ctx: Context, task: Task, state: "done" | "failed" | "cancelled"): void {
  saveTask(ctx, task, { state });
  let stack = stackById(ctx, task.stack);
  let op = stack?.op;
  if (stack === undefined || op === undefined || op.id !== task.op || op.phase !== task.phase) return;
  const deleting = task.action === "delete";
  if (state === "failed" && !deleting && !op.failed) {
    ({ stack, op } = markFailed(ctx, stack, op));
  }
  // A deletion that failed keeps what it depends on, except in a cleanup, where all is tried.
  const left = deleting && (op.phase === "cleanup" || op.phase === "revert-cleanup");
  if (state === "done" || (state === "failed" && left)) {
    ctx.run(store.releaseNext, { task: task.id });
    if (!op.failed) startTasks(ctx, ctx.all(store.releasedBy, { task: task.id }));
  }
  settle(ctx, stack, op);
}

/** No new attempt starts, and those that wait for something are told to give up. */
export function markFailed(ctx: Context, stack: Stack, op: Operation): { stack: Stack; op: Operation } {
  const failed = { ...op, failed: true };
  for (const other of ctx.all(store.runningTasksOfStack, { stack: stack.id })) wakeTask(ctx, other.id);
  return { stack: saveOp(ctx, stack, failed), op: failed };
}

/** Goes to the next phase once nothing runs and nothing can start. */
export function settle(ctx: Context, stack: Stack, op: Operation): void {
  const counts = ctx.get(store.countTasks, { stack: stack.id, op: op.id, phase: op.phase });
  if (counts === undefined || counts.running > 0) return;
  const blocked = counts.failed > 0 || op.failed;
  if (counts.waiting > 0 && !blocked) return;
  advance(ctx, stack, op, blocked);
}
