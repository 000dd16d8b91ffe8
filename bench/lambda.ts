import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, type Runtime, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { startOrrery } from "../src/main.ts";
import { writeZip } from "../src/runtime/processes/zip.ts";

/**
 * What an invocation costs as a client sees it: the first of a function (its process is started), and the following ones,
 * beside what the cheapest signed request to the same server costs.
 */
const COLD = 15;
const WARM = 500;
const dataDir = mkdtempSync(join(tmpdir(), "orrery-bench-"));
const orrery = await startOrrery({ dataDir, port: 0, logLevel: "error" });
const config = { endpoint: orrery.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
const lambda = new LambdaClient(config);
const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
await new IAMClient(config).send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument }));

try {
  report("cold start, empty Node.js function", await cold(), 150);
  report("warm invocation", await warm(), undefined);
} finally {
  await orrery.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function create(FunctionName: string): Promise<void> {
  const ZipFile = writeZip({ "index.js": "exports.handler = async () => null;" });
  const Role = "arn:aws:iam::000000000000:role/bench";
  const input = { FunctionName, Role, Runtime: "nodejs24.x" as Runtime, Handler: "index.handler", Code: { ZipFile } };
  await lambda.send(new CreateFunctionCommand(input));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function cold(): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < COLD; i++) {
    await create(`cold-${i}`);
    times.push(await timed(() => lambda.send(new InvokeCommand({ FunctionName: `cold-${i}` }))));
  }
  return times;
}

/** Client's time less what the function itself took, by its own REPORT line. */
async function warm(): Promise<number[]> {
  await create("warm");
  const times: number[] = [];
  for (let i = 0; i < WARM; i++) {
    let log = "";
    const took = await timed(async () => {
      const { LogResult = "" } = await lambda.send(new InvokeCommand({ FunctionName: "warm", LogType: "Tail" }));
      log = Buffer.from(LogResult, "base64").toString("utf8");
    });
    const inside = Number(/\tDuration: ([\d.]+) ms/.exec(log)?.[1] ?? 0);
    if (i >= WARM / 5) times.push(took);
    if (i === WARM - 1) console.log(`  (the last one: ${took.toFixed(2)} ms for the client, ${inside.toFixed(2)} ms in the function)`);
  }
  return times;
}

function report(what: string, times: number[], target: number | undefined): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms${target === undefined ? "" : ` (target: under ${target} ms)`}`);
}
