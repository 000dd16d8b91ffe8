import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pc from "picocolors";
import type { Context } from "../../src/aws/context.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../../src/aws/identity.ts";
import type { Orrery } from "../../src/compose.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import { packageRoot } from "../../src/kernel/package.ts";
import { variablesFor } from "../commands/env.ts";
import { print, span } from "../print.ts";
import { resourceCount, rootContext, stackExists, stackOutputs } from "./account.ts";
import type { Steps } from "./steps.ts";

export const APPLICATION = "Chatbot";
export const PIPELINE_STACK = "ChatbotPipeline";
/** Indexing follows the upload by events; this bounds the wait for it. */
const INDEX_BUDGET_MS = 60_000;
const QUESTIONS = [
  "How long does a refund take to arrive on my card?",
  "Mỗi năm có bao nhiêu ngày nghỉ phép?",
  "What is the capital of Mongolia?",
];

interface Reply {
  readonly answer: string;
  readonly found: boolean;
  readonly sources: readonly { readonly source: string; readonly quote: string }[];
}

/** Where the chatbot's files are. */
export function exampleFolder(): string {
  return join(packageRoot(), "examples/chatbot");
}

/** The chatbot, deployed by the real CDK CLI and asked over HTTP. */
export class Application {
  readonly #orrery: Orrery;
  readonly #ctx: Context;
  readonly #steps: Steps;

  constructor(orrery: Orrery, steps: Steps) {
    this.#orrery = orrery;
    this.#ctx = rootContext(orrery);
    this.#steps = steps;
  }

  async deploy(): Promise<void> {
    await this.#steps.run("cdk bootstrap", async () => {
      if (await stackExists(this.#ctx, "CDKToolkit")) return "the toolkit stack is there already";
      await this.#cdk(["bootstrap", `aws://${DEFAULT_ACCOUNT}/${DEFAULT_REGION}`]);
      return "";
    });
    await this.#steps.run("cdk deploy", async () => {
      // From then on what is live is the pipeline's business: the folder's own code may be behind what was pushed.
      if (await stackExists(this.#ctx, PIPELINE_STACK)) return "the stacks are there already; their pipeline delivers what is pushed";
      await this.#cdk(["deploy", APPLICATION, PIPELINE_STACK, "--require-approval", "never"]);
      const count = (await resourceCount(this.#ctx, APPLICATION)) + (await resourceCount(this.#ctx, PIPELINE_STACK));
      return `the application and its pipeline, ${count} resources`;
    });
  }

  async try(): Promise<void> {
    const { DocumentsBucket = "", Url: url = "" } = await stackOutputs(this.#ctx, APPLICATION);
    await this.#steps.run("upload the documents", () => this.#upload(DocumentsBucket, url));
    for (const question of QUESTIONS) await this.#ask(url, question);
    print();
  }

  /** Runs the real CDK CLI. Its output is shown when it fails; while it works, resources are counted as they come up. */
  async #cdk(args: string[]): Promise<string> {
    const bin = join(packageRoot(), "node_modules/.bin");
    const environment = {
      ...variablesFor(this.#orrery.endpoint, DEFAULT_REGION),
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      HOME: this.#orrery.dataDir,
      CDK_DISABLE_CLI_TELEMETRY: "1",
      CI: "1",
    };
    const child = spawn(join(bin, "cdk"), [...args, "--no-notices"], {
      cwd: exampleFolder(),
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = showProgress(this.#orrery);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    const code = await new Promise<number>((done) => child.once("close", (status) => done(status ?? 1)));
    stop();
    if (code !== 0) throw new OrreryError("WorkloadFailed", `cdk ${args.join(" ")} ended with ${code}:\n${output}`);
    return output;
  }

  async #upload(bucket: string, url: string): Promise<string> {
    const folder = join(exampleFolder(), "documents");
    const keys = readdirSync(folder).sort();
    for (const Key of keys) {
      await this.#ctx.call("s3", "PutObject", {
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
    const { result, ms } = await this.#steps.silently(async () => {
      const response = await fetch(`${url}/chat`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ question }),
      });
      const text = await response.text();
      if (!response.ok) throw new OrreryError("WorkloadFailed", `the chatbot answered ${response.status}: ${text}`);
      return JSON.parse(text) as Reply;
    });
    print(`\n${pc.bold(question)} ${pc.dim(span(ms))}\n  ${result.answer}`);
    for (const [i, { source }] of result.sources.entries()) print(pc.dim(`  [${i + 1}] ${source}`));
  }
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
