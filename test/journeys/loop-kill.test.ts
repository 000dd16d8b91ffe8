import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { CodeBuildClient, CreateProjectCommand } from "@aws-sdk/client-codebuild";
import { CodeCommitClient, CreateRepositoryCommand, GetBranchCommand, PutFileCommand } from "@aws-sdk/client-codecommit";
import { CodePipelineClient, CreatePipelineCommand, ListPipelineExecutionsCommand } from "@aws-sdk/client-codepipeline";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { GetAliasCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { type Server, startServer } from "../support/server.ts";

/**
 * A commit of a bad version, its build, its deployment, its canary and its rollback, with the server killed at random moments:
 * the end is that of a run which nobody disturbed, and so are the transitions.
 */
const RUNS = 6;
const KILLS_PER_RUN = 5;
const MINUTE = 60_000;
const MOST_MINUTES = 25;
const ROLE = "arn:aws:iam::000000000000:role/loop";

function template(version: string, code: string): string {
  const lambdaVersion = `Version${version}`;
  return JSON.stringify({
    Resources: {
      Function: {
        Type: "AWS::Lambda::Function",
        Properties: { FunctionName: "shop", Runtime: "nodejs22.x", Handler: "index.handler", Role: ROLE, Code: { ZipFile: code } },
      },
      [lambdaVersion]: { Type: "AWS::Lambda::Version", DeletionPolicy: "Retain", Properties: { FunctionName: { Ref: "Function" } } },
      Alias: {
        Type: "AWS::Lambda::Alias",
        Properties: { FunctionName: { Ref: "Function" }, FunctionVersion: { "Fn::GetAtt": [lambdaVersion, "Version"] }, Name: "live" },
        UpdatePolicy: { CodeDeployLambdaAliasUpdate: { ApplicationName: { Ref: "Application" }, DeploymentGroupName: { Ref: "Group" } } },
      },
      Errors: {
        Type: "AWS::CloudWatch::Alarm",
        Properties: {
          AlarmName: "shop-errors",
          Namespace: "AWS/Lambda",
          MetricName: "Errors",
          Dimensions: [
            { Name: "FunctionName", Value: "shop" },
            { Name: "Resource", Value: "shop:live" },
          ],
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: "GreaterThanOrEqualToThreshold",
          TreatMissingData: "notBreaching",
        },
      },
      Application: { Type: "AWS::CodeDeploy::Application", Properties: { ComputePlatform: "Lambda" } },
      Group: {
        Type: "AWS::CodeDeploy::DeploymentGroup",
        Properties: {
          ApplicationName: { Ref: "Application" },
          ServiceRoleArn: ROLE,
          DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent30Minutes",
          DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
          AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: "Errors" } }] },
          AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] },
        },
      },
    },
  });
}

let server: Server;
beforeAll(async () => {
  server = await startServer(["--clock", "hold", "--seed", "loop"]);
  await prepare();
});
afterAll(() => server.stop());

const config = () => ({
  endpoint: server.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});

async function orrery(method: "GET" | "POST", path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.endpoint}/_orrery/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
}

const advance = (ms: number): Promise<unknown> => orrery("POST", "clock/advance", { ms });

async function commit(version: string, code: string, message: string): Promise<void> {
  const client = new CodeCommitClient(config());
  const branch = await client.send(new GetBranchCommand({ repositoryName: "shop", branchName: "main" })).catch(() => undefined);
  const parentCommitId = branch?.branch?.commitId;
  await client.send(
    new PutFileCommand({
      repositoryName: "shop",
      branchName: "main",
      filePath: "template.json",
      fileContent: Buffer.from(template(version, code)),
      commitMessage: message,
      ...(parentCommitId === undefined ? {} : { parentCommitId }),
    }),
  );
}

async function prepare(): Promise<void> {
  const services = ["codepipeline", "codebuild", "codedeploy", "cloudformation", "lambda"].map((name) => `${name}.amazonaws.com`);
  const statement = { Effect: "Allow", Principal: { Service: services }, Action: "sts:AssumeRole" };
  const iam = new IAMClient(config());
  await iam.send(
    new CreateRoleCommand({
      RoleName: "loop",
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    }),
  );
  const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  await iam.send(new PutRolePolicyCommand({ RoleName: "loop", PolicyName: "all", PolicyDocument: JSON.stringify(all) }));
  await new S3Client({ ...config(), forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: "artifacts" }));
  await new CodeCommitClient(config()).send(new CreateRepositoryCommand({ repositoryName: "shop" }));
  await commit("One", "exports.handler = async () => 'ok'", "Open the shop");
  const buildspec = JSON.stringify({
    version: 0.2,
    phases: { build: { commands: ["sleep 0.1"] } },
    artifacts: { files: ["template.json"] },
  });
  await new CodeBuildClient(config()).send(
    new CreateProjectCommand({
      name: "shop",
      serviceRole: ROLE,
      source: { type: "CODEPIPELINE", buildspec },
      artifacts: { type: "CODEPIPELINE" },
      environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
    }),
  );
  const action = (name: string, category: string, provider: string, configuration: object, more: object) => ({
    name,
    actionTypeId: { category, owner: "AWS", provider, version: "1" },
    configuration,
    ...more,
  });
  const deployment = { ActionMode: "CREATE_UPDATE", StackName: "Shop", TemplatePath: "built::template.json", RoleArn: ROLE };
  const source = { RepositoryName: "shop", BranchName: "main", PollForSourceChanges: "true" };
  const stages = [
    { name: "Source", actions: [action("Commit", "Source", "CodeCommit", source, { outputArtifacts: [{ name: "code" }] })] },
    {
      name: "Build",
      actions: [
        action(
          "Build",
          "Build",
          "CodeBuild",
          { ProjectName: "shop" },
          { inputArtifacts: [{ name: "code" }], outputArtifacts: [{ name: "built" }] },
        ),
      ],
    },
    { name: "Deploy", actions: [action("Stack", "Deploy", "CloudFormation", deployment, { inputArtifacts: [{ name: "built" }] })] },
  ];
  await new CodePipelineClient(config()).send(
    new CreatePipelineCommand({
      pipeline: {
        name: "shop",
        roleArn: ROLE,
        pipelineType: "V2",
        artifactStore: { type: "S3", location: "artifacts" },
        stages: stages as never,
      },
    }),
  );
  for (let i = 0; i < 5 && (await executionStatus()) !== "Succeeded"; i++) await advance(MINUTE);
  expect(await executionStatus()).toBe("Succeeded");
  await orrery("POST", "snapshots/save", { name: "before" });
}

async function executionStatus(): Promise<string | undefined> {
  const list = await new CodePipelineClient(config()).send(new ListPipelineExecutionsCommand({ pipelineName: "shop", maxResults: 1 }));
  return list.pipelineExecutionSummaries?.[0]?.status;
}

async function alarmState(): Promise<string | undefined> {
  const { MetricAlarms = [] } = await new CloudWatchClient(config()).send(new DescribeAlarmsCommand({ AlarmNames: ["shop-errors"] }));
  return MetricAlarms[0]?.StateValue;
}

interface End {
  readonly state: Readonly<Record<string, unknown>>;
  readonly transitions: readonly string[];
}

/** One bad commit to its end. `disturb` goes on beside each step and may kill the server in the middle of it. */
async function badPath(disturb: () => Promise<void>): Promise<End> {
  await orrery("POST", "snapshots/load", { name: "before" });
  const after = Number((await orrery("GET", "status"))["events"]);
  await commit("Two", "exports.handler = async () => { throw new Error('closed'); }", "Close the shop");
  const lambda = new LambdaClient(config());
  for (let minute = 0; minute < MOST_MINUTES; minute++) {
    const disturbed = disturb();
    for (let i = 0; i < 20; i++) await lambda.send(new InvokeCommand({ FunctionName: "shop", Qualifier: "live" })).catch(() => undefined);
    await advance(MINUTE).catch(() => undefined);
    await disturbed;
    if ((await executionStatus().catch(() => undefined)) === "Failed" && (await alarmState().catch(() => undefined)) === "OK") break;
  }
  await advance(2 * MINUTE);
  const alias = await lambda.send(new GetAliasCommand({ FunctionName: "shop", Name: "live" }));
  const { Stacks = [] } = await new CloudFormationClient(config()).send(new DescribeStacksCommand({ StackName: "Shop" }));
  const { events } = (await orrery("GET", `timeline?after=${after}&limit=10000`)) as unknown as { events: TimelineEvent[] };
  return {
    state: {
      execution: await executionStatus(),
      stack: Stacks[0]?.StackStatus,
      version: alias.FunctionVersion,
      weights: alias.RoutingConfig?.AdditionalVersionWeights ?? {},
      alarm: await alarmState(),
      deadLetters: ((await orrery("GET", "dead-letters"))["messages"] as unknown[]).length,
    },
    transitions: events.flatMap(transition),
  };
}

/** Events of the loop without ids and times. Where the server was killed a build begins again: it counts by its end. */
function transition({ type, detail }: TimelineEvent): string[] {
  switch (type) {
    case "CodePipeline Pipeline Execution State Change":
    case "CodePipeline Stage Execution State Change":
    case "CodePipeline Action Execution State Change":
      return [[detail["stage"], detail["action"], detail["state"]].filter((part) => part !== undefined).join(" ")];
    case "CodeBuild Build State Change":
      return detail["build-status"] === "IN_PROGRESS" ? [] : [`build ${String(detail["build-status"])}`];
    case "CloudFormation Stack Status Change":
      return [`stack ${(detail["status-details"] as { status: string }).status}`];
    case "Deployment created":
    case "Deployment started":
    case "Deployment stopped":
    case "Deployment succeeded":
    case "Deployment failed":
    case "Traffic shifted":
      return [type];
    default:
      return [];
  }
}

test(`${RUNS * KILLS_PER_RUN} kills on the way of a bad commit change nothing about its end`, async () => {
  const undisturbed = await badPath(async () => undefined);
  expect(undisturbed.state).toEqual({
    execution: "Failed",
    stack: "UPDATE_ROLLBACK_COMPLETE",
    version: "1",
    weights: {},
    alarm: "OK",
    deadLetters: 0,
  });
  expect(undisturbed.transitions).toContain("Deployment stopped");
  // A linear congruential generator: the moments are the same in every run of the test.
  let dice = 42;
  const random = (): number => {
    dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0;
    return dice / 2 ** 32;
  };
  for (let run = 0; run < RUNS; run++) {
    let left = KILLS_PER_RUN;
    const end = await badPath(async () => {
      if (left-- <= 0) return;
      await new Promise((next) => setTimeout(next, random() * 400));
      await server.kill();
      await server.restart();
    });
    expect(end).toEqual(undisturbed);
  }
}, 300_000);
