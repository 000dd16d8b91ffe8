import type { EC2TagFilter, TagFilter, TargetInstances } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../../aws/context.ts";
import { type AwsException, notImplemented } from "../../../aws/exception.ts";
import { refused } from "../errors.ts";
import { setTargetStatus } from "../lifecycle.ts";
import type { Platform, RollbackPlan } from "../platform.ts";
import { type Deployment, deploymentById, type GroupSettings, groupById, targetsOf } from "../records.ts";
import { stoppedEvents } from "../states.ts";
import { begin } from "./begin.ts";
import { proceed } from "./blue-green.ts";
import { describeTarget } from "./views.ts";

const MOST_TAG_GROUPS = 3;
const MOST_TAGS = 10;

type Filter = EC2TagFilter | TagFilter;

function checkFilters(filters: readonly Filter[] | undefined, wrong: (message: string) => AwsException): void {
  for (const { Key = "", Value = "", Type } of filters ?? []) {
    if (Type !== "KEY_ONLY" && Type !== "VALUE_ONLY" && Type !== "KEY_AND_VALUE")
      throw wrong(`The tag filter type ${Type ?? ""} is invalid: it must be KEY_ONLY, VALUE_ONLY or KEY_AND_VALUE`);
    if (Type !== "VALUE_ONLY" && Key === "") throw wrong(`A tag filter of type ${Type} needs a key`);
    if (Type === "KEY_ONLY" && Value !== "") throw wrong("A tag filter of type KEY_ONLY has no value");
    if (Type === "VALUE_ONLY" && Key !== "") throw wrong("A tag filter of type VALUE_ONLY has no key");
  }
}

function checkSet(groups: readonly (readonly Filter[])[] | undefined, wrong: (message: string) => AwsException): void {
  if (groups === undefined) return;
  if (groups.length > MOST_TAG_GROUPS)
    throw refused(
      "TagSetListLimitExceededException",
      `The number of tag groups included in the tag set list exceeded the maximum allowed limit of ${MOST_TAG_GROUPS}.`,
    );
  for (const filters of groups) {
    if (filters.length > MOST_TAGS)
      throw refused("TagLimitExceededException", `The maximum allowed number of tags (${MOST_TAGS}) was exceeded.`);
    checkFilters(filters, wrong);
  }
}

const badEc2Tag = (message: string): AwsException => refused("InvalidEC2TagException", message);
const badTag = (message: string): AwsException => refused("InvalidTagFilterException", message);
const isGiven = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;

function checkGroup(_ctx: Context, settings: GroupSettings): void {
  if (isGiven(settings.ec2TagFilters) && isGiven(settings.ec2TagSet?.ec2TagSetList))
    throw refused(
      "InvalidEC2TagCombinationException",
      "A call was submitted that specified both Ec2TagFilters and Ec2TagSet, but only one of these data types can be used in a single call.",
    );
  if (isGiven(settings.onPremisesInstanceTagFilters) && isGiven(settings.onPremisesTagSet?.onPremisesTagSetList))
    throw refused(
      "InvalidOnPremisesTagCombinationException",
      "A call was submitted that specified both OnPremisesTagFilters and OnPremisesTagSet, but only one of these data types can be used in a single call.",
    );
  checkFilters(settings.ec2TagFilters, badEc2Tag);
  checkFilters(settings.onPremisesInstanceTagFilters, badTag);
  checkSet(settings.ec2TagSet?.ec2TagSetList, badEc2Tag);
  checkSet(settings.onPremisesTagSet?.onPremisesTagSetList, badTag);
  if (isGiven(settings.autoScalingGroups)) throw notImplemented("codedeploy", "CreateDeploymentGroup", "autoScalingGroups");
  if (settings.loadBalancerInfo !== undefined || settings.deploymentStyle?.deploymentOption === "WITH_TRAFFIC_CONTROL")
    throw notImplemented("codedeploy", "CreateDeploymentGroup", "load balancers of deployments to servers");
  if (isGiven(settings.ecsServices)) throw refused("InvalidECSServiceException", "ECS services are not for the compute platform Server.");
  checkStyle(settings);
}

function checkStyle({ deploymentStyle, blueGreenDeploymentConfiguration: blueGreen }: GroupSettings): void {
  if (deploymentStyle?.deploymentType !== "BLUE_GREEN") {
    if (blueGreen !== undefined)
      throw refused("InvalidBlueGreenDeploymentConfigurationException", "Blue/green settings are for deployments of type BLUE_GREEN only.");
    return;
  }
  if (blueGreen === undefined)
    throw refused("InvalidBlueGreenDeploymentConfigurationException", "A blue/green deployment configuration is required.");
  if (blueGreen.greenFleetProvisioningOption?.action === "COPY_AUTO_SCALING_GROUP")
    throw notImplemented("codedeploy", "CreateDeploymentGroup", "COPY_AUTO_SCALING_GROUP");
}

const checkDeployment: Platform["checkDeployment"] = (_ctx, { body }) => {
  const { revisionType } = body.revision;
  if (revisionType === "GitHub") throw notImplemented("codedeploy", "CreateDeployment", "revisions on GitHub");
  if (revisionType !== "S3") throw refused("InvalidRevisionException", "Revisions of EC2/On-premises deployments are on S3 or GitHub.");
  const isBlueGreen = body.settings.deploymentStyle?.deploymentType === "BLUE_GREEN";
  checkTargets(body.targetInstances, isBlueGreen);
};

function checkTargets(targets: TargetInstances | undefined, isBlueGreen: boolean): void {
  const wrong = (message: string): AwsException => refused("InvalidTargetInstancesException", message);
  if (!isBlueGreen) {
    if (targets !== undefined) throw wrong("Configuration data for target instances was entered for an in-place deployment.");
    return;
  }
  if (isGiven(targets?.autoScalingGroups)) throw notImplemented("codedeploy", "CreateDeployment", "targetInstances.autoScalingGroups");
  if (isGiven(targets?.tagFilters) && isGiven(targets?.ec2TagSet?.ec2TagSetList))
    throw refused(
      "InvalidEC2TagCombinationException",
      "A call was submitted that specified both Ec2TagFilters and Ec2TagSet, but only one of these data types can be used in a single call.",
    );
  checkFilters(targets?.tagFilters, wrong);
  checkSet(targets?.ec2TagSet?.ec2TagSetList, wrong);
}

/** Instances that have not begun are left as they are; on those that have, the script under way comes to its end. */
function stop(ctx: Context, deployment: Deployment): "Succeeded" | "Pending" {
  let isBusy = false;
  for (const target of targetsOf(ctx, deployment.id)) {
    if (target.status === "InProgress") isBusy = true;
    if (target.status === "Pending" || target.status === "Ready")
      setTargetStatus(ctx, target, "Skipped", stoppedEvents(target.body.events, ctx.now));
  }
  return isBusy ? "Pending" : "Succeeded";
}

/**
 * "The last known good version of an application revision is deployed", with "the content-handling option for that last
 * successful deployment". https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
 */
function rollback(ctx: Context, deployment: Deployment): RollbackPlan {
  if (deployment.body.settings.deploymentStyle?.deploymentType === "BLUE_GREEN")
    return { impossible: "The original instances were not changed: they have the former revision, and get traffic." };
  const group = groupById(ctx, deployment.group_id);
  const revision = group?.body.targetRevision;
  if (group === undefined || revision === undefined)
    return { impossible: `There is no revision to roll back to: no deployment to the group ${deployment.grp} has succeeded.` };
  const last = group.last_succeeded === null ? undefined : deploymentById(ctx, group.last_succeeded);
  const fileExistsBehavior = last?.body.fileExistsBehavior ?? deployment.body.fileExistsBehavior;
  return { revision, config: deployment.body.config, body: { fileExistsBehavior, updateOutdatedInstancesOnly: false } };
}

/** Deployments to servers: instances of this machine, each with its agent. */
export const server: Platform = {
  name: "Server",
  checkGroup,
  checkDeployment,
  start: (ctx, deployment) => {
    begin(ctx, server, deployment);
    return Promise.resolve();
  },
  stop,
  rollback,
  proceed,
  describe: describeTarget,
};
