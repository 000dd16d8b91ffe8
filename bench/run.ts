import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { callerIdentity, dynamodb, item, json, s3, TABLE } from "./calls.ts";
import { consoleFigures } from "./console.ts";
import { logs } from "./logs.ts";
import { loop } from "./loop/index.ts";
import { type Call, cpuMs, memoryMb, type Server, send, startBare, startFileServer, startOrrery } from "./server.ts";
import { xray } from "./xray.ts";

interface Figure {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly met: boolean | undefined;
}

const REQUESTS = 10_000;
const WARM_UP = 8_000;
const CONCURRENCY = 16;
const STARTS = 7;
const LARGE = 64 * 1024 * 1024;
const SIZES = { items: 100_000, keys: 100_000, streams: 10_000 };
const full = !process.argv.includes("--quick");

const figures: Figure[] = [];
const note = (what: string, value: string, target: string, met?: boolean): void => {
  figures.push({ what, value, target, met });
  console.log(`${what.padEnd(58)} ${value.padEnd(34)} ${target}${met === undefined ? "" : met ? "  ok" : "  MISSED"}`);
};

const parts: [string, () => Promise<void>][] = [
  ["start", startAndMemory],
  ["cpu", cpuPerRequest],
  ["large", largeObjects],
  ["flat", () => flatCost(full ? 1 : 0.05)],
  ["loop", () => loop(note)],
  ["logs", () => logs(note)],
  ["xray", () => xray(note)],
  ["console", () => consoleFigures(note)],
];
const only = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
for (const [name, part] of parts) if (only.length === 0 || only.includes(name)) await part();
if (only.length === 0 && full)
  writeFileSync(join(import.meta.dirname, "results.json"), `${JSON.stringify({ machine: machine(), figures }, null, 2)}\n`);

function machine(): string {
  return `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}`;
}

/** Bare and ours take turns, since the neighbours of a virtual machine come and go. */
async function startAndMemory(): Promise<void> {
  const bare: number[] = [];
  const ours: number[] = [];
  let memory = 0;
  for (let i = 0; i < STARTS; i++) {
    const a = await startBare(async (port) => callerIdentity(port));
    bare.push(a.startMs);
    await a.stop();
    const b = await startOrrery(async (port) => callerIdentity(port));
    ours.push(b.startMs);
    memory = memoryMb(b.pid);
    await b.stop();
  }
  const ratio = median(ours) / median(bare);
  note(
    "start to first signed STS answer",
    `${median(ours).toFixed(0)} ms, ${ratio.toFixed(1)}× bare (${median(bare).toFixed(0)} ms)`,
    "≤ 4× bare",
    ratio <= 4,
  );
  note("resident memory then", `${memory.toFixed(0)} MB`, "≤ 100 MB", memory <= 100);
}

async function cpuPerRequest(): Promise<void> {
  const bare = await startBare(async (port) => callerIdentity(port));
  const ours = await startOrrery(async (port) => callerIdentity(port));
  const { port } = ours;
  await send(port, dynamodb(port, "CreateTable", TABLE));
  await send(port, s3(port, "PUT", "/bench"));
  const queue = JSON.parse((await send(port, json(port, "sqs", "AmazonSQS.CreateQueue", { QueueName: "bench" }))).body.toString()) as {
    QueueUrl: string;
  };
  const kilobyte = "x".repeat(1_024);
  const cases: [string, (i: number) => Call][] = [
    ["STS GetCallerIdentity", () => callerIdentity(port)],
    ["DynamoDB PutItem 1 kB", (i) => dynamodb(port, "PutItem", { TableName: "bench", Item: item("p", String(i % 500), 1_000) })],
    ["S3 PutObject 1 kB", (i) => s3(port, "PUT", `/bench/key-${i % 500}`, kilobyte)],
    ["SQS SendMessage", () => json(port, "sqs", "AmazonSQS.SendMessage", { QueueUrl: queue.QueueUrl, MessageBody: kilobyte })],
  ];
  for (const [what, make] of cases) {
    // The same bytes go to the bare server, which echoes them.
    const calls = Array.from({ length: 500 }, (_, i) => make(i));
    await load(bare, calls, WARM_UP);
    await load(ours, calls, WARM_UP);
    const bareCost: number[] = [];
    const ourCost: number[] = [];
    for (let round = 0; round < 3; round++) {
      bareCost.push(await load(bare, calls, REQUESTS));
      ourCost.push(await load(ours, calls, REQUESTS));
    }
    const ratio = median(ourCost) / median(bareCost);
    note(
      `CPU per request, ${what}`,
      `${median(ourCost).toFixed(0)} µs, ${ratio.toFixed(1)}× bare (${median(bareCost).toFixed(0)} µs)`,
      "≤ 3.5× bare",
      ratio <= 3.5,
    );
  }
  note("resident memory after it", `${memoryMb(ours.pid).toFixed(0)} MB`, "");
  await bare.stop();
  await ours.stop();
}

/** CPU µs of the server per request. */
async function load(server: Server, calls: readonly Call[], count: number): Promise<number> {
  const before = cpuMs(server.pid);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const call = calls[next++ % calls.length];
      if (call === undefined) return;
      const { status, body } = await send(server.port, call);
      if (status !== 200) throw new RangeError(`answered ${status}: ${body.toString().slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return ((cpuMs(server.pid) - before) * 1_000) / count;
}

async function largeObjects(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "orrery-bench-"));
  const plain = await startFileServer(join(folder, "file"));
  const ours = await startOrrery(async (port) => callerIdentity(port));
  await send(ours.port, s3(ours.port, "PUT", "/bench"));
  const body = Buffer.alloc(LARGE, "0123456789abcdef");
  const put: [number[], number[]] = [[], []];
  const get: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    put[0].push(await timed(plain.port, { method: "PUT", path: "/", headers: { "content-length": String(LARGE) }, body }));
    put[1].push(await timed(ours.port, s3(ours.port, "PUT", "/bench/large", body)));
    get[0].push(await timed(plain.port, { method: "GET", path: "/", headers: {}, body: "" }));
    get[1].push(await timed(ours.port, s3(ours.port, "GET", "/bench/large")));
  }
  for (const [what, [theirs, mine]] of [
    ["put", put],
    ["get", get],
  ] as const) {
    const ratio = median(theirs) / median(mine);
    note(
      `S3 64 MB ${what}`,
      `${(64_000 / median(mine)).toFixed(0)} MB/s, ${ratio.toFixed(2)}× a plain stream`,
      "≥ 0.5× plain",
      ratio >= 0.5,
    );
  }
  await plain.stop();
  await ours.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function timed(port: number, call: Call): Promise<number> {
  const started = performance.now();
  const { status } = await send(port, call);
  if (status !== 200) throw new RangeError(`answered ${status}`);
  return performance.now() - started;
}

/** The cost of one more, at 1 %, 10 % and 100 % of the size. */
async function flatCost(scale: number): Promise<void> {
  const ours = await startOrrery(async (port) => callerIdentity(port));
  const { port } = ours;
  await send(port, dynamodb(port, "CreateTable", TABLE));
  await send(port, s3(port, "PUT", "/bench"));
  await send(port, json(port, "logs", "Logs_20140328.CreateLogGroup", { logGroupName: "bench" }));
  const kinds: [string, number, (i: number) => Call][] = [
    ["DynamoDB item", SIZES.items, (i) => dynamodb(port, "PutItem", { TableName: "bench", Item: item(`p${i % 100}`, String(i), 200) })],
    ["S3 key", SIZES.keys, (i) => s3(port, "PUT", `/bench/${i % 100}/key-${i}`, "x")],
    [
      "log stream",
      SIZES.streams,
      (i) => json(port, "logs", "Logs_20140328.CreateLogStream", { logGroupName: "bench", logStreamName: `stream-${i}` }),
    ],
  ];
  for (const [what, most, make] of kinds) await grow(port, what, Math.round(most * scale), make);
  note("resident memory then", `${memoryMb(ours.pid).toFixed(0)} MB`, "");
  await ours.stop();
}

async function grow(port: number, what: string, most: number, make: (i: number) => Call): Promise<void> {
  const samples: string[] = [];
  const medians: number[] = [];
  let made = 0;
  for (const share of [0.01, 0.1, 1]) {
    const until = Math.round(most * share) - 300;
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        while (made < until) await send(port, make(made++));
      }),
    );
    const times: number[] = [];
    for (let i = 0; i < 300; i++) times.push(await timed(port, make(made++)));
    times.sort((a, b) => a - b);
    medians.push(times[150] ?? 0);
    samples.push(`${(times[150] ?? 0).toFixed(2)}/${(times[297] ?? 0).toFixed(2)}`);
  }
  const growth = (medians[2] ?? 0) / (medians[0] ?? 1);
  note(`one more ${what} at 1, 10, 100 % of ${most}, p50/p99`, `${samples.join("  ")} ms`, "flat (p50 ≤ 1.5×)", growth <= 1.5);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
