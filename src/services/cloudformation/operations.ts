import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { failUpdate } from "./engine/advance.ts";
import { setResourceStatus } from "./engine/events.ts";
import { resourcesOf, saveBody, stackById, toResource } from "./engine/model.ts";
import { importersOf } from "./engine/outputs.ts";
import { markFailed, settle } from "./engine/tasks.ts";
import { findStack, requireStack } from "./request.ts";
import { begin, commonOf, stackPolicy } from "./stacks.ts";
import * as store from "./store.ts";
import { validationError } from "./template/parse.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html */
export function cancelUpdateStack(
  input: Input<"cloudformation", "CancelUpdateStack">,
  ctx: Context,
): Output<"cloudformation", "CancelUpdateStack"> {
  const stack = requireStack(ctx, input.StackName);
  if (stack.status !== "UPDATE_IN_PROGRESS" || stack.op === undefined) {
    throw validationError(`CancelUpdateStack cannot be called from current stack status`);
  }
  ctx.tx(() => {
    if (stack.op === undefined) return;
    const { stack: marked, op } = markFailed(ctx, stack, { ...stack.op, onFailure: "ROLLBACK" });
    const counts = ctx.get(store.countTasks, { stack: stack.id, op: op.id, phase: op.phase });
    if (counts === undefined || counts.running === 0) failUpdate(ctx, marked, op, "User Initiated");
    else settle(ctx, marked, op);
  });
  return {};
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html */
export function continueUpdateRollback(
  input: Input<"cloudformation", "ContinueUpdateRollback">,
  ctx: Context,
): Output<"cloudformation", "ContinueUpdateRollback"> {
  const stack = requireStack(ctx, input.StackName);
  if (stack.status !== "UPDATE_ROLLBACK_FAILED" || stack.op === undefined) {
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not continue rollback.`);
  }
  const skip = input.ResourcesToSkip ?? [];
  const failing = new Set(resourcesOf(ctx, stack.id).flatMap((one) => (one.status === "UPDATE_FAILED" ? [one.logical] : [])));
  const wrong = skip.filter((name) => !failing.has(name));
  if (wrong.length > 0) {
    throw validationError(`Invalid ResourcesToSkip: [${wrong.join(", ")}] are not in UPDATE_FAILED state`);
  }
  ctx.tx(() =>
    begin(ctx, stack, { ...stack.op, kind: "ROLLBACK", phase: "revert", skip, failed: false, ...commonOf(input) }, "User Initiated"),
  );
  return {};
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html */
export function rollbackStack(input: Input<"cloudformation", "RollbackStack">, ctx: Context): Output<"cloudformation", "RollbackStack"> {
  const stack = requireStack(ctx, input.StackName);
  if (stack.op === undefined || !/^(CREATE_FAILED|UPDATE_FAILED)$/.test(stack.status)) {
    throw validationError(`Stack [${stack.name}] is in ${stack.status} state and can not be rolled back.`);
  }
  const phase = stack.status === "CREATE_FAILED" ? "rollback" : "revert";
  const retainExceptOnCreate = input.RetainExceptOnCreate ?? false;
  ctx.tx(() =>
    begin(ctx, stack, { ...stack.op, kind: "ROLLBACK", phase, failed: false, retainExceptOnCreate, ...commonOf(input) }, "User Initiated"),
  );
  return { StackId: stack.id };
}

export function updateTerminationProtection(
  input: Input<"cloudformation", "UpdateTerminationProtection">,
  ctx: Context,
): Output<"cloudformation", "UpdateTerminationProtection"> {
  const stack = requireStack(ctx, input.StackName);
  ctx.tx(() => saveBody(ctx, stack, { terminationProtection: input.EnableTerminationProtection ?? false }));
  return { StackId: stack.id };
}

export function listExports(_input: Input<"cloudformation", "ListExports">, ctx: Context): Output<"cloudformation", "ListExports"> {
  return { Exports: ctx.all(store.listExports, {}).map((one) => ({ ExportingStackId: one.stack, Name: one.name, Value: one.value })) };
}

export function listImports(input: Input<"cloudformation", "ListImports">, ctx: Context): Output<"cloudformation", "ListImports"> {
  const name = input.ExportName ?? "";
  const users = importersOf(ctx, name);
  if (users.length === 0) throw validationError(`Export '${name}' is not imported by any stack.`);
  return { Imports: users };
}

export function getStackPolicy(input: Input<"cloudformation", "GetStackPolicy">, ctx: Context): Output<"cloudformation", "GetStackPolicy"> {
  const { policy } = requireStack(ctx, input.StackName).body;
  return policy === undefined ? {} : { StackPolicyBody: policy };
}

/** The logical resource that a signal is for. @throws AwsException ValidationError */
export function signalResource(input: Input<"cloudformation", "SignalResource">, ctx: Context): Output<"cloudformation", "SignalResource"> {
  const stack = findStack(ctx, input.StackName ?? "");
  const found = stack === undefined ? undefined : stackById(ctx, stack.id);
  if (found === undefined) throw validationError(`Stack with id ${input.StackName} does not exist`);
  const logical = input.LogicalResourceId ?? "";
  const row = ctx.get(store.liveResource, { stack: found.id, logical });
  if (row === undefined) throw validationError(`Resource ${logical} does not exist for stack ${found.name}`);
  ctx.tx(() => {
    if (row.status.endsWith("_IN_PROGRESS")) {
      const reason = `Received ${input.Status} signal with UniqueId ${input.UniqueId}`;
      setResourceStatus(ctx, found, toResource(row), { status: row.status, reason });
    }
    ctx.run(store.addSignal, { stack: found.id, logical, id: input.UniqueId ?? "", status: input.Status ?? "SUCCESS", data: null });
    for (const task of ctx.all(store.runningTasksOfUid, { uid: row.uid })) {
      ctx.send("cloudformation.attempt", { task: task.id }, { lane: `cloudformation.attempt:${task.id}` });
    }
  });
  return {};
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html */
export async function setStackPolicy(
  input: Input<"cloudformation", "SetStackPolicy">,
  ctx: Context,
): Promise<Output<"cloudformation", "SetStackPolicy">> {
  const policy = await stackPolicy(ctx, input.StackPolicyBody, input.StackPolicyURL);
  const stack = requireStack(ctx, input.StackName);
  if (policy === undefined) throw validationError("You must specify either the StackPolicyBody or the StackPolicyURL parameter");
  ctx.tx(() => saveBody(ctx, stack, { policy }));
  return {};
}
