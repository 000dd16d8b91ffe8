import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haveDisks } from "../support/instances.ts";
import { aws, client, has, ROOT, type Server, startServer } from "../support/server.ts";

const INSTANCES = ["web1", "web2", "web3", "web4"];
const SPEC = `version: 0.0
os: linux
files:
  - source: /app
    destination: /srv/shop
hooks:
  ApplicationStop:
    - location: scripts/stop.sh
      timeout: 30
  AfterInstall:
    - location: scripts/wait.sh
      timeout: 300
  ApplicationStart:
    - location: scripts/start.sh
      timeout: 30
  ValidateService:
    - location: scripts/validate.sh
      timeout: 30
`;
const SERVER = `const { createServer } = require("node:http");
const { readFileSync } = require("node:fs");
const { hostname } = require("node:os");
const version = readFileSync("/srv/shop/version", "utf8").trim();
createServer((_request, response) => response.end(version + " on " + hostname())).listen(Number(readFileSync("/etc/shop-port", "utf8")));
`;
const SCRIPTS = {
  "stop.sh": 'if [ -e /run/shop.pid ]; then kill "$(cat /run/shop.pid)"; rm /run/shop.pid; fi',
  // Where a test has put a stop sign, it waits until it is taken away.
  "wait.sh": "while [ -e /etc/stop-sign ]; do sleep 0.1; done",
  "start.sh": "nohup node /srv/shop/server.js > /var/log/shop.log 2>&1 < /dev/null &\necho $! > /run/shop.pid",
  "validate.sh": `node -e '
  const ask = () => fetch("http://127.0.0.1:" + require("node:fs").readFileSync("/etc/shop-port", "utf8").trim())
    .then(async (answer) => { const text = await answer.text(); console.log(text); process.exit(text.includes("broken") ? 1 : 0); }, () => setTimeout(ask, 50));
  ask();'`,
};

let server: Server;
const ports = new Map<string, number>();

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const orrery = async (...args: string[]): Promise<string> => {
  const { code, out } = await client(server, process.execPath, [join(ROOT, "dist/orrery.mjs"), ...args, "--port", String(server.port)]);
  expect([args, code, out]).toEqual([args, 0, expect.anything()]);
  return out;
};
const on = async (instance: string, command: string): Promise<string> => {
  const args = ["instance", "exec", instance, "--port", String(server.port), "--", "sh", "-c", command];
  return (await client(server, process.execPath, [join(ROOT, "dist/orrery.mjs"), ...args])).out;
};
const ask = async (instance: string): Promise<string> => (await fetch(`http://127.0.0.1:${ports.get(instance)}`)).text();

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

interface TimelineEvent {
  readonly id: string;
  readonly type: string;
  readonly cause?: string;
  readonly rule?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Reads the timeline as it grows, until an event is the one that is waited for. */
async function event(type: string, matches: (detail: TimelineEvent["detail"]) => boolean): Promise<TimelineEvent> {
  const response = await fetch(`${server.endpoint}/_orrery/timeline?follow&type=${encodeURIComponent(type)}`);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const found = JSON.parse(line) as TimelineEvent;
      if (matches(found.detail)) return found;
    }
  }
  throw new RangeError(`the timeline ended before a ${type}`);
}

/** Pushes a revision as the AWS CLI does, and returns what create-deployment answers. */
async function deploy(version: string, change: Partial<typeof SCRIPTS> = {}): Promise<string> {
  const folder = join(server.dataDir, "revisions", version);
  const scripts = Object.fromEntries(
    Object.entries({ ...SCRIPTS, ...change }).map(([name, text]) => [`scripts/${name}`, `#!/bin/sh\n${text}\n`]),
  );
  const files: Record<string, string> = { "appspec.yml": SPEC, "app/version": version, "app/server.js": SERVER, ...scripts };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  const place = `s3://revisions/${version}.zip`;
  const pushed = await client(server, "aws", [
    "--endpoint-url",
    server.endpoint,
    "deploy",
    "push",
    "--application-name",
    "shop",
    "--s3-location",
    place,
    "--source",
    folder,
  ]);
  expect(pushed).toMatchObject({ code: 0, out: expect.stringContaining("To deploy with this revision, run") });
  const where = `bucket=revisions,key=${version}.zip,bundleType=zip`;
  const { deploymentId } = await aws(
    server,
    "deploy",
    "create-deployment",
    "--application-name",
    "shop",
    "--deployment-group-name",
    "fleet",
    "--s3-location",
    where,
  );
  return String(deploymentId);
}

const deployment = async (id: string): Promise<Record<string, unknown>> =>
  (await aws(server, "deploy", "get-deployment", "--deployment-id", id))["deploymentInfo"] as Record<string, unknown>;
const ended = (id: string) => (detail: TimelineEvent["detail"]) => detail["deploymentId"] === id;

// documented: https://docs.aws.amazon.com/codedeploy/latest/userguide/tutorials-on-premises-instance.html
describe.runIf(has("aws", "--version") && (await haveDisks()))("servers, through the AWS CLI", () => {
  test("a fleet is made, and a service is deployed to it that answers", async () => {
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "codedeploy.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    await aws(server, "iam", "create-role", "--role-name", "deployer", "--assume-role-policy-document", JSON.stringify(trust));
    await aws(server, "s3api", "create-bucket", "--bucket", "revisions");
    for (const name of INSTANCES) {
      ports.set(name, await freePort());
      await orrery("instance", "add", name, "--tag", "app=shop");
      await on(name, `echo ${ports.get(name)} > /etc/shop-port`);
    }
    expect(await orrery("instance", "list")).toContain("web4");
    await aws(server, "deploy", "create-application", "--application-name", "shop", "--compute-platform", "Server");
    const group = [
      "--application-name",
      "shop",
      "--deployment-group-name",
      "fleet",
      "--deployment-config-name",
      "CodeDeployDefault.OneAtATime",
    ];
    const filters = ["--on-premises-instance-tag-filters", "Key=app,Value=shop,Type=KEY_AND_VALUE"];
    const role = ["--service-role-arn", "arn:aws:iam::000000000000:role/deployer"];
    await aws(
      server,
      "deploy",
      "create-deployment-group",
      ...group,
      ...filters,
      ...role,
      "--auto-rollback-configuration",
      "enabled=true,events=DEPLOYMENT_FAILURE",
    );
    const id = await deploy("v1");
    await event("Deployment succeeded", ended(id));
    for (const name of INSTANCES) expect(await ask(name)).toBe(`v1 on ${name}`);
  });

  test("a revision that fails on the second instance gets no further, and is rolled back", async () => {
    const id = await deploy("v2", { "validate.sh": `${SCRIPTS["validate.sh"]}\n[ "$(hostname)" != web2 ]` });
    await event("Instance failed", (detail) => detail["deploymentId"] === id && detail["targetId"] === "web2");
    expect(await ask("web1")).toBe("v2 on web1");
    for (const name of ["web3", "web4"]) expect(await ask(name)).toBe(`v1 on ${name}`);
    await event("Deployment failed", ended(id));
    const failed = await deployment(id);
    expect(failed).toMatchObject({
      status: "Failed",
      deploymentOverview: { Succeeded: 1, Failed: 1, Skipped: 2 },
      errorInformation: { code: "HEALTH_CONSTRAINTS" },
    });
    const back = String((failed["rollbackInfo"] as Record<string, unknown>)["rollbackDeploymentId"]);
    await event("Deployment succeeded", ended(back));
    for (const name of INSTANCES) expect(await ask(name)).toBe(`v1 on ${name}`);
    const { instanceTarget } = (await aws(server, "deploy", "get-deployment-target", "--deployment-id", id, "--target-id", "web2"))[
      "deploymentTarget"
    ] as { instanceTarget: { lifecycleEvents: { lifecycleEventName: string; diagnostics: unknown }[] } };
    expect(instanceTarget.lifecycleEvents.at(-1)).toMatchObject({
      lifecycleEventName: "ValidateService",
      diagnostics: { errorCode: "ScriptFailed", scriptName: "scripts/validate.sh" },
    });
    expect(await orrery("instance", "log", "web2")).toContain("Script - scripts/validate.sh");
  });

  test("killed in the middle, it goes on after the restart, and says so; services run again", async () => {
    await on("web2", "touch /etc/stop-sign");
    const id = await deploy("v3");
    await event(
      "Lifecycle event started",
      (detail) => detail["deploymentId"] === id && detail["targetId"] === "web2" && detail["lifecycleEvent"] === "AfterInstall",
    );
    await server.kill();
    await expect(ask("web1")).rejects.toThrow();
    await server.restart();
    const again = await event("Lifecycle event begun again", (detail) => detail["deploymentId"] === id);
    expect(again.rule).toContain("the server restarted while AfterInstall ran on web2");
    await on("web2", "rm /etc/stop-sign");
    await event("Deployment succeeded", ended(id));
    for (const name of INSTANCES) expect(await ask(name)).toBe(`v3 on ${name}`);
    await server.kill();
    await server.restart();
    for (const name of INSTANCES)
      await event("Instance booted", (detail) => detail["instanceName"] === name && detail["deploymentId"] === id);
    expect((await deployment(id))["status"]).toBe("Succeeded");
    expect(await on("web1", "cat /srv/shop/version")).toBe("v3\n");
    expect(await on("web4", SCRIPTS["validate.sh"])).toBe("v3 on web4\n");
  });
});
