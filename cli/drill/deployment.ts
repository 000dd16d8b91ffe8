import { CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CodeDeployClient,
  CreateDeploymentCommand,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  ListApplicationsCommand,
  ListDeploymentGroupsCommand,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import {
  CodePipelineClient,
  GetPipelineStateCommand,
  PutApprovalResultCommand,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { Deploy } from "./file.ts";
import type { Place } from "./place.ts";

/** What the deployment of a function goes from and to. */
export interface Shift {
  readonly function: string;
  readonly alias: string;
  readonly previous: string;
  readonly next: string;
}

interface Names {
  readonly application: string;
  readonly group: string;
  readonly function: string;
  readonly alias: string;
}

/** The name or ARN of a `<stack>/<logical id>`, whose id may leave out the CDK's hash; other texts are names already. */
export async function physicalName(place: Place, reference: string): Promise<string> {
  const [stack = "", logicalId] = reference.split("/");
  if (logicalId === undefined) return reference;
  const found = (await resourcesOf(place, stack)).filter(({ LogicalResourceId = "" }) => LogicalResourceId.startsWith(logicalId));
  if (found.length === 1) return found[0]?.PhysicalResourceId ?? "";
  const names = found.map(({ LogicalResourceId }) => LogicalResourceId).join(", ");
  throw new OrreryError("UsageError", `${reference}: the stack ${stack} has ${found.length} resources of that name ${names}`);
}

/** Puts `${Stack.Output}` in. @throws OrreryError UsageError */
export async function withOutputs(place: Place, text: string): Promise<string> {
  let result = text;
  for (const [whole, stack = "", output = ""] of text.matchAll(/\$\{([\w-]+)\.(\w+)\}/g)) {
    const { Stacks = [] } = await new CloudFormationClient(place.clientConfig).send(new DescribeStacksCommand({ StackName: stack }));
    const value = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === output)?.OutputValue;
    if (value === undefined) throw new OrreryError("UsageError", `the stack ${stack} has no output ${output}`);
    result = result.replace(whole, value);
  }
  return result;
}

/** Publishes a version that differs in one environment variable alone, and starts its deployment, whose id is returned. */
export async function deployFunction(place: Place, deploy: Deploy & { kind: "function" }): Promise<string> {
  const names = await namesOf(place, deploy);
  const lambda = new LambdaClient(place.clientConfig);
  const FunctionName = names.function;
  const { FunctionVersion: previous = "" } = await lambda.send(new GetAliasCommand({ FunctionName, Name: names.alias }));
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Variables = { ...Environment?.Variables, ORRERY_DRILL: String(await place.now()) };
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  const { Version: next = "" } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  const properties = { Name: names.function, Alias: names.alias, CurrentVersion: previous, TargetVersion: next };
  const content = JSON.stringify({ version: 0.0, Resources: [{ Function: { Type: "AWS::Lambda::Function", Properties: properties } }] });
  const { deploymentId = "" } = await new CodeDeployClient(place.clientConfig).send(
    new CreateDeploymentCommand({
      applicationName: names.application,
      deploymentGroupName: names.group,
      revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
    }),
  );
  return deploymentId;
}

/** Undefined when it is no deployment of a function. */
export async function shiftOf(place: Place, deploymentId: string): Promise<Shift | undefined> {
  const client = new CodeDeployClient(place.clientConfig);
  const { targetIds = [] } = await client.send(new ListDeploymentTargetsCommand({ deploymentId }));
  if (targetIds[0] === undefined) return undefined;
  const { deploymentTarget } = await client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: targetIds[0] }));
  const info = deploymentTarget?.lambdaTarget?.lambdaFunctionInfo;
  if (info === undefined) return undefined;
  const { functionName = "", functionAlias = "", currentVersion = "", targetVersion = "" } = info;
  return { function: functionName, alias: functionAlias, previous: currentVersion, next: targetVersion };
}

/** The version that all traffic of the alias goes to, or undefined while it is shared. */
export async function versionOf(place: Place, { function: FunctionName, alias }: Shift): Promise<string | undefined> {
  const found = await new LambdaClient(place.clientConfig).send(new GetAliasCommand({ FunctionName, Name: alias }));
  const weights = Object.values(found.RoutingConfig?.AdditionalVersionWeights ?? {});
  return weights.some((weight) => weight > 0) ? undefined : found.FunctionVersion;
}

export async function alarmState(place: Place, name: string): Promise<string> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await new CloudWatchClient(place.clientConfig).send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ["MetricAlarm", "CompositeAlarm"] }),
  );
  const state = [...MetricAlarms, ...CompositeAlarms][0]?.StateValue;
  if (state === undefined) throw new OrreryError("UsageError", `there is no alarm ${name}`);
  return state;
}

async function namesOf(place: Place, deploy: Deploy & { kind: "function" }): Promise<Names> {
  const stack = deploy.stack;
  const only = async (type: string): Promise<string> => {
    const found = stack === undefined ? [] : (await resourcesOf(place, stack)).filter(({ ResourceType }) => ResourceType === type);
    if (found.length === 1) return found[0]?.PhysicalResourceId ?? "";
    throw new OrreryError("UsageError", `the stack ${stack} has ${found.length} of ${type}: name application, group, function and alias`);
  };
  // An alias' physical id is its ARN.
  const aliasArn = deploy.function !== undefined && deploy.alias !== undefined ? "" : await only("AWS::Lambda::Alias");
  const [, functionName = "", aliasName = ""] = /:function:([^:]+):(.+)$/.exec(aliasArn) ?? [];
  const group = deploy.group ?? (await only("AWS::CodeDeploy::DeploymentGroup"));
  return {
    function: deploy.function ?? functionName,
    alias: deploy.alias ?? aliasName,
    group,
    application: deploy.application ?? (await applicationOf(place, group)),
  };
}

async function applicationOf(place: Place, group: string): Promise<string> {
  const client = new CodeDeployClient(place.clientConfig);
  const { applications = [] } = await client.send(new ListApplicationsCommand({}));
  for (const applicationName of applications) {
    const { deploymentGroups = [] } = await client.send(new ListDeploymentGroupsCommand({ applicationName }));
    if (deploymentGroups.includes(group)) return applicationName;
  }
  throw new OrreryError("UsageError", `no application of CodeDeploy has the deployment group ${group}`);
}

async function resourcesOf(place: Place, StackName: string) {
  const client = new CloudFormationClient(place.clientConfig);
  return (await client.send(new DescribeStackResourcesCommand({ StackName }))).StackResources ?? [];
}

export interface DeploymentState {
  readonly status: string;
  /** Virtual ms; undefined while it goes on. */
  readonly endedAt: number | undefined;
  readonly isRolledBack: boolean;
  readonly reason: string;
}

export async function deploymentState(place: Place, deploymentId: string): Promise<DeploymentState> {
  const { deploymentInfo } = await new CodeDeployClient(place.clientConfig).send(new GetDeploymentCommand({ deploymentId }));
  const status = deploymentInfo?.status ?? "";
  const rollback = deploymentInfo?.rollbackInfo;
  return {
    status,
    endedAt: ["Succeeded", "Failed", "Stopped"].includes(status) ? deploymentInfo?.completeTime?.getTime() : undefined,
    isRolledBack: rollback?.rollbackDeploymentId !== undefined || rollback?.rollbackMessage !== undefined,
    reason: deploymentInfo?.errorInformation?.message ?? "",
  };
}

export async function startPipeline(place: Place, name: string): Promise<string> {
  const { pipelineExecutionId = "" } = await new CodePipelineClient(place.clientConfig).send(new StartPipelineExecutionCommand({ name }));
  return pipelineExecutionId;
}

/** Gives every approval that the pipeline waits for. */
export async function approve(place: Place, pipelineName: string): Promise<void> {
  const client = new CodePipelineClient(place.clientConfig);
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name: pipelineName }));
  for (const { stageName, actionStates = [] } of stageStates)
    for (const { actionName, latestExecution } of actionStates)
      if (latestExecution?.token !== undefined && latestExecution.status === "InProgress")
        await client.send(
          new PutApprovalResultCommand({
            pipelineName,
            stageName,
            actionName,
            token: latestExecution.token,
            result: { status: "Approved", summary: "given by the drill" },
          }),
        );
}
