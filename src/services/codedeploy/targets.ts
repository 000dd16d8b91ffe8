import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { refused } from "./errors.ts";
import { deploymentNamed } from "./find.ts";
import { afterName, PAGE } from "./paging.ts";
import { platformOf } from "./platforms.ts";
import { type Deployment, type Target, targetOf, targetsOf } from "./records.ts";

const MOST_AT_ONCE = 25;
const STATUSES = ["Failed", "InProgress", "Pending", "Ready", "Skipped", "Succeeded", "Unknown"];

/** @throws DeploymentNotStartedException */
export function startedDeployment(ctx: Context, id: string | undefined): Deployment {
  const deployment = deploymentNamed(ctx, id);
  if (deployment.started === null) throw refused("DeploymentNotStartedException", `The deployment ${deployment.id} has not started.`);
  return deployment;
}

export function listDeploymentTargets(
  input: Input<"codedeploy", "ListDeploymentTargets">,
  ctx: Context,
): Output<"codedeploy", "ListDeploymentTargets"> {
  const deployment = startedDeployment(ctx, input.deploymentId);
  const { TargetStatus: statuses, ServerInstanceLabel: labels } = input.targetFilters ?? {};
  if (statuses?.some((status) => !STATUSES.includes(status)) === true)
    throw refused("InvalidInstanceStatusException", `The valid statuses are ${STATUSES.join(", ")}.`);
  if (labels?.some((label) => label !== "Blue" && label !== "Green") === true)
    throw refused("InvalidInstanceTypeException", "The valid labels are Blue and Green.");
  if (labels !== undefined && deployment.body.settings.deploymentStyle?.deploymentType !== "BLUE_GREEN")
    throw refused("InvalidDeploymentInstanceTypeException", "Labels are supported for blue/green deployments only.");
  const after = afterName(input.nextToken);
  const targets = targetsOf(ctx, deployment.id)
    .filter(({ target }) => target > after)
    .filter(({ status }) => statuses === undefined || statuses.includes(status))
    .filter(({ label }) => labels === undefined || labels.includes(label ?? ""));
  const page = pageOf(targets, PAGE, ({ target }) => [target]);
  return { targetIds: page.items.map(({ target }) => target), nextToken: page.nextToken };
}

function targetNamed(ctx: Context, deployment: Deployment, id: string): Target {
  const target = targetOf(ctx, deployment.id, id);
  if (target === undefined)
    throw refused("DeploymentTargetDoesNotExistException", `The target ${id} does not belong to the deployment ${deployment.id}.`);
  return target;
}

export function getDeploymentTarget(
  input: Input<"codedeploy", "GetDeploymentTarget">,
  ctx: Context,
): Output<"codedeploy", "GetDeploymentTarget"> {
  const deployment = startedDeployment(ctx, input.deploymentId);
  const target = targetNamed(ctx, deployment, input.targetId ?? "");
  return { deploymentTarget: platformOf(deployment.platform).describe(ctx, deployment, target) };
}

export function batchGetDeploymentTargets(
  input: Input<"codedeploy", "BatchGetDeploymentTargets">,
  ctx: Context,
): Output<"codedeploy", "BatchGetDeploymentTargets"> {
  const deployment = startedDeployment(ctx, input.deploymentId);
  const ids = input.targetIds ?? [];
  const most = deployment.platform === "Lambda" ? 1 : MOST_AT_ONCE;
  if (ids.length > most) throw refused("DeploymentTargetListSizeExceededException", `The maximum number of targets is ${most}.`);
  const platform = platformOf(deployment.platform);
  return { deploymentTargets: ids.map((id) => platform.describe(ctx, deployment, targetNamed(ctx, deployment, id))) };
}
