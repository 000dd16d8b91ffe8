import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../src/aws/context.ts";
import type { Orrery } from "../../src/compose.ts";
import { OrreryError } from "../../src/kernel/errors.ts";
import type { TimelineEvent } from "../../src/kernel/events.ts";
import { Load } from "../../src/rehearsal/load.ts";
import type { LoadReport } from "../../src/rehearsal/tally.ts";
import { rootContext, stackOutputs } from "./account.ts";
import { APPLICATION } from "./application.ts";

export const PIPELINE = "chatbot";
const DEVELOPER = "developer";
/** Questions per virtual second while a version is being deployed. */
const RATE = 0.5;
/** Wall ms in which an execution must come to its approval, and from there to its end. */
const BUDGET_MS = 300_000;
const ENDED = new Set(["SUCCEEDED", "FAILED", "STOPPED", "CANCELED", "SUPERSEDED"]);

/** A change to one file of the chatbot. */
export interface Change {
  readonly message: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** What one commit's way through the pipeline came to; times are virtual ms, spans with `wall` are of wall time. */
export interface Delivery {
  readonly commit: string;
  readonly message: string;
  readonly executionId: string;
  readonly status: string;
  readonly pushedAt: number;
  readonly endedAt: number;
  /** From the push's end to the execution's start. */
  readonly startWallMs: number;
  readonly wallMs: number;
  /** Wall time of approval to end: what would have been waited for the canary. */
  readonly canaryWallMs: number;
  readonly load: LoadReport;
  readonly events: readonly TimelineEvent[];
}

/** Takes commits through the chatbot's pipeline, as a team would: real git pushes, an approval, people who ask meanwhile. */
export class DeliveryLoop {
  readonly #orrery: Orrery;
  readonly #ctx: Context;
  readonly #clone: string;
  #remote = "";

  constructor(orrery: Orrery) {
    this.#orrery = orrery;
    this.#ctx = rootContext(orrery);
    this.#clone = mkdtempSync(join(orrery.dataDir, "clone-"));
  }

  /** Whether a commit has been delivered in this cloud before. */
  async hasDelivered(): Promise<boolean> {
    const { pipelineExecutionSummaries = [] } = await this.#ctx.call("codepipeline", "ListPipelineExecutions", { pipelineName: PIPELINE });
    return pipelineExecutionSummaries.length > 1;
  }

  /** A developer with git credentials of their own, and a clone of the repository. */
  async clone(): Promise<void> {
    await this.#ctx.call("iam", "CreateUser", { UserName: DEVELOPER });
    const statement = {
      Effect: "Allow",
      Action: ["codecommit:GitPull", "codecommit:GitPush"],
      Resource: this.#ctx.arn("codecommit", PIPELINE),
    };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await this.#ctx.call("iam", "PutUserPolicy", { UserName: DEVELOPER, PolicyName: "Repository", PolicyDocument });
    const { ServiceSpecificCredential } = await this.#ctx.call("iam", "CreateServiceSpecificCredential", {
      UserName: DEVELOPER,
      ServiceName: "codecommit.amazonaws.com",
    });
    const { repositoryMetadata } = await this.#ctx.call("codecommit", "GetRepository", { repositoryName: PIPELINE });
    const url = new URL(repositoryMetadata?.cloneUrlHttp ?? "");
    url.username = encodeURIComponent(ServiceSpecificCredential?.ServiceUserName ?? "");
    url.password = encodeURIComponent(ServiceSpecificCredential?.ServicePassword ?? "");
    this.#remote = url.href;
    await this.#git("clone", "--quiet", this.#remote, ".");
  }

  /** The execution that the pipeline's creation started: nothing is in the canary, for nothing has changed. */
  async first(): Promise<void> {
    const { pipelineExecutionSummaries = [] } = await this.#ctx.call("codepipeline", "ListPipelineExecutions", { pipelineName: PIPELINE });
    const id = pipelineExecutionSummaries.at(-1)?.pipelineExecutionId ?? "";
    await this.#approve(id);
    const status = await this.#end(id);
    if (status !== "SUCCEEDED") throw new OrreryError("WorkloadFailed", `the pipeline's first execution ended ${status}`);
  }

  async deliver(change: Change): Promise<Delivery> {
    const { clock, timeline } = this.#orrery.cloud;
    const position = timeline.last();
    const started = performance.now();
    const commit = await this.#push(change);
    const pushed = performance.now();
    const execution = await this.#until((event) => event.type === EXECUTION && event.detail["state"] === "STARTED", position);
    const startWallMs = performance.now() - pushed;
    const executionId = String(execution.detail["execution-id"]);
    await this.#approve(executionId);
    const load = await this.#load(change.message);
    const approved = performance.now();
    // From here on there is nothing to do but to wait.
    clock.setMode({ mode: "skip" });
    const status = await this.#end(executionId).finally(() => clock.setMode({ mode: "real" }));
    const ended = performance.now();
    const endedAt = clock.now();
    load.stop();
    await load.ended;
    return {
      commit,
      message: change.message,
      executionId,
      status,
      pushedAt: execution.time,
      endedAt,
      startWallMs,
      wallMs: ended - started,
      canaryWallMs: ended - approved,
      load: load.report(),
      events: timeline.read({ after: position, limit: Number.MAX_SAFE_INTEGER }),
    };
  }

  close(): void {
    rmSync(this.#clone, { recursive: true, force: true });
  }

  async #push({ file, from, to, message }: Change): Promise<string> {
    const path = join(this.#clone, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new OrreryError("WorkloadFailed", `${file} does not contain what "${message}" changes`);
    writeFileSync(path, text.replace(from, to));
    await this.#git("commit", "--quiet", "--all", "--message", message);
    await this.#git("push", "--quiet", "origin", "HEAD:main");
    return (await this.#git("rev-parse", "HEAD")).trim();
  }

  /** As a reviewer does it: with the token that the pipeline's state shows. */
  async #approve(executionId: string): Promise<void> {
    await this.#until(
      (event) =>
        (event.type === "CodePipeline Action Execution State Change" &&
          event.detail["execution-id"] === executionId &&
          event.detail["action"] === "Review" &&
          event.detail["state"] === "STARTED") ||
        isEndOf(event, executionId),
      0,
    );
    const { stageStates = [] } = await this.#ctx.call("codepipeline", "GetPipelineState", { name: PIPELINE });
    const token = stageStates.find(({ stageName }) => stageName === "Approve")?.actionStates?.[0]?.latestExecution?.token;
    if (token === undefined)
      throw new OrreryError("WorkloadFailed", `execution ${executionId} did not come to its approval: orrery why ${executionId}`);
    const result = { status: "Approved" as const, summary: "The tests pass" };
    await this.#ctx.call("codepipeline", "PutApprovalResult", {
      pipelineName: PIPELINE,
      stageName: "Approve",
      actionName: "Review",
      token,
      result,
    });
  }

  async #end(executionId: string): Promise<string> {
    return String((await this.#until((event) => isEndOf(event, executionId), 0)).detail["state"]);
  }

  async #load(seed: string): Promise<Load> {
    const { Url: url = "" } = await stackOutputs(this.#ctx, APPLICATION);
    const ask = (question: string, weight: number) => ({
      method: "POST",
      path: "/chat",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question }),
      weight,
    });
    const requests = [ask("How long does a refund take to arrive on my card?", 2), ask("What is the capital of Mongolia?", 1)];
    return new Load("demo", { url, rate: RATE, requests, seed, versionHeader: "x-version" }, this.#orrery.cloud.clock);
  }

  /** The first event after a position that is meant, be it there already or still to come. */
  #until(isMeant: (event: TimelineEvent) => boolean, after: number): Promise<TimelineEvent> {
    const { timeline, clock } = this.#orrery.cloud;
    return new Promise((resolve, reject) => {
      const found = (event: TimelineEvent): void => {
        if (!isMeant(event)) return;
        stop();
        forget();
        resolve(event);
      };
      const stop = timeline.listen(found);
      const forget = clock.wallTimeout(BUDGET_MS, () => {
        stop();
        reject(new OrreryError("WorkloadFailed", `the pipeline did not go on for ${BUDGET_MS / 1_000} s: orrery why ${PIPELINE}`));
      });
      const before = timeline.read({ after, source: "aws.codepipeline", limit: Number.MAX_SAFE_INTEGER }).find(isMeant);
      if (before !== undefined) found(before);
    });
  }

  async #git(...args: string[]): Promise<string> {
    const identity = { GIT_AUTHOR_NAME: "Developer", GIT_AUTHOR_EMAIL: "developer@example.com" };
    const child = spawn("git", args, {
      cwd: this.#clone,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: this.#clone,
        GIT_TERMINAL_PROMPT: "0",
        GIT_CONFIG_NOSYSTEM: "1",
        ...identity,
        GIT_COMMITTER_NAME: identity.GIT_AUTHOR_NAME,
        GIT_COMMITTER_EMAIL: identity.GIT_AUTHOR_EMAIL,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString("utf8")));
    const code = await new Promise<number>((done, failed) => {
      child.once("error", failed);
      child.once("close", (status) => done(status ?? 1));
    });
    if (code !== 0) throw new OrreryError("WorkloadFailed", `git ${args[0] ?? ""} ended with ${code}: ${complaint.trim()}`);
    return output;
  }
}

const EXECUTION = "CodePipeline Pipeline Execution State Change";

function isEndOf(event: TimelineEvent, executionId: string): boolean {
  return event.type === EXECUTION && event.detail["execution-id"] === executionId && ENDED.has(String(event.detail["state"]));
}
