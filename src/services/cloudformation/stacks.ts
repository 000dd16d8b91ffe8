import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { setStackStatus } from "./engine/events.ts";
import { after, type Desired, type Operation, type Stack, type StackBody, saveBody } from "./engine/model.ts";
import { refuseExportsInUse } from "./engine/outputs.ts";
import { type NewOperation, queueStart, startOperation } from "./engine/start.ts";
import { sameValue } from "./engine/types.ts";
import { assumable, desiredOf, findStack, requireStack } from "./request.ts";
import * as store from "./store.ts";
import { isRecord, validationError } from "./template/parse.ts";
import { readTemplate } from "./template/source.ts";

type CreateInput = Input<"cloudformation", "CreateStack">;

export function newStackId(ctx: Context, name: string): string {
  return ctx.arn("cloudformation", `stack/${name}/${ctx.cloud.ids.uuid()}`);
}

/** A new stack's row in its first status. */
export function insertStack(ctx: Context, made: { id: string; name: string; status: string; body: StackBody }): Stack {
  const { id, name, status } = made;
  ctx.run(store.insertStack, { id, name, status, reason: null, created: ctx.now, body: JSON.stringify(made.body) });
  return {
    ...made,
    account: ctx.account,
    region: ctx.region,
    reason: null,
    created: ctx.now,
    updated: null,
    deleted: null,
    live: 1,
    op: undefined,
  };
}

export function bodyOf(desired: Desired, input: Partial<CreateInput>): StackBody {
  return {
    desired,
    outputs: [],
    disableRollback: input.DisableRollback ?? false,
    terminationProtection: input.EnableTerminationProtection ?? false,
    ...(input.TimeoutInMinutes === undefined ? {} : { timeoutMinutes: input.TimeoutInMinutes }),
  };
}

/** A stack policy, given as it is or by its place in S3. @throws AwsException ValidationError when it is none, or given twice */
export async function stackPolicy(ctx: Context, body: string | undefined, url: string | undefined): Promise<string | undefined> {
  if (body !== undefined && url !== undefined) {
    throw validationError("You cannot specify both StackPolicyURL and StackPolicyBody");
  }
  const policy = body ?? (url === undefined ? undefined : await readTemplate(ctx, url));
  if (policy === undefined) return undefined;
  try {
    if (isRecord(JSON.parse(policy))) return policy;
  } catch {
    // Not JSON: the same fault as JSON that is no object.
  }
  throw validationError("Error validating stack policy: Invalid stack policy");
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
export async function createStack(input: CreateInput, ctx: Context): Promise<Output<"cloudformation", "CreateStack">> {
  const name = input.StackName ?? "";
  if (input.DisableRollback !== undefined && input.OnFailure !== undefined) {
    throw validationError("You cannot specify both OnFailure and DisableRollback");
  }
  const existing = findStack(ctx, name);
  if (existing !== undefined) {
    if (input.ClientRequestToken !== undefined && existing.op?.token === input.ClientRequestToken)
      return { StackId: existing.id, OperationId: existing.op.id };
    throw new AwsException("AlreadyExistsException", `Stack [${name}] already exists`);
  }
  const id = newStackId(ctx, name);
  const desired = await desiredOf(ctx, input, { id, name }, undefined);
  const policy = await stackPolicy(ctx, input.StackPolicyBody, input.StackPolicyURL);
  return ctx.tx(() => {
    if (findStack(ctx, name) !== undefined) throw new AwsException("AlreadyExistsException", `Stack [${name}] already exists`);
    const stack = insertStack(ctx, {
      id,
      name,
      status: "CREATE_IN_PROGRESS",
      body: { ...bodyOf(desired, input), ...(policy === undefined ? {} : { policy }) },
    });
    ctx.claim(id);
    const onFailure = input.OnFailure ?? (input.DisableRollback ? "DO_NOTHING" : "ROLLBACK");
    const operation = { ...commonOf(input), onFailure, retainExceptOnCreate: input.RetainExceptOnCreate ?? false };
    const started = begin(ctx, stack, { kind: "CREATE", phase: "create", ...operation }, "User Initiated");
    return { StackId: id, OperationId: started.op?.id };
  });
}

export function commonOf(input: { readonly ClientRequestToken?: string | undefined }): Partial<Operation> {
  return input.ClientRequestToken === undefined ? {} : { token: input.ClientRequestToken };
}

const STATUS: Readonly<Record<Operation["phase"], string>> = {
  create: "CREATE_IN_PROGRESS",
  update: "UPDATE_IN_PROGRESS",
  cleanup: "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
  rollback: "ROLLBACK_IN_PROGRESS",
  revert: "UPDATE_ROLLBACK_IN_PROGRESS",
  "revert-cleanup": "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
  delete: "DELETE_IN_PROGRESS",
};

/** Records the operation, sets the status of its first phase and queues its start. */
export function begin(ctx: Context, stack: Stack, operation: NewOperation, reason?: string): Stack {
  const started = setStackStatus(ctx, startOperation(ctx, stack, operation), STATUS[operation.phase], reason);
  queueStart(after(ctx, started), started);
  return started;
}

const UPDATABLE = new Set([
  "CREATE_COMPLETE",
  "UPDATE_COMPLETE",
  "UPDATE_ROLLBACK_COMPLETE",
  "IMPORT_COMPLETE",
  "IMPORT_ROLLBACK_COMPLETE",
]);

/** @throws AwsException ValidationError naming the state when a stack cannot be updated in it */
export function refuseState(stack: Stack, disableRollback: boolean): void {
  if (UPDATABLE.has(stack.status)) return;
  if (disableRollback && /^(CREATE_FAILED|UPDATE_FAILED)$/.test(stack.status)) return;
  throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

export function sameDesired(a: Desired, b: Desired, ctx: Context): boolean {
  const processed = (id: string): string => ctx.get(store.templateById, { id })?.processed ?? "";
  const part = (one: Desired): unknown => [one.parameters, one.tags, one.notificationArns, one.roleArn ?? ""];
  return sameValue(part(a), part(b)) && processed(a.templateId) === processed(b.templateId);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html */
export async function updateStack(
  input: Input<"cloudformation", "UpdateStack">,
  ctx: Context,
): Promise<Output<"cloudformation", "UpdateStack">> {
  const stack = findStack(ctx, input.StackName ?? "");
  if (stack === undefined || stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${input.StackName}] does not exist`);
  refuseState(stack, input.DisableRollback ?? false);
  const desired = await desiredOf(ctx, input, stack, stack.body.desired);
  const policy = await stackPolicy(ctx, input.StackPolicyBody, input.StackPolicyURL);
  const during = await stackPolicy(ctx, input.StackPolicyDuringUpdateBody, input.StackPolicyDuringUpdateURL);
  if (sameDesired(stack.body.desired, desired, ctx) && UPDATABLE.has(stack.status)) {
    if (policy === undefined || policy === stack.body.policy) throw validationError("No updates are to be performed.");
  }
  return ctx.tx(() => {
    const fresh = requireStack(ctx, stack.id);
    ctx.claim(stack.id);
    refuseState(fresh, input.DisableRollback ?? false);
    const operation = {
      ...commonOf(input),
      onFailure: input.DisableRollback ? ("DO_NOTHING" as const) : ("ROLLBACK" as const),
      retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
      ...(during === undefined ? {} : { policyDuring: during }),
    };
    const started = beginUpdate(ctx, policy === undefined ? fresh : saveBody(ctx, fresh, { policy }), desired, operation);
    return { StackId: stack.id, OperationId: started.op?.id };
  });
}

/** Makes `desired` the stack's and starts the update; what it was before is kept for the rollback. */
export function beginUpdate(ctx: Context, stack: Stack, desired: Desired, operation: Partial<Operation>): Stack {
  const before = stack.status === "UPDATE_FAILED" && stack.op?.before !== undefined ? stack.op.before : stack.body.desired;
  const next = saveBody(ctx, stack, { desired });
  ctx.run(store.touchStack, { id: stack.id, updated: ctx.now });
  return begin(ctx, next, { kind: "UPDATE", phase: "update", before, ...operation }, "User Initiated");
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html */
export async function deleteStack(
  input: Input<"cloudformation", "DeleteStack">,
  ctx: Context,
): Promise<Output<"cloudformation", "DeleteStack">> {
  const stack = findStack(ctx, input.StackName ?? "");
  if (stack === undefined || stack.status === "DELETE_COMPLETE" || stack.status === "DELETE_IN_PROGRESS") return {};
  if (stack.body.terminationProtection) {
    throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
  }
  if ((input.RetainResources?.length ?? 0) > 0 && stack.status !== "DELETE_FAILED") {
    throw validationError(
      "Invalid operation on stack. RetainResources can only be specified for a stack in the DELETE_FAILED state".replace(
        "Invalid operation on stack. ",
        "",
      ),
    );
  }
  if (/^(UPDATE|UPDATE_ROLLBACK|UPDATE_COMPLETE_CLEANUP|UPDATE_ROLLBACK_COMPLETE_CLEANUP)_IN_PROGRESS$/.test(stack.status)) {
    throw validationError(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
  }
  refuseExportsInUse(ctx, stack);
  const role = await assumable(ctx, input.RoleARN ?? stack.body.desired.roleArn);
  ctx.tx(() => {
    const fresh = requireStack(ctx, stack.id);
    if (fresh.status.startsWith("DELETE_") && fresh.status !== "DELETE_FAILED") return;
    const desired = { ...fresh.body.desired, ...role };
    const operation = { ...commonOf(input), retain: input.RetainResources ?? [], force: input.DeletionMode === "FORCE_DELETE_STACK" };
    begin(ctx, saveBody(ctx, fresh, { desired }), { kind: "DELETE", phase: "delete", ...operation }, "User Initiated");
    for (const set of ctx.all(store.changeSetsOfStack, { stack: stack.id })) ctx.run(store.dropChangeSet, { id: set.id });
  });
  return {};
}
