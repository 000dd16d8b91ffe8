import type { DeploymentTarget, InstanceSummary, LifecycleEvent } from "@aws-sdk/client-codedeploy";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { pageOf } from "../../../aws/paging.ts";
import { refused } from "../errors.ts";
import { deploymentNamed } from "../find.ts";
import { afterName, PAGE } from "../paging.ts";
import { type Deployment, type Target, targetOf, targetsOf } from "../records.ts";

const MOST_AT_ONCE = 25;
const STATUSES = ["Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Unknown", "Ready"];

function eventsOf({ body }: Target): LifecycleEvent[] {
  return body.events.map(({ name, status, started, ended, diagnostics }) => ({
    lifecycleEventName: name,
    status,
    ...(started === undefined ? {} : { startTime: new Date(started) }),
    ...(ended === undefined ? {} : { endTime: new Date(ended) }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
  }));
}

export function describeTarget(_ctx: Context, deployment: Deployment, target: Target): DeploymentTarget {
  return {
    deploymentTargetType: "InstanceTarget",
    instanceTarget: {
      deploymentId: deployment.id,
      targetId: target.target,
      targetArn: target.body.arn,
      status: target.status,
      lastUpdatedAt: new Date(target.updated),
      lifecycleEvents: eventsOf(target),
      ...(target.label === null ? {} : { instanceLabel: target.label }),
    },
  };
}

const summaryOf = (target: Target): InstanceSummary => ({
  deploymentId: target.deployment,
  instanceId: target.body.arn,
  status: target.status,
  lastUpdatedAt: new Date(target.updated),
  lifecycleEvents: eventsOf(target),
  ...(target.label === null ? {} : { instanceType: target.label }),
});

function serverDeployment(ctx: Context, id: string | undefined): Deployment {
  const deployment = deploymentNamed(ctx, id);
  if (deployment.platform !== "Server")
    throw refused(
      "InvalidComputePlatformException",
      "This operation is for the compute platform Server only. Use ListDeploymentTargets or GetDeploymentTarget.",
    );
  return deployment;
}

/** By name, or by ARN as instance summaries give it. */
function targetNamed(ctx: Context, deployment: Deployment, id: string): Target | undefined {
  return targetOf(ctx, deployment.id, id) ?? targetsOf(ctx, deployment.id).find(({ body }) => body.arn === id);
}

export function listDeploymentInstances(
  input: Input<"codedeploy", "ListDeploymentInstances">,
  ctx: Context,
): Output<"codedeploy", "ListDeploymentInstances"> {
  const deployment = serverDeployment(ctx, input.deploymentId);
  if (deployment.started === null) throw refused("DeploymentNotStartedException", `The deployment ${deployment.id} has not started.`);
  const { instanceStatusFilter: statuses, instanceTypeFilter: types } = input;
  if (statuses?.some((status) => !STATUSES.includes(status)) === true)
    throw refused("InvalidInstanceStatusException", `The valid statuses are ${STATUSES.join(", ")}.`);
  if (types?.some((type) => type !== "Blue" && type !== "Green") === true)
    throw refused("InvalidInstanceTypeException", "The valid instance types are Blue and Green.");
  if (types !== undefined && deployment.body.settings.deploymentStyle?.deploymentType !== "BLUE_GREEN")
    throw refused(
      "InvalidDeploymentInstanceTypeException",
      "An instance type was specified for an in-place deployment. Instance types are supported for blue/green deployments only.",
    );
  const after = afterName(input.nextToken);
  const names = targetsOf(ctx, deployment.id)
    .filter(({ status }) => statuses === undefined || statuses.includes(status))
    .filter(({ label }) => types === undefined || types.some((type) => type === label))
    .map(({ target }) => target)
    .filter((name) => name > after);
  const page = pageOf(names, PAGE, (name) => [name]);
  return { instancesList: page.items, nextToken: page.nextToken };
}

export function getDeploymentInstance(
  input: Input<"codedeploy", "GetDeploymentInstance">,
  ctx: Context,
): Output<"codedeploy", "GetDeploymentInstance"> {
  const deployment = serverDeployment(ctx, input.deploymentId);
  if (!input.instanceId) throw refused("InstanceIdRequiredException", "The instance ID is required");
  const target = targetNamed(ctx, deployment, input.instanceId);
  if (target === undefined)
    throw refused("InstanceDoesNotExistException", `The instance ${input.instanceId} does not exist in the deployment ${deployment.id}`);
  return { instanceSummary: summaryOf(target) };
}

export function batchGetDeploymentInstances(
  input: Input<"codedeploy", "BatchGetDeploymentInstances">,
  ctx: Context,
): Output<"codedeploy", "BatchGetDeploymentInstances"> {
  const deployment = serverDeployment(ctx, input.deploymentId);
  const ids = input.instanceIds ?? [];
  if (ids.length === 0) throw refused("InstanceIdRequiredException", "The instance ID is required");
  if (ids.length > MOST_AT_ONCE) throw refused("BatchLimitExceededException", `The maximum number of instance IDs is ${MOST_AT_ONCE}`);
  const found = ids.map((id) => targetNamed(ctx, deployment, id));
  const missing = ids.filter((_, index) => found[index] === undefined);
  return {
    instancesSummary: found.flatMap((target) => (target === undefined ? [] : [summaryOf(target)])),
    ...(missing.length === 0 ? {} : { errorMessage: `The following instances are not part of the deployment: ${missing.join(", ")}` }),
  };
}
