import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { BuildspecError } from "../../../runtime/builds/buildspec-read.ts";
import type { SandboxSpec } from "../../../runtime/builds/driver.ts";
import type { PhaseContext } from "../../../runtime/builds/phases.ts";
import { type Buildspec, parseBuildspec } from "../buildspec.ts";
import { readBuildspec } from "../buildspec-file.ts";
import { sizeOf } from "../compute.ts";
import { hooks } from "../hooks.ts";
import { BuildLog } from "../log.ts";
import { uuidOf } from "../names.ts";
import { PhaseFailure } from "../phase-failure.ts";
import { assumeRole } from "../role.ts";
import { fetchSources } from "../sources.ts";
import { ownVariables, resolveVariables } from "../variables.ts";
import { workFolder, workshopOf } from "../workshop.ts";
import { timeOut } from "./end.ts";
import { closeSandbox, type LiveSandbox, yardOf } from "./live.ts";
import { planOf, recordOf, step } from "./progress.ts";
import type { SandboxPlan, SandboxRecord } from "./records.ts";
import { sandboxes } from "./store.ts";

const MINUTE_MS = 60_000;
const NO_ENV: Buildspec["env"] = parseBuildspec("version: 0.2\nphases: {}\n").env;

/** `codebuild.sandbox`: gives a sandbox its environment. One whose server died meanwhile gets a new one. */
export const sandboxMessage: MessageHandler = async (ctx, { payload }) => {
  await provision(ctx, String(payload["id"]));
};

/** Resolves when the sandbox runs, or is over; twice at a time it is done once. */
export async function provision(ctx: Context, id: string): Promise<void> {
  const { live, provisioning } = yardOf(ctx.cloud);
  const row = ctx.get(sandboxes.get, { id });
  if (row === undefined || live.has(row.arn) || !["QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE"].includes(row.status)) return;
  const known = provisioning.get(row.arn);
  if (known !== undefined) return known;
  const work = open(ctx.with({ cause: row.because ?? ctx.cause }), recordOf(row), planOf(row)).finally(() => provisioning.delete(row.arn));
  provisioning.set(row.arn, work);
  await work;
}

async function open(ctx: Context, record: SandboxRecord, plan: SandboxPlan): Promise<void> {
  const { id } = record.build;
  let next = step(ctx, id, { status: "SUCCEEDED", next: "PROVISIONING", rule: "there is a place for the sandbox" });
  if (next === undefined) return;
  try {
    const { credentials, roleCtx } = await assumeRole(next, record.build);
    next = step(next, id, { status: "SUCCEEDED", next: "DOWNLOAD_SOURCE", rule: "the service role lets CodeBuild in" });
    if (next === undefined) return;
    const made = await prepare(next, roleCtx.with({ cause: next.cause }), { record, plan, credentials });
    const { resolved, live } = made;
    yardOf(ctx.cloud).live.set(record.arn, live);
    const change = { began: ctx.now, build: { ...record.build, ...(resolved === undefined ? {} : { resolvedSourceVersion: resolved }) } };
    const running = step(next, id, { status: "SUCCEEDED", next: "RUN_SANDBOX", rule: "its source is there", change });
    // It was over before it began.
    if (running === undefined) await closeSandbox(ctx, record.arn);
  } catch (error) {
    await closeSandbox(ctx, record.arn);
    rmSync(workFolder(ctx.cloud, uuidOf(id), 1), { recursive: true, force: true });
    if (!ctx.isCurrent) throw error;
    const context = contextOf(error);
    const rule = `${context.statusCode}: ${context.message}`;
    step(next ?? ctx, id, { status: "FAILED", context, next: "COMPLETED", sandboxStatus: "FAILED", rule });
  }
}

interface Parts {
  readonly record: SandboxRecord;
  readonly plan: SandboxPlan;
  readonly credentials: Parameters<typeof ownVariables>[3];
}

async function prepare(
  ctx: Context,
  roleCtx: Context,
  { record, plan, credentials }: Parts,
): Promise<{ resolved: string | undefined; live: LiveSandbox }> {
  const { build } = record;
  const folder = workFolder(ctx.cloud, uuidOf(build.id), 1);
  const sources = await fetchSources(roleCtx, build, folder);
  const primary = sources.get("");
  const directory = primary?.folder ?? join(folder, "src");
  const env = plan.withBuildspec ? await envOf(roleCtx, build.source?.buildspec, directory) : NO_ENV;
  const variables = await resolveVariables(roleCtx, build, env);
  const log = new BuildLog(roleCtx, build, undefined);
  log.hide([credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken ?? "", ...variables.secrets]);
  const secondary = [...sources].filter(([name]) => name !== "").map(([name, one]) => [`CODEBUILD_SRC_DIR_${name}`, one.folder]);
  const resolved = primary?.resolvedVersion;
  const image = build.environment?.image ?? "";
  const spec: SandboxSpec = {
    folder,
    directory,
    variables: {
      ...ownVariables(ctx, build, plan.build, credentials),
      ...variables.values,
      ...plan.build.variables,
      CODEBUILD_SRC_DIR: directory,
      ...Object.fromEntries(secondary),
      ...(resolved === undefined ? {} : { CODEBUILD_RESOLVED_SOURCE_VERSION: resolved }),
    },
    shell: env.shell === "bash" ? "bash" : /amazonlinux|amazon-linux/.test(image) ? "sh-bash" : "sh",
    ...sizeOf(build.environment?.computeType, build.environment?.computeConfiguration),
    path: hooks.helpers === undefined ? [] : [hooks.helpers(ctx.cloud)],
    output: (line) => {
      live.sink?.(line);
      return log.output(line);
    },
  };
  // While a command runs the clock does not move: it has no more of the wall's time than of the clock's.
  const cancel = ctx.cloud.clock.wallTimeout((build.timeoutInMinutes ?? 60) * MINUTE_MS, () => void timeOut(ctx, build.id));
  const live: LiveSandbox = { sandbox: workshopOf(ctx.cloud).driver.open(spec), spec, log, cancel, sink: undefined };
  log.container("Sandbox is ready");
  return { resolved, live };
}

/** A buildspec that cannot be read is perhaps what somebody wants to look into: its variables are left out. */
async function envOf(ctx: Context, given: string | undefined, directory: string): Promise<Buildspec["env"]> {
  try {
    return parseBuildspec(await readBuildspec(ctx, given, directory)).env;
  } catch (error) {
    if (error instanceof PhaseFailure || error instanceof BuildspecError) return NO_ENV;
    throw error;
  }
}

function contextOf(error: unknown): PhaseContext {
  if (error instanceof PhaseFailure) return { statusCode: error.statusCode, message: error.message };
  if (error instanceof AwsException) return { statusCode: "CLIENT_ERROR", message: `${error.code}: ${error.message}` };
  return { statusCode: "INTERNAL_SERVICE_ERROR", message: messageOf(error) };
}
