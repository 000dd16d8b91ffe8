import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { concerned } from "../arns.ts";
import { refused } from "../errors.ts";
import { endDeployment, laneOf, setStatus } from "../lifecycle.ts";
import { type Deployment, deploymentById, groupById, saveDeployment, type Target, targetsOf } from "../records.ts";
import { updateGroup } from "../store.ts";
import { type Host, nextStep } from "./health.ts";
import { instanceNamed } from "./instances.ts";
import { removeInstance } from "./local.ts";
import { machinesOf } from "./machines.ts";
import { isAllow, type Plan, planOf, type Stage } from "./memory.ts";
import { beginTargets, failRollout, type Rollout } from "./rollout.ts";

const MINUTE = 60_000;

/**
 * What comes after the replacement instances have the revision; of a deployment in place that is its end.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-server.html
 */
export function afterInstall(ctx: Context, rollout: Rollout, rule = ""): void {
  const { platform, deployment, plan } = rollout;
  if (deployment.body.settings.deploymentStyle?.deploymentType !== "BLUE_GREEN") {
    endDeployment(ctx, platform, deployment.id, { status: "Succeeded", rule });
    return;
  }
  STAGES[plan.stage](ctx, rollout, rule);
}

type Step = (ctx: Context, rollout: Rollout, rule: string) => void;

const STAGES: Readonly<Record<Stage, Step>> = {
  install: waitForTraffic,
  ready: (ctx, rollout) => {
    const { deployment, platform, plan } = rollout;
    if (ctx.now < (plan.until ?? 0)) return;
    const rule = "rerouting was not continued before the wait of the deployment-ready option was over";
    const error = {
      code: "TIMEOUT",
      message: "The deployment was stopped because traffic rerouting was not started before the end of the wait period.",
    } as const;
    platform.stop(ctx, deployment, { status: "Stopped", rule });
    endDeployment(ctx, platform, deployment.id, { status: "Stopped", error, rule });
  },
  allow: allowTraffic,
  block: blockTraffic,
  terminate: (ctx, rollout) => {
    if (ctx.now >= (rollout.plan.until ?? 0)) terminateOriginals(ctx, rollout);
  },
};

function enter(ctx: Context, rollout: Rollout, stage: Stage, change: Partial<Plan> = {}): Rollout {
  const plan: Plan = { ...rollout.plan, stage, ...change };
  return { ...rollout, plan, deployment: saveDeployment(ctx, rollout.deployment, { body: { memory: { ...plan } } }) };
}

const greenOf = (ctx: Context, { id }: Deployment): Target[] => targetsOf(ctx, id).filter(({ label }) => label === "Green");
const blueOf = (ctx: Context, { id }: Deployment): Target[] => targetsOf(ctx, id).filter(({ label }) => label === "Blue");

function waitForTraffic(ctx: Context, rollout: Rollout, rule: string): void {
  const option = rollout.deployment.body.settings.blueGreenDeploymentConfiguration?.deploymentReadyOption;
  if (option?.actionOnTimeout !== "STOP_DEPLOYMENT") {
    allowTraffic(ctx, enter(ctx, rollout, "allow"));
    return;
  }
  const minutes = option.waitTimeInMinutes ?? 0;
  const until = ctx.now + minutes * MINUTE;
  const { deployment } = enter(ctx, rollout, "ready", { until });
  const ready = setStatus(ctx, deployment, { status: "Ready", rule: `${rule}; rerouting waits ${minutes} minutes for ContinueDeployment` });
  ready.ctx.send("codedeploy.roll", { deployment: deployment.id }, { at: until, lane: laneOf(deployment) });
}

/** "Routes traffic to … instances in the replacement environment" by the same configuration that they were installed by. */
function allowTraffic(ctx: Context, rollout: Rollout): void {
  const green = greenOf(ctx, rollout.deployment);
  const atOnce = green.length - rollout.plan.minimum;
  const hosts = green.filter(isRouted).map(hostOf);
  const verdict = nextStep(hosts, { minimum: Math.max(0, hosts.length - atOnce) });
  if (verdict.decision === "begin") {
    beginTargets(ctx, rollout.deployment, { ...verdict, rule: `traffic goes to at most ${atOnce} replacement instances at once` });
  } else if (verdict.decision === "fail") failRollout(ctx, rollout, verdict.rule);
  else if (verdict.decision === "succeed") blockTraffic(ctx, enter(ctx, rollout, "block"));
}

/** Those whose installation failed get no traffic. */
const isRouted = ({ body }: Target): boolean => body.events.some(({ name, status }) => isAllow(name) && status !== "Skipped");

function hostOf({ target, status }: Target): Host {
  const progress = status === "Ready" ? "waiting" : status === "InProgress" ? "running" : status === "Succeeded" ? "succeeded" : "failed";
  return { name: target, zone: "", progress, wasHealthy: false, revision: "unknown" };
}

function blockTraffic(ctx: Context, rollout: Rollout): void {
  const blue = blueOf(ctx, rollout.deployment);
  const waiting = blue.filter(({ status }) => status === "Pending");
  if (waiting.length > 0) {
    const hosts = waiting.map(({ target }) => ({ name: target }));
    beginTargets(ctx, rollout.deployment, { hosts, rule: "all replacement instances that have the revision get traffic" });
    return;
  }
  if (blue.some(({ status }) => status === "InProgress")) return;
  const failed = blue.filter(({ status }) => status === "Failed");
  if (failed.length > 0) {
    failRollout(ctx, rollout, `${failed.length} of ${blue.length} original instances could not be taken out of traffic, and none may fail`);
    return;
  }
  waitForTermination(ctx, rollout);
}

function waitForTermination(ctx: Context, rollout: Rollout): void {
  const { deployment } = rollout;
  const option = deployment.body.settings.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess;
  if (option?.action !== "TERMINATE") {
    finish(ctx, rollout, "the replacement instances get all traffic, and the original ones are kept");
    return;
  }
  const minutes = option.terminationWaitTimeInMinutes ?? 0;
  const until = ctx.now + minutes * MINUTE;
  const entered = enter(ctx, rollout, "terminate", { until });
  saveDeployment(ctx, entered.deployment, { body: { terminationWaitStarted: true } });
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Termination wait started",
    resources: concerned(ctx, deployment),
    detail: { deploymentId: deployment.id, until: new Date(until).toISOString() },
    rule: `the original instances are ended ${minutes} minutes after traffic went to the replacement instances`,
  });
  ctx.with({ cause }).send("codedeploy.roll", { deployment: deployment.id }, { at: until, lane: laneOf(deployment) });
}

function terminateOriginals(ctx: Context, rollout: Rollout): void {
  const { deployment } = rollout;
  for (const { target } of blueOf(ctx, deployment)) ctx.send("codedeploy.terminate", { deployment: deployment.id, instance: target });
  finish(ctx, rollout, "the replacement instances get all traffic, and the wait before the end of the original ones is over");
}

/** The replacement environment is the group's from now on. */
function finish(ctx: Context, { platform, deployment }: Rollout, rule: string): void {
  const group = groupById(ctx, deployment.group_id);
  const { targetInstances } = deployment.body;
  if (group !== undefined && targetInstances !== undefined) {
    const { onPremisesInstanceTagFilters: _f, onPremisesTagSet: _s, ec2TagFilters: _e, ec2TagSet: _t, ...rest } = group.body;
    const body = { ...rest, ec2TagFilters: targetInstances.tagFilters, ec2TagSet: targetInstances.ec2TagSet };
    const { application, name, config } = group;
    ctx.run(updateGroup, { application, from: name, name, config, body: JSON.stringify(body) });
  }
  endDeployment(ctx, platform, deployment.id, { status: "Succeeded", rule });
}

/** ContinueDeployment, SkipWaitTimeForInstanceTermination. */
export function proceed(ctx: Context, deployment: Deployment, wait: "READY_WAIT" | "TERMINATION_WAIT"): void {
  if (deployment.body.settings.deploymentStyle?.deploymentType !== "BLUE_GREEN")
    throw refused(
      "UnsupportedActionForDeploymentTypeException",
      "A call was submitted that is not supported for the specified deployment type.",
    );
  const plan = planOf(deployment);
  const stage = wait === "READY_WAIT" ? "ready" : "terminate";
  if (plan?.stage !== stage)
    throw refused("DeploymentIsNotInReadyStateException", "The deployment does not have a status of Ready and can't continue yet.");
  let next = ctx;
  if (stage === "ready") {
    const memory: Plan = { ...plan, stage: "allow" };
    const saved = saveDeployment(ctx, deployment, { body: { memory: { ...memory } } });
    next = setStatus(ctx, saved, { status: "InProgress", rule: `ContinueDeployment was called by ${ctx.principal.arn}` }).ctx;
  } else saveDeployment(ctx, deployment, { body: { memory: { ...plan, until: ctx.now } } });
  next.send("codedeploy.roll", { deployment: deployment.id }, { lane: laneOf(deployment) });
}

/** `codedeploy.terminate {deployment, instance}`: ends an original instance, and all that is on it. */
export const terminate: MessageHandler = async (ctx, message) => {
  const deployment = deploymentById(ctx, String(message.payload["deployment"]));
  const instance = instanceNamed(ctx, String(message.payload["instance"]));
  if (instance === undefined || deployment === undefined) return;
  await machinesOf(ctx.cloud).remove(instance);
  ctx.tx(() => removeInstance(ctx, instance));
};
