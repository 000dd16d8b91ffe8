import { CreateDeploymentConfigCommand } from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { revision, type Servers, startServers } from "./test-servers.ts";

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.cloud.stop());

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations-create.html#zonal-config
test("zones are deployed to one after the other, and monitored in between", async () => {
  const { cloud, deploy, fleet, run, info, timeline } = servers;
  await deploy.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "ByZone",
      minimumHealthyHosts: { type: "HOST_COUNT", value: 3 },
      zonalConfig: {
        firstZoneMonitorDurationInSeconds: 600,
        monitorDurationInSeconds: 60,
        minimumHealthyHostsPerZone: { type: "HOST_COUNT", value: 1 },
      },
    }),
  );
  await fleet("zones", ["z1", "z2", "z3", "z4", "z5", "z6"], { deploymentConfigName: "ByZone" });
  const id = await run("zones", revision({}, {}));
  const done = async () => (await info(id)).deploymentOverview?.Succeeded;
  expect(await done()).toBe(2);
  await cloud.cloud.clock.advance(599_000);
  expect(await done()).toBe(2);
  await cloud.cloud.clock.advance(1_000);
  expect(await done()).toBe(4);
  await cloud.cloud.clock.advance(60_000);
  expect(await info(id)).toMatchObject({ status: "Succeeded", deploymentOverview: { Succeeded: 6 } });
  expect(timeline("Zone finished").map(({ rule }) => rule)).toEqual([
    "all instances of zone us-east-1a are done; zone us-east-1b is next, after 600 seconds of monitoring",
    "all instances of zone us-east-1b are done; zone us-east-1c is next, after 60 seconds of monitoring",
  ]);
});
