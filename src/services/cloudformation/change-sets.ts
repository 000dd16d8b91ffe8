import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { changesFor, type ResourceChange } from "./changes.ts";
import { parametersOut } from "./describe.ts";
import { setStackStatus } from "./engine/events.ts";
import { type Desired, type Stack, saveBody } from "./engine/model.ts";
import { rollbackOut } from "./engine/monitoring.ts";
import { handlerOf } from "./engine/types.ts";
import { desiredOf, findStack, requireStack } from "./request.ts";
import { specOf } from "./spec.ts";
import { begin, beginUpdate, bodyOf, commonOf, insertStack, newStackId, refuseState, sameDesired } from "./stacks.ts";
import * as store from "./store.ts";
import { validationError } from "./template/parse.ts";

export interface ChangeSetBody {
  readonly desired: Desired;
  readonly type: "CREATE" | "UPDATE";
  readonly description?: string;
  readonly changes: readonly ResourceChange[];
  readonly onFailure?: "ROLLBACK" | "DO_NOTHING" | "DELETE";
  readonly nested: boolean;
  readonly token?: string;
}

export interface ChangeSet extends Omit<store.ChangeSetRow, "body"> {
  readonly body: ChangeSetBody;
}

const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";

/** By ARN, or by name within a stack. @throws AwsException ChangeSetNotFoundException */
export function changeSetOf(ctx: Context, name: string | undefined, stackName: string | undefined): ChangeSet {
  const row = name?.startsWith("arn:") ? ctx.get(store.changeSetById, { id: name }) : byName(ctx, name, stackName);
  if (row === undefined) throw new AwsException("ChangeSetNotFoundException", `ChangeSet [${name}] does not exist`);
  return { ...row, body: JSON.parse(row.body) as ChangeSetBody };
}

function byName(ctx: Context, name: string | undefined, stackName: string | undefined): store.ChangeSetRow | undefined {
  if (stackName === undefined) throw validationError("StackName must be specified if ChangeSetName is not specified as an ARN.");
  const stack = requireStack(ctx, stackName);
  return ctx.all(store.changeSetsOfStack, { stack: stack.id }).find((row) => row.name === name);
}

type CreateInput = Input<"cloudformation", "CreateChangeSet">;

function refuseUnread(input: CreateInput): void {
  const refuse = (member: string): never => {
    throw notImplemented("cloudformation", "CreateChangeSet", member);
  };
  if (input.ChangeSetType === "IMPORT" || (input.ResourcesToImport?.length ?? 0) > 0) refuse("ChangeSetType IMPORT");
  if (input.DeploymentMode !== undefined) refuse("DeploymentMode");
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html */
export async function createChangeSet(input: CreateInput, ctx: Context): Promise<Output<"cloudformation", "CreateChangeSet">> {
  refuseUnread(input);
  const stackName = input.StackName ?? "";
  const found = findStack(ctx, stackName);
  const type = input.ChangeSetType ?? "UPDATE";
  if (type === "CREATE" && found !== undefined && found.status !== "REVIEW_IN_PROGRESS") {
    throw validationError(`Stack [${stackName}] already exists and cannot be created again with the changeSet [${input.ChangeSetName}].`);
  }
  if (type === "UPDATE" && (found === undefined || found.status === "REVIEW_IN_PROGRESS")) {
    throw validationError(
      found === undefined
        ? `Stack [${stackName}] does not exist`
        : `Stack:${found.id} is in REVIEW_IN_PROGRESS state and can not be updated.`,
    );
  }
  if (type === "UPDATE" && found !== undefined) refuseState(found, true);
  const identity = { id: found?.id ?? newStackId(ctx, stackName), name: found?.name ?? stackName };
  if (found !== undefined && ctx.all(store.changeSetsOfStack, { stack: found.id }).some((row) => row.name === input.ChangeSetName)) {
    throw new AwsException("AlreadyExistsException", `ChangeSet ${input.ChangeSetName} already exists`);
  }
  const desired = await desiredOf(ctx, input, identity, type === "UPDATE" ? found?.body.desired : undefined);
  if (input.ImportExistingResources) await refuseExisting(ctx, found ?? { ...identity, status: "REVIEW_IN_PROGRESS" }, desired);
  return ctx.tx(() => {
    const stack = found ?? reviewStack(ctx, identity, desired);
    const id = ctx.arn("cloudformation", `changeSet/${input.ChangeSetName}/${ctx.cloud.ids.uuid()}`);
    const made = plan(ctx, stack, desired);
    const body: ChangeSetBody = {
      desired,
      type: type === "CREATE" ? "CREATE" : "UPDATE",
      changes: made.changes,
      nested: input.IncludeNestedStacks ?? false,
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(input.OnStackFailure === undefined ? {} : { onFailure: input.OnStackFailure }),
      ...(input.ClientToken === undefined ? {} : { token: input.ClientToken }),
    };
    ctx.run(store.insertChangeSet, {
      id,
      stack: stack.id,
      name: input.ChangeSetName ?? "",
      created: ctx.now,
      status: made.reason === undefined ? "CREATE_COMPLETE" : "FAILED",
      reason: made.reason ?? null,
      execution: made.reason === undefined ? "AVAILABLE" : "UNAVAILABLE",
      body: JSON.stringify(body),
    });
    return { Id: id, StackId: stack.id };
  });
}

/** `ImportExistingResources` changes nothing as long as no named resource exists already; to adopt one is not done. */
async function refuseExisting(ctx: Context, stack: Pick<Stack, "id" | "name" | "status">, desired: Desired): Promise<void> {
  for (const change of changesFor(ctx, stack, desired)) {
    const [key] = specOf(change.ResourceType)?.id ?? [];
    if (change.Action !== "Add" || key === undefined) continue;
    const context = JSON.parse(change.AfterContext ?? "{}") as { Properties?: Record<string, unknown> };
    const name = context.Properties?.[key];
    if (typeof name !== "string") continue;
    if ((await handlerOf(ctx, change.ResourceType)?.type.read?.(ctx, name)) !== undefined) {
      throw notImplemented("cloudformation", "CreateChangeSet", `ImportExistingResources for ${change.ResourceType} ${name}, which exists`);
    }
  }
}

function reviewStack(ctx: Context, identity: { id: string; name: string }, desired: Desired): Stack {
  const stack = insertStack(ctx, { ...identity, status: "REVIEW_IN_PROGRESS", body: bodyOf(desired, {}) });
  ctx.claim(stack.id);
  return setStackStatus(ctx, stack, "REVIEW_IN_PROGRESS", "User Initiated");
}

function plan(ctx: Context, stack: Stack, desired: Desired): { readonly changes: ResourceChange[]; readonly reason?: string } {
  try {
    const changes = changesFor(ctx, stack, desired);
    const empty = changes.length === 0 && stack.status !== "REVIEW_IN_PROGRESS" && sameDesired(stack.body.desired, desired, ctx);
    return empty ? { changes, reason: NO_CHANGES } : { changes };
  } catch (error) {
    return { changes: [], reason: messageOf(error) };
  }
}

export function describeChangeSet(
  input: Input<"cloudformation", "DescribeChangeSet">,
  ctx: Context,
): Output<"cloudformation", "DescribeChangeSet"> {
  const set = changeSetOf(ctx, input.ChangeSetName, input.StackName);
  const stack = requireStack(ctx, set.stack);
  const { desired } = set.body;
  return {
    ChangeSetName: set.name,
    ChangeSetId: set.id,
    StackId: stack.id,
    StackName: stack.name,
    ...(set.body.description === undefined ? {} : { Description: set.body.description }),
    Parameters: parametersOut(ctx, desired),
    CreationTime: new Date(set.created),
    ExecutionStatus: set.execution as "AVAILABLE",
    Status: set.status as "CREATE_COMPLETE",
    ...(set.reason === null ? {} : { StatusReason: set.reason }),
    NotificationARNs: [...desired.notificationArns],
    RollbackConfiguration: rollbackOut(desired.rollback),
    Capabilities: [...desired.capabilities] as "CAPABILITY_IAM"[],
    Tags: Object.entries(desired.tags).map(([Key, Value]) => ({ Key, Value })),
    Changes: set.body.changes.map((change) => ({
      Type: "Resource" as const,
      ResourceChange: changeOut(change, input.IncludePropertyValues ?? false),
    })),
    IncludeNestedStacks: set.body.nested,
    ...(set.body.onFailure === undefined ? {} : { OnStackFailure: set.body.onFailure }),
  };
}

type ChangeOut = NonNullable<NonNullable<Output<"cloudformation", "DescribeChangeSet">["Changes"]>[number]["ResourceChange"]>;

/** Values before and after are told only to those who ask for them. */
function changeOut(change: ResourceChange, values: boolean): ChangeOut {
  const { BeforeContext, AfterContext, ...rest } = change;
  const Details = change.Details.map((detail) => {
    const { BeforeValue, AfterValue, Path, AttributeChangeType, ...target } = detail.Target;
    return { ...detail, Target: values ? detail.Target : target };
  });
  const contexts = values
    ? { ...(BeforeContext === undefined ? {} : { BeforeContext }), ...(AfterContext === undefined ? {} : { AfterContext }) }
    : {};
  return { ...rest, Scope: [...change.Scope], Details, ...contexts };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html */
export function executeChangeSet(
  input: Input<"cloudformation", "ExecuteChangeSet">,
  ctx: Context,
): Output<"cloudformation", "ExecuteChangeSet"> {
  const set = changeSetOf(ctx, input.ChangeSetName, input.StackName);
  if (set.execution !== "AVAILABLE") {
    throw new AwsException(
      "InvalidChangeSetStatusException",
      `ChangeSet [${set.id}] cannot be executed in its current status of [${set.status}]`,
    );
  }
  ctx.tx(() => {
    const stack = requireStack(ctx, set.stack);
    const fallback = input.DisableRollback ? "DO_NOTHING" : "ROLLBACK";
    const operation = {
      ...commonOf(input),
      onFailure: set.body.onFailure ?? (fallback as "ROLLBACK" | "DO_NOTHING"),
      retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
      changeSetId: set.id,
    };
    for (const other of ctx.all(store.changeSetsOfStack, { stack: stack.id })) ctx.run(store.dropChangeSet, { id: other.id });
    const marked = saveBody(ctx, stack, { changeSetId: set.id, disableRollback: input.DisableRollback ?? false });
    if (stack.status === "REVIEW_IN_PROGRESS") {
      ctx.run(store.touchStack, { id: stack.id, updated: ctx.now });
      begin(ctx, saveBody(ctx, marked, { desired: set.body.desired }), { kind: "CREATE", phase: "create", ...operation }, "User Initiated");
    } else {
      refuseState(stack, true);
      beginUpdate(ctx, marked, set.body.desired, operation);
    }
    const done = { ...set, execution: "EXECUTE_COMPLETE", body: JSON.stringify(set.body) };
    ctx.run(store.insertChangeSet, done);
  });
  return {};
}

export function deleteChangeSet(
  input: Input<"cloudformation", "DeleteChangeSet">,
  ctx: Context,
): Output<"cloudformation", "DeleteChangeSet"> {
  const stack = input.StackName === undefined ? undefined : findStack(ctx, input.StackName);
  if (input.StackName !== undefined && stack === undefined) return {};
  const name = input.ChangeSetName ?? "";
  const row = name.startsWith("arn:")
    ? ctx.get(store.changeSetById, { id: name })
    : ctx.all(store.changeSetsOfStack, { stack: stack?.id ?? "" }).find((one) => one.name === name);
  if (row !== undefined) ctx.run(store.dropChangeSet, { id: row.id });
  return {};
}

export function listChangeSets(input: Input<"cloudformation", "ListChangeSets">, ctx: Context): Output<"cloudformation", "ListChangeSets"> {
  const stack = requireStack(ctx, input.StackName);
  const sets = ctx.all(store.changeSetsOfStack, { stack: stack.id }).filter((row) => row.execution !== "EXECUTE_COMPLETE");
  return {
    Summaries: sets.map((row) => ({
      StackId: stack.id,
      StackName: stack.name,
      ChangeSetId: row.id,
      ChangeSetName: row.name,
      ExecutionStatus: row.execution as "AVAILABLE",
      Status: row.status as "CREATE_COMPLETE",
      ...(row.reason === null ? {} : { StatusReason: row.reason }),
      CreationTime: new Date(row.created),
    })),
  };
}
