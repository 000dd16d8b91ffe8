import type { DeploymentGroupInfo, LastDeploymentInfo } from "@aws-sdk/client-codedeploy";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { pageOf } from "../../aws/paging.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { applicationNamed } from "./applications.ts";
import { groupArn } from "./arns.ts";
import { configNamed } from "./configs.ts";
import { noGroup, refused } from "./errors.ts";
import { checkRole, checkSettings, LAMBDA_STYLE, SERVER_STYLE } from "./group-settings.ts";
import { checkName } from "./names.ts";
import { afterName, PAGE } from "./paging.ts";
import { platformOf } from "./platforms.ts";
import { DEFAULT_CONFIGS } from "./predefined.ts";
import { deploymentById, type Group, type GroupSettings, groupByName, groupsOf } from "./records.ts";
import * as store from "./store.ts";
import { checkTags } from "./tags.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const MOST_GROUPS = 1_000;
const MOST_AT_ONCE = 100;

type Platform = "Server" | "Lambda";

/** @throws ApplicationDoesNotExistException, DeploymentGroupDoesNotExistException */
export function groupNamed(
  ctx: Context,
  application: string | undefined,
  name: string | undefined,
): Group & { readonly platform: Platform } {
  const { platform, name: applicationName } = applicationNamed(ctx, application);
  const group = groupByName(ctx, applicationName, name ?? "");
  if (group === undefined) throw noGroup(name ?? "");
  return { ...group, platform: platform as Platform };
}

function configFor(ctx: Context, platform: Platform, name: string): string {
  const { computePlatform } = configNamed(ctx, name);
  if (computePlatform !== platform)
    throw refused(
      "InvalidDeploymentConfigNameException",
      `The deployment configuration ${name} is for the compute platform ${computePlatform}, not ${platform}.`,
    );
  return name;
}

export async function createDeploymentGroup(
  input: Input<"codedeploy", "CreateDeploymentGroup">,
  ctx: Context,
): Promise<Output<"codedeploy", "CreateDeploymentGroup">> {
  const { applicationName, deploymentGroupName, deploymentConfigName, tags, ...rest } = input;
  const name = checkName("InvalidDeploymentGroupNameException", deploymentGroupName);
  const platform = applicationNamed(ctx, applicationName).platform as Platform;
  const config = configFor(ctx, platform, deploymentConfigName ?? DEFAULT_CONFIGS[platform]);
  const body = withDefaults(platform, rest);
  const allTags = checkTags(tagsOfList(tags));
  checkSettings(body);
  platformOf(platform).checkGroup(ctx, body);
  await checkRole(ctx, body.serviceRoleArn);
  return ctx.tx(() => {
    const application = applicationNamed(ctx, applicationName).name;
    if (groupByName(ctx, application, name) !== undefined)
      throw refused("DeploymentGroupAlreadyExistsException", `Deployment Group already exists: ${name}`);
    if ((ctx.get(store.countGroups, { application })?.count ?? 0) >= MOST_GROUPS)
      throw refused("DeploymentGroupLimitExceededException", `An application has at most ${MOST_GROUPS} deployment groups.`);
    const id = ctx.cloud.ids.uuid();
    const last = { last_succeeded: null, last_attempted: null };
    ctx.run(store.insertGroup, { application, name, id, config, body: JSON.stringify(body), tags: JSON.stringify(allTags), ...last });
    ctx.claim(name);
    tell(ctx, "Deployment group created", { application, name });
    return { deploymentGroupId: id };
  });
}

function withDefaults(platform: Platform, given: GroupSettings): GroupSettings {
  return {
    ...given,
    deploymentStyle: { ...(platform === "Lambda" ? LAMBDA_STYLE : SERVER_STYLE), ...given.deploymentStyle },
    ...(platform === "Server" ? { outdatedInstancesStrategy: given.outdatedInstancesStrategy ?? "UPDATE" } : {}),
  };
}

function tell(ctx: Context, type: string, group: { readonly application: string; readonly name: string }): void {
  ctx.emit({ source: "aws.codedeploy", type, resources: [groupArn(ctx, group.application, group.name)], detail: {} });
}

export async function updateDeploymentGroup(
  input: Input<"codedeploy", "UpdateDeploymentGroup">,
  ctx: Context,
): Promise<Output<"codedeploy", "UpdateDeploymentGroup">> {
  const { applicationName, currentDeploymentGroupName, newDeploymentGroupName, deploymentConfigName, ...changes } = input;
  const group = groupNamed(ctx, applicationName, currentDeploymentGroupName);
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<GroupSettings>;
  const body: GroupSettings = { ...group.body, ...given };
  const config = deploymentConfigName === undefined ? group.config : configFor(ctx, group.platform, deploymentConfigName);
  const name = newDeploymentGroupName === undefined ? group.name : checkName("InvalidDeploymentGroupNameException", newDeploymentGroupName);
  checkSettings(body);
  platformOf(group.platform).checkGroup(ctx, body);
  if (given.serviceRoleArn !== undefined) await checkRole(ctx, given.serviceRoleArn);
  return ctx.tx(() => {
    const { application } = group;
    if (name !== group.name && groupByName(ctx, application, name) !== undefined)
      throw refused("DeploymentGroupAlreadyExistsException", `Deployment Group already exists: ${name}`);
    ctx.run(store.updateGroup, { application, from: group.name, name, config, body: JSON.stringify(body) });
    if (name !== group.name) ctx.run(store.renameGroupOfDeployments, { application, from: group.name, to: name });
    tell(ctx, "Deployment group updated", { application, name });
    return { hooksNotCleanedUp: [] };
  });
}

/** Deleting what is not there succeeds. */
export function deleteDeploymentGroup(
  input: Input<"codedeploy", "DeleteDeploymentGroup">,
  ctx: Context,
): Output<"codedeploy", "DeleteDeploymentGroup"> {
  const group = { application: input.applicationName ?? "", name: input.deploymentGroupName ?? "" };
  return ctx.tx(() => {
    if (ctx.run(store.deleteGroup, group) > 0) tell(ctx, "Deployment group deleted", group);
    return { hooksNotCleanedUp: [] };
  });
}

function lastOf(ctx: Context, id: string | null): LastDeploymentInfo | undefined {
  const deployment = id === null ? undefined : deploymentById(ctx, id);
  if (deployment === undefined) return undefined;
  const { status, created, completed } = deployment;
  return {
    deploymentId: deployment.id,
    status,
    createTime: new Date(created),
    ...(completed === null ? {} : { endTime: new Date(completed) }),
  };
}

function infoOf(ctx: Context, group: Group, computePlatform: Platform): DeploymentGroupInfo {
  const { body } = group;
  return {
    applicationName: group.application,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    deploymentConfigName: group.config,
    ...body,
    ec2TagFilters: body.ec2TagFilters ?? [],
    onPremisesInstanceTagFilters: body.onPremisesInstanceTagFilters ?? [],
    autoScalingGroups: (body.autoScalingGroups ?? []).map((name) => ({ name })),
    triggerConfigurations: body.triggerConfigurations ?? [],
    lastSuccessfulDeployment: lastOf(ctx, group.last_succeeded),
    lastAttemptedDeployment: lastOf(ctx, group.last_attempted),
    computePlatform,
    terminationHookEnabled: body.terminationHookEnabled ?? false,
  };
}

export function getDeploymentGroup(
  input: Input<"codedeploy", "GetDeploymentGroup">,
  ctx: Context,
): Output<"codedeploy", "GetDeploymentGroup"> {
  const { platform, ...group } = groupNamed(ctx, input.applicationName, input.deploymentGroupName);
  return { deploymentGroupInfo: infoOf(ctx, group, platform) };
}

export function batchGetDeploymentGroups(
  input: Input<"codedeploy", "BatchGetDeploymentGroups">,
  ctx: Context,
): Output<"codedeploy", "BatchGetDeploymentGroups"> {
  const names = input.deploymentGroupNames ?? [];
  if (names.length > MOST_AT_ONCE) throw refused("BatchLimitExceededException", `The maximum number of names is ${MOST_AT_ONCE}.`);
  const application = applicationNamed(ctx, input.applicationName);
  const found = names.map((name) => groupByName(ctx, application.name, name));
  const missing = names.filter((_, index) => found[index] === undefined);
  return {
    deploymentGroupsInfo: found.flatMap((group) => (group === undefined ? [] : [infoOf(ctx, group, application.platform as Platform)])),
    ...(missing.length === 0 ? {} : { errorMessage: `No Deployment Group found for name: ${missing.join(", ")}` }),
  };
}

export function listDeploymentGroups(
  input: Input<"codedeploy", "ListDeploymentGroups">,
  ctx: Context,
): Output<"codedeploy", "ListDeploymentGroups"> {
  const application = applicationNamed(ctx, input.applicationName).name;
  const page = pageOf(groupsOf(ctx, application, { after: afterName(input.nextToken), limit: PAGE + 1 }), PAGE, ({ name }) => [name]);
  return { applicationName: application, deploymentGroups: page.items.map(({ name }) => name), nextToken: page.nextToken };
}
