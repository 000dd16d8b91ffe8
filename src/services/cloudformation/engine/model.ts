import type { Context } from "../../../aws/context.ts";
import type { Principal } from "../../../aws/identity.ts";
import { OrreryError } from "../../../kernel/errors.ts";
import * as store from "../store.ts";
import type { ParameterValue } from "../template/parameters.ts";
import type { Json, Template } from "../template/parse.ts";
import type { AliasPolicy } from "./alias-deployment.ts";
import type { RollbackSettings } from "./monitoring.ts";

/** What a stack should be: changed as a whole by an update, and put back as a whole by a rollback. */
export interface Desired {
  readonly templateId: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly notificationArns: readonly string[];
  readonly rollback?: RollbackSettings;
  readonly roleArn?: string;
  /** The role's own id, part of the id of its sessions. */
  readonly roleId?: string;
}

export interface StackBody {
  readonly desired: Desired;
  readonly outputs: readonly {
    readonly key: string;
    readonly value: string;
    readonly description?: string;
    readonly exportName?: string;
  }[];
  readonly disableRollback: boolean;
  readonly terminationProtection: boolean;
  readonly timeoutMinutes?: number;
  readonly policy?: string;
  readonly parentId?: string;
  readonly rootId?: string;
  readonly changeSetId?: string;
  readonly drift?: { readonly status: string; readonly time: number };
}

export type Phase = "create" | "rollback" | "update" | "cleanup" | "revert" | "revert-cleanup" | "delete";

/** A running operation. */
export interface Operation {
  readonly id: string;
  readonly kind: "CREATE" | "UPDATE" | "DELETE" | "ROLLBACK";
  readonly phase: Phase;
  readonly token?: string;
  readonly principal: Principal;
  /** What the stack was before an update. */
  readonly before?: Desired;
  readonly onFailure: "ROLLBACK" | "DO_NOTHING" | "DELETE";
  readonly retainExceptOnCreate: boolean;
  readonly retain: readonly string[];
  readonly force: boolean;
  readonly skip: readonly string[];
  readonly failed: boolean;
  readonly changeSetId?: string;
  /** Why the operation failed, where no resource did. */
  readonly reason?: string;
  /** Resources are done, and alarms are watched until then (virtual ms). */
  readonly monitoring?: number;
  /** A stack policy for this update only. */
  readonly policyDuring?: string;
}

/** What was just changed carries the event that tells of it: the cause of all that follows. */
interface Changed {
  readonly event?: string;
}

export interface Stack extends Omit<store.StackRow, "body" | "op">, Changed {
  readonly body: StackBody;
  /** The last operation; it runs as long as the status says so, and is kept for a rollback that continues it. */
  readonly op: Operation | undefined;
}

export interface Snapshot {
  readonly op: string;
  readonly properties: Json;
  readonly masked?: Json | null;
  readonly attributes: Json;
  readonly deps: readonly string[];
}

export interface ResourceBody {
  /** Intrinsic functions resolved, dynamic references not. */
  readonly properties: Json;
  /** The properties as events show them, where a value of them must not be seen. */
  readonly masked?: Json | null;
  /** A custom resource that asks for its attributes not to be seen. */
  readonly noEcho?: boolean;
  readonly attributes: Json;
  readonly deps: readonly string[];
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  readonly metadata?: string;
  /** How an update of an alias of a function is done, where its UpdatePolicy says. */
  readonly aliasPolicy?: AliasPolicy | null;
  readonly createdOp: string;
  /** As it was before the running update touched it. */
  readonly before?: Snapshot;
  /** What an update in place asked for last. */
  readonly attempted?: Json;
  /** uid of the row that this one replaces. */
  readonly replaces?: number;
  readonly modelled?: boolean;
  /** Why a row of role `old` goes: its policy differs. */
  readonly doomed?: "replaced" | "removed" | "undone";
  readonly drift?: { readonly status: string; readonly time: number; readonly body: Json };
}

export interface Resource extends Omit<store.ResourceRow, "body">, Changed {
  readonly body: ResourceBody;
}

/** The context in which what follows from a change is done. */
export function after(ctx: Context, changed: Changed): Context {
  return changed.event === undefined ? ctx : ctx.with({ cause: changed.event });
}

export function toStack(row: store.StackRow): Stack {
  return { ...row, body: JSON.parse(row.body) as StackBody, op: row.op === null ? undefined : (JSON.parse(row.op) as Operation) };
}

export function toResource(row: store.ResourceRow): Resource {
  return { ...row, body: JSON.parse(row.body) as ResourceBody };
}

export function stackById(ctx: Context, id: string): Stack | undefined {
  const row = ctx.get(store.stackById, { id });
  return row === undefined ? undefined : toStack(row);
}

export function saveBody(ctx: Context, stack: Stack, change: Partial<StackBody>): Stack {
  const body = { ...stack.body, ...change };
  ctx.run(store.updateStackBody, { id: stack.id, body: JSON.stringify(body) });
  return { ...stack, body };
}

export function saveOp(ctx: Context, stack: Stack, op: Operation | undefined): Stack {
  ctx.run(store.updateStackOp, { id: stack.id, op: op === undefined ? null : JSON.stringify(op) });
  return { ...stack, op };
}

export function resourcesOf(ctx: Context, stackId: string): Resource[] {
  return ctx.all(store.resourcesOfStack, { stack: stackId }).map(toResource);
}

export function liveResource(ctx: Context, stack: string, logical: string): Resource | undefined {
  const row = ctx.get(store.liveResource, { stack, logical });
  return row === undefined ? undefined : toResource(row);
}

export type ResourceChange = Partial<Pick<Resource, "role" | "physical" | "status" | "reason">> & { readonly body?: Partial<ResourceBody> };

export function saveResource(ctx: Context, resource: Resource, change: ResourceChange): Resource {
  const next = { ...resource, ...change, updated: ctx.now, body: { ...resource.body, ...change.body } };
  const { uid, role, physical, status, reason, updated } = next;
  ctx.run(store.setResource, { uid, role, physical, status, reason, updated, body: JSON.stringify(next.body) });
  return next;
}

/** Parsed templates by cloud and id; they never change, so that this is a cache and no state. */
const parsed = new WeakMap<object, Map<string, Template>>();

export function templateOf(ctx: Context, id: string): Template {
  let cache = parsed.get(ctx.cloud.store);
  if (cache === undefined) {
    cache = new Map();
    parsed.set(ctx.cloud.store, cache);
  }
  let template = cache.get(id);
  if (template === undefined) {
    const row = ctx.get(store.templateById, { id });
    if (row === undefined) throw new OrreryError("StatementInvalid", `template ${id} is not stored`);
    template = JSON.parse(row.processed) as Template;
    if (cache.size > 50) cache.clear();
    cache.set(id, template);
  }
  return template;
}
