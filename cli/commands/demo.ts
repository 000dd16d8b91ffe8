import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import pc from "picocolors";
import type { Context } from "../../src/aws/context.ts";
import type { Orrery } from "../../src/compose.ts";
import { messageOf, OrreryError } from "../../src/kernel/errors.ts";
import { packageRoot } from "../../src/kernel/package.ts";
import { DEFAULT_PORT, isUp } from "../client.ts";
import { print, span } from "../print.ts";
import { variablesFor } from "./env.ts";
import { upInForeground } from "./up.ts";

const ACCOUNT = "000000000000";
const REGION = "us-east-1";
const STACK = "Chatbot";
/** Indexing follows the upload by events; this bounds the wait for it. */
const INDEX_BUDGET_MS = 60_000;
const QUESTIONS = [
  "How long does a refund take to arrive on my card?",
  "Mỗi năm có bao nhiêu ngày nghỉ phép?",
  "What is the capital of Mongolia?",
];

interface DemoOptions {
  readonly exit?: boolean;
  readonly port?: string;
  readonly data?: string;
}

interface Reply {
  readonly answer: string;
  readonly found: boolean;
  readonly sources: readonly { readonly source: string; readonly quote: string }[];
}

interface Step {
  readonly what: string;
  readonly ms: number;
  readonly note: string;
}

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("start Orrery, deploy the chatbot with the CDK, and ask it questions")
    .option("--exit", "stop after the summary, with exit code 0 or 1")
    .option("--port <n>", "port to listen on (default: 4566, or a free one where that is taken)")
    .option("--data <dir>", "data folder (default: .orrery of this project)")
    .addHelpText("after", "\nExample:\n  npm start -- --exit")
    .action(async (options: DemoOptions) => {
      const demo = new Demo(await startServer(options));
      try {
        await demo.run();
      } catch (error) {
        print(pc.red(`\nfailed: ${messageOf(error)}`));
        process.exitCode = 1;
      }
      if (options.exit === true) {
        await demo.orrery.stop();
        process.exit();
      }
      print(pc.dim("\nServing until Ctrl-C."));
    });
}

async function startServer(options: DemoOptions): Promise<Orrery> {
  const port = options.port ?? ((await isTaken()) ? "0" : String(DEFAULT_PORT));
  const defaults = { host: "127.0.0.1", durability: "process", auth: "on", authorisation: "audit", logLevel: "warn" };
  return upInForeground({ ...defaults, port, data: options.data ?? join(packageRoot(), ".orrery") });
}

async function isTaken(): Promise<boolean> {
  if (await isUp({ port: DEFAULT_PORT })) {
    throw new OrreryError(
      "PortInUse",
      `an Orrery is running on port ${DEFAULT_PORT} already: 'orrery down' ends it, or give another --port and --data`,
    );
  }
  const { createServer } = await import("node:net");
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(true));
    probe.listen(DEFAULT_PORT, "127.0.0.1", () => probe.close(() => done(false)));
  });
}

/** The main job, step by step, each with what it took. */
class Demo {
  readonly orrery: Orrery;
  readonly #steps: Step[] = [];
  readonly #app = join(packageRoot(), "examples/chatbot");

  constructor(orrery: Orrery) {
    this.orrery = orrery;
  }

  async run(): Promise<void> {
    const ctx = await rootContext(this.orrery);
    print();
    await this.#step("cdk bootstrap", async () => {
      if (await stackExists(ctx, "CDKToolkit")) return "the toolkit stack is there already";
      await this.#cdk(["bootstrap", `aws://${ACCOUNT}/${REGION}`]);
      return "";
    });
    await this.#step("cdk deploy", async () => {
      const existed = await stackExists(ctx, STACK);
      const output = await this.#cdk(["deploy", STACK, "--require-approval", "never"]);
      if (existed && output.includes("(no changes)")) return "the stack is there already, nothing changed";
      return `${existed ? "updated" : "created"}, ${await resourceCount(ctx)} resources`;
    });
    const outputs = await stackOutputs(ctx);
    const url = await apiUrl(ctx, outputs["ApiId"] ?? "");
    await this.#step("upload the documents", () => this.#upload(ctx, outputs["DocumentsBucket"] ?? "", url));
    for (const question of QUESTIONS) await this.#ask(url, question);
    this.#summary(url, outputs["ApiId"] ?? "");
  }

  async #step(what: string, work: () => Promise<string>): Promise<void> {
    process.stdout.write(`${what} … `);
    const started = performance.now();
    const note = await work();
    const ms = performance.now() - started;
    this.#steps.push({ what, ms, note });
    print(`${pc.green("done")} in ${span(ms)}${note === "" ? "" : pc.dim(` (${note})`)}`);
  }

  /** Runs the real CDK CLI. Its output is shown when it fails; while it works, resources are counted as they come up. */
  async #cdk(args: string[]): Promise<string> {
    const bin = join(packageRoot(), "node_modules/.bin");
    const environment = {
      ...variablesFor(this.orrery.endpoint, REGION),
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      HOME: this.orrery.dataDir,
      CDK_DISABLE_CLI_TELEMETRY: "1",
      CI: "1",
    };
    const child = spawn(join(bin, "cdk"), [...args, "--no-notices"], {
      cwd: this.#app,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = showProgress(this.orrery);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    const code = await new Promise<number>((done) => child.once("close", (status) => done(status ?? 1)));
    stop();
    if (code !== 0) throw new OrreryError("WorkloadFailed", `cdk ${args.join(" ")} ended with ${code}:\n${output}`);
    return output;
  }

  async #upload(ctx: Context, bucket: string, url: string): Promise<string> {
    const folder = join(this.#app, "documents");
    const keys = readdirSync(folder).sort();
    for (const Key of keys) {
      await ctx.call("s3", "PutObject", {
        Bucket: bucket,
        Key,
        Body: readFileSync(join(folder, Key)) as never,
        ContentType: "text/markdown; charset=utf-8",
      });
    }
    const started = performance.now();
    for (;;) {
      const listed = (await (await fetch(`${url}/documents`)).json()) as { documents: { key: string }[] };
      if (keys.every((key) => listed.documents.some((one) => one.key === key))) break;
      if (performance.now() - started > INDEX_BUDGET_MS)
        throw new OrreryError("WorkloadFailed", `only ${listed.documents.length} of ${keys.length} documents were indexed`);
      await new Promise((next) => setTimeout(next, 50));
    }
    return `${keys.length} documents indexed by events`;
  }

  async #ask(url: string, question: string): Promise<void> {
    const started = performance.now();
    const response = await fetch(`${url}/chat`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question }),
    });
    const text = await response.text();
    if (!response.ok) throw new OrreryError("WorkloadFailed", `the chatbot answered ${response.status}: ${text}`);
    const reply = JSON.parse(text) as Reply;
    const ms = performance.now() - started;
    this.#steps.push({ what: "question", ms, note: question });
    print(`\n${pc.bold(question)} ${pc.dim(span(ms))}\n  ${reply.answer}`);
    for (const [i, { source }] of reply.sources.entries()) print(pc.dim(`  [${i + 1}] ${source}`));
  }

  #summary(url: string, apiId: string): void {
    const total = this.#steps.reduce((sum, { ms }) => sum + ms, 0);
    print(`\n${pc.bold("The chatbot is up.")} All of it took ${span(total)}.`);
    print(`  chat page        ${pc.cyan(`http://${apiId}.execute-api.${REGION}.localhost:${this.orrery.port}/`)}`);
    print(`  the same, by path  ${pc.cyan(`${url}/`)}`);
    print(`  AWS clients      eval "$(npm run -s orrery -- env)", then: aws cloudformation describe-stack-resources --stack-name ${STACK}`);
    print("  what happened    npm run -s orrery -- timeline");
  }
}

async function rootContext(orrery: Orrery): Promise<Context> {
  const { Context } = await import("../../src/aws/context.ts");
  const { rootPrincipal } = await import("../../src/aws/identity.ts");
  return new Context(orrery.cloud, { account: ACCOUNT, region: REGION, principal: rootPrincipal(ACCOUNT) });
}

async function stackExists(ctx: Context, StackName: string): Promise<boolean> {
  try {
    const { Stacks = [] } = await ctx.call("cloudformation", "DescribeStacks", { StackName });
    return Stacks.some(({ StackStatus }) => StackStatus === "CREATE_COMPLETE" || StackStatus === "UPDATE_COMPLETE");
  } catch (error) {
    if (/does not exist/.test(messageOf(error))) return false;
    throw error;
  }
}

async function resourceCount(ctx: Context): Promise<number> {
  return (await ctx.call("cloudformation", "DescribeStackResources", { StackName: STACK })).StackResources?.length ?? 0;
}

async function stackOutputs(ctx: Context): Promise<Record<string, string>> {
  const { Stacks = [] } = await ctx.call("cloudformation", "DescribeStacks", { StackName: STACK });
  return Object.fromEntries((Stacks[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

async function apiUrl(ctx: Context, ApiId: string): Promise<string> {
  return ((await ctx.call("apigatewayv2", "GetApi", { ApiId })).ApiEndpoint ?? "").replace(/\/$/, "");
}

/** On a terminal: the number of resources that are up, on the line of the step. */
function showProgress(orrery: Orrery): () => void {
  if (!process.stdout.isTTY) return () => undefined;
  let count = 0;
  const stop = orrery.cloud.timeline.listen((event) => {
    if (event.type !== "CloudFormation Resource Status Change" || !JSON.stringify(event.detail).includes("_COMPLETE")) return;
    process.stdout.write(`\u001b7${pc.dim(`${++count} resources`)}\u001b8`);
  });
  return () => {
    stop();
    process.stdout.write("\u001b[K");
  };
}
