import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { given, text } from "../../aws/properties.ts";
import { deleted, type Properties, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";
import { applicationArn, groupArn } from "./arns.ts";
import { apiShape, templateShape } from "./shapes.ts";

async function retag(ctx: Context, ResourceArn: string, wanted: Readonly<Record<string, string>>): Promise<void> {
  const { Tags: before = [] } = await ctx.call("codedeploy", "ListTagsForResource", { ResourceArn });
  const TagKeys = before.map(({ Key = "" }) => Key).filter((key) => wanted[key] === undefined);
  if (TagKeys.length > 0) await ctx.call("codedeploy", "UntagResource", { ResourceArn, TagKeys });
  const Tags = listOfTags(wanted);
  if (Tags.length > 0) await ctx.call("codedeploy", "TagResource", { ResourceArn, Tags });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-application.html */
const application: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return { physicalId: made };
    const applicationName = text(request.properties, "ApplicationName") ?? request.generatedName(100);
    const computePlatform = text(request.properties, "ComputePlatform") as "Lambda" | undefined;
    const tags = listOfTags(resourceTags(request));
    await ctx.call("codedeploy", "CreateApplication", { applicationName, ...given({ computePlatform }), tags });
    return { physicalId: applicationName };
  },
  async update(ctx, request) {
    await retag(ctx, applicationArn(ctx, request.physicalId), resourceTags(request));
    return { physicalId: request.physicalId };
  },
  delete: (ctx, { physicalId }) => deleted([], ctx.call("codedeploy", "DeleteApplication", { applicationName: physicalId })),
  async read(ctx, applicationName) {
    const found = await unless("ApplicationDoesNotExistException", ctx.call("codedeploy", "GetApplication", { applicationName }));
    return found === undefined ? undefined : { ApplicationName: applicationName, ComputePlatform: found.application?.computePlatform };
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentconfig.html */
const deploymentConfig: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return { physicalId: made };
    const { DeploymentConfigName: _, ...rest } = request.properties;
    const deploymentConfigName = text(request.properties, "DeploymentConfigName") ?? request.generatedName(100);
    await ctx.call("codedeploy", "CreateDeploymentConfig", { ...(apiShape(rest) as object), deploymentConfigName });
    return { physicalId: deploymentConfigName };
  },
  delete: (ctx, { physicalId }) => deleted([], ctx.call("codedeploy", "DeleteDeploymentConfig", { deploymentConfigName: physicalId })),
  async read(ctx, deploymentConfigName) {
    const found = await unless(
      "DeploymentConfigDoesNotExistException",
      ctx.call("codedeploy", "GetDeploymentConfig", { deploymentConfigName }),
    );
    if (found === undefined) return undefined;
    const { createTime: _c, deploymentConfigId: _i, ...rest } = found.deploymentConfigInfo ?? {};
    return templateShape(rest) as Properties;
  },
};

const GROUP_MEMBERS = [
  "AlarmConfiguration",
  "AutoRollbackConfiguration",
  "AutoScalingGroups",
  "BlueGreenDeploymentConfiguration",
  "DeploymentConfigName",
  "DeploymentStyle",
  "Ec2TagFilters",
  "Ec2TagSet",
  "LoadBalancerInfo",
  "OnPremisesInstanceTagFilters",
  "OnPremisesTagSet",
  "OutdatedInstancesStrategy",
  "ServiceRoleArn",
  "TerminationHookEnabled",
  "TriggerConfigurations",
] as const;

/** What a property is that a template no longer has: the API keeps what it is not told to change. */
const EMPTY: Properties = {
  AlarmConfiguration: { Enabled: false, Alarms: [] },
  AutoRollbackConfiguration: { Enabled: false, Events: [] },
  AutoScalingGroups: [],
  Ec2TagFilters: [],
  Ec2TagSet: { Ec2TagSetList: [] },
  OnPremisesInstanceTagFilters: [],
  OnPremisesTagSet: { OnPremisesTagSetList: [] },
  TriggerConfigurations: [],
};

function groupInput(properties: Properties): Record<string, unknown> & { serviceRoleArn: string } {
  const members = GROUP_MEMBERS.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]);
  return { serviceRoleArn: "", ...(apiShape(Object.fromEntries(members)) as Record<string, unknown>) };
}

/**
 * `Ref` gives the group's name. A `Deployment` of the template, which deploys a revision as the group is made, is started
 * as AWS starts it: nobody waits for its end.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html
 */
const deploymentGroup: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    const applicationName = text(properties, "ApplicationName") ?? "";
    const name = ctx.claimed() ?? text(properties, "DeploymentGroupName") ?? request.generatedName(100);
    if (ctx.claimed() === undefined) {
      const tags = listOfTags(resourceTags(request));
      await ctx.call("codedeploy", "CreateDeploymentGroup", {
        applicationName,
        deploymentGroupName: name,
        tags,
        ...groupInput(properties),
      });
    }
    await deployOnce(ctx, { applicationName, deploymentGroupName: name, deployment: properties["Deployment"] });
    return { physicalId: name };
  },
  async update(ctx, { properties, physicalId, previous, ...request }) {
    const applicationName = text(properties, "ApplicationName") ?? "";
    const group = { applicationName, currentDeploymentGroupName: physicalId };
    const unset = Object.fromEntries(Object.entries(EMPTY).filter(([name]) => previous[name] !== undefined));
    await ctx.call("codedeploy", "UpdateDeploymentGroup", { ...(apiShape(unset) as object), ...groupInput(properties), ...group });
    await retag(ctx, groupArn(ctx, applicationName, physicalId), resourceTags({ properties, ...request }));
    if (JSON.stringify(previous["Deployment"]) !== JSON.stringify(properties["Deployment"]))
      await deployOnce(ctx, { applicationName, deploymentGroupName: physicalId, deployment: properties["Deployment"] });
    return { physicalId };
  },
  delete: (ctx, { physicalId, properties }) => {
    const applicationName = text(properties, "ApplicationName") ?? "";
    return deleted([], ctx.call("codedeploy", "DeleteDeploymentGroup", { applicationName, deploymentGroupName: physicalId }));
  },
};

interface FirstDeployment {
  readonly applicationName: string;
  readonly deploymentGroupName: string;
  readonly deployment: unknown;
}

async function deployOnce(ctx: Context, { deployment, ...group }: FirstDeployment): Promise<void> {
  if (deployment === undefined) return;
  const last = (await ctx.call("codedeploy", "GetDeploymentGroup", group)).deploymentGroupInfo?.lastAttemptedDeployment;
  const busy = last?.status === "Created" || last?.status === "InProgress" || last?.status === "Ready";
  if (busy) return;
  // Not under the group's claim: the token is the group's own.
  await ctx.with({ claimToken: undefined }).call("codedeploy", "CreateDeployment", { ...group, ...(apiShape(deployment) as object) });
}

export const resources = {
  "AWS::CodeDeploy::Application": application,
  "AWS::CodeDeploy::DeploymentConfig": deploymentConfig,
  "AWS::CodeDeploy::DeploymentGroup": deploymentGroup,
};
