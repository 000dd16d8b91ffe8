import type { Context } from "../../../aws/context.ts";
import type { MessageOutcome } from "../../../aws/service.ts";
import * as store from "../store.ts";
import { resolveDynamic } from "../template/dynamic.ts";
import type { Json } from "../template/parse.ts";
import { updateAlias } from "./alias-deployment.ts";
import type { Attempt } from "./attempt.ts";
import { setResourceStatus } from "./events.ts";
import { after, type Resource, type Snapshot, toResource } from "./model.ts";
import { actorOf, failureReason, requestFor } from "./request.ts";
import { endTask, saveTask, sleep } from "./tasks.ts";
import { handlerOf } from "./types.ts";

/** Puts a resource that an update changed back to what it was. */
export async function attemptRevert(ctx: Context, it: Attempt): Promise<MessageOutcome> {
  const row = ctx.get(store.resourceByUid, { uid: it.task.uid ?? 0 });
  const resource = row === undefined ? undefined : toResource(row);
  if (resource === undefined) {
    ctx.tx(() => endTask(ctx, it.task, "done"));
    return undefined;
  }
  const before = resource.body.before?.op === it.op.id ? resource.body.before : undefined;
  if (before === undefined) {
    // It failed before anything of it was changed.
    ctx.tx(() => done(ctx, it, resource.body.attributes));
    return undefined;
  }
  if (it.op.skip.includes(resource.logical)) {
    ctx.tx(() => done(ctx, it, before.attributes));
    return undefined;
  }
  if (it.op.failed) {
    ctx.tx(() => endTask(ctx, it.task, "cancelled"));
    return undefined;
  }
  if (!it.task.data.again) {
    ctx.tx(() => {
      setResourceStatus(ctx, it.stack, resource, {
        status: "UPDATE_IN_PROGRESS",
        reason: null,
        properties: before.masked ?? before.properties,
      });
      saveTask(ctx, it.task, { data: { ...it.task.data, again: true } });
    });
  }
  const token = `cloudformation/${it.stack.id}/${resource.uid}/${it.op.id}/revert`;
  const scope = ctx.with({ principal: actorOf(ctx, it.stack, it.op), claimToken: token });
  try {
    const type = handlerOf(ctx, resource.type)?.type;
    const properties = (await resolveDynamic(scope, before.properties)) as Json;
    const previous = (await resolveDynamic(scope, resource.body.attempted ?? resource.body.properties)) as Json;
    const request = { ...requestFor(it.stack, resource, properties), physicalId: resource.physical ?? "", previous };
    const policy = resource.body.aliasPolicy ?? undefined;
    const work =
      policy === undefined || type === undefined
        ? type?.update?.(scope, request)
        : updateAlias(scope, { it, resource, policy, request, type });
    const outcome = (await work) ?? { physicalId: resource.physical ?? "" };
    if ("again" in outcome) return sleep(ctx, it.task, outcome);
    ctx.tx(() => done(ctx, it, outcome.attributes ?? before.attributes));
  } catch (error) {
    if (ctx.cloud.lifecycle.stopping) throw error;
    ctx.tx(() => {
      const told = setResourceStatus(ctx, it.stack, resource, { status: "UPDATE_FAILED", reason: failureReason(ctx, error) });
      endTask(after(ctx, told), it.task, "failed");
    });
  }
  return undefined;
}

function done(ctx: Context, it: Attempt, attributes: Json): void {
  const row = ctx.get(store.resourceByUid, { uid: it.task.uid ?? 0 });
  if (row === undefined) return;
  const resource = toResource(row);
  const before = resource.body.before?.op === it.op.id ? resource.body.before : undefined;
  const body = {
    properties: before?.properties ?? resource.body.properties,
    masked: maskedOf(resource, before),
    deps: before?.deps ?? resource.body.deps,
    attributes,
  };
  endTask(after(ctx, setResourceStatus(ctx, it.stack, resource, { status: "UPDATE_COMPLETE", reason: null, body })), it.task, "done");
}

function maskedOf(resource: Resource, before: Snapshot | undefined): Json | null {
  return (before === undefined ? resource.body.masked : before.masked) ?? null;
}
