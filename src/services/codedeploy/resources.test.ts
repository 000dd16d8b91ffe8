import * as sdk from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
let client: sdk.CodeDeployClient;
const stack = new TestStack(() => cloud);

beforeAll(async () => {
  cloud = await startCloud();
  client = new sdk.CodeDeployClient(cloud.clientConfig);
  await cloud.ctx.call("iam", "CreateRole", { RoleName: "deploy", AssumeRolePolicyDocument: TRUST });
});
afterAll(() => cloud.stop());

const ROLE = "arn:aws:iam::000000000000:role/deploy";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const Application = {
  Type: "AWS::CodeDeploy::Application",
  Properties: { ComputePlatform: "Lambda", Tags: [{ Key: "team", Value: "a" }] },
};
const Config = {
  Type: "AWS::CodeDeploy::DeploymentConfig",
  Properties: {
    ComputePlatform: "Lambda",
    TrafficRoutingConfig: { Type: "TimeBasedLinear", TimeBasedLinear: { LinearPercentage: "20", LinearInterval: "3" } },
  },
};
const group = (more: object = {}) => ({
  Type: "AWS::CodeDeploy::DeploymentGroup",
  Properties: {
    ApplicationName: { Ref: "Application" },
    ServiceRoleArn: ROLE,
    DeploymentConfigName: { Ref: "Config" },
    DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
    ...more,
  },
});
const outputs = { Application: { Ref: "Application" }, Config: { Ref: "Config" }, Group: { Ref: "Group" } };

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CodeDeploy.html
test("an application, a configuration and a group are made, changed in place and deleted by a stack", async () => {
  const alarms = { AlarmConfiguration: { Enabled: "true", Alarms: [{ Name: "errors" }] } };
  const made = await stack.deploy("CreateStack", { Application, Config, Group: group(alarms) }, outputs);
  const names = { applicationName: made["Application"], deploymentGroupName: made["Group"] };
  const look = async () => (await client.send(new sdk.GetDeploymentGroupCommand(names))).deploymentGroupInfo;
  expect(await look()).toMatchObject({
    deploymentConfigName: made["Config"],
    alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
  });
  const { deploymentConfigInfo } = await client.send(new sdk.GetDeploymentConfigCommand({ deploymentConfigName: made["Config"] }));
  expect(deploymentConfigInfo?.trafficRoutingConfig).toEqual({
    type: "TimeBasedLinear",
    timeBasedLinear: { linearPercentage: 20, linearInterval: 3 },
  });
  const ResourceArn = `arn:aws:codedeploy:us-east-1:000000000000:application:${made["Application"]}`;
  const { Tags } = await client.send(new sdk.ListTagsForResourceCommand({ ResourceArn }));
  expect(Tags).toContainEqual({ Key: "team", Value: "a" });

  const rollback = { AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE"] } };
  const changed = await stack.deploy("UpdateStack", { Application, Config, Group: group(rollback) }, outputs);
  expect(changed).toEqual(made);
  expect(await look()).toMatchObject({
    alarmConfiguration: { enabled: false, alarms: [] },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  });
  await stack.destroy();
  expect((await client.send(new sdk.ListApplicationsCommand({}))).applications).toEqual([]);
  expect((await client.send(new sdk.ListDeploymentConfigsCommand({}))).deploymentConfigsList).toHaveLength(17);
});
