import type { TriggerEventType } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { applicationArn, concerned, groupArn } from "./arns.ts";
import { type Deployment, deploymentById, type Target, targetOf } from "./records.ts";
import { serviceRoleContext } from "./role.ts";
import { BUS_STATES } from "./states.ts";
import { countTargets } from "./store.ts";

type DeploymentTrigger = Extract<TriggerEventType, `Deployment${string}`>;
type InstanceTrigger = Extract<TriggerEventType, `Instance${string}`>;

const TRIGGERS: Readonly<Record<string, DeploymentTrigger>> = {
  Ready: "DeploymentReady",
  Succeeded: "DeploymentSuccess",
  Failed: "DeploymentFailure",
  Stopped: "DeploymentStop",
};

/** Counts of targets by status, as `deploymentOverview`. */
export function overviewOf(
  ctx: Context,
  id: string,
): Record<"Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped" | "Ready", number> {
  const counts = Object.fromEntries(ctx.all(countTargets, { deployment: id }).map(({ status, count }) => [status, count]));
  const of = (status: string): number => counts[status] ?? 0;
  return {
    Pending: of("Pending"),
    InProgress: of("InProgress"),
    Succeeded: of("Succeeded"),
    Failed: of("Failed") + of("Unknown"),
    Skipped: of("Skipped"),
    Ready: of("Ready"),
  };
}

/**
 * Tells of a deployment's new status: on the account's bus, and to the topics of the group's triggers. `ctx.cause` is the
 * event of the change. https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
 */
export function announce(ctx: Context, deployment: Deployment): void {
  const state = BUS_STATES[deployment.status];
  if (state !== undefined) {
    ctx.emit({
      source: "aws.codedeploy",
      type: "CodeDeploy Deployment State-change Notification",
      resources: [applicationArn(ctx, deployment.application), groupArn(ctx, deployment.application, deployment.grp)],
      detail: {
        region: ctx.region,
        deploymentId: deployment.id,
        instanceGroupId: deployment.group_id,
        deploymentGroup: deployment.grp,
        state,
        application: deployment.application,
      },
      bus: true,
    });
  }
  const trigger = TRIGGERS[deployment.status];
  if (trigger !== undefined) pullTriggers(ctx, deployment, trigger);
}

/** Tells of an instance's new status, as `announce` does of a deployment's. `instance` is what AWS names: an id, or a name on premises. */
export function announceInstance(
  ctx: Context,
  deployment: Deployment,
  target: Target,
  state: "START" | "SUCCESS" | "FAILURE" | "READY",
): void {
  ctx.emit({
    source: "aws.codedeploy",
    type: "CodeDeploy Instance State-change Notification",
    resources: [target.body.arn, groupArn(ctx, deployment.application, deployment.grp), applicationArn(ctx, deployment.application)],
    detail: {
      instanceId: target.target,
      region: ctx.region,
      state,
      application: deployment.application,
      deploymentId: deployment.id,
      instanceGroupId: deployment.group_id,
      deploymentGroup: deployment.grp,
    },
    bus: true,
  });
  const triggers = { START: "InstanceStart", SUCCESS: "InstanceSuccess", FAILURE: "InstanceFailure", READY: "InstanceReady" } as const;
  pullTriggers(ctx, deployment, triggers[state], target.target);
}

/** One message for each trigger of the group that listens to `event`. */
export function pullTriggers(ctx: Context, deployment: Deployment, event: DeploymentTrigger | InstanceTrigger, target?: string): void {
  for (const { triggerName = "", triggerEvents = [] } of deployment.body.settings.triggerConfigurations ?? []) {
    if (!triggerEvents.includes(event)) continue;
    const what = { deployment: deployment.id, trigger: triggerName, status: deployment.status };
    ctx.send("codedeploy.notify", target === undefined ? what : { ...what, target });
  }
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-sns-event-notifications-json-format.html */
function deploymentNotice(ctx: Context, deployment: Deployment, status: string): Record<string, unknown> {
  const { Ready: _, ...overview } = overviewOf(ctx, deployment.id);
  const { error, rollback } = deployment.body;
  return {
    applicationName: deployment.application,
    deploymentId: deployment.id,
    deploymentGroupName: deployment.grp,
    createTime: seconds(deployment.created),
    completeTime: deployment.completed === null ? null : seconds(deployment.completed),
    deploymentOverview: Object.fromEntries(Object.entries(overview).map(([name, count]) => [name, String(count)])),
    status,
    ...(error === undefined ? {} : { errorInformation: { ErrorCode: error.code, ErrorMessage: error.message } }),
    ...(rollback === undefined
      ? {}
      : {
          rollbackInformation: JSON.stringify({
            RollbackDeploymentId: rollback.rollbackDeploymentId,
            RollbackTriggeringDeploymentId: rollback.rollbackTriggeringDeploymentId,
            RollbackMessage: rollback.rollbackMessage,
          }),
        }),
  };
}

function instanceNotice(deployment: Deployment, target: Target): Record<string, unknown> {
  return {
    deploymentId: deployment.id,
    instanceId: target.body.arn,
    lastUpdatedAt: seconds(target.updated),
    instanceStatus: target.status,
    lifecycleEvents: target.body.events
      .filter(({ started }) => started !== undefined)
      .map(({ name, status, started, ended }) => ({
        LifecycleEvent: name,
        LifecycleEventStatus: status,
        ...(started === undefined ? {} : { StartTime: seconds(started) }),
        ...(ended === undefined ? {} : { EndTime: seconds(ended) }),
      })),
  };
}

/** `codedeploy.notify {deployment, trigger, status, target?}`: tells a trigger's topic. What SNS refuses is told in the timeline, and no more. */
export const notify: MessageHandler = async (ctx, message) => {
  const { deployment: id, trigger: name, status, target: targetId } = message.payload;
  const deployment = deploymentById(ctx, String(id));
  const trigger = deployment?.body.settings.triggerConfigurations?.find(({ triggerName }) => triggerName === name);
  if (deployment === undefined || trigger === undefined) return;
  const target = targetId === undefined ? undefined : targetOf(ctx, deployment.id, String(targetId));
  const notice = {
    region: ctx.region,
    accountId: ctx.account,
    eventTriggerName: name,
    ...(target === undefined ? deploymentNotice(ctx, deployment, String(status)) : instanceNotice(deployment, target)),
  };
  const Subject = `${String(target?.status ?? status).toUpperCase()}: AWS CodeDeploy ${deployment.id} in ${ctx.region} to ${deployment.application}`;
  try {
    await serviceRoleContext(ctx, deployment).call("sns", "Publish", {
      TopicArn: trigger.triggerTargetArn,
      Subject: Subject.slice(0, 100),
      Message: JSON.stringify(notice),
    });
  } catch (error) {
    if (ctx.cloud.lifecycle.stopping || !ctx.isCurrent) throw error;
    ctx.emit({
      source: "aws.codedeploy",
      type: "Trigger failed",
      resources: concerned(ctx, deployment, trigger.triggerTargetArn ?? ""),
      detail: { deploymentId: deployment.id, triggerName: name, reason: messageOf(error) },
      rule: `the topic of trigger ${String(name)} did not take the notification: ${messageOf(error)}`,
    });
  }
};
