import type { Context } from "../../../aws/context.ts";
import { messageOf } from "../../../kernel/errors.ts";
import * as store from "../store.ts";
import { setResourceStatus, setStackStatus } from "./events.ts";
import { after, type Operation, resourcesOf, type Stack, saveBody, saveOp, saveResource } from "./model.ts";
import { beginMonitoring } from "./monitoring.ts";
import { publishOutputs, withdrawOutputs } from "./outputs.ts";
import { activeResources, planPhase } from "./plan.ts";
import { enforcePolicy } from "./policy.ts";
import { settle, startTasks } from "./tasks.ts";

/** Enters a phase: plans it and starts what can start. */
export function beginPhase(ctx: Context, stack: Stack, change: Partial<Operation>): void {
  if (stack.op === undefined) return;
  const op: Operation = { ...stack.op, failed: false, ...change };
  const next = saveOp(ctx, stack, op);
  if (op.phase === "update" && removalDenied(ctx, next, op)) {
    failUpdate(ctx, next, op, whatFailed(ctx, next));
    return;
  }
  planPhase(ctx, next, op);
  startTasks(ctx, ctx.all(store.readyTasks, { stack: stack.id, op: op.id, phase: op.phase }));
  settle(ctx, next, op);
}

const LEFT = "One or more resources could not be deleted.";

/** Resources that the template no longer has, and that the stack policy keeps: their events say so. */
function removalDenied(ctx: Context, stack: Stack, op: Operation): boolean {
  const policy = op.policyDuring ?? stack.body.policy;
  if (policy === undefined) return false;
  const active = activeResources(ctx, stack);
  let denied = false;
  for (const one of resourcesOf(ctx, stack.id)) {
    if (one.role !== "live" || one.physical === null || active.has(one.logical)) continue;
    try {
      enforcePolicy(policy, { action: "Update:Delete", logicalId: one.logical, type: one.type });
    } catch (error) {
      setResourceStatus(ctx, stack, one, { status: "UPDATE_FAILED", reason: messageOf(error) });
      denied = true;
    }
  }
  return denied;
}

/** The end of a phase, by phase; `failed` when some task did not come to its end. */
export function advance(ctx: Context, stack: Stack, op: Operation, failed: boolean): void {
  switch (op.phase) {
    case "create":
      if (failed) createFailed(ctx, stack, op);
      else if (!beginMonitoring(ctx, stack, op)) created(ctx, stack, op);
      break;
    case "update":
      if (failed) updateFailed(ctx, stack, op);
      else if (!beginMonitoring(ctx, stack, op)) updated(ctx, stack, op);
      break;
    case "cleanup":
      endStack(ctx, stack, "UPDATE_COMPLETE", failed ? `Update successful. ${LEFT}` : undefined);
      break;
    case "revert":
      if (failed) endStack(ctx, stack, "UPDATE_ROLLBACK_FAILED", notReverted(ctx, stack));
      else reverted(ctx, stack);
      break;
    case "revert-cleanup":
      endStack(ctx, stack, "UPDATE_ROLLBACK_COMPLETE", failed ? LEFT : undefined);
      break;
    case "rollback":
      endStack(ctx, stack, failed ? "ROLLBACK_FAILED" : "ROLLBACK_COMPLETE", failed ? notDeleted(ctx, stack) : undefined);
      break;
    case "delete":
      if (failed) endStack(ctx, stack, "DELETE_FAILED", notDeleted(ctx, stack));
      else deleted(ctx, stack);
      break;
  }
}

function endStack(ctx: Context, stack: Stack, status: string, reason?: string): void {
  notifyParent(after(ctx, setStackStatus(ctx, stack, status, reason)), stack);
}

/** A nested stack's parent waits for it in an attempt of its own. */
function notifyParent(ctx: Context, stack: Stack): void {
  if (stack.body.parentId === undefined) return;
  for (const task of ctx.all(store.runningTasksOfStack, { stack: stack.body.parentId })) {
    ctx.send("cloudformation.attempt", { task: task.id }, { lane: `cloudformation.attempt:${task.id}` });
  }
}

function namesWith(ctx: Context, stack: Stack, statuses: readonly string[]): string {
  const names = resourcesOf(ctx, stack.id).filter((one) => statuses.includes(one.status) && !/cancelled$/.test(one.reason ?? ""));
  return [...new Set(names.map((one) => one.logical))].join(", ");
}

function notDeleted(ctx: Context, stack: Stack): string {
  return `The following resource(s) failed to delete: [${namesWith(ctx, stack, ["DELETE_FAILED"])}]. `;
}

function notReverted(ctx: Context, stack: Stack): string {
  return `The following resource(s) failed to update: [${namesWith(ctx, stack, ["UPDATE_FAILED"])}]. `;
}

function whatFailed(ctx: Context, stack: Stack): string {
  const create = namesWith(ctx, stack, ["CREATE_FAILED"]);
  const update = namesWith(ctx, stack, ["UPDATE_FAILED"]);
  const own = stack.op?.reason;
  return [
    own === undefined ? "" : `${own} `,
    create === "" ? "" : `The following resource(s) failed to create: [${create}]. `,
    update === "" ? "" : `The following resource(s) failed to update: [${update}]. `,
  ].join("");
}

export function created(ctx: Context, stack: Stack, op: Operation): void {
  try {
    const next = ctx.tx(() => publishOutputs(ctx, stack));
    endStack(ctx, next, "CREATE_COMPLETE");
  } catch (error) {
    failCreate(ctx, stack, op, `${messageOf(error).trimEnd()} `);
  }
}

function createFailed(ctx: Context, stack: Stack, op: Operation): void {
  failCreate(ctx, stack, op, whatFailed(ctx, stack));
}

/** After a creation that failed: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html */
export function failCreate(ctx: Context, stack: Stack, op: Operation, reason: string): void {
  if (op.onFailure === "DO_NOTHING") {
    endStack(ctx, stack, "CREATE_FAILED", reason);
  } else if (op.onFailure === "DELETE") {
    const next = setStackStatus(ctx, stack, "DELETE_IN_PROGRESS", `${reason}Delete requested by user.`);
    beginPhase(after(ctx, next), next, { phase: "delete" });
  } else {
    const next = setStackStatus(ctx, stack, "ROLLBACK_IN_PROGRESS", `${reason}Rollback requested by user.`);
    beginPhase(after(ctx, next), next, { phase: "rollback" });
  }
}

export function updated(ctx: Context, stack: Stack, op: Operation): void {
  let next: Stack;
  try {
    next = ctx.tx(() => publishOutputs(ctx, stack));
  } catch (error) {
    failUpdate(ctx, stack, op, messageOf(error));
    return;
  }
  const active = activeResources(ctx, next);
  for (const one of resourcesOf(ctx, stack.id)) {
    const removed = one.role === "live" && !active.has(one.logical);
    if (removed) saveResource(ctx, one, { role: "old", body: { doomed: "removed" } });
  }
  next = setStackStatus(ctx, next, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
  beginPhase(after(ctx, next), next, { phase: "cleanup" });
}

function updateFailed(ctx: Context, stack: Stack, op: Operation): void {
  failUpdate(ctx, stack, op, whatFailed(ctx, stack));
}

export function failUpdate(ctx: Context, stack: Stack, op: Operation, reason: string): void {
  if (op.onFailure === "DO_NOTHING") endStack(ctx, stack, "UPDATE_FAILED", reason);
  else {
    const next = setStackStatus(ctx, stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
    beginRevert(after(ctx, next), next, {});
  }
}

/** Puts the old template in force again: replaced resources come back at once, changed ones by an attempt each. */
export function beginRevert(ctx: Context, stack: Stack, change: Partial<Operation>): void {
  const { op } = stack;
  if (op === undefined) return;
  const next = op.before === undefined ? stack : saveBody(ctx, stack, { desired: op.before });
  const all = resourcesOf(ctx, stack.id);
  for (const one of all) {
    if (one.role !== "live" || one.body.createdOp !== op.id) continue;
    saveResource(ctx, one, { role: "old", body: { doomed: "undone" } });
    const former = all.find((other) => other.uid === one.body.replaces);
    if (former !== undefined) setResourceStatus(ctx, next, former, { role: "live", status: "UPDATE_COMPLETE" });
  }
  beginPhase(ctx, next, { phase: "revert", ...change });
}

function reverted(ctx: Context, stack: Stack): void {
  const next = setStackStatus(ctx, stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  beginPhase(after(ctx, next), next, { phase: "revert-cleanup" });
}

function deleted(ctx: Context, stack: Stack): void {
  withdrawOutputs(ctx, stack);
  setStackStatus(ctx, stack, "DELETE_COMPLETE");
  ctx.run(store.buryStack, { id: stack.id, deleted: ctx.now });
  ctx.run(store.dropEdges, { stack: stack.id });
  ctx.run(store.dropTasks, { stack: stack.id });
  ctx.run(store.dropSignals, { stack: stack.id });
  notifyParent(ctx, stack);
}
