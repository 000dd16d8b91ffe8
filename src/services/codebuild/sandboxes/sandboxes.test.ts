import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BatchGetCommandExecutionsCommand,
  BatchGetSandboxesCommand,
  type CommandExecution,
  ListCommandExecutionsForSandboxCommand,
  ListSandboxesCommand,
  ListSandboxesForProjectCommand,
  type Sandbox,
  StartCommandExecutionCommand,
  StartSandboxCommand,
  StartSandboxConnectionCommand,
  StopSandboxCommand,
} from "@aws-sdk/client-codebuild";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTest, commands } from "../../../../test/support/codebuild.ts";

let test: BuildTest;
beforeAll(async () => {
  test = await BuildTest.start();
  await test.s3.send(new CreateBucketCommand({ Bucket: "store" }));
  await test.s3.send(new PutObjectCommand({ Bucket: "store", Key: "src/hello.txt", Body: "hello\n" }));
});
afterAll(() => test.stop());

const project = (name: string, more = {}) =>
  test.project(name, "", {
    source: { type: "S3", location: "store/src/" },
    environment: {
      type: "LINUX_CONTAINER",
      image: "aws/codebuild/standard:7.0",
      computeType: "BUILD_GENERAL1_SMALL",
      environmentVariables: [{ name: "STAGE", value: "dev" }],
    },
    ...more,
  });
const settle = () => test.cloud.cloud.clock.idle();
const get = async (id: string): Promise<Sandbox> =>
  (await test.client.send(new BatchGetSandboxesCommand({ ids: [id] }))).sandboxes?.[0] ?? {};

async function open(projectName: string): Promise<Sandbox> {
  const { sandbox } = await test.client.send(new StartSandboxCommand({ projectName }));
  await settle();
  return await get(sandbox?.id ?? "");
}

async function execute(sandboxId: string, command: string): Promise<CommandExecution> {
  const { commandExecution } = await test.client.send(new StartCommandExecutionCommand({ sandboxId, command, type: "SHELL" }));
  await settle();
  const commandExecutionIds = [commandExecution?.id ?? ""];
  const { commandExecutions } = await test.client.send(new BatchGetCommandExecutionsCommand({ sandboxId, commandExecutionIds }));
  return commandExecutions?.[0] ?? {};
}

const phases = ({ currentSession }: Sandbox) => currentSession?.phases?.map(({ phaseType, phaseStatus }) => [phaseType, phaseStatus]);

// documented: https://docs.aws.amazon.com/codebuild/latest/userguide/sandbox.html
describe("a sandbox", () => {
  it("runs commands on the project's source with its variables, one after the other, until it is stopped", async () => {
    await project("debug");
    const { sandbox: asked } = await test.client.send(new StartSandboxCommand({ projectName: "debug" }));
    expect(asked).toMatchObject({
      status: "QUEUED",
      projectName: "debug",
      arn: `arn:aws:codebuild:us-east-1:000000000000:sandbox/${asked?.id}`,
    });
    await settle();
    const id = asked?.id ?? "";
    const running = await get(id);
    expect(running).toMatchObject({ status: "RUN_SANDBOX", currentSession: { currentPhase: "RUN_SANDBOX" } });
    const good = await execute(id, 'cat hello.txt; echo "$STAGE $CODEBUILD_PROJECT_NAME"; echo careful >&2');
    expect(good).toMatchObject({
      status: "SUCCEEDED",
      exitCode: "0",
      standardOutputContent: "hello\ndev debug\n",
      standardErrContent: "careful\n",
      sandboxId: id,
    });
    const bad = await execute(asked?.arn ?? "", "cd /; X=1; no-such-command");
    expect(bad).toMatchObject({ status: "FAILED", exitCode: "127" });
    expect(bad.standardErrContent).toContain("not found");
    // Each is a script of its own: directory and variables do not stay, files do.
    expect((await execute(id, 'echo "[$X]"; touch made; ls')).standardOutputContent).toBe("[]\nhello.txt\nmade\n");
    expect((await execute(id, "ls")).standardOutputContent).toBe("hello.txt\nmade\n");
    const { commandExecutions = [] } = await test.client.send(new ListCommandExecutionsForSandboxCommand({ sandboxId: id, maxResults: 2 }));
    expect(commandExecutions.map(({ command }) => command)).toEqual(["ls", 'echo "[$X]"; touch made; ls']);
    const { sandbox: stopping } = await test.client.send(new StopSandboxCommand({ id }));
    expect(stopping?.status).toBe("STOPPING");
    await settle();
    const stopped = await get(id);
    expect(stopped.status).toBe("STOPPED");
    expect(phases(stopped)).toEqual([
      ["SUBMITTED", "SUCCEEDED"],
      ["QUEUED", "SUCCEEDED"],
      ["PROVISIONING", "SUCCEEDED"],
      ["DOWNLOAD_SOURCE", "SUCCEEDED"],
      ["RUN_SANDBOX", "STOPPED"],
      ["COMPLETED", undefined],
    ]);
    const log = await test.log({ logs: stopped.currentSession?.logs });
    expect(log).toEqual(expect.arrayContaining(["hello", "careful", "[Container] Running command ls"]));
    await expect(execute(id, "true")).rejects.toMatchObject({ name: "InvalidInputException" });
  });

  it("times out on the clock", async () => {
    await project("short", { timeoutInMinutes: 5 });
    const { id = "" } = await open("short");
    await test.cloud.cloud.clock.advance(6 * 60_000);
    await settle();
    const over = await get(id);
    expect(over.status).toBe("STOPPED");
    expect(over.currentSession?.phases?.at(-2)).toMatchObject({
      phaseType: "RUN_SANDBOX",
      phaseStatus: "TIMED_OUT",
      contexts: [{ statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " }],
    });
  });

  it("takes the command under way with it when it is stopped", async () => {
    await project("long");
    const { id = "" } = await open("long");
    const { commandExecution } = await test.client.send(new StartCommandExecutionCommand({ sandboxId: id, command: "sleep 600" }));
    await test.client.send(new StopSandboxCommand({ id }));
    await settle();
    const ids = { sandboxId: id, commandExecutionIds: [commandExecution?.id ?? "", "unknown"] };
    const { commandExecutions, commandExecutionsNotFound } = await test.client.send(new BatchGetCommandExecutionsCommand(ids));
    expect([commandExecutions?.[0]?.status, commandExecutions?.[0]?.exitCode]).toEqual(["FAILED", "137"]);
    expect([commandExecutionsNotFound, (await get(id)).status]).toEqual([["unknown"], "STOPPED"]);
  });

  it("fails where its source cannot be had", async () => {
    await project("sourceless", { source: { type: "S3", location: "store/nothing/" } });
    const failed = await open("sourceless");
    expect(failed.status).toBe("FAILED");
    expect(failed.currentSession?.phases?.at(-2)).toMatchObject({ phaseType: "DOWNLOAD_SOURCE", phaseStatus: "FAILED" });
  });

  it("is listed, for all and for its project; a token gives the one that it made", async () => {
    await project("listed");
    const start = async () =>
      (await test.client.send(new StartSandboxCommand({ projectName: "listed", idempotencyToken: "once" }))).sandbox?.id ?? "";
    const id = await start();
    expect(await start()).toBe(id);
    expect((await test.client.send(new ListSandboxesForProjectCommand({ projectName: "listed" }))).ids).toEqual([id]);
    const first = await test.client.send(new ListSandboxesCommand({ maxResults: 1 }));
    expect(first.ids).toEqual([id]);
    const second = await test.client.send(new ListSandboxesCommand({ maxResults: 1, nextToken: first.nextToken }));
    expect(second.ids).not.toEqual([id]);
    await settle();
    await test.client.send(new StopSandboxCommand({ id }));
    await settle();
    const unknown = await test.client.send(new BatchGetSandboxesCommand({ ids: ["listed:unknown"] }));
    expect(unknown.sandboxesNotFound).toEqual(["listed:unknown"]);
    const connect = test.client.send(new StartSandboxConnectionCommand({ sandboxId: id }));
    await expect(connect).rejects.toMatchObject({ name: "NotImplemented" });
  });
});

// assumed: what was done in a sandbox cannot be had again
it("a sandbox whose server ended is over", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-sandboxes-"));
  try {
    const first = await BuildTest.start({ dataDir });
    await first.project("lost", commands("true"));
    const { sandbox } = await first.client.send(new StartSandboxCommand({ projectName: "lost" }));
    await first.cloud.cloud.clock.idle();
    await first.stop();
    const second = await BuildTest.start({ dataDir });
    const { sandboxes } = await second.client.send(new BatchGetSandboxesCommand({ ids: [sandbox?.id ?? ""] }));
    await second.stop();
    expect(sandboxes?.[0]).toMatchObject({ status: "FAILED" });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

// assumed: AWS has a shell in a build that waits for it, here a new one with the build's source and variables
it("a shell into a failed build has its commit and its variables, those of the buildspec too", async () => {
  const buildspec = JSON.stringify({ version: 0.2, env: { variables: { COLOUR: "blue" } }, phases: { build: { commands: ["exit 3"] } } });
  await project("failing", { source: { type: "S3", location: "store/src/", buildspec } });
  const build = await test.run("failing", { environmentVariablesOverride: [{ name: "STAGE", value: "test" }] });
  const ask = async (body: object) =>
    await fetch(`${test.cloud.endpoint}/_orrery/builds/shell`, { method: "POST", body: JSON.stringify(body) });
  const told = (await (await ask({ build: build.id })).json()) as {
    arn: string;
    id: string;
    variables: Record<string, string>;
    directory: string;
  };
  expect(told.variables).toMatchObject({ COLOUR: "blue", STAGE: "test", CODEBUILD_SRC_DIR: told.directory });
  expect((await execute(told.id, "cat hello.txt")).standardOutputContent).toBe("hello\n");
  await fetch(`${test.cloud.endpoint}/_orrery/builds/shell/end`, { method: "POST", body: JSON.stringify({ sandbox: told.arn }) });
  await settle();
  expect((await get(told.id)).status).toBe("STOPPED");
  expect((await ask({ build: "failing:unknown" })).ok).toBe(false);
});
