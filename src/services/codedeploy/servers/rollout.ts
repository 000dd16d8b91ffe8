import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { concerned } from "../arns.ts";
import { endDeployment, laneOf, setTargetStatus } from "../lifecycle.ts";
import { announceInstance } from "../notices.ts";
import type { Platform } from "../platform.ts";
import { type Deployment, deploymentById, saveDeployment, type Target, targetsOf } from "../records.ts";
import { isEnded, stoppedEvents } from "../states.ts";
import { afterInstall } from "./blue-green.ts";
import { type Host, nextStep, type Progress, type Verdict } from "./health.ts";
import { laneOfInstance } from "./lanes.ts";
import { type Plan, planOf, TOO_FEW, targetMemory } from "./memory.ts";

/**
 * `codedeploy.roll {deployment}`: decides what comes next, after the deployment's start and whenever an instance is done
 * or a wait is over.
 */
export function rollOf(platform: Platform): MessageHandler {
  return (ctx, message) => {
    ctx.tx(() => {
      const deployment = deploymentById(ctx, String(message.payload["deployment"]));
      if (deployment === undefined || isEnded(deployment.status)) return;
      const { stopping } = deployment.body;
      if (stopping !== undefined) {
        if (!isBusy(ctx, deployment)) endDeployment(ctx, platform, deployment.id, stopping);
        return;
      }
      const plan = planOf(deployment);
      if (plan !== undefined) roll(ctx, { platform, deployment, plan });
    });
  };
}

const isBusy = (ctx: Context, { id }: Deployment): boolean => targetsOf(ctx, id).some(({ status }) => status === "InProgress");

export interface Rollout {
  readonly platform: Platform;
  readonly deployment: Deployment;
  readonly plan: Plan;
}

const PROGRESS: Readonly<Partial<Record<Target["status"], Progress>>> = {
  Pending: "waiting",
  InProgress: "running",
  Ready: "succeeded",
  Succeeded: "succeeded",
  Failed: "failed",
};

function hostOf(target: Target): Host {
  const { wasHealthy, revision, zone } = targetMemory(target);
  return { name: target.target, zone, wasHealthy, revision, progress: PROGRESS[target.status] ?? "failed" };
}

function roll(ctx: Context, rollout: Rollout): void {
  const { deployment, plan } = rollout;
  if (plan.stage !== "install") {
    afterInstall(ctx, rollout);
    return;
  }
  if (plan.pause !== undefined && ctx.now < plan.pause.until) return;
  const opened = plan.pause === undefined ? rollout : openZone(ctx, rollout, plan.pause.next);
  const targets = targetsOf(ctx, deployment.id).filter(({ label }) => label !== "Blue");
  carryOut(ctx, opened, nextStep(targets.map(hostOf), opened.plan, opened.plan.zone));
}

function openZone(ctx: Context, { platform, deployment, plan }: Rollout, zone: string): Rollout {
  const { pause: _, ...rest } = plan;
  const next = { ...rest, zone };
  return { platform, deployment: saveDeployment(ctx, deployment, { body: { memory: { ...next } } }), plan: next };
}

function carryOut(ctx: Context, rollout: Rollout, verdict: Verdict): void {
  switch (verdict.decision) {
    case "begin":
      beginTargets(ctx, rollout.deployment, verdict);
      return;
    case "next zone":
      pauseBetweenZones(ctx, rollout, verdict);
      return;
    case "fail":
      failRollout(ctx, rollout, verdict.rule);
      return;
    case "succeed":
      afterInstall(ctx, rollout, verdict.rule);
      return;
    case "wait":
  }
}

/** Says which instances are next and why, and sends each its first lifecycle event. */
export function beginTargets(
  ctx: Context,
  deployment: Deployment,
  chosen: { readonly hosts: readonly { readonly name: string }[]; readonly rule: string },
): void {
  const names = new Set(chosen.hosts.map(({ name }) => name));
  for (const target of targetsOf(ctx, deployment.id)) {
    if (!names.has(target.target)) continue;
    const cause = ctx.emit({
      source: "aws.codedeploy",
      type: "Instance began",
      resources: concerned(ctx, deployment, target.body.arn),
      detail: { deploymentId: deployment.id, targetId: target.target },
      rule: chosen.rule,
    });
    const next = ctx.with({ cause });
    const isFirst = target.status === "Pending";
    const saved = setTargetStatus(next, target, "InProgress");
    if (isFirst) announceInstance(next, deployment, saved, "START");
    next.send("codedeploy.command", { deployment: deployment.id, target: target.target }, { lane: laneOfInstance(ctx, target.target) });
  }
}

function pauseBetweenZones(ctx: Context, rollout: Rollout, { done, next, isFirst }: Extract<Verdict, { decision: "next zone" }>): void {
  const { deployment, plan } = rollout;
  const wait = (isFirst ? plan.firstZoneWait : undefined) ?? plan.zoneWait ?? 0;
  const until = ctx.now + wait;
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Zone finished",
    resources: concerned(ctx, deployment),
    detail: { deploymentId: deployment.id, zone: done, nextZone: next, until: new Date(until).toISOString() },
    rule: `all instances of zone ${done} are done; zone ${next} is next, after ${wait / 1_000} seconds of monitoring`,
  });
  saveDeployment(ctx, deployment, { body: { memory: { ...plan, pause: { next, until } } } });
  ctx.with({ cause }).send("codedeploy.roll", { deployment: deployment.id }, { at: until, lane: laneOf(deployment) });
}

/** Instances that were not begun keep what they have. */
export function failRollout(ctx: Context, { platform, deployment }: Rollout, rule: string): void {
  skipWaiting(ctx, deployment);
  endDeployment(ctx, platform, deployment.id, { status: "Failed", by: "failure", error: TOO_FEW, rule });
}

export function skipWaiting(ctx: Context, deployment: Deployment): void {
  for (const target of targetsOf(ctx, deployment.id)) {
    if (target.status === "Pending" || target.status === "Ready")
      setTargetStatus(ctx, target, "Skipped", stoppedEvents(target.body.events, ctx.now));
  }
}
