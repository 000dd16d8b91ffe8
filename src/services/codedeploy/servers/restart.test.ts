import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haveDisks } from "../../../../test/support/instances.ts";
import { revision, type Servers, startServers } from "./test-servers.ts";

const dataDir = mkdtempSync(join(tmpdir(), "orrery-restart-"));
const SERVICE = {
  ApplicationStart: "setsid sh -c 'echo $$ > \"$ORRERY_INSTANCE_ROOT/run/service\"; exec sleep 600' > /dev/null 2>&1 < /dev/null &",
};
const IS_UP = 'kill -0 "$(cat /run/service)" && echo up';
let servers: Servers;
beforeAll(async () => {
  servers = await startServers({ dataDir });
});
afterAll(async () => {
  await servers.cloud.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Resolves when a lifecycle event of a deployment that `begin` makes has begun. */
async function untilStarted(event: string, begin: () => Promise<unknown>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const end = servers.cloud.cloud.timeline.listen(({ type, detail }) => {
    if (type === "Lifecycle event started" && detail["lifecycleEvent"] === event) resolve(String(detail["deploymentId"]));
  });
  void begin().catch(() => undefined);
  const id = await promise;
  end();
  return id;
}

const WAIT = "while [ ! -e /go ]; do sleep 0.05; done";

// assumed: that a deployment outlives the server is Orrery's own
describe.runIf(await haveDisks())("a server that is stopped and started again", () => {
  test("goes on with the script that it cut off, and starts services again", async () => {
    await servers.fleet("kept", ["r1"], { deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
    await servers.run("kept", revision({ "/srv-kept": "v1" }, SERVICE));
    expect(await servers.on("r1", IS_UP)).toBe("up");
    const id = await untilStarted("ValidateService", () =>
      servers.run("kept", revision({ "/srv-kept": "v2" }, { ...SERVICE, ValidateService: WAIT })),
    );
    await servers.cloud.stop();
    servers = await startServers({ dataDir });
    await servers.on("r1", "touch /go");
    await servers.cloud.cloud.clock.idle();
    expect((await servers.info(id)).status).toBe("Succeeded");
    expect(await servers.on("r1", IS_UP)).toBe("up");
    expect(servers.timeline("Lifecycle event begun again").map(({ detail }) => detail["lifecycleEvent"])).toEqual(["ValidateService"]);
    expect(servers.timeline("Instance booted").map(({ rule }) => rule)).toEqual([
      `the server started, and ApplicationStart of deployment ${id} was run again on r1`,
    ]);
  });

  test("says that a service does not come up, and takes the instance for unhealthy", async () => {
    await servers.fleet("frail", ["r2"], { deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
    const start = "[ ! -e /broken ]";
    await servers.run("frail", revision({}, { ApplicationStart: start }));
    await servers.on("r2", "touch /broken");
    await servers.cloud.stop();
    servers = await startServers({ dataDir });
    await servers.cloud.cloud.clock.idle();
    expect(servers.timeline("Instance boot failed")).toHaveLength(1);
    const { instances } = (await servers.local("instances")) as { instances: { name: string; installs: { health: string }[] }[] };
    expect(instances.find(({ name }) => name === "r2")?.installs[0]?.health).toBe("unhealthy");
  });

  test("a reset ends what runs, and leaves no disk", async () => {
    await servers.local("instances/add", { name: "r3" });
    await untilStarted("BeforeInstall", () => servers.run("kept", revision({}, { BeforeInstall: WAIT.replace("/go", "/go-on") })));
    await servers.local("reset", {});
    expect(await servers.local("instances")).toMatchObject({ instances: [] });
    expect(readdirSync(join(dataDir, "codedeploy/instances"))).toEqual([]);
    await servers.cloud.cloud.clock.idle();
    expect(servers.timeline("Lifecycle event failed")).toEqual([]);
  });
});
