import type { Context } from "../../../aws/context.ts";
import type { ResourcePending, ResourceState } from "../../../aws/resource.ts";
import type { Message, MessageOutcome } from "../../../aws/service.ts";
import { recreationOf, specOf } from "../spec.ts";
import * as store from "../store.ts";
import { resolveDynamic } from "../template/dynamic.ts";
import { evaluate } from "../template/evaluate.ts";
import { resourcesOf as definitionsOf, dependenciesOf, type ResourceDefinition } from "../template/graph.ts";
import { type Json, lineOf } from "../template/parse.ts";
import type { OwnState } from "../types/custom.ts";
import { abandonDeployment, aliasPolicyOf, updateAlias } from "./alias-deployment.ts";
import { attemptDelete } from "./delete.ts";
import { MODELLED, setResourceStatus } from "./events.ts";
import {
  after,
  liveResource,
  type Operation,
  type Resource,
  type Stack,
  saveResource,
  stackById,
  templateOf,
  toResource,
} from "./model.ts";
import { enforcePolicy } from "./policy.ts";
import { checkProperties } from "./properties.ts";
import { actorOf, failureReason, ResourceFailure, requestFor, resourceFailed } from "./request.ts";
import { attemptRevert } from "./revert.ts";
import { asRecord, liveLookup, maskedProperties, maskedScope, stackScope } from "./scope.ts";
import { awaitSignals, signalPolicyOf } from "./signals.ts";
import { endTask, saveTask, sleep, type Task, taskById } from "./tasks.ts";
import { changedProperties, handlerOf, isCustom, needsReplacement, sameValue } from "./types.ts";

export interface Attempt {
  readonly stack: Stack;
  readonly op: Operation;
  readonly task: Task;
}

/** One attempt at one resource: `cloudformation.attempt {task}`. */
export async function attempt(ctx: Context, message: Message): Promise<MessageOutcome> {
  const task = taskById(ctx, Number(message.payload["task"]));
  const stack = task === undefined ? undefined : stackById(ctx, task.stack);
  if (task === undefined || task.state !== "running" || stack?.op === undefined || stack.op.id !== task.op) return undefined;
  const it: Attempt = { stack, op: stack.op, task };
  if (task.action === "delete") return attemptDelete(ctx, it);
  if (task.action === "revert") return attemptRevert(ctx, it);
  return attemptApply(ctx, it);
}

async function attemptApply(ctx: Context, it: Attempt): Promise<MessageOutcome> {
  const prepared = it.task.data.mode === undefined ? ctx.tx(() => prepare(ctx, it)) : resume(ctx, it);
  if (prepared === undefined) return undefined;
  const { task, resource } = prepared;
  const scope = after(ctx, resource).with({ principal: actorOf(ctx, it.stack, it.op), claimToken: tokenOf({ ...it, task }, resource) });
  if (it.op.failed) {
    const pending = resource.body.aliasPolicy ? await abandonDeployment(scope, task.id) : undefined;
    if (pending !== undefined) return sleep(ctx, task, pending);
    ctx.tx(() => cancelled(ctx, { ...it, task }, resource, undefined));
    return undefined;
  }
  try {
    const outcome = task.data.made ?? (await call(scope, it, task, resource));
    if ("again" in outcome) {
      return ctx.tx(() => {
        initiated(ctx, { ...it, task }, resource);
        return sleep(ctx, task, outcome);
      });
    }
    const held = awaitSignals(ctx, { ...it, task }, resource, outcome);
    if (held.again !== undefined) return { again: held.again };
    ctx.tx(() => applied(ctx, { ...it, task: held.task }, resource.uid, outcome));
  } catch (error) {
    if (ctx.cloud.lifecycle.stopping) throw error;
    ctx.cloud.log.debug("a resource failed", { stack: it.stack.name, resource: resource.logical, reason: failureReason(ctx, error) });
    const claimed = error instanceof ResourceFailure ? error.physicalId : scope.claimed();
    ctx.tx(() => failed(ctx, { ...it, task }, resource.uid, { reason: failureReason(ctx, error), claimed }));
  }
  return undefined;
}

/** One token per creation, and one per operation for a change, so that each is done once. */
export function tokenOf(it: Attempt, resource: Resource): string {
  const what = it.task.data.mode === "update" ? `${it.op.id}/${it.op.phase}` : "create";
  return `cloudformation/${it.stack.id}/${resource.uid}/${what}`;
}

interface Prepared {
  readonly task: Task;
  readonly resource: Resource;
}

function resume(ctx: Context, it: Attempt): Prepared | undefined {
  const row = ctx.get(store.resourceByUid, { uid: it.task.uid ?? 0 });
  return row === undefined ? undefined : { task: it.task, resource: toResource(row) };
}

interface Wanted {
  readonly definition: ResourceDefinition;
  readonly properties: Json;
  readonly signal: Pick<Task["data"], "signal">;
  readonly body: Pick<Resource["body"], "deps" | "deletionPolicy" | "updateReplacePolicy" | "metadata" | "masked" | "aliasPolicy">;
}

function want(ctx: Context, it: Attempt): Wanted {
  const template = templateOf(ctx, it.stack.body.desired.templateId);
  const definitions = definitionsOf(template);
  const definition = definitions.get(it.task.logical);
  if (definition === undefined) throw resourceFailed(`${it.task.logical} is not in the template`);
  refuseUndone(definition);
  const scope = stackScope(ctx, it.stack, template);
  const body = {
    deps: dependenciesOf(
      definition,
      (name) => definitions.has(name),
      (condition) => scope.condition(condition),
    ),
    ...optional("deletionPolicy", definition.DeletionPolicy),
    ...optional("updateReplacePolicy", definition.UpdateReplacePolicy),
    ...(definition.Metadata === undefined ? {} : { metadata: JSON.stringify(definition.Metadata) }),
  };
  const properties = asRecord(evaluate(definition.Properties ?? {}, scope));
  const shown = { template, desired: it.stack.body.desired, stack: it.stack, resources: liveLookup(ctx, it.stack) };
  const signal = signalPolicyOf(definition, scope);
  return {
    definition,
    signal: signal === undefined ? {} : { signal },
    body: {
      ...body,
      masked: maskedProperties(definition, properties, maskedScope(ctx, shown)),
      aliasPolicy: aliasPolicyOf(definition, scope) ?? null,
    },
    properties,
  };
}

/** What would be ignored otherwise, and changes what happens. */
function refuseUndone(definition: ResourceDefinition): void {
  const refuse = (what: string): never => {
    throw resourceFailed(`Orrery does not implement ${what} of ${definition.Type}.`);
  };
  if (definition.CreationPolicy?.["AutoScalingCreationPolicy"] !== undefined) refuse("CreationPolicy with AutoScalingCreationPolicy");
  for (const policy of [definition.DeletionPolicy, definition.UpdateReplacePolicy]) {
    if (policy === "Snapshot") refuse("the deletion policy Snapshot");
  }
}

function optional<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  return typeof value === "string" ? ({ [key]: value } as { [P in K]: string }) : {};
}

/** Decides what the resource needs and records the decision; undefined when the task is at its end already. */
function prepare(ctx: Context, it: Attempt): Prepared | undefined {
  const before = liveResource(ctx, it.stack.id, it.task.logical);
  if (it.op.failed) {
    endTask(ctx, it.task, "cancelled");
    return undefined;
  }
  let wanted: Wanted;
  try {
    wanted = want(ctx, it);
  } catch (error) {
    const reason = failureReason(ctx, error);
    const type = definitionsOf(templateOf(ctx, it.stack.body.desired.templateId)).get(it.task.logical)?.Type ?? "";
    const row = before ?? newResource(ctx, it, type, { deps: [], properties: {} });
    setResourceStatus(ctx, it.stack, row, { status: before === undefined ? "CREATE_FAILED" : "UPDATE_FAILED", reason });
    endTask(ctx, it.task, "failed");
    return undefined;
  }
  const type = wanted.definition.Type;
  if (before === undefined || before.physical === null || before.status === "DELETE_COMPLETE")
    return prepareCreate(ctx, it, wanted, before);
  const changed = changedProperties(before.body.properties, wanted.properties);
  const tagged = !sameValue(it.op.before?.tags ?? {}, it.stack.body.desired.tags) && specOf(type)?.tag !== undefined;
  const again = before.status === "UPDATE_FAILED" || before.status === "CREATE_FAILED";
  if (type === before.type && changed.length === 0 && !tagged && !again) {
    saveResource(ctx, before, { body: wanted.body });
    endTask(ctx, it.task, "done");
    return undefined;
  }
  const noUpdate = handlerOf(ctx, type)?.type.update === undefined && changed.length > 0;
  const replace = type !== before.type || needsReplacement(type, changed) || noUpdate || before.status === "CREATE_FAILED";
  const policy = it.op.policyDuring ?? it.stack.body.policy;
  try {
    enforcePolicy(policy, { action: replace ? "Update:Replace" : "Update:Modify", logicalId: before.logical, type: before.type });
  } catch (error) {
    setResourceStatus(ctx, it.stack, before, { status: "UPDATE_FAILED", reason: failureReason(ctx, error) });
    endTask(ctx, it.task, "failed");
    return undefined;
  }
  return replace ? prepareReplace(ctx, it, wanted, before) : prepareUpdate(ctx, it, wanted, before);
}

function newResource(ctx: Context, it: Attempt, type: string, body: Pick<Resource["body"], "deps" | "properties">): Resource {
  const handler = handlerOf(ctx, type);
  const full = {
    attributes: {},
    createdOp: it.op.id,
    ...body,
    ...(handler?.modelled ? { modelled: true } : {}),
  };
  const fields = { stack: it.stack.id, logical: it.task.logical, type, role: "live", physical: null, status: "CREATE_IN_PROGRESS" };
  const suffix = ctx.cloud.ids.alphanumeric(12);
  const row = ctx.get(store.insertResource, { ...fields, suffix, updated: ctx.now, body: JSON.stringify(full) });
  return { ...fields, uid: row?.uid ?? 0, reason: null, suffix, updated: ctx.now, body: full };
}

function prepareCreate(ctx: Context, it: Attempt, wanted: Wanted, before: Resource | undefined): Prepared {
  const body = { ...wanted.body, properties: wanted.properties, createdOp: it.op.id };
  const usable = before !== undefined && before.type === wanted.definition.Type && before.status !== "DELETE_COMPLETE";
  if (before !== undefined && !usable) ctx.run(store.dropResource, { uid: before.uid });
  const row = usable ? before : newResource(ctx, it, wanted.definition.Type, body);
  const resource = setResourceStatus(ctx, it.stack, row, { status: "CREATE_IN_PROGRESS", reason: null, body });
  const task = saveTask(ctx, it.task, { uid: resource.uid, data: { mode: "create", properties: wanted.properties, ...wanted.signal } });
  return { task, resource };
}

function prepareReplace(ctx: Context, it: Attempt, wanted: Wanted, before: Resource): Prepared {
  const reason =
    before.type === wanted.definition.Type
      ? "Requested update requires the creation of a new physical resource; hence creating one."
      : "Requested update requires the creation of a new physical resource; hence creating one.";
  const old = setResourceStatus(ctx, it.stack, before, { status: "UPDATE_IN_PROGRESS", reason });
  saveResource(ctx, old, { role: "old", status: before.status, reason: null, body: { doomed: "replaced" } });
  const body = { ...wanted.body, properties: wanted.properties };
  const row = newResource(ctx, it, wanted.definition.Type, body);
  const saved = saveResource(ctx, row, { status: "UPDATE_IN_PROGRESS", reason, body: { ...body, replaces: before.uid } });
  const resource = old.event === undefined ? saved : { ...saved, event: old.event };
  const task = saveTask(ctx, it.task, { uid: resource.uid, data: { mode: "replace", properties: wanted.properties, ...wanted.signal } });
  return { task, resource };
}

function prepareUpdate(ctx: Context, it: Attempt, wanted: Wanted, before: Resource): Prepared {
  const { properties, masked = null, attributes, deps } = before.body;
  const snapshot = before.body.before?.op === it.op.id ? before.body.before : { op: it.op.id, properties, masked, attributes, deps };
  const body = { ...wanted.body, before: snapshot, attempted: wanted.properties };
  const resource = setResourceStatus(ctx, it.stack, before, {
    status: "UPDATE_IN_PROGRESS",
    reason: null,
    body,
    properties: wanted.body.masked ?? wanted.properties,
  });
  const task = saveTask(ctx, it.task, { uid: resource.uid, data: { mode: "update", properties: wanted.properties } });
  return { task, resource };
}

async function call(ctx: Context, it: Attempt, task: Task, resource: Resource): Promise<ResourceState | ResourcePending> {
  const handler = handlerOf(ctx, resource.type);
  if (handler === undefined) throw unknownType(ctx, it, resource);
  // With a CreationPolicy the engine waits for the signals, and the condition has nothing to do.
  const idle = task.data.signal !== undefined && resource.type === "AWS::CloudFormation::WaitCondition";
  if (idle) return { physicalId: `${it.stack.id}/${resource.logical}`, attributes: { Data: "{}" } };
  const raw = task.data.properties ?? {};
  if (!isCustom(resource.type)) checkProperties(resource.type, resource.logical, raw);
  const properties = (await resolveDynamic(ctx, raw)) as Json;
  const request = requestFor(it.stack, resource, properties);
  if (task.data.mode !== "update") return handler.type.create(ctx, request);
  if (handler.type.update === undefined) return { physicalId: resource.physical ?? "", attributes: resource.body.attributes };
  const previous = (await resolveDynamic(ctx, resource.body.before?.properties ?? resource.body.properties)) as Json;
  const update = { ...request, physicalId: resource.physical ?? "", previous };
  const policy = resource.body.aliasPolicy ?? undefined;
  return policy === undefined
    ? handler.type.update(ctx, update)
    : updateAlias(ctx, { it: { ...it, task }, resource, policy, request: update, type: handler.type });
}

function unknownType(ctx: Context, it: Attempt, resource: Resource): Error {
  const source = ctx.get(store.templateById, { id: it.stack.body.desired.templateId })?.text ?? "";
  const line = lineOf(source, resource.logical);
  const where = line === undefined ? "" : ` (line ${line} of the template)`;
  return resourceFailed(
    `Orrery does not have the resource type ${resource.type}${where}. Start it with --model-unknown-types to have such resources modelled from their schema.`,
  );
}

function verb(task: Task): "CREATE" | "UPDATE" {
  return task.data.mode === "create" ? "CREATE" : "UPDATE";
}

/** AWS tells of the physical id as soon as it is known. */
function initiated(ctx: Context, it: Attempt, resource: Resource): void {
  if (it.task.data.again) return;
  if (it.task.data.mode !== "update") {
    setResourceStatus(ctx, it.stack, resource, { status: `${verb(it.task)}_IN_PROGRESS`, reason: "Resource creation Initiated" });
  }
  saveTask(ctx, it.task, { data: { ...it.task.data, again: true } });
}

function current(ctx: Context, uid: number): Resource | undefined {
  const row = ctx.get(store.resourceByUid, { uid });
  return row === undefined ? undefined : toResource(row);
}

function applied(ctx: Context, it: Attempt, uid: number, state: ResourceState): void {
  const resource = current(ctx, uid);
  // What ran side by side may have failed meanwhile.
  const op = stackById(ctx, it.stack.id)?.op;
  if (resource === undefined || op === undefined) return;
  ctx.cloud.store.releaseClaim(tokenOf(it, resource));
  if (op.failed) {
    cancelled(ctx, it, resource, state);
    return;
  }
  const creating = it.task.data.mode !== "update";
  const properties = it.task.data.properties ?? resource.body.properties;
  const hidden = (state as OwnState).noEcho;
  const attributes = state.attributes ?? (creating ? {} : resource.body.attributes);
  const body = { properties, attributes, ...(hidden === undefined ? {} : { noEcho: hidden }) };
  if (creating && !it.task.data.again) {
    const reason = "Resource creation Initiated";
    setResourceStatus(ctx, it.stack, resource, { status: `${verb(it.task)}_IN_PROGRESS`, reason, physical: state.physicalId });
  }
  if (!creating && resource.physical !== null && state.physicalId !== resource.physical) keepFormer(ctx, it, resource);
  const next = current(ctx, uid) ?? resource;
  const reason = next.body.modelled ? MODELLED : null;
  const done = setResourceStatus(ctx, it.stack, next, { status: `${verb(it.task)}_COMPLETE`, reason, physical: state.physicalId, body });
  endTask(after(ctx, done), it.task, "done");
}

/** A custom resource that answered an update with another physical id: the former one is deleted in the cleanup. */
function keepFormer(ctx: Context, it: Attempt, resource: Resource): void {
  const before = resource.body.before;
  const body = { ...resource.body, properties: before?.properties ?? resource.body.properties, doomed: "replaced" as const };
  const { stack, logical, type, physical, suffix } = resource;
  const row = ctx.get(store.insertResource, {
    stack,
    logical,
    type,
    role: "old",
    physical,
    status: "UPDATE_COMPLETE",
    suffix,
    updated: ctx.now,
    body: JSON.stringify(body),
  });
  saveResource(ctx, resource, { body: { replaces: row?.uid ?? 0, createdOp: it.op.id } });
}

function failed(ctx: Context, it: Attempt, uid: number, why: { readonly reason: string; readonly claimed: string | undefined }): void {
  const resource = current(ctx, uid);
  const op = stackById(ctx, it.stack.id)?.op;
  if (resource === undefined || op === undefined) return;
  if (op.failed) {
    cancelled(ctx, it, resource, undefined);
    return;
  }
  const physical = resource.physical ?? why.claimed ?? null;
  const told = setResourceStatus(ctx, it.stack, resource, { status: `${verb(it.task)}_FAILED`, reason: why.reason, physical });
  endTask(after(ctx, told), it.task, "failed");
}

/** Another resource failed first; what this one made meanwhile is kept for the rollback. */
function cancelled(ctx: Context, it: Attempt, resource: Resource, state: ResourceState | undefined): void {
  const creating = it.task.data.mode !== "update";
  const claimed = ctx.with({ claimToken: tokenOf(it, resource) }).claimed();
  setResourceStatus(ctx, it.stack, resource, {
    status: `${verb(it.task)}_FAILED`,
    reason: creating ? "Resource creation cancelled" : "Resource update cancelled",
    physical: state?.physicalId ?? resource.physical ?? claimed ?? null,
    body: creating && state?.attributes !== undefined ? { attributes: state.attributes } : {},
  });
  endTask(ctx, it.task, "cancelled");
}

export function replacementOf(type: string, names: readonly string[]): "True" | "False" | "Conditional" {
  const all = names.map((name) => recreationOf(type, name));
  if (all.includes("Always")) return "True";
  return all.includes("Conditionally") ? "Conditional" : "False";
}
