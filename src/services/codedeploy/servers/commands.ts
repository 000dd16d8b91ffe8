import type { Diagnostics } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { concerned } from "../arns.ts";
import { laneOf, setEvent, setTargetStatus } from "../lifecycle.ts";
import { announceInstance } from "../notices.ts";
import { type Deployment, deploymentById, type LifecycleEventRecord, type Target, targetOf } from "../records.ts";
import { keyOf } from "../revision.ts";
import { isEnded, stoppedEvents } from "../states.ts";
import { bootServices } from "./boot.ts";
import { type Instance, installOf, instanceNamed, saveInstall } from "./instances.ts";
import { laneOfInstance } from "./lanes.ts";
import { isAllow, isTraffic, targetMemory } from "./memory.ts";
import { type Ran, runEvent } from "./run.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html: `ignoreApplicationStopFailures` */
const MAY_FAIL = new Set(["ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"]);

/**
 * `codedeploy.command {deployment, target}`: the next lifecycle event of one instance. Delivered again after a crash it
 * runs the event that was under way once more, and says so.
 */
export const command: MessageHandler = async (ctx, message) => {
  const { deployment: id, target: name } = message.payload;
  const work = ctx.tx(() => take(ctx, String(id), String(name)));
  if (work === undefined) return;
  const { ctx: next, deployment, target, event, instance } = work;
  let ran: Ran | undefined;
  if (!isTraffic(event) && instance !== undefined) {
    await bootServices(next, instance);
    ran = await runEvent(next, event, { deployment, target, instance });
  }
  next.tx(() => settle(next, work, ran));
};

interface Work {
  readonly ctx: Context;
  readonly deployment: Deployment;
  readonly target: Target;
  readonly event: string;
  readonly instance: Instance | undefined;
}

function take(ctx: Context, id: string, name: string): Work | undefined {
  const deployment = deploymentById(ctx, id);
  const target = targetOf(ctx, id, name);
  if (deployment === undefined || target?.status !== "InProgress" || isEnded(deployment.status)) return undefined;
  const instance = instanceNamed(ctx, name);
  const interrupted = target.body.events.find(({ status }) => status === "InProgress");
  const following = target.body.events.find(({ status }) => status === "Pending");
  if (deployment.body.stopping !== undefined || (interrupted ?? following) === undefined) {
    failTarget(ctx, deployment, target, "the deployment was stopped");
    return undefined;
  }
  if (interrupted !== undefined) return { ...again(ctx, deployment, target, interrupted), deployment, event: interrupted.name, instance };
  if (following === undefined) return undefined;
  const event = following.name;
  if (event === "ApplicationStop") saveInstall(ctx, installOf(ctx, deployment.group_id, name), { running: null });
  const begun = setEvent(ctx, deployment, target, { name: event, status: "InProgress", rule: ruleOf(target, event) });
  return { ...begun, deployment, event, instance };
}

function ruleOf(target: Target, event: string): string {
  const index = target.body.events.findIndex(({ name }) => name === event);
  const former = target.body.events[index - 1];
  if (former === undefined) return `${event} is the first lifecycle event of ${target.target}`;
  return `${former.name} ${former.status.toLowerCase()} on ${target.target}, and ${event} comes after it`;
}

function again(ctx: Context, deployment: Deployment, target: Target, { name }: LifecycleEventRecord): { ctx: Context; target: Target } {
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Lifecycle event begun again",
    resources: concerned(ctx, deployment, target.body.arn),
    detail: { deploymentId: deployment.id, targetId: target.target, lifecycleEvent: name },
    rule: `the server restarted while ${name} ran on ${target.target}: what ran has ended with it, and the event is run again from its beginning`,
  });
  return { ctx: ctx.with({ cause }), target };
}

const GONE: Diagnostics = { errorCode: "UnknownError", scriptName: "", message: "The instance is not there any more.", logTail: "" };

/** What follows from what an event did, in one transaction. */
function settle(ctx: Context, { deployment, event, instance, target: before }: Work, ran: Ran | undefined): void {
  const target = targetOf(ctx, deployment.id, before.target) ?? before;
  if (isTraffic(event)) {
    const rule = `${event} has nothing to do: the deployment group has no load balancer`;
    proceed(ctx, deployment, setEvent(ctx, deployment, target, { name: event, status: "Skipped", rule }), event);
    return;
  }
  const diagnostics = instance === undefined ? GONE : (ran?.diagnostics ?? GONE);
  const memory = ran?.bundle === undefined ? target.body.memory : { ...target.body.memory, bundle: ran.bundle };
  const kept = { ...target, body: { ...target.body, memory } };
  if (diagnostics.errorCode === "Success") {
    const step = setEvent(ctx, deployment, kept, { name: event, status: "Succeeded", diagnostics });
    if (event === "ApplicationStart") saveInstall(ctx, installOf(ctx, deployment.group_id, target.target), { running: deployment.id });
    proceed(ctx, deployment, step, event);
    return;
  }
  const rule = `${diagnostics.errorCode}: ${diagnostics.message}`;
  const step = setEvent(ctx, deployment, kept, { name: event, status: "Failed", diagnostics, rule });
  if (deployment.body.ignoreApplicationStopFailures && MAY_FAIL.has(event)) proceed(ctx, deployment, step, event);
  else failTarget(step.ctx, deployment, step.target, `${event} failed on ${target.target}: ${rule}`);
}

/** The next event, the wait for traffic, or the end of the instance's part. */
function proceed(_ctx: Context, deployment: Deployment, { ctx, target }: { ctx: Context; target: Target }, event: string): void {
  const following = target.body.events.find(({ status }) => status === "Pending");
  const { id, group_id } = deployment;
  if (following !== undefined && isAllow(following.name) && !isAllow(event)) {
    const ready = setTargetStatus(ctx, target, "Ready");
    saveInstall(ctx, installOf(ctx, group_id, target.target), { healthy: 1, revision: keyOf(deployment.body.revision) });
    announceInstance(ctx, deployment, ready, "READY");
    ctx.send("codedeploy.roll", { deployment: id }, { lane: laneOf(deployment) });
    return;
  }
  if (following !== undefined) {
    ctx.send("codedeploy.command", { deployment: id, target: target.target }, { lane: laneOfInstance(ctx, target.target) });
    return;
  }
  const done = setTargetStatus(ctx, target, "Succeeded");
  if (target.label !== "Blue")
    saveInstall(ctx, installOf(ctx, group_id, target.target), { healthy: 1, revision: keyOf(deployment.body.revision) });
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Instance succeeded",
    resources: concerned(ctx, deployment, target.body.arn),
    detail: { deploymentId: id, targetId: target.target },
    rule: `all lifecycle events of ${target.target} are over and none failed`,
  });
  const next = ctx.with({ cause });
  announceInstance(next, deployment, done, "SUCCESS");
  next.send("codedeploy.roll", { deployment: id }, { lane: laneOf(deployment) });
}

/** The instance keeps what was done so far; the rest of its events is skipped. */
function failTarget(ctx: Context, deployment: Deployment, target: Target, rule: string): void {
  const failed = setTargetStatus(ctx, target, "Failed", stoppedEvents(target.body.events, ctx.now));
  if (target.label !== "Blue") saveInstall(ctx, installOf(ctx, deployment.group_id, target.target), { healthy: 0, revision: null });
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Instance failed",
    resources: concerned(ctx, deployment, target.body.arn),
    detail: { deploymentId: deployment.id, targetId: target.target, wasHealthy: targetMemory(target).wasHealthy },
    rule,
  });
  const next = ctx.with({ cause });
  announceInstance(next, deployment, failed, "FAILURE");
  next.send("codedeploy.roll", { deployment: deployment.id }, { lane: laneOf(deployment) });
}
