import {
  ContinueDeploymentCommand,
  type CreateDeploymentGroupCommandInput,
  GetDeploymentGroupCommand,
  SkipWaitTimeForInstanceTerminationCommand,
} from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, revision, type Servers, startServers } from "./test-servers.ts";

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.cloud.stop());

type BlueGreen = NonNullable<CreateDeploymentGroupCommandInput["blueGreenDeploymentConfiguration"]>;

const MINUTE = 60_000;

async function colours(app: string, configuration: BlueGreen): Promise<object> {
  const { fleet, local } = servers;
  await fleet(app, [`${app}-blue`], {
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    blueGreenDeploymentConfiguration: { greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" }, ...configuration },
  });
  for (const n of [1, 2]) await local("instances/add", { name: `${app}-green${n}`, tags: { fleet: `${app}-green` } });
  return { targetInstances: { tagFilters: [{ Key: "fleet", Value: `${app}-green`, Type: "KEY_AND_VALUE" }] } };
}

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-server.html
describe("a blue/green deployment", () => {
  test("waits in Ready, is continued, keeps the original instances for a while, and ends them", async () => {
    const { deploy, cloud, run, info, targets, local } = servers;
    const options = await colours("shop", {
      deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 },
      terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 60 },
    });
    const id = await run("shop", revision({ "/srv-shop": "v1" }, { AfterAllowTraffic: "echo open" }), options);
    expect(await info(id)).toMatchObject({ status: "Ready", deploymentOverview: { Ready: 2, Pending: 1 } });
    await deploy.send(new ContinueDeploymentCommand({ deploymentId: id, deploymentWaitType: "READY_WAIT" }));
    await cloud.cloud.clock.idle();
    expect(await info(id)).toMatchObject({ status: "InProgress", instanceTerminationWaitTimeStarted: true });
    const found = await targets(id);
    expect(eventsOf(found["shop-green1"]).slice(6)).toEqual([
      "ValidateService Succeeded",
      "BeforeAllowTraffic Succeeded",
      "AllowTraffic Skipped",
      "AfterAllowTraffic Succeeded",
    ]);
    expect(found["shop-green1"]).toMatchObject({ instanceLabel: "Green", status: "Succeeded" });
    expect(found["shop-blue"]).toMatchObject({ instanceLabel: "Blue" });
    expect(eventsOf(found["shop-blue"])).toEqual(["BeforeBlockTraffic Succeeded", "BlockTraffic Skipped", "AfterBlockTraffic Succeeded"]);
    await cloud.cloud.clock.advance(59 * MINUTE);
    expect((await info(id)).status).toBe("InProgress");
    await cloud.cloud.clock.advance(MINUTE);
    expect((await info(id)).status).toBe("Succeeded");
    const { instances } = (await local("instances")) as { instances: { name: string }[] };
    expect(instances.map(({ name }) => name)).toEqual(["shop-green1", "shop-green2"]);
    const { deploymentGroupInfo } = await deploy.send(
      new GetDeploymentGroupCommand({ applicationName: "shop", deploymentGroupName: "production" }),
    );
    expect(deploymentGroupInfo?.ec2TagFilters).toEqual([{ Key: "fleet", Value: "shop-green", Type: "KEY_AND_VALUE" }]);
  });

  test("stops when nobody continues it in time, and the original instances are as they were", async () => {
    const { cloud, run, info, on } = servers;
    const options = await colours("late", { deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 5 } });
    const id = await run("late", revision({}, {}), options);
    await cloud.cloud.clock.advance(5 * MINUTE);
    expect(await info(id)).toMatchObject({ status: "Stopped", deploymentOverview: { Skipped: 3 } });
    expect(await on("late-blue", "echo there")).toBe("there");
  });

  test("goes on at once, and skips the wait before the end of the original instances", async () => {
    const { deploy, cloud, run, info } = servers;
    const options = await colours("quick", {
      deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
      terminateBlueInstancesOnDeploymentSuccess: { action: "TERMINATE", terminationWaitTimeInMinutes: 60 },
    });
    const id = await run("quick", revision({}, {}), options);
    expect((await info(id)).status).toBe("InProgress");
    await deploy.send(new SkipWaitTimeForInstanceTerminationCommand({ deploymentId: id }));
    await cloud.cloud.clock.idle();
    expect((await info(id)).status).toBe("Succeeded");
  });

  test("fails when the replacement instances do, and blocks nothing", async () => {
    const { run, info, targets } = servers;
    const options = await colours("sad", { terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" } });
    const id = await run("sad", revision({}, { ApplicationStart: "exit 1" }), options);
    expect(await info(id)).toMatchObject({ status: "Failed", deploymentOverview: { Failed: 2, Skipped: 1 } });
    expect((await targets(id))["sad-blue"]?.status).toBe("Skipped");
  });

  test("copies of Auto Scaling groups and load balancers are refused", async () => {
    await expect(colours("asg", { greenFleetProvisioningOption: { action: "COPY_AUTO_SCALING_GROUP" } })).rejects.toMatchObject({
      name: "NotImplemented",
    });
  });
});
