import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, revision, type Servers, startServers } from "./test-servers.ts";

let servers: Servers;
beforeAll(async () => {
  process.env["ORRERY_INSTANCES"] = "mapped";
  servers = await startServers();
});
afterAll(() => servers.cloud.stop());

// assumed: Orrery's own, docs/not-aws.md
test("where instances are folders, files lie under them, and scripts find them there", async () => {
  const { fleet, run, targets, on, local } = servers;
  await fleet("mapped", ["folder1"], { deploymentConfigName: "CodeDeployDefault.AllAtOnce" });
  expect(await local("instances")).toMatchObject({ driver: "mapped" });
  const scripts = {
    AfterInstall:
      'cat "$ORRERY_INSTANCE_ROOT/var/www-mapped/index.html" && echo "$0" | grep -q "^$ORRERY_INSTANCE_ROOT/opt/codedeploy-agent/"',
  };
  const target = (await targets(await run("mapped", revision({ "/var/www-mapped/index.html": "mine" }, scripts))))["folder1"];
  expect(eventsOf(target)).toContain("AfterInstall Succeeded");
  expect(target?.lifecycleEvents?.[4]?.diagnostics?.logTail).toContain("[stdout]mine");
  expect(await on("folder1", 'cd "$ORRERY_INSTANCE_ROOT" && cat var/www-mapped/index.html')).toBe("mine");
});
