import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Credentials } from "../../aws/identity.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Sandbox } from "../../runtime/builds/driver.ts";
import { baseDirectories } from "../../runtime/builds/globs.ts";
import { containerPhase, type Interruption, interruptedResult, type PhaseContext, runCommands } from "../../runtime/builds/phases.ts";
import { selectRuntimes } from "../../runtime/builds/runtimes.ts";
import { uploadArtifacts } from "./artifacts.ts";
import { type Buildspec, BuildspecError, type PhaseName, parseBuildspec } from "./buildspec.ts";
import { readBuildspec } from "./buildspec-file.ts";
import { type CacheWork, type Restored, restoreCache, saveCache } from "./cache.ts";
import { sizeOf } from "./compute.ts";
import type { Ending } from "./finish.ts";
import { hooks, type ReportWork } from "./hooks.ts";
import { BuildLog } from "./log.ts";
import { uuidOf } from "./names.ts";
import { clientError, PhaseFailure } from "./phase-failure.ts";
import { Progress } from "./progress.ts";
import type { BuildPlan, BuildRecord } from "./records.ts";
import { assumeRole } from "./role.ts";
import { storeLog } from "./s3-log.ts";
import { type FetchedSource, fetchSources } from "./sources.ts";
import { ownVariables, resolveVariables, type Variables } from "./variables.ts";
import { workFolder, workshopOf } from "./workshop.ts";

const MINUTE_MS = 60_000;
const MS = 1_000;

/** One attempt of one build: its workspace, its log and its phases. */
export class BuildRun {
  readonly progress: Progress;
  abandoned = false;
  readonly #plan: BuildPlan;
  readonly #attempt: number;
  readonly #folder: string;
  readonly #log: BuildLog;
  readonly #logFile: string;
  readonly #beganAt: number;
  readonly #ended = new AbortController();
  #interruption: Interruption | undefined;
  #sandbox: Sandbox | undefined;
  #roleCtx: Context | undefined;
  #credentials: Credentials | undefined;
  #buildspec: Buildspec | undefined;
  #sources: ReadonlyMap<string, FetchedSource> = new Map();
  #variables: Variables = { values: {}, secrets: [], secretNames: [] };
  #restored: Restored = { key: undefined, exact: false };
  #retries: number | undefined;

  constructor(ctx: Context, record: BuildRecord, plan: BuildPlan, attempt: number) {
    this.progress = new Progress(ctx, record);
    this.#plan = plan;
    this.#attempt = attempt;
    this.#folder = workFolder(ctx.cloud, uuidOf(record.id), attempt);
    this.#logFile = join(this.#folder, "build.log");
    const toS3 = record.logs?.s3Logs?.status === "ENABLED";
    this.#log = new BuildLog(ctx, record, toS3 ? this.#logFile : undefined);
    this.#beganAt = ctx.cloud.clock.measure();
  }

  /** What follows has `cause` as its cause: who asked for it. */
  interrupt(reason: Interruption, cause?: string): void {
    if (cause !== undefined) this.progress.ctx = this.progress.ctx.with({ cause });
    this.#interruption ??= reason;
    void this.#sandbox?.close();
  }

  abandon(): void {
    this.abandoned = true;
    this.interrupt("STOPPED");
  }

  /** All phases; undefined when it was abandoned. */
  async execute(): Promise<Ending | undefined> {
    this.#watchTime();
    if (this.#attempt > 1) this.#log.container("The server ended while this build was running: it begins again with its source");
    let status = await this.#untilCommands();
    if (status === "SUCCEEDED") status = await this.#commandsAndArtifacts();
    if (this.abandoned) return undefined;
    if (status !== "STOPPED" && status !== "TIMED_OUT") await this.#step("FINALIZING", () => this.#finalize());
    else await this.#finalize();
    if (this.abandoned) return undefined;
    const { clock } = this.progress.ctx.cloud;
    return { status, retries: this.#retries, seconds: Math.round((clock.measure() - this.#beganAt) / MS) };
  }

  /** Ends what is left of it. */
  async clean(): Promise<void> {
    this.#ended.abort();
    await this.#sandbox?.close();
    await this.#log.flush();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #untilCommands(): Promise<Ending["status"]> {
    const provisioned = await this.#step("PROVISIONING", () => this.#provision());
    if (provisioned !== "SUCCEEDED") return provisioned;
    return await this.#step("DOWNLOAD_SOURCE", () => this.#download());
  }

  async #commandsAndArtifacts(): Promise<Ending["status"]> {
    const sandbox = this.#sandbox;
    const buildspec = this.#buildspec;
    if (sandbox === undefined || buildspec === undefined) return "FAULT";
    const result = await runCommands(buildspec, sandbox, {
      log: (line) => this.#log.container(line),
      begin: (phase) => this.#beginPhase(phase),
      end: (phase, { status, contexts }) => this.#endPhase(phase, status, contexts),
      interrupted: () => this.#interruption,
    });
    this.#retries = result.retry?.count;
    if (this.#interruption !== undefined) return this.#interruption;
    await this.#export(buildspec, sandbox);
    if (!result.reachedBuild) return result.status;
    const uploaded = await this.#step("UPLOAD_ARTIFACTS", () => this.#upload(buildspec, result.status === "SUCCEEDED"));
    return result.status === "SUCCEEDED" ? uploaded : result.status;
  }

  #beginPhase(phase: PhaseName): void {
    if (!this.abandoned) this.progress.begin(containerPhase(phase));
  }

  #endPhase(phase: PhaseName, status: Ending["status"], contexts: readonly PhaseContext[]): void {
    if (this.abandoned) return;
    this.#tellEnd(containerPhase(phase), status, contexts);
    this.progress.end(
      status,
      contexts.map((context) => ({ ...context, message: this.#log.masked(context.message) })),
    );
  }

  #tellEnd(phase: string, status: string, contexts: readonly PhaseContext[]): void {
    this.#log.container(`Phase complete: ${phase} State: ${status}`);
    const [context] = contexts;
    this.#log.container(`Phase context status code: ${context?.statusCode ?? ""} Message: ${context?.message ?? ""}`);
  }

  /** One phase that is not the owner's commands. */
  async #step(phase: "PROVISIONING" | "DOWNLOAD_SOURCE" | "UPLOAD_ARTIFACTS" | "FINALIZING", work: () => Promise<void>) {
    if (this.abandoned) return "STOPPED" as const;
    this.progress.begin(phase);
    let status: Ending["status"] = "SUCCEEDED";
    let context: PhaseContext = { statusCode: "", message: "" };
    try {
      await work();
    } catch (error) {
      if (!this.progress.ctx.isCurrent) throw error;
      status = "FAILED";
      context = contextOf(error);
      if (context.statusCode === "INTERNAL_SERVICE_ERROR") {
        status = "FAULT";
        this.progress.ctx.cloud.log.error("a phase of a build failed", { build: this.progress.record.id, phase, reason: context.message });
      }
    }
    if (this.abandoned) return "STOPPED" as const;
    const interruption = this.#interruption;
    if (interruption !== undefined) {
      status = interruption;
      context = interruptedResult(interruption).contexts[0] ?? context;
    }
    if (phase === "DOWNLOAD_SOURCE" || phase === "UPLOAD_ARTIFACTS" || status !== "SUCCEEDED") this.#tellEnd(phase, status, [context]);
    this.progress.end(status, [{ ...context, message: this.#log.masked(context.message) }]);
    return status;
  }

  /** The build's time is virtual; whatever the clock does, it has no more of the wall's either. */
  #watchTime(): void {
    const { clock } = this.progress.ctx.cloud;
    const ms = (this.progress.record.timeoutInMinutes ?? 60) * MINUTE_MS;
    const { signal } = this.#ended;
    const over = (): void => {
      if (!signal.aborted) this.interrupt("TIMED_OUT");
    };
    void clock.until(clock.now() + ms, "codebuild.timeout", signal).then(over);
    signal.addEventListener("abort", clock.wallTimeout(ms, over));
  }

  async #provision(): Promise<void> {
    const { ctx, record } = this.progress;
    const { credentials, roleCtx } = await assumeRole(ctx, record);
    this.#credentials = credentials;
    this.#roleCtx = roleCtx;
    this.#log.ctx = roleCtx;
    this.#log.hide([credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken ?? ""]);
  }

  /** The service role's authority, with the latest transition as its cause. */
  #asRole(): Context {
    const { cause } = this.progress.ctx;
    return (this.#roleCtx ?? this.progress.ctx).with({ cause });
  }

  async #download(): Promise<void> {
    const { ctx, record } = this.progress;
    const credentials = this.#credentials;
    if (credentials === undefined) throw clientError("the service role has no credentials");
    this.#log.container("Running on Orrery, with the tools of this machine");
    this.#log.container("Waiting for DOWNLOAD_SOURCE");
    this.#sources = await fetchSources(this.#asRole(), record, this.#folder);
    this.#log.container("Phase is DOWNLOAD_SOURCE");
    const source = this.#sourceFolder;
    this.#log.container(`CODEBUILD_SRC_DIR=${source}`);
    const resolved = this.#sources.get("")?.resolvedVersion;
    if (resolved !== undefined) this.progress.change({ resolvedSourceVersion: resolved });
    const buildspec = parseBuildspec(
      await readBuildspec(this.#asRole(), record.source?.buildspec, source, (line) => this.#log.container(line)),
    );
    this.#buildspec = buildspec;
    checkRunAs(buildspec);
    this.#log.container("Processing environment variables");
    this.#variables = await resolveVariables(this.#asRole(), record, buildspec.env);
    this.#log.hide(this.#variables.secrets);
    const image = record.environment?.image ?? "";
    this.#sandbox = workshopOf(ctx.cloud).driver.open({
      folder: this.#folder,
      directory: source,
      variables: {
        ...ownVariables(ctx, record, this.#plan, credentials),
        ...this.#variables.values,
        ...this.#plan.variables,
        ...this.#placeVariables(resolved),
      },
      shell: buildspec.env.shell === "bash" ? "bash" : /amazonlinux|amazon-linux/.test(image) ? "sh-bash" : "sh",
      ...sizeOf(record.environment?.computeType, record.environment?.computeConfiguration),
      path: hooks.helpers === undefined ? [] : [hooks.helpers(ctx.cloud)],
      output: (line) => this.#log.output(line),
    });
    if (this.#interruption !== undefined) return;
    if (buildspec.env.gitCredentialHelper)
      this.#log.container("git-credential-helper is not supported: git asks its own helpers for credentials");
    await selectRuntimes(buildspec.phases.install?.runtimeVersions ?? {}, this.#sandbox, (line) => this.#log.container(line));
    this.#log.container(`Moving to directory ${source}`);
    this.#restored = await restoreCache(this.#cacheWork());
    this.#tellPhases(buildspec);
  }

  get #sourceFolder(): string {
    return this.#sources.get("")?.folder ?? join(this.#folder, "src");
  }

  #placeVariables(resolved: string | undefined): Record<string, string> {
    const secondary = [...this.#sources].filter(([name]) => name !== "").map(([name, { folder }]) => [`CODEBUILD_SRC_DIR_${name}`, folder]);
    return {
      CODEBUILD_SRC_DIR: this.#sourceFolder,
      ...Object.fromEntries(secondary),
      ...(resolved === undefined ? {} : { CODEBUILD_RESOLVED_SOURCE_VERSION: resolved }),
    };
  }

  #tellPhases(buildspec: Buildspec): void {
    const phases = Object.entries(buildspec.phases);
    this.#log.container(`Phases found in YAML: ${phases.length}`);
    for (const [name, { commands }] of phases) this.#log.container(` ${name.toUpperCase()}: ${commands.length} commands`);
  }

  /** Frozen after POST_BUILD; neither secrets nor variables of AWS's own. */
  async #export(buildspec: Buildspec, sandbox: Sandbox): Promise<void> {
    const names = buildspec.env.exportedVariables.filter((name) => !name.startsWith("AWS_") && !this.#variables.secretNames.includes(name));
    const exported: { name: string; value: string }[] = [];
    for (const name of names) {
      if (/^\w+$/.test(name)) exported.push({ name, value: await sandbox.evaluate(`printf %s "$${name}"`) });
    }
    if (exported.length > 0 && !this.abandoned) this.progress.change({ exportedEnvironmentVariables: exported });
  }

  async #upload(buildspec: Buildspec, succeeded: boolean): Promise<void> {
    const sandbox = this.#sandbox;
    const work = {
      ctx: this.#asRole(),
      build: this.progress.record,
      plan: this.#plan,
      buildspec,
      folder: this.#folder,
      sourceFolder: this.#sourceFolder,
      variables: { ...this.#variables.values, ...this.#placeVariables(undefined) },
      log: (line: string) => this.#log.container(line),
      expand: async (text: string) =>
        /[$`]/.test(text) && sandbox !== undefined ? await sandbox.evaluate(`printf %s "${text.replaceAll('"', '\\"')}"`) : text,
    };
    const refused = await this.#collectReports(buildspec, work);
    const uploaded = await uploadArtifacts(work);
    this.progress.change(uploaded);
    if (refused.length > 0) throw clientError(`Error in UPLOAD_ARTIFACTS phase: [${refused.join(", ")}]`);
    if (succeeded && this.progress.record.cache?.type === "S3") await saveCache(this.#cacheWork(), this.#restored);
  }

  /** What the role may not do for reports, which fails the phase once the artifacts are there. */
  async #collectReports(buildspec: Buildspec, work: ReportWork): Promise<readonly string[]> {
    if (Object.keys(buildspec.reports).length === 0 || hooks.collectReports === undefined) return [];
    const { reportArns, refused } = await hooks.collectReports(work);
    if (reportArns.length > 0) this.progress.change({ reportArns: [...reportArns] });
    return refused;
  }

  #cacheWork(): CacheWork {
    const sandbox = this.#sandbox;
    return {
      ctx: this.#asRole(),
      build: this.progress.record,
      plan: this.#plan,
      section: this.#buildspec?.cache,
      folder: this.#folder,
      sourceFolder: baseDirectories(this.#sourceFolder, undefined)[0] ?? this.#sourceFolder,
      log: (line) => this.#log.container(line),
      expand: async (text) =>
        /[$`]/.test(text) && sandbox !== undefined ? await sandbox.evaluate(`printf %s "${text.replaceAll('"', '\\"')}"`) : text,
    };
  }

  async #finalize(): Promise<void> {
    await this.#sandbox?.close();
    if (this.abandoned) return;
    // Folders of this machine stay what the build made of them, whatever became of it.
    if (this.progress.record.cache?.type === "LOCAL" && this.#buildspec !== undefined) await saveCache(this.#cacheWork(), this.#restored);
    await this.#log.flush();
    await storeLog(this.#asRole(), this.progress.record, this.#logFile);
    rmSync(this.#logFile, { force: true });
  }
}

/** Builds run as the user that runs Orrery; `root` stands for the user that builds run as when nothing is said. */
function checkRunAs(buildspec: Buildspec): void {
  const users = [buildspec.runAs, ...Object.values(buildspec.phases).map(({ runAs }) => runAs)];
  const other = users.find((user) => user !== undefined && user !== "root");
  if (other !== undefined)
    throw new PhaseFailure("YAML_FILE_ERROR", `run-as: ${other} is not possible: Orrery runs builds as the user that started it`);
}

function contextOf(error: unknown): PhaseContext {
  if (error instanceof PhaseFailure) return { statusCode: error.statusCode, message: error.message };
  if (error instanceof BuildspecError) return { statusCode: "YAML_FILE_ERROR", message: error.message };
  if (error instanceof AwsException) return { statusCode: "CLIENT_ERROR", message: `${error.code}: ${error.message}` };
  return { statusCode: "INTERNAL_SERVICE_ERROR", message: messageOf(error) };
}
