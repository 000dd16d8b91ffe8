import { DeleteStackCommand, DescribeStacksCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { body, TestStacks } from "./test-stacks.ts";

let stacks: TestStacks;
beforeAll(async () => {
  stacks = await TestStacks.start();
});
afterAll(() => stacks.stop());
beforeEach(async () => {
  await stacks.cloud.reset();
});

const trust = (service: string) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
    },
  },
});

const code = (text: string): string => `exports.handler = async () => ${JSON.stringify(text)};`;

/** A hook as users write it: it answers CodeDeploy with the SDK. */
const hook = (status: string): string => `
const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = require("@aws-sdk/client-codedeploy");
exports.handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  const answer = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId, status: "${status}" };
  await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand(answer));
};`;

const fn = (source: string, more: object = {}) => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: { "Fn::GetAtt": ["FunctionRole", "Arn"] },
    Code: { ZipFile: source },
    ...more,
  },
});

/** What the CDK makes of a function with an alias and a LambdaDeploymentGroup; the version's logical id changes with the code. */
function template(text: string, options: { readonly answer?: string; readonly more?: object } = {}): string {
  const version = `Version${text}`;
  const hooks = options.answer === undefined ? {} : { Hook: fn(hook(options.answer)) };
  const policy = {
    ApplicationName: { Ref: "Application" },
    DeploymentGroupName: { Ref: "Group" },
    ...(options.answer === undefined ? {} : { BeforeAllowTrafficHook: { Ref: "Hook" } }),
  };
  return body({
    FunctionRole: trust("lambda.amazonaws.com"),
    DeployRole: trust("codedeploy.amazonaws.com"),
    Function: fn(code(text), { FunctionName: "shop" }),
    ...hooks,
    [version]: { Type: "AWS::Lambda::Version", DeletionPolicy: "Retain", Properties: { FunctionName: { Ref: "Function" } } },
    Alias: {
      Type: "AWS::Lambda::Alias",
      Properties: { FunctionName: { Ref: "Function" }, Name: "live", FunctionVersion: { "Fn::GetAtt": [version, "Version"] } },
      UpdatePolicy: { CodeDeployLambdaAliasUpdate: policy },
    },
    Alarm: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        AlarmName: "errors",
        Namespace: "AWS/Lambda",
        MetricName: "Errors",
        Dimensions: [{ Name: "FunctionName", Value: { Ref: "Function" } }],
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
        ServiceRoleArn: { "Fn::GetAtt": ["DeployRole", "Arn"] },
        DeploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent30Minutes",
        DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: "Alarm" } }] },
        AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"] },
      },
    },
    ...options.more,
  });
}

const capabilities = { Capabilities: ["CAPABILITY_IAM" as const] };

async function update(text: string, options: Parameters<typeof template>[1] = {}): Promise<string> {
  await stacks.cfn.send(new UpdateStackCommand({ StackName: "s", TemplateBody: template(text, options), ...capabilities }));
  return status();
}

async function status(): Promise<string> {
  await stacks.cloud.cloud.clock.idle();
  const { Stacks } = await stacks.cfn.send(new DescribeStacksCommand({ StackName: "s" }));
  return Stacks?.[0]?.StackStatus ?? "";
}

async function alias(): Promise<[string | undefined, Record<string, number> | undefined]> {
  const found = await new LambdaClient(stacks.cloud.clientConfig).send(new GetAliasCommand({ FunctionName: "shop", Name: "live" }));
  return [found.FunctionVersion, found.RoutingConfig?.AdditionalVersionWeights];
}

const minutes = (count: number): Promise<void> => stacks.cloud.cloud.clock.advance(count * 60_000);

async function aliasLog(): Promise<string[]> {
  return (await stacks.log("s")).filter((line) => line.startsWith("Alias UPDATE"));
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
test("a new version of an alias waits for its deployment, and the stack with it", async () => {
  expect(await stacks.create("s", template("one"), capabilities)).toBe("CREATE_COMPLETE");
  expect(await alias()).toEqual(["1", undefined]);
  expect(await update("two")).toBe("UPDATE_IN_PROGRESS");
  expect(await alias()).toEqual(["1", { "2": 0.1 }]);
  await minutes(29);
  expect(await status()).toBe("UPDATE_IN_PROGRESS");
  await minutes(1);
  expect(await status()).toBe("UPDATE_COMPLETE");
  expect(await alias()).toEqual(["2", undefined]);
  const started = expect.stringMatching(/^Alias UPDATE_IN_PROGRESS CodeDeploy deployment started: d-[A-Z0-9]{9}$/) as string;
  expect(await aliasLog()).toEqual(["Alias UPDATE_IN_PROGRESS", started, "Alias UPDATE_COMPLETE"]);
});

// recorded: the events and the reason of a stack on AWS whose deployment was stopped by an alarm.
test("an alarm that stops the deployment fails the alias and rolls the stack back", async () => {
  await stacks.create("s", template("one"), capabilities);
  expect(await update("two")).toBe("UPDATE_IN_PROGRESS");
  await minutes(3);
  const alarm = { AlarmName: "errors", StateValue: "ALARM", StateReason: "tested" } as const;
  await new CloudWatchClient(stacks.cloud.clientConfig).send(new SetAlarmStateCommand(alarm));
  expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(await alias()).toEqual(["1", undefined]);
  const log = await aliasLog();
  const [, started = ""] = log;
  const id = started.split(" ").at(-1) ?? "";
  expect(log.find((line) => line.startsWith("Alias UPDATE_FAILED"))).toMatch(
    new RegExp(
      `^Alias UPDATE_FAILED Resource handler returned message: "${id} failed\\. One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped\\. Activated alarms: <errors>" \\(RequestToken: [0-9a-f-]+, HandlerErrorCode: InternalFailure\\)$`,
    ),
  );
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
test.each([
  ["Succeeded", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"],
  ["Failed", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"],
])("a hook that answers %s", async (answer, before, after) => {
  await stacks.create("s", template("one", { answer }), capabilities);
  expect(await update("two", { answer })).toBe(before);
  await minutes(31);
  expect(await status()).toBe(after);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-update-cancel.html; that the deployment is stopped: assumed
test("another resource that fails meanwhile stops the deployment", async () => {
  await stacks.create("s", template("one"), capabilities);
  const wait = (count: number) => ({
    Wait: { Type: "AWS::CloudFormation::WaitCondition", CreationPolicy: { ResourceSignal: { Count: count, Timeout: "PT5M" } } },
  });
  expect(await update("two", { more: wait(1) })).toBe("UPDATE_IN_PROGRESS");
  expect(await alias()).toEqual(["1", { "2": 0.1 }]);
  await minutes(6);
  expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(await alias()).toEqual(["1", undefined]);
  await stacks.cfn.send(new DeleteStackCommand({ StackName: "s" }));
  await minutes(1);
  await expect(status()).rejects.toThrow("does not exist");
});
