import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Kills per operation, each a little later in it than the one before. */
const POINTS = 20;
const QUEUES = 30;
const root = join(import.meta.dirname, "../..");

let dataDir: string;
let port: number;
let server: ChildProcess | undefined;
let cfn: CloudFormationClient;
let sqs: SQSClient;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-kill-"));
  port = await freePort();
  const config = {
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  };
  cfn = new CloudFormationClient(config);
  sqs = new SQSClient(config);
  await start();
});

afterAll(async () => {
  cfn.destroy();
  sqs.destroy();
  await kill();
  rmSync(dataDir, { recursive: true, force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function start(): Promise<void> {
  const args = ["cli/orrery.ts", "up", "--port", String(port), "--data", dataDir];
  server = spawn(process.execPath, args, { cwd: root, stdio: "ignore" });
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/_orrery/health`).catch(() => undefined);
    if (answer?.ok) return;
    await turn();
  }
}

function kill(): Promise<void> {
  const child = server;
  if (child === undefined || child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

/** One turn of the event loop, with the processor given to the server. */
function turn(milliseconds = 5): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function settled(id: string): Promise<string> {
  for (;;) {
    const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: id }));
    const status = Stacks?.[0]?.StackStatus ?? "";
    if (!status.endsWith("_IN_PROGRESS")) return status;
    await turn();
  }
}

/** Queues without names: one that was made twice is one too many. In rows, so that there is an order to keep. */
function template(delay: number): string {
  const queue = (i: number): [string, object] => [
    `Q${i}`,
    { Type: "AWS::SQS::Queue", ...(i >= 10 ? { DependsOn: `Q${i - 10}` } : {}), Properties: { DelaySeconds: delay } },
  ];
  return JSON.stringify({ Resources: Object.fromEntries(Array.from({ length: QUEUES }, (_, i) => queue(i))) });
}

async function queues(): Promise<string[]> {
  return ((await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []).sort();
}

/** Runs an operation, kills the server in it, starts it again, and waits for the operation's end. */
async function interrupted(operation: () => Promise<string>, fraction: number, usual: number): Promise<string> {
  const id = await operation();
  await turn(fraction * usual);
  await kill();
  if (isUnderWay(id)) hits++;
  await start();
  return settled(id);
}

/** How often the kill came in the middle, as the dead server's own file tells. */
let hits = 0;

function isUnderWay(id: string): boolean {
  const file = new DatabaseSync(join(dataDir, "orrery.db"));
  const row = file.prepare("SELECT status FROM cfn_stacks WHERE id = ?").get(id);
  file.close();
  return String(row?.["status"]).endsWith("_IN_PROGRESS");
}

async function timed(operation: () => Promise<string>): Promise<number> {
  const id = await operation();
  const began = performance.now();
  await settled(id);
  return performance.now() - began;
}

const create = async (name: string): Promise<string> =>
  (await cfn.send(new CreateStackCommand({ StackName: name, TemplateBody: template(0) }))).StackId ?? "";
const update = async (name: string, delay: number): Promise<string> =>
  (await cfn.send(new UpdateStackCommand({ StackName: name, TemplateBody: template(delay) }))).StackId ?? "";
const remove = async (id: string): Promise<string> => {
  await cfn.send(new DeleteStackCommand({ StackName: id }));
  return id;
};

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks.html (an operation always comes to an end)
test("create, update and delete come to their end over kill -9, and make nothing twice", { timeout: 300_000 }, async () => {
  const usual = { create: await timed(() => create("usual")), update: await timed(() => update("usual", 1)), delete: 0 };
  usual.delete = await timed(async () =>
    remove((await cfn.send(new DescribeStacksCommand({ StackName: "usual" }))).Stacks?.[0]?.StackId ?? ""),
  );
  for (let point = 0; point < POINTS; point++) {
    const fraction = point / POINTS;
    const name = `s${point}`;
    expect(await interrupted(() => create(name), fraction, usual.create)).toBe("CREATE_COMPLETE");
    const { StackResources } = await cfn.send(new DescribeStackResourcesCommand({ StackName: name }));
    expect(await queues()).toEqual(StackResources?.map((one) => one.PhysicalResourceId).sort());
    expect(await interrupted(() => update(name, 5), fraction, usual.update)).toBe("UPDATE_COMPLETE");
    expect(await queues()).toHaveLength(QUEUES);
    const id = StackResources?.[0]?.StackId ?? "";
    expect(await interrupted(() => remove(id), fraction, usual.delete)).toBe("DELETE_COMPLETE");
    expect(await queues()).toEqual([]);
  }
  expect(hits).toBeGreaterThan(POINTS);
});
