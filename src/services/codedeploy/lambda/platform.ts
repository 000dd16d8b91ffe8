import type { DeploymentTarget } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { refused } from "../errors.ts";
import { setTargetStatus } from "../lifecycle.ts";
import type { Platform } from "../platform.ts";
import { DEFAULT_CONFIGS } from "../predefined.ts";
import type { Deployment, GroupSettings, Target } from "../records.ts";
import { checkRevision } from "../revision.ts";
import { stoppedEvents } from "../states.ts";
import { advance, begin } from "./advance.ts";
import { reversed } from "./appspec.ts";
import { hookTimeout, invokeHook } from "./hooks.ts";
import { functionTarget, memoryOf, weightOf } from "./memory.ts";

const SERVER_SETTINGS = [
  "ec2TagFilters",
  "onPremisesInstanceTagFilters",
  "autoScalingGroups",
  "ec2TagSet",
  "onPremisesTagSet",
  "ecsServices",
] as const;

function checkGroup(_ctx: Context, settings: GroupSettings): void {
  const { deploymentType, deploymentOption } = settings.deploymentStyle ?? {};
  if (deploymentType !== "BLUE_GREEN" || deploymentOption !== "WITH_TRAFFIC_CONTROL")
    throw refused("InvalidDeploymentStyleException", "Deployments to Lambda are BLUE_GREEN and WITH_TRAFFIC_CONTROL.");
  for (const name of SERVER_SETTINGS) {
    const value = settings[name];
    const empty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!empty) throw refused("InvalidInputException", `${name} is not for the compute platform Lambda.`);
  }
  if (settings.loadBalancerInfo !== undefined)
    throw refused("InvalidLoadBalancerInfoException", "Load balancers are not for the compute platform Lambda.");
  if (settings.blueGreenDeploymentConfiguration !== undefined)
    throw refused("InvalidBlueGreenDeploymentConfigurationException", "Blue/green settings are not for the compute platform Lambda.");
}

const checkDeployment: Platform["checkDeployment"] = (_ctx, { body }) => {
  const { revisionType, s3Location } = body.revision;
  if (revisionType === "GitHub") throw refused("InvalidRevisionException", "Revisions on GitHub are for EC2/On-premises deployments only.");
  if (s3Location !== undefined && s3Location.bundleType !== "YAML" && s3Location.bundleType !== "JSON")
    throw refused("InvalidRevisionException", "The bundle type of a Lambda deployment's revision must be YAML or JSON.");
  if (body.ignoreApplicationStopFailures)
    throw refused("InvalidIgnoreApplicationStopFailuresValueException", "For Lambda deployments, false is expected.");
  if (body.updateOutdatedInstancesOnly)
    throw refused("InvalidUpdateOutdatedInstancesOnlyValueException", "For Lambda deployments, false is expected.");
  if (body.targetInstances !== undefined)
    throw refused("InvalidTargetInstancesException", "Target instances are not for the compute platform Lambda.");
};

function stop(ctx: Context, deployment: Deployment): "Succeeded" {
  const target = functionTarget(ctx, deployment);
  if (target !== undefined) setTargetStatus(ctx, target, "Failed", stoppedEvents(target.body.events, ctx.now));
  return "Succeeded";
}

function describe(_ctx: Context, deployment: Deployment, target: Target): DeploymentTarget {
  const memory = memoryOf(deployment);
  return {
    deploymentTargetType: "LambdaTarget",
    lambdaTarget: {
      deploymentId: deployment.id,
      targetId: target.target,
      targetArn: target.body.arn,
      status: target.status,
      lastUpdatedAt: new Date(target.updated),
      lifecycleEvents: target.body.events.map(({ name, status, started, ended, diagnostics }) => ({
        lifecycleEventName: name,
        status,
        ...(started === undefined ? {} : { startTime: new Date(started) }),
        ...(ended === undefined ? {} : { endTime: new Date(ended) }),
        ...(diagnostics === undefined ? {} : { diagnostics }),
      })),
      ...(memory === undefined
        ? {}
        : {
            lambdaFunctionInfo: {
              functionName: memory.spec.functionName,
              functionAlias: memory.spec.alias,
              currentVersion: memory.spec.currentVersion,
              targetVersion: memory.spec.targetVersion,
              targetVersionWeight: weightOf(memory) / 100,
            },
          }),
    },
  };
}

/**
 * Deployments to Lambda: one target, an alias whose traffic moves from one version to another.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html
 */
export const lambda: Platform = {
  name: "Lambda",
  checkGroup,
  checkDeployment,
  start: (ctx, deployment) => begin(ctx, lambda, deployment),
  stop,
  rollback: (_ctx, deployment) => {
    const memory = memoryOf(deployment);
    if (memory === undefined) return { impossible: `Deployment ${deployment.id} moved no traffic: there is nothing to roll back.` };
    const revision = checkRevision({ revisionType: "AppSpecContent", appSpecContent: { content: reversed(memory.spec) } });
    return { revision, config: DEFAULT_CONFIGS.Lambda };
  },
  describe,
};

/** `codedeploy.lambda {deployment, shift?}` */
export const advanceLambda: MessageHandler = (ctx, message) => advance(ctx, lambda, message);
/** `codedeploy.hook {hook}` */
export const runHook: MessageHandler = (ctx, message) => invokeHook(ctx, lambda, message);
/** `codedeploy.hook-timeout {hook}` */
export const endHook: MessageHandler = (ctx, message) => hookTimeout(ctx, lambda, message);
