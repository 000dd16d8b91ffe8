import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  AddTagsToOnPremisesInstancesCommand,
  BatchGetDeploymentInstancesCommand,
  BatchGetOnPremisesInstancesCommand,
  DeregisterOnPremisesInstanceCommand,
  GetDeploymentInstanceCommand,
  GetOnPremisesInstanceCommand,
  ListDeploymentInstancesCommand,
  ListOnPremisesInstancesCommand,
  type ListOnPremisesInstancesCommandInput,
  RegisterOnPremisesInstanceCommand,
  RemoveTagsFromOnPremisesInstancesCommand,
  UpdateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { revision, type Servers, startServers } from "./test-servers.ts";

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.cloud.stop());

const iamUserArn = (name: string): string => `arn:aws:iam::000000000000:user/${name}`;

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_RegisterOnPremisesInstance.html
describe("on-premises instances", () => {
  test("are registered, tagged, found by their tags, and deregistered with their tags kept", async () => {
    const { deploy } = servers;
    for (const instanceName of ["one", "two"])
      await deploy.send(new RegisterOnPremisesInstanceCommand({ instanceName, iamUserArn: iamUserArn(instanceName) }));
    await deploy.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["one", "two"], tags: [{ Key: "Name", Value: "Demo" }] }));
    await deploy.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["two"], tags: [{ Key: "tier", Value: "web" }] }));
    const list = async (input: ListOnPremisesInstancesCommandInput) =>
      (await deploy.send(new ListOnPremisesInstancesCommand(input))).instanceNames;
    expect(await list({ tagFilters: [{ Key: "tier", Type: "KEY_ONLY" }] })).toEqual(["two"]);
    expect(await list({ tagFilters: [{ Value: "Demo", Type: "VALUE_ONLY" }] })).toEqual(["one", "two"]);
    expect(await list({ tagFilters: [{ Key: "Name", Value: "Other", Type: "KEY_AND_VALUE" }] })).toEqual([]);
    await deploy.send(new RemoveTagsFromOnPremisesInstancesCommand({ instanceNames: ["two"], tags: [{ Key: "tier", Value: "web" }] }));
    await deploy.send(new DeregisterOnPremisesInstanceCommand({ instanceName: "two" }));
    expect(await list({ registrationStatus: "Registered" })).toEqual(["one"]);
    expect(await list({ registrationStatus: "Deregistered" })).toEqual(["two"]);
    const { instanceInfos = [] } = await deploy.send(new BatchGetOnPremisesInstancesCommand({ instanceNames: ["one", "two", "three"] }));
    expect(instanceInfos).toEqual([
      expect.objectContaining({
        instanceName: "one",
        instanceArn: expect.stringMatching(/^arn:aws:codedeploy:us-east-1:000000000000:instance\/one_\w{10}$/),
      }),
      expect.objectContaining({ instanceName: "two", deregisterTime: expect.any(Date), tags: [{ Key: "Name", Value: "Demo" }] }),
    ]);
  });

  test.each([
    [{ instanceName: "x" }, "IamArnRequiredException"],
    [
      { instanceName: "x", iamUserArn: iamUserArn("x"), iamSessionArn: "arn:aws:sts::0:assumed-role/a/b" },
      "MultipleIamArnsProvidedException",
    ],
    [{ instanceName: "x", iamUserArn: "arn:aws:iam::000000000000:role/x" }, "InvalidIamUserArnException"],
    [{ instanceName: "x", iamSessionArn: "arn:aws:iam::000000000000:user/x" }, "InvalidIamSessionArnException"],
    [{ instanceName: "a/b", iamUserArn: iamUserArn("x") }, "InvalidInstanceNameException"],
    [{ instanceName: "one", iamUserArn: iamUserArn("x") }, "InstanceNameAlreadyRegisteredException"],
    [{ instanceName: "x", iamUserArn: iamUserArn("one") }, "IamUserArnAlreadyRegisteredException"],
  ])("%o is refused with %s", async (input, name) => {
    await expect(servers.deploy.send(new RegisterOnPremisesInstanceCommand(input))).rejects.toMatchObject({ name });
  });

  test("what is not there cannot be tagged or read", async () => {
    const { deploy } = servers;
    const tags = [{ Key: "a", Value: "b" }];
    await expect(deploy.send(new GetOnPremisesInstanceCommand({ instanceName: "none" }))).rejects.toMatchObject({
      name: "InstanceNotRegisteredException",
    });
    await expect(deploy.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["none"], tags }))).rejects.toMatchObject({
      name: "InstanceNotRegisteredException",
    });
    await expect(deploy.send(new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["one"], tags: [] }))).rejects.toMatchObject({
      name: "TagRequiredException",
    });
  });
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/instances-tagging.html
test("tag sets name the instances that every one of their groups names", async () => {
  const { deploy, fleet, local, run, targets } = servers;
  await fleet("sets", []);
  const add = (name: string, tags: Record<string, string>) => local("instances/add", { name, tags });
  await add("sets1", { stage: "prod", tier: "web" });
  await add("sets2", { stage: "prod", tier: "db" });
  await add("sets3", { stage: "test", tier: "web" });
  await deploy.send(
    new UpdateDeploymentGroupCommand({
      applicationName: "sets",
      currentDeploymentGroupName: "production",
      ec2TagFilters: [],
      onPremisesTagSet: {
        onPremisesTagSetList: [
          [{ Key: "stage", Value: "prod", Type: "KEY_AND_VALUE" }],
          [
            { Key: "tier", Value: "web", Type: "KEY_AND_VALUE" },
            { Key: "tier", Value: "db", Type: "KEY_AND_VALUE" },
          ],
        ],
      },
    }),
  );
  expect(Object.keys(await targets(await run("sets", revision({}, {}))))).toEqual(["sets1", "sets2"]);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html
test("the group of a stack deploys to what its tag sets name", async () => {
  const { cloud, deploy, local, targets, run } = servers;
  await local("instances/add", { name: "stacked1", tags: { stack: "yes" } });
  const Resources = {
    Application: { Type: "AWS::CodeDeploy::Application", Properties: { ApplicationName: "stacked", ComputePlatform: "Server" } },
    Group: {
      Type: "AWS::CodeDeploy::DeploymentGroup",
      Properties: {
        ApplicationName: { Ref: "Application" },
        DeploymentGroupName: "production",
        DeploymentConfigName: "CodeDeployDefault.AllAtOnce",
        ServiceRoleArn: "arn:aws:iam::000000000000:role/deployer",
        Ec2TagSet: { Ec2TagSetList: [{ Ec2TagGroup: [{ Key: "stack", Value: "yes", Type: "KEY_AND_VALUE" }] }] },
        AutoRollbackConfiguration: { Enabled: "true", Events: ["DEPLOYMENT_FAILURE"] },
      },
    },
  };
  const cloudformation = new CloudFormationClient(cloud.clientConfig);
  await cloudformation.send(new CreateStackCommand({ StackName: "servers", TemplateBody: JSON.stringify({ Resources }) }));
  await cloud.cloud.clock.idle();
  const { Stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName: "servers" }));
  expect(Stacks[0]).toMatchObject({ StackStatus: "CREATE_COMPLETE" });
  const found = await targets(await run("stacked", revision({}, {})));
  expect(found["stacked1"]?.status).toBe("Succeeded");
  expect((await deploy.send(new ListDeploymentInstancesCommand({ deploymentId: found["stacked1"]?.deploymentId }))).instancesList).toEqual([
    "stacked1",
  ]);
});

// documented: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_GetDeploymentInstance.html
test("the instances of a deployment, by the older operations", async () => {
  const { deploy, fleet, run } = servers;
  await fleet("older", ["old1", "old2"]);
  const deploymentId = await run("older", revision({}, {}));
  expect(
    (await deploy.send(new ListDeploymentInstancesCommand({ deploymentId, instanceStatusFilter: ["Succeeded"] }))).instancesList,
  ).toEqual(["old1", "old2"]);
  expect((await deploy.send(new ListDeploymentInstancesCommand({ deploymentId, instanceStatusFilter: ["Failed"] }))).instancesList).toEqual(
    [],
  );
  await expect(deploy.send(new ListDeploymentInstancesCommand({ deploymentId, instanceTypeFilter: ["Blue"] }))).rejects.toMatchObject({
    name: "InvalidDeploymentInstanceTypeException",
  });
  const { instanceSummary } = await deploy.send(new GetDeploymentInstanceCommand({ deploymentId, instanceId: "old1" }));
  expect(instanceSummary).toMatchObject({ status: "Succeeded", instanceId: expect.stringContaining(":instance/old1_") });
  const { instancesSummary, errorMessage } = await deploy.send(
    new BatchGetDeploymentInstancesCommand({ deploymentId, instanceIds: ["old2", "gone"] }),
  );
  expect([instancesSummary?.length, errorMessage]).toEqual([1, expect.stringContaining("gone")]);
  await expect(deploy.send(new GetDeploymentInstanceCommand({ deploymentId, instanceId: "gone" }))).rejects.toMatchObject({
    name: "InstanceDoesNotExistException",
  });
});
