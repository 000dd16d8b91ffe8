import type { Diagnostics } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../aws/context.ts";
import { concerned } from "./arns.ts";
import { announce, pullTriggers } from "./notices.ts";
import type { DeploymentFault, Platform } from "./platform.ts";
import {
  type Deployment,
  type DeploymentBody,
  deploymentById,
  type Ending,
  type Group,
  groupById,
  type LifecycleEventRecord,
  saveDeployment,
  saveTarget,
  type Target,
  type TargetStatus,
} from "./records.ts";
import { noteUse } from "./revisions.ts";
import { isEnded, wantsRollback } from "./states.ts";
import * as store from "./store.ts";

/** One deployment group's deployments are moved one message at a time: a rollback begins when what it rolls back is at rest. */
export function laneOf(deployment: { readonly group_id: string }): string {
  return `codedeploy:${deployment.group_id}`;
}

/** `d-` and nine characters, as AWS's ids of deployments. */
function newId(ctx: Context): string {
  let id: string;
  do {
    id = `d-${ctx.cloud.ids.alphanumeric(9).toUpperCase()}`;
  } while (ctx.get(store.selectDeployment, { id }) !== undefined);
  return id;
}

interface NewDeployment {
  readonly group: Group;
  readonly platform: Deployment["platform"];
  readonly body: DeploymentBody;
  readonly rule?: string;
}

/** Makes the record and sends what starts it, in the caller's transaction. */
export function makeDeployment(ctx: Context, { group, platform, body, rule }: NewDeployment): Deployment {
  const id = newId(ctx);
  const { application, name: grp, id: group_id } = group;
  ctx.run(store.insertDeployment, {
    id,
    application,
    grp,
    group_id,
    platform,
    status: "Created",
    created: ctx.now,
    body: JSON.stringify(body),
  });
  ctx.run(store.setLastDeployments, { id: group_id, succeeded: null, attempted: id, body: JSON.stringify(group.body) });
  const made = read(ctx, id);
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: "Deployment created",
    resources: concerned(ctx, made),
    detail: { deploymentId: id, creator: body.creator, deploymentConfigName: body.config, computePlatform: platform },
    ...(rule === undefined ? {} : { rule }),
  });
  const next = ctx.with({ cause });
  noteUse(next, made);
  pullTriggers(next, made, "DeploymentStart");
  next.send("codedeploy.start", { deployment: id }, { lane: laneOf(made) });
  return saveDeployment(ctx, made, { because: cause });
}

function read(ctx: Context, id: string): Deployment {
  const found = deploymentById(ctx, id);
  if (found === undefined) throw new RangeError(`deployment ${id} is gone in the transaction that made it`);
  return found;
}

/** A deployment as it now is, with the context that carries the event of its last change. */
export interface Step {
  readonly ctx: Context;
  readonly deployment: Deployment;
}

/** Created or Ready → InProgress, or InProgress → Ready. One transaction with its caller. */
export function setStatus(
  ctx: Context,
  deployment: Deployment,
  change: { readonly status: "InProgress" | "Ready"; readonly rule: string },
): Step {
  const first = deployment.started === null;
  const type = change.status === "Ready" ? "Deployment ready" : first ? "Deployment started" : "Deployment continued";
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type,
    resources: concerned(ctx, deployment),
    detail: { deploymentId: deployment.id },
    rule: change.rule,
  });
  const next = ctx.with({ cause });
  const saved = saveDeployment(ctx, deployment, {
    status: change.status,
    because: cause,
    ...(first ? { started: ctx.now } : {}),
  });
  if (first || change.status === "Ready") announce(next, saved);
  return { ctx: next, deployment: saved };
}

/**
 * The end of a deployment, whatever it is, with the rollback that follows from it. One transaction with its caller; of
 * several calls for one deployment the first counts. Targets are the platform's to end before.
 */
export function endDeployment(ctx: Context, platform: Platform, id: string, ending: Ending): Step | undefined {
  const before = deploymentById(ctx, id);
  if (before === undefined || isEnded(before.status)) return undefined;
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: `Deployment ${ending.status.toLowerCase()}`,
    resources: concerned(ctx, before),
    detail: { deploymentId: id, ...(ending.error === undefined ? {} : { code: ending.error.code, message: ending.error.message }) },
    rule: ending.rule,
  });
  const next = ctx.with({ cause });
  let ended = saveDeployment(ctx, before, {
    status: ending.status,
    completed: ctx.now,
    because: cause,
    body: { stopping: undefined, ...(ending.error === undefined ? {} : { error: ending.error }) },
  });
  ctx.run(store.deleteWatches, { deployment: id });
  const group = groupById(ctx, before.group_id);
  if (group !== undefined && ending.status === "Succeeded") {
    const body = JSON.stringify({ ...group.body, targetRevision: before.body.revision });
    ctx.run(store.setLastDeployments, { id: group.id, succeeded: id, attempted: group.last_attempted ?? id, body });
  }
  if (group !== undefined && before.body.creator !== "codeDeployRollback" && wantsRollback(ending, before.body.autoRollback)) {
    ended = rollBack(next, platform, { deployment: ended, group, ending });
  }
  announce(next, ended);
  return { ctx: next, deployment: ended };
}

interface Failed {
  readonly deployment: Deployment;
  readonly group: Group;
  readonly ending: Ending;
}

/**
 * A rollback is a deployment of its own, and both tell of each other.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
 */
function rollBack(ctx: Context, platform: Platform, { deployment, group, ending }: Failed): Deployment {
  const plan = platform.rollback(ctx, deployment);
  if ("impossible" in plan) {
    ctx.emit({
      source: "aws.codedeploy",
      type: "Rollback not possible",
      resources: concerned(ctx, deployment),
      detail: { deploymentId: deployment.id },
      rule: plan.impossible,
    });
    return saveDeployment(ctx, deployment, { body: { rollback: { rollbackMessage: plan.impossible } } });
  }
  const { alarms: _a, overrideAlarms: _o, autoRollback: _r, error: _e, rollback: _b, memory: _m, ...kept } = deployment.body;
  const body: DeploymentBody = {
    ...kept,
    ...plan.body,
    revision: plan.revision,
    config: plan.config,
    creator: "codeDeployRollback",
    rollback: { rollbackTriggeringDeploymentId: deployment.id },
  };
  const rule = `deployment ${deployment.id} ${ending.status.toLowerCase()} (${ending.by}), and its rollback is enabled for that`;
  const made = makeDeployment(ctx, { group, platform: platform.name, body, rule });
  const rollback = {
    rollbackTriggeringDeploymentId: deployment.id,
    rollbackMessage: `Deployment ${made.id} is triggered to roll back deployment ${deployment.id}.`,
  };
  const linked = saveDeployment(ctx, made, { body: { rollback } });
  pullTriggers(ctx, linked, "DeploymentRollback");
  return saveDeployment(ctx, deployment, {
    body: {
      rollback: {
        rollbackDeploymentId: made.id,
        rollbackMessage: `Deployment ${deployment.id} terminated. Automatic rollback is triggered with a DeploymentId ${made.id}.`,
      },
    },
  });
}

/**
 * Stops a deployment: the platform lets nothing more begin, and the deployment ends at once or, where something still
 * runs, when the platform says so. One transaction with its caller.
 */
export function halt(ctx: Context, platform: Platform, id: string, ending: Ending): "Succeeded" | "Pending" {
  const deployment = running(ctx, id);
  if (deployment === undefined) return "Succeeded";
  const stopped = platform.stop(ctx, deployment, ending);
  if (stopped === "Succeeded") endDeployment(ctx, platform, id, ending);
  else saveDeployment(ctx, read(ctx, id), { body: { stopping: ending } });
  return stopped;
}

/** A fault ends the deployment as failed. One transaction with its caller. */
export function fail(ctx: Context, platform: Platform, id: string, fault: DeploymentFault): void {
  const error = { code: fault.errorCode, message: fault.message };
  halt(ctx, platform, id, { status: "Failed", by: "failure", error, rule: fault.message });
}

/** New status of one lifecycle event of a target. */
export interface EventChange {
  readonly name: string;
  readonly status: "InProgress" | "Succeeded" | "Failed" | "Skipped";
  readonly diagnostics?: Diagnostics;
  readonly rule?: string;
}

const EVENT_TYPES = { InProgress: "started", Succeeded: "succeeded", Failed: "failed", Skipped: "skipped" } as const;

export interface TargetStep {
  readonly ctx: Context;
  readonly target: Target;
}

/** Moves one lifecycle event of one target. One transaction with its caller; the context that comes back carries the event. */
export function setEvent(ctx: Context, deployment: Deployment, target: Target, change: EventChange): TargetStep {
  const { name, status, diagnostics, rule } = change;
  const events = target.body.events.map((event): LifecycleEventRecord => {
    if (event.name !== name) return event;
    const times = status === "InProgress" ? { started: ctx.now } : { started: event.started ?? ctx.now, ended: ctx.now };
    return { ...event, status, ...(status === "Skipped" ? {} : times), ...(diagnostics === undefined ? {} : { diagnostics }) };
  });
  const saved = saveTarget(ctx, { ...target, body: { ...target.body, events } });
  const cause = ctx.emit({
    source: "aws.codedeploy",
    type: `Lifecycle event ${EVENT_TYPES[status]}`,
    resources: concerned(ctx, deployment, target.body.arn),
    detail: {
      deploymentId: deployment.id,
      targetId: target.target,
      lifecycleEvent: name,
      ...(diagnostics === undefined ? {} : { errorCode: diagnostics.errorCode, message: diagnostics.message }),
    },
    ...(rule === undefined ? {} : { rule }),
  });
  return { ctx: ctx.with({ cause }), target: saved };
}

/** A target's status alone; instances tell of it by `announceInstance` (notices.ts) as well. */
export function setTargetStatus(ctx: Context, target: Target, status: TargetStatus, events = target.body.events): Target {
  return saveTarget(ctx, { ...target, status, body: { ...target.body, events } });
}

/** For messages: the deployment, unless it has ended or is being stopped. */
export function running(ctx: Context, id: unknown): Deployment | undefined {
  const deployment = deploymentById(ctx, String(id));
  return deployment === undefined || isEnded(deployment.status) || deployment.body.stopping !== undefined ? undefined : deployment;
}
