import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { configNamed } from "./configs.ts";
import { refused } from "./errors.ts";
import { deploymentNamed } from "./find.ts";
import { checkAlarms, checkAutoRollback } from "./group-settings.ts";
import { groupNamed } from "./groups.ts";
import { halt, makeDeployment } from "./lifecycle.ts";
import { platformOf } from "./platforms.ts";
import { activeDeployments, type Deployment, type DeploymentBody, type Group } from "./records.ts";
import { checkRevision } from "./revision.ts";
import { isEnded } from "./states.ts";

export function createDeployment(input: Input<"codedeploy", "CreateDeployment">, ctx: Context): Output<"codedeploy", "CreateDeployment"> {
  if (input.deploymentGroupName === undefined) throw refused("DeploymentGroupNameRequiredException", "Deployment Group name is missing");
  const { platform, ...group } = groupNamed(ctx, input.applicationName, input.deploymentGroupName);
  const body = bodyOf(input, group);
  const { computePlatform } = configNamed(ctx, body.config);
  if (computePlatform !== platform)
    throw refused(
      "InvalidDeploymentConfigNameException",
      `The deployment configuration ${body.config} is for the compute platform ${computePlatform}.`,
    );
  platformOf(platform).checkDeployment(ctx, { body, application: group.application, group: group.name });
  return ctx.tx(() => {
    const [active] = activeDeployments(ctx, group.id);
    if (active !== undefined)
      throw refused(
        "DeploymentLimitExceededException",
        `The Deployment Group '${group.name}' already has an active Deployment '${active.id}'`,
      );
    const { id } = makeDeployment(ctx, { group, platform, body });
    ctx.claim(id);
    return { deploymentId: id };
  });
}

function bodyOf(input: Input<"codedeploy", "CreateDeployment">, group: Group): DeploymentBody {
  checkAlarms(input.overrideAlarmConfiguration);
  checkAutoRollback(input.autoRollbackConfiguration);
  const { body: settings } = group;
  return {
    config: input.deploymentConfigName ?? group.config,
    revision: checkRevision(input.revision ?? settings.targetRevision),
    previousRevision: settings.targetRevision,
    description: input.description,
    creator: "user",
    ignoreApplicationStopFailures: input.ignoreApplicationStopFailures ?? false,
    updateOutdatedInstancesOnly: input.updateOutdatedInstancesOnly ?? false,
    fileExistsBehavior: input.fileExistsBehavior ?? "DISALLOW",
    targetInstances: input.targetInstances,
    autoRollback: input.autoRollbackConfiguration ?? settings.autoRollbackConfiguration,
    alarms: settings.alarmConfiguration,
    overrideAlarms: input.overrideAlarmConfiguration,
    settings,
  };
}

function ongoing(ctx: Context, id: string | undefined): Deployment {
  const deployment = deploymentNamed(ctx, id);
  if (isEnded(deployment.status))
    throw refused("DeploymentAlreadyCompletedException", `The deployment ${deployment.id} is already complete.`);
  return deployment;
}

const STOPPED = "No more commands will be scheduled for execution in the deployment instances";

export function stopDeployment(input: Input<"codedeploy", "StopDeployment">, ctx: Context): Output<"codedeploy", "StopDeployment"> {
  return ctx.tx(() => {
    const deployment = ongoing(ctx, input.deploymentId);
    const rollback = input.autoRollbackEnabled === undefined ? {} : { rollback: input.autoRollbackEnabled };
    const error = { code: "MANUAL_STOP", message: "A user manually stopped this deployment." } as const;
    const rule = `StopDeployment was called by ${ctx.principal.arn}`;
    const status = halt(ctx, platformOf(deployment.platform), deployment.id, {
      status: "Stopped",
      by: "request",
      error,
      ...rollback,
      rule,
    });
    return { status, statusMessage: status === "Succeeded" ? STOPPED : "Some lifecycle events are still running." };
  });
}

function proceed(ctx: Context, id: string | undefined, wait: "READY_WAIT" | "TERMINATION_WAIT"): void {
  const deployment = ongoing(ctx, id);
  const platform = platformOf(deployment.platform);
  if (platform.proceed === undefined)
    throw refused(
      "UnsupportedActionForDeploymentTypeException",
      `Deployments on the compute platform ${platform.name} do not wait to be continued.`,
    );
  platform.proceed(ctx, deployment, wait);
}

export function continueDeployment(
  input: Input<"codedeploy", "ContinueDeployment">,
  ctx: Context,
): Output<"codedeploy", "ContinueDeployment"> {
  return ctx.tx(() => {
    proceed(ctx, input.deploymentId, input.deploymentWaitType ?? "READY_WAIT");
    return {};
  });
}

export function skipWaitTimeForInstanceTermination(
  input: Input<"codedeploy", "SkipWaitTimeForInstanceTermination">,
  ctx: Context,
): Output<"codedeploy", "SkipWaitTimeForInstanceTermination"> {
  return ctx.tx(() => {
    proceed(ctx, input.deploymentId, "TERMINATION_WAIT");
    return {};
  });
}
