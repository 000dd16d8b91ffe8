import type { Context } from "../../../aws/context.ts";
import type { ResourcePending } from "../../../aws/resource.ts";
import type { MessageOutcome } from "../../../aws/service.ts";
import { messageOf } from "../../../kernel/errors.ts";
import * as store from "../store.ts";
import { resolveDynamic } from "../template/dynamic.ts";
import type { Json } from "../template/parse.ts";
import type { Attempt } from "./attempt.ts";
import { setResourceStatus } from "./events.ts";
import { type Resource, toResource } from "./model.ts";
import { actorOf, failureReason } from "./request.ts";
import { endTask, saveTask, sleep } from "./tasks.ts";
import { handlerOf } from "./types.ts";

/** Whether a resource outlives its stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
function isKept(it: Attempt, resource: Resource): boolean {
  const { deletionPolicy, updateReplacePolicy, doomed } = resource.body;
  if (it.op.retain.includes(resource.logical)) return true;
  if (it.op.phase === "delete") return deletionPolicy === "Retain" || deletionPolicy === "RetainExceptOnCreate";
  if (it.op.phase === "rollback" || doomed === "undone") return deletionPolicy === "Retain" && !it.op.retainExceptOnCreate;
  if (doomed === "replaced") return updateReplacePolicy === "Retain";
  return deletionPolicy === "Retain" || deletionPolicy === "RetainExceptOnCreate";
}

export async function attemptDelete(ctx: Context, it: Attempt): Promise<MessageOutcome> {
  const row = ctx.get(store.resourceByUid, { uid: it.task.uid ?? 0 });
  if (row === undefined) {
    ctx.tx(() => endTask(ctx, it.task, "done"));
    return undefined;
  }
  const resource = toResource(row);
  if (isKept(it, resource) || resource.physical === null) {
    ctx.tx(() => gone(ctx, it, resource, resource.physical === null ? "DELETE_COMPLETE" : "DELETE_SKIPPED"));
    return undefined;
  }
  if (!it.task.data.again) {
    ctx.tx(() => {
      setResourceStatus(ctx, it.stack, resource, { status: "DELETE_IN_PROGRESS", reason: null });
      saveTask(ctx, it.task, { data: { ...it.task.data, again: true } });
    });
  }
  try {
    const outcome = await remove(ctx, it, resource, resource.physical);
    if (outcome !== undefined) return sleep(ctx, it.task, outcome);
    ctx.tx(() => gone(ctx, it, resource, "DELETE_COMPLETE"));
  } catch (error) {
    if (ctx.cloud.lifecycle.stopping) throw error;
    ctx.cloud.log.debug("a resource was not deleted", { resource: resource.logical, reason: messageOf(error) });
    return ctx.tx(() => notDeleted(ctx, it, resource, failureReason(ctx, error)));
  }
  return undefined;
}

/**
 * In a cleanup a deletion is tried three times, and then what could not be deleted is left and leaves the stack.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html
 */
const CLEANUP_TRIES = 3;

function notDeleted(ctx: Context, it: Attempt, resource: Resource, reason: string): MessageOutcome {
  const whole = isWhole(it);
  const tries = (it.task.data.tries ?? 0) + 1;
  if (!whole && tries < CLEANUP_TRIES) {
    saveTask(ctx, it.task, { data: { ...it.task.data, again: true, tries } });
    return { again: ctx.now };
  }
  if (it.op.force) {
    gone(ctx, it, resource, "DELETE_SKIPPED");
    return undefined;
  }
  setResourceStatus(ctx, it.stack, resource, { status: "DELETE_FAILED", reason });
  if (!whole) ctx.run(store.dropResource, { uid: resource.uid });
  endTask(ctx, it.task, "failed");
  return undefined;
}

/** Does the phase take the whole stack down, and not only what an update left behind? */
function isWhole(it: Attempt): boolean {
  return it.op.phase === "delete" || it.op.phase === "rollback";
}

async function remove(ctx: Context, it: Attempt, resource: Resource, physicalId: string): Promise<ResourcePending | undefined> {
  const handler = handlerOf(ctx, resource.type);
  if (handler === undefined) return undefined;
  const tries = it.task.data.tries ?? 0;
  const token = `cloudformation/${it.stack.id}/${resource.uid}/${it.op.id}/${it.op.phase}${tries === 0 ? "" : `/${tries}`}`;
  const scope = ctx.with({ principal: actorOf(ctx, it.stack, it.op), claimToken: token });
  const properties = (await resolveDynamic(scope, resource.body.properties).catch(() => resource.body.properties)) as Json;
  const deletion = { physicalId, properties, logicalId: resource.logical, stackId: it.stack.id };
  return handler.type.delete(scope, deletion);
}

function gone(ctx: Context, it: Attempt, resource: Resource, status: "DELETE_COMPLETE" | "DELETE_SKIPPED"): void {
  setResourceStatus(ctx, it.stack, resource, { status, reason: null });
  if (!isWhole(it)) ctx.run(store.dropResource, { uid: resource.uid });
  endTask(ctx, it.task, "done");
}
