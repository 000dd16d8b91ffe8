import type { DeploymentInfo } from "@aws-sdk/client-codedeploy";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { encodeToken } from "../../aws/paging.ts";
import { given } from "../../aws/properties.ts";
import { refused } from "./errors.ts";
import { deploymentNamed } from "./find.ts";
import { groupNamed } from "./groups.ts";
import { overviewOf } from "./notices.ts";
import { afterOf, PAGE } from "./paging.ts";
import { type Deployment, deploymentById, deploymentsBefore } from "./records.ts";

const MOST_AT_ONCE = 25;

function infoOf(ctx: Context, deployment: Deployment): DeploymentInfo {
  const { body, status, created, started, completed } = deployment;
  const { settings, error } = body;
  return {
    applicationName: deployment.application,
    deploymentGroupName: deployment.grp,
    deploymentConfigName: body.config,
    deploymentId: deployment.id,
    revision: body.revision,
    status,
    createTime: new Date(created),
    creator: body.creator,
    ignoreApplicationStopFailures: body.ignoreApplicationStopFailures,
    updateOutdatedInstancesOnly: body.updateOutdatedInstancesOnly,
    fileExistsBehavior: body.fileExistsBehavior,
    instanceTerminationWaitTimeStarted: body.terminationWaitStarted ?? false,
    computePlatform: deployment.platform,
    deploymentStatusMessages: [],
    ...given({
      previousRevision: body.previousRevision,
      errorInformation: error,
      startTime: started === null ? undefined : new Date(started),
      completeTime: completed === null ? undefined : new Date(completed),
      deploymentOverview: started === null ? undefined : overviewOf(ctx, deployment.id),
      description: body.description,
      autoRollbackConfiguration: body.autoRollback,
      rollbackInfo: body.rollback,
      deploymentStyle: settings.deploymentStyle,
      targetInstances: body.targetInstances,
      blueGreenDeploymentConfiguration: settings.blueGreenDeploymentConfiguration,
      loadBalancerInfo: settings.loadBalancerInfo,
      overrideAlarmConfiguration: body.overrideAlarms,
    }),
  } as DeploymentInfo;
}

export function getDeployment(input: Input<"codedeploy", "GetDeployment">, ctx: Context): Output<"codedeploy", "GetDeployment"> {
  return { deploymentInfo: infoOf(ctx, deploymentNamed(ctx, input.deploymentId)) };
}

export function batchGetDeployments(
  input: Input<"codedeploy", "BatchGetDeployments">,
  ctx: Context,
): Output<"codedeploy", "BatchGetDeployments"> {
  const ids = input.deploymentIds ?? [];
  if (ids.length > MOST_AT_ONCE) throw refused("BatchLimitExceededException", `The maximum number of deployment IDs is ${MOST_AT_ONCE}.`);
  const found = ids.map((id) => deploymentById(ctx, id)).filter((deployment) => deployment !== undefined);
  return { deploymentsInfo: found.map((deployment) => infoOf(ctx, deployment)) };
}

export function listDeployments(input: Input<"codedeploy", "ListDeployments">, ctx: Context): Output<"codedeploy", "ListDeployments"> {
  const { applicationName, deploymentGroupName, includeOnlyStatuses: statuses = [], createTimeRange } = input;
  if (applicationName === undefined && deploymentGroupName !== undefined)
    throw refused("ApplicationNameRequiredException", "Application name is missing");
  if (applicationName !== undefined && deploymentGroupName === undefined)
    throw refused("DeploymentGroupNameRequiredException", "Deployment Group name is missing");
  const from = createTimeRange?.start?.getTime() ?? Number.NEGATIVE_INFINITY;
  const to = createTimeRange?.end?.getTime() ?? Number.POSITIVE_INFINITY;
  // Only what CloudFormation's blue/green hook makes has an external id.
  if (input.externalId !== undefined) return { deployments: [] };
  if (from > to) throw refused("InvalidTimeRangeException", "The time range begins after it ends.");
  const group = applicationName === undefined ? undefined : groupNamed(ctx, applicationName, deploymentGroupName);
  const wanted = ({ status, created }: Deployment): boolean =>
    (statuses.length === 0 || statuses.includes(status)) && created >= from && created <= to;
  const ids: string[] = [];
  let before = Number(afterOf(input.nextToken) ?? Number.MAX_SAFE_INTEGER);
  for (;;) {
    const rows = deploymentsBefore(ctx, group, { before, limit: PAGE });
    for (const row of rows) {
      before = row.number;
      if (wanted(row)) ids.push(row.id);
      if (ids.length === PAGE) return { deployments: ids, nextToken: encodeToken([before]) };
    }
    if (rows.length < PAGE) return { deployments: ids };
  }
}
