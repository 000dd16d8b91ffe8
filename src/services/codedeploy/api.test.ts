import * as sdk from "@aws-sdk/client-codedeploy";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: sdk.CodeDeployClient;
const ROLE = "arn:aws:iam::000000000000:role/deploy";

beforeAll(async () => {
  cloud = await startCloud();
  client = new sdk.CodeDeployClient(cloud.clientConfig);
});
afterAll(() => cloud.stop());
beforeEach(() => cloud.reset());

const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
const group = { applicationName: "shop", deploymentGroupName: "live", serviceRoleArn: ROLE };

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as Error).name;
  }
  return "nothing was refused";
}

async function application(name = "shop"): Promise<void> {
  await new IAMClient(cloud.clientConfig).send(new CreateRoleCommand({ RoleName: "deploy", AssumeRolePolicyDocument: TRUST }));
  await client.send(new sdk.CreateApplicationCommand({ applicationName: name, computePlatform: "Lambda" }));
}

const makeGroup = (more: Partial<sdk.CreateDeploymentGroupCommandInput> = {}) =>
  client.send(new sdk.CreateDeploymentGroupCommand({ ...group, deploymentStyle: style, ...more }));

describe("applications", () => {
  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateApplication.html
  test("are made, listed, renamed with all that is theirs, and deleted with their groups", async () => {
    await application();
    await makeGroup();
    const found = await client.send(new sdk.GetApplicationCommand({ applicationName: "shop" }));
    expect(found.application).toMatchObject({ applicationName: "shop", computePlatform: "Lambda", linkedToGitHub: false });
    await client.send(new sdk.UpdateApplicationCommand({ applicationName: "shop", newApplicationName: "store" }));
    expect((await client.send(new sdk.ListApplicationsCommand({}))).applications).toEqual(["store"]);
    expect((await client.send(new sdk.ListDeploymentGroupsCommand({ applicationName: "store" }))).deploymentGroups).toEqual(["live"]);
    await client.send(new sdk.DeleteApplicationCommand({ applicationName: "store" }));
    await client.send(new sdk.DeleteApplicationCommand({ applicationName: "store" }));
    expect(await refusal(client.send(new sdk.ListDeploymentGroupsCommand({ applicationName: "store" })))).toBe(
      "ApplicationDoesNotExistException",
    );
  });

  // documented: the errors of each operation in https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Operations.html
  test("are refused with codes of their own", async () => {
    await application();
    const make = (input: object) => refusal(client.send(new sdk.CreateApplicationCommand(input as sdk.CreateApplicationCommandInput)));
    expect(await make({ applicationName: "shop" })).toBe("ApplicationAlreadyExistsException");
    expect(await make({})).toBe("ApplicationNameRequiredException");
    expect(await make({ applicationName: "x".repeat(101) })).toBe("InvalidApplicationNameException");
    expect(await make({ applicationName: "a b" })).toBe("InvalidApplicationNameException");
    expect(await make({ applicationName: "x", computePlatform: "Toaster" })).toBe("InvalidComputePlatformException");
    expect(await make({ applicationName: "x", tags: [{ Key: "aws:x", Value: "1" }] })).toBe("InvalidTagsToAddException");
    expect(await make({ applicationName: "x", computePlatform: "ECS" })).toBe("NotImplemented");
    const batch = client.send(new sdk.BatchGetApplicationsCommand({ applicationNames: Array.from({ length: 101 }, (_, i) => `a${i}`) }));
    expect(await refusal(batch)).toBe("BatchLimitExceededException");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TagResource.html
  test("have tags, and so have deployment groups", async () => {
    await application();
    await makeGroup({ tags: [{ Key: "team", Value: "a" }] });
    const ResourceArn = "arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:shop/live";
    await client.send(new sdk.TagResourceCommand({ ResourceArn, Tags: [{ Key: "stage", Value: "live" }] }));
    await client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys: ["team"] }));
    const { Tags } = await client.send(new sdk.ListTagsForResourceCommand({ ResourceArn }));
    expect(Tags).toEqual([{ Key: "stage", Value: "live" }]);
    expect(await refusal(client.send(new sdk.ListTagsForResourceCommand({ ResourceArn: "shop" })))).toBe("InvalidArnException");
    const config = "arn:aws:codedeploy:us-east-1:000000000000:deploymentconfig:CodeDeployDefault.AllAtOnce";
    expect(await refusal(client.send(new sdk.ListTagsForResourceCommand({ ResourceArn: config })))).toBe("ArnNotSupportedException");
  });
});

describe("deployment configurations", () => {
  // recorded: the list of an account on AWS without its own configurations.
  test("there are 17 predefined ones, which nobody deletes", async () => {
    const { deploymentConfigsList = [] } = await client.send(new sdk.ListDeploymentConfigsCommand({}));
    expect(deploymentConfigsList).toHaveLength(17);
    const name = "CodeDeployDefault.LambdaCanary10Percent5Minutes";
    const { deploymentConfigInfo } = await client.send(new sdk.GetDeploymentConfigCommand({ deploymentConfigName: name }));
    expect(deploymentConfigInfo).toEqual({
      deploymentConfigName: name,
      computePlatform: "Lambda",
      trafficRoutingConfig: { type: "TimeBasedCanary", timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 } },
    });
    expect(await refusal(client.send(new sdk.DeleteDeploymentConfigCommand({ deploymentConfigName: name })))).toBe(
      "InvalidOperationException",
    );
  });

  const canary = (canaryPercentage: number, canaryInterval: number) => ({
    computePlatform: "Lambda",
    trafficRoutingConfig: { type: "TimeBasedCanary", timeBasedCanary: { canaryPercentage, canaryInterval } },
  });
  const linear = (linearPercentage: number, linearInterval: number) => ({
    computePlatform: "Lambda",
    trafficRoutingConfig: { type: "TimeBasedLinear", timeBasedLinear: { linearPercentage, linearInterval } },
  });
  const hosts = (type: string, value: number) => ({ minimumHealthyHosts: { type, value } });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
  test.each([
    ["nothing was refused", canary(20, 2_880)],
    ["InvalidTrafficRoutingConfigurationException", canary(100, 5)],
    ["InvalidTrafficRoutingConfigurationException", canary(10, 2_881)],
    ["nothing was refused", linear(34, 1_440)],
    ["InvalidTrafficRoutingConfigurationException", linear(34, 1_441)],
    ["InvalidTrafficRoutingConfigurationException", { computePlatform: "Lambda", trafficRoutingConfig: { type: "Sideways" } }],
    ["InvalidTrafficRoutingConfigurationException", { computePlatform: "Lambda" }],
    ["InvalidMinimumHealthyHostValueException", { ...canary(10, 5), ...hosts("HOST_COUNT", 1) }],
    ["nothing was refused", hosts("FLEET_PERCENT", 75)],
    ["InvalidMinimumHealthyHostValueException", {}],
    ["InvalidMinimumHealthyHostValueException", hosts("FLEET_PERCENT", 100)],
    ["InvalidZonalDeploymentConfigurationException", { ...hosts("HOST_COUNT", 1), zonalConfig: { monitorDurationInSeconds: -1 } }],
    ["InvalidDeploymentConfigNameException", { ...hosts("HOST_COUNT", 1), deploymentConfigName: "CodeDeployDefault.Mine" }],
  ])("%s of %j", async (code, input) => {
    const command = new sdk.CreateDeploymentConfigCommand({
      deploymentConfigName: "mine",
      ...input,
    } as sdk.CreateDeploymentConfigCommandInput);
    expect(await refusal(client.send(command))).toBe(code);
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeleteDeploymentConfig.html
  test("of one's own are used, and not deleted while they are", async () => {
    await application();
    const deploymentConfigName = "quick";
    await client.send(
      new sdk.CreateDeploymentConfigCommand({ deploymentConfigName, ...canary(50, 1) } as sdk.CreateDeploymentConfigCommandInput),
    );
    await makeGroup({ deploymentConfigName });
    const remove = () => refusal(client.send(new sdk.DeleteDeploymentConfigCommand({ deploymentConfigName })));
    expect(await remove()).toBe("DeploymentConfigInUseException");
    await client.send(new sdk.DeleteDeploymentGroupCommand(group));
    expect(await remove()).toBe("nothing was refused");
  });
});

describe("deployment groups", () => {
  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentGroup.html
  test.each([
    ["DeploymentGroupAlreadyExistsException", {}],
    ["DeploymentConfigDoesNotExistException", { deploymentConfigName: "none" }],
    ["InvalidDeploymentConfigNameException", { deploymentConfigName: "CodeDeployDefault.AllAtOnce" }],
    ["InvalidRoleException", { serviceRoleArn: "deploy" }],
    ["InvalidRoleException", { serviceRoleArn: `${ROLE}er` }],
    ["RoleRequiredException", { serviceRoleArn: undefined }],
    ["InvalidAlarmConfigException", { alarmConfiguration: { enabled: true, alarms: [] } }],
    ["InvalidAlarmConfigException", { alarmConfiguration: { enabled: true, alarms: [{ name: "a" }, { name: "a" }] } }],
    ["AlarmsLimitExceededException", { alarmConfiguration: { alarms: Array.from({ length: 11 }, (_, index) => ({ name: `a${index}` })) } }],
    ["InvalidAutoRollbackConfigException", { autoRollbackConfiguration: { enabled: true } }],
    ["InvalidAutoRollbackConfigException", { autoRollbackConfiguration: { enabled: true, events: ["EARTHQUAKE"] } }],
    [
      "InvalidTriggerConfigException",
      { triggerConfigurations: [{ triggerName: "t", triggerEvents: ["DeploymentStart"], triggerTargetArn: "x" }] },
    ],
    ["InvalidDeploymentStyleException", { deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" } }],
    ["ApplicationDoesNotExistException", { applicationName: "none" }],
  ])("%s", async (code, input) => {
    await application();
    await makeGroup();
    expect(await refusal(makeGroup(input as unknown as Partial<sdk.CreateDeploymentGroupCommandInput>))).toBe(code);
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_UpdateDeploymentGroup.html
  test("keep what they were told, change it and take a new name", async () => {
    await application();
    await makeGroup({ alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] } });
    const change = { applicationName: "shop", currentDeploymentGroupName: "live", newDeploymentGroupName: "prod" };
    await client.send(
      new sdk.UpdateDeploymentGroupCommand({ ...change, autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] } }),
    );
    const { deploymentGroupInfo } = await client.send(
      new sdk.GetDeploymentGroupCommand({ applicationName: "shop", deploymentGroupName: "prod" }),
    );
    expect(deploymentGroupInfo).toMatchObject({
      deploymentGroupName: "prod",
      deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
      computePlatform: "Lambda",
      alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
      deploymentStyle: style,
    });
    expect(await refusal(client.send(new sdk.GetDeploymentGroupCommand(group)))).toBe("DeploymentGroupDoesNotExistException");
  });
});

describe("revisions", () => {
  const s3 = (key: string) => ({ revisionType: "S3", s3Location: { bucket: "b", key, bundleType: "YAML" } }) as const;

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ListApplicationRevisions.html
  test("are registered, found again and listed by bucket, prefix and use", async () => {
    await application();
    for (const key of ["a/1", "a/2", "b/1"]) {
      await client.send(new sdk.RegisterApplicationRevisionCommand({ applicationName: "shop", revision: s3(key), description: key }));
    }
    const found = await client.send(new sdk.GetApplicationRevisionCommand({ applicationName: "shop", revision: s3("a/1") }));
    expect(found.revisionInfo).toMatchObject({ description: "a/1", deploymentGroups: [] });
    const list = async (more: object) =>
      (await client.send(new sdk.ListApplicationRevisionsCommand({ applicationName: "shop", ...more }))).revisions?.map(
        (one) => one.s3Location?.key,
      );
    expect(await list({ s3Bucket: "b", s3KeyPrefix: "a/", sortOrder: "descending" })).toEqual(["a/2", "a/1"]);
    expect(await list({ deployed: "include" })).toEqual([]);
    expect(await refusal(list({ s3KeyPrefix: "a/" }))).toBe("BucketNameFilterRequiredException");
    const missing = client.send(new sdk.GetApplicationRevisionCommand({ applicationName: "shop", revision: s3("c") }));
    expect(await refusal(missing)).toBe("RevisionDoesNotExistException");
  });

  // documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html
  test.each([
    ["RevisionRequiredException", undefined],
    ["InvalidRevisionException", {}],
    ["InvalidRevisionException", { revisionType: "S3" }],
    ["InvalidRevisionException", { revisionType: "GitHub", gitHubLocation: { repository: "a/b", commitId: "1" } }],
    ["InvalidRevisionException", { revisionType: "S3", s3Location: { bucket: "b", key: "k", bundleType: "zip" } }],
    ["InvalidRevisionException", { revisionType: "AppSpecContent", appSpecContent: { content: "x", sha256: "0".repeat(64) } }],
  ])("%s of %j", async (code, revision) => {
    await application();
    await makeGroup();
    const input = { applicationName: "shop", deploymentGroupName: "live", revision: revision as sdk.RevisionLocation | undefined };
    expect(await refusal(client.send(new sdk.CreateDeploymentCommand(input)))).toBe(code);
  });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ListGitHubAccountTokenNames.html
test("there are no connections to GitHub, and none is deleted", async () => {
  expect((await client.send(new sdk.ListGitHubAccountTokenNamesCommand({}))).tokenNameList).toEqual([]);
  const remove = (tokenName?: string) => refusal(client.send(new sdk.DeleteGitHubAccountTokenCommand({ tokenName })));
  expect([await remove(), await remove("mine")]).toEqual([
    "GitHubAccountTokenNameRequiredException",
    "GitHubAccountTokenDoesNotExistException",
  ]);
});
