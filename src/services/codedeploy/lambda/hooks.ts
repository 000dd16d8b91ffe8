import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { Message } from "../../../aws/service.ts";
import { concerned } from "../arns.ts";
import { refused } from "../errors.ts";
import { deploymentNamed } from "../find.ts";
import { halt, laneOf, running, setEvent } from "../lifecycle.ts";
import type { Platform } from "../platform.ts";
import { type Deployment, type Ending, targetOf } from "../records.ts";
import { serviceRoleContext } from "../role.ts";
import { isEnded } from "../states.ts";
import * as store from "../store.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html: no answer within an hour is a failure. */
const HOOK_MS = 3_600_000;

interface NewHook {
  readonly target: string;
  readonly event: string;
  readonly function: string;
}

/** Asks a function about a lifecycle event that has begun. One transaction with its caller. */
export function askHook(ctx: Context, deployment: Deployment, hook: NewHook): void {
  const { ids } = ctx.cloud;
  const sealed = {
    encryptedData: Buffer.from(ids.bytes(96)).toString("base64"),
    ivParameterSpec: ids.alphanumeric(16),
    materialSetSerial: 1,
  };
  const id = Buffer.from(JSON.stringify(sealed)).toString("base64");
  ctx.run(store.insertHook, { id, deployment: deployment.id, ...hook, status: "Pending" });
  ctx.send("codedeploy.hook", { hook: id });
  ctx.send("codedeploy.hook-timeout", { hook: id }, { delay: HOOK_MS, quiet: true });
}

interface OpenHook {
  readonly hook: store.HookRow;
  readonly deployment: Deployment;
}

/** The hook and its deployment, while both wait for an answer. */
function open(ctx: Context, id: unknown): OpenHook | undefined {
  const hook = ctx.get(store.selectHook, { id: String(id) });
  const deployment = hook === undefined ? undefined : running(ctx, hook.deployment);
  const waiting = hook?.status === "Pending" || hook?.status === "InProgress";
  return hook === undefined || deployment === undefined || !waiting ? undefined : { hook, deployment };
}

/** Invokes the function with what it needs to answer. Like AWS, whatever the function itself returns is not looked at. */
export async function invokeHook(ctx: Context, platform: Platform, message: Message): Promise<void> {
  const found = open(ctx, message.payload["hook"]);
  if (found === undefined || found.hook.status !== "Pending") return;
  const { hook, deployment } = found;
  const Payload = Buffer.from(JSON.stringify({ DeploymentId: deployment.id, LifecycleEventHookExecutionId: hook.id }));
  const cause = hook.because ?? ctx.tx(() => invocation(ctx, found));
  try {
    const role = serviceRoleContext(ctx.with({ cause }), deployment);
    await role.call("lambda", "Invoke", { FunctionName: hook.function, InvocationType: "Event", Payload });
    ctx.run(store.hookInvoked, { id: hook.id });
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    const reason = `The Lambda function ${hook.function} could not be invoked: ${error.message}`;
    ctx.with({ cause }).tx(() => decide(ctx.with({ cause }), platform, found, { status: "Failed", reason }));
  }
}

/** Told once, before it is done: a server that is killed in between invokes the function again. */
function invocation(ctx: Context, { hook, deployment }: OpenHook): string {
  const because = ctx.emit({
    source: "aws.codedeploy",
    type: "Hook invoked",
    resources: concerned(ctx, deployment, functionArn(ctx, hook.function)),
    detail: { deploymentId: deployment.id, lifecycleEvent: hook.event, function: hook.function },
    rule: `the AppSpec names ${hook.function} for ${hook.event}; it has an hour to answer`,
  });
  ctx.run(store.noteInvocation, { id: hook.id, because });
  return because;
}

function functionArn(ctx: Context, name: string): string {
  return name.startsWith("arn:") ? name : ctx.arn("lambda", `function:${name}`);
}

export function hookTimeout(ctx: Context, platform: Platform, message: Message): void {
  const found = open(ctx, message.payload["hook"]);
  if (found === undefined) return;
  const reason =
    "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within one hour after a deployment hook is invoked.";
  ctx.tx(() => decide(ctx, platform, found, { status: "Failed", reason, ending: { code: "TIMEOUT", message: reason } }));
}

interface Answer {
  readonly status: "Succeeded" | "Failed";
  readonly reason: string;
  readonly ending?: Ending["error"];
}

const HOOK_FAILED = {
  code: "HOOK_EXECUTION_FAILURE",
  message: "The deployment failed because one or more of the lifecycle event validation functions failed.",
} as const;

/** The end of a lifecycle event that a function was asked about. One transaction with its caller. */
function decide(ctx: Context, platform: Platform, { hook, deployment }: OpenHook, answer: Answer): void {
  ctx.run(store.updateHook, { id: hook.id, status: answer.status });
  const target = targetOf(ctx, deployment.id, hook.target);
  if (target === undefined) return;
  const failed = answer.status === "Failed";
  const step = setEvent(ctx, deployment, target, {
    name: hook.event,
    status: answer.status,
    rule: answer.reason,
    ...(failed ? { diagnostics: { errorCode: "UnknownError", scriptName: hook.function, message: answer.reason, logTail: "" } } : {}),
  });
  if (!failed) {
    step.ctx.send("codedeploy.lambda", { deployment: deployment.id }, { lane: laneOf(deployment) });
    return;
  }
  const rule = `${hook.event} failed: ${answer.reason}`;
  halt(step.ctx, platform, deployment.id, { status: "Failed", by: "failure", error: answer.ending ?? HOOK_FAILED, rule });
}

/** PutLifecycleEventHookExecutionStatus, for the platform that the deployment is on. */
export function answerHook(
  input: Input<"codedeploy", "PutLifecycleEventHookExecutionStatus">,
  ctx: Context,
  platform: Platform,
): Output<"codedeploy", "PutLifecycleEventHookExecutionStatus"> {
  return ctx.tx(() => {
    const deployment = deploymentNamed(ctx, input.deploymentId);
    if (deployment.platform === "Server")
      throw refused("UnsupportedActionForDeploymentTypeException", "Deployments to servers have no Lambda functions as hooks.");
    const { status, lifecycleEventHookExecutionId: id } = input;
    if (status !== "Succeeded" && status !== "Failed")
      throw refused(
        "InvalidLifecycleEventHookExecutionStatusException",
        `The status ${status} is invalid: it must be Succeeded or Failed.`,
      );
    const hook = id === undefined ? undefined : ctx.get(store.selectHook, { id });
    if (hook === undefined || hook.deployment !== deployment.id)
      throw refused(
        "InvalidLifecycleEventHookExecutionIdException",
        "The lifecycle event hook execution ID does not belong to the deployment.",
      );
    if (isEnded(deployment.status) || open(ctx, hook.id) === undefined)
      throw refused("LifecycleEventAlreadyCompletedException", `The lifecycle event ${hook.event} is already completed.`);
    // The function is a client of its own: what it was asked by is why it answers.
    const asked = ctx.with({ cause: ctx.cause ?? hook.because ?? undefined });
    decide(asked, platform, { hook, deployment }, { status, reason: `${hook.function} answered ${status}` });
    return { lifecycleEventHookExecutionId: hook.id };
  });
}
