import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildArtifacts, ProjectArtifacts } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { Message } from "../../../aws/service.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { unpackArchive } from "../../../runtime/builds/archive.ts";
import type { PhaseContext } from "../../../runtime/builds/phases.ts";
import { uploadArtifacts } from "../artifacts.ts";
import { type Buildspec, BuildspecError, parseBuildspec } from "../buildspec.ts";
import { isFile, readBuildspec } from "../buildspec-file.ts";
import { projectArn, uuidOf } from "../names.ts";
import { clientError, PhaseFailure } from "../phase-failure.ts";
import { assumeRole } from "../role.ts";
import { fetchFolder, fetchObject, splitLocation } from "../s3.ts";
import { fetchSources } from "../sources.ts";
import { stop } from "../stop.ts";
import { workFolder } from "../workshop.ts";
import { advance, endBatch } from "./advance.ts";
import { type Batch, nextPhase, openBatch, saveBatch } from "./batch.ts";
import { type GroupPlan, groupsOf } from "./groups.ts";
import type { GroupRecord } from "./records.ts";
import { batches } from "./store.ts";

const DEFAULT_MOST = 100;
const ALL_FILES: NonNullable<Buildspec["artifacts"]> = {
  files: ["**/*"],
  name: undefined,
  discardPaths: false,
  baseDirectory: undefined,
  excludePaths: [],
  enableSymlinks: true,
  s3Prefix: undefined,
  secondary: {},
};

const idOf = ({ payload }: Message): string => String(payload["id"]);

/** As the API tells of what went wrong. */
function contextOf(error: unknown): PhaseContext {
  if (error instanceof PhaseFailure) return { statusCode: error.statusCode, message: error.message };
  if (error instanceof BuildspecError) return { statusCode: "YAML_FILE_ERROR", message: error.message };
  if (error instanceof AwsException) return { statusCode: "CLIENT_ERROR", message: `${error.code}: ${error.message}` };
  return { statusCode: "INTERNAL_SERVICE_ERROR", message: messageOf(error) };
}

/** `codebuild.batch`: reads the batch's buildspec, unless a retry knows it, and starts its first builds. */
export async function batchMessage(ctx: Context, message: Message): Promise<void> {
  const id = idOf(message);
  const batch = openBatch(ctx, id);
  if (batch?.record.currentPhase === "IN_PROGRESS") return await tryAgain(ctx, batch);
  if (batch?.record.currentPhase !== "DOWNLOAD_BATCHSPEC") return;
  let read: Read;
  try {
    read = await readBatchspec(ctx, batch);
  } catch (error) {
    ctx.tx(() => {
      const open = openBatch(ctx, id);
      if (open !== undefined) endBatch(ctx, open, { status: "FAILED", context: contextOf(error) });
    });
    return;
  }
  ctx.tx(() => {
    const open = openBatch(ctx, id);
    if (open === undefined || open.record.currentPhase !== "DOWNLOAD_BATCHSPEC") return;
    const { groups, fastFail, resolvedVersion } = read;
    const known = new Map(open.record.buildGroups.map((group) => [group.identifier, group]));
    const record = {
      ...nextPhase(open.record, ctx.now, { status: "SUCCEEDED" }, "IN_PROGRESS"),
      ...(resolvedVersion === undefined ? {} : { resolvedSourceVersion: resolvedVersion }),
      buildGroups: groups.map(({ identifier, dependsOn, ignoreFailure }): GroupRecord => {
        const before = known.get(identifier);
        return before ?? { identifier, dependsOn: [...dependsOn], ignoreFailure, priorBuildSummaryList: [] };
      }),
    };
    saveBatch(ctx, { ...open, record, plan: { ...open.plan, groups, fastFail } });
    advance(ctx, id);
  });
}

/** The role may have changed since. A batch whose builds run already was begun before the server ended. */
async function tryAgain(ctx: Context, { id, plan, record }: Batch): Promise<void> {
  if (record.buildGroups.some(({ currentBuildSummary: build }) => build?.buildStatus === "IN_PROGRESS")) return;
  let context: PhaseContext | undefined;
  try {
    await checkAuthority(ctx, { plan, record });
  } catch (error) {
    context = contextOf(error);
  }
  ctx.tx(() => {
    const open = openBatch(ctx, id);
    if (open === undefined || open.record.currentPhase !== "IN_PROGRESS") return;
    if (context === undefined) advance(ctx, id);
    else endBatch(ctx, open, { status: "FAILED", context });
  });
}

interface Read {
  readonly groups: readonly GroupPlan[];
  readonly fastFail: boolean;
  readonly resolvedVersion: string | undefined;
}

async function readBatchspec(ctx: Context, batch: Batch): Promise<Read> {
  const { model, input } = batch.plan;
  const { roleCtx } = await assumeRole(ctx, model);
  const given = model.source?.buildspec;
  const folder = workFolder(ctx.cloud, uuidOf(batch.id), 1);
  try {
    const sources = isFile(given) ? await fetchSources(roleCtx, { ...model, secondarySources: [] }, folder) : undefined;
    const source = sources?.get("");
    const { batch: section } = parseBuildspec(await readBuildspec(roleCtx, given, source?.folder ?? join(folder, "src")));
    if (section === undefined) throw new BuildspecError("The buildspec has no batch section");
    const groups = groupsOf(section);
    checkRestrictions(batch, groups, input.computeTypeOverride ?? model.environment?.computeType);
    await checkAuthority(ctx, batch);
    return { groups, fastFail: section.fastFail, resolvedVersion: source?.resolvedVersion };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BatchRestrictions.html @throws PhaseFailure */
function checkRestrictions({ plan }: Batch, groups: readonly GroupPlan[], own: string | undefined): void {
  const { maximumBuildsAllowed: most = DEFAULT_MOST, computeTypesAllowed = [] } = plan.config.restrictions ?? {};
  if (groups.length > most) throw clientError(`The batch has ${groups.length} builds, and ${most} are allowed`);
  for (const { identifier, overrides } of groups) {
    const type = overrides.computeTypeOverride ?? own ?? "";
    if (computeTypesAllowed.length > 0 && !computeTypesAllowed.includes(type))
      throw clientError(`The compute type ${type} of ${identifier} is not allowed for batch builds of the project`);
  }
}

/** The batch's own role starts, stops and retries its builds. https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html */
async function checkAuthority(ctx: Context, { plan, record }: Pick<Batch, "plan" | "record">): Promise<void> {
  const { roleCtx } = await assumeRole(ctx, { ...plan.model, serviceRole: plan.config.serviceRole ?? "" });
  const resource = projectArn(ctx, record.projectName);
  for (const action of ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild"]) {
    const request = { principal: roleCtx.principal, action, resource, conditions: {} };
    if (!ctx.cloud.identity.decide(request).allowed)
      throw clientError(
        `AccessDeniedException: User: ${roleCtx.principal.arn} is not authorized to perform: ${action} on resource: ${resource}`,
      );
  }
}

/** `codebuild.batchStop`: ends the builds that still run; the last of them ends the batch. */
export async function batchStopMessage(ctx: Context, message: Message): Promise<void> {
  const batch = openBatch(ctx, idOf(message));
  if (batch === undefined) return;
  const running = ctx.all(batches.buildsOf, { batch: batch.record.arn }).filter(({ state }) => state !== "OVER");
  await Promise.all(running.map(({ id }) => stop(ctx, id)));
  ctx.tx(() => advance(ctx, batch.id));
}

/** `codebuild.batchTimeout`: a batch that is still under way is no longer. */
export function batchTimeoutMessage(ctx: Context, message: Message): void {
  ctx.tx(() => {
    const batch = openBatch(ctx, idOf(message));
    if (batch === undefined || batch.record.startTime !== message.payload["started"]) return;
    askToEnd(
      ctx,
      batch,
      "TIMED_OUT",
      `it has taken ${batch.plan.config.timeoutInMins ?? batch.record.buildBatchConfig?.timeoutInMins} minutes`,
    );
  });
}

/** To be called in a transaction. */
export function askToEnd(ctx: Context, batch: Batch, ending: "STOPPED" | "TIMED_OUT", rule: string): void {
  if (batch.ending !== null) return;
  const type = ending === "STOPPED" ? "Batch Stop Requested" : "Batch timed out";
  const cause = ctx.emit({
    source: "aws.codebuild",
    type,
    resources: [batch.record.arn],
    detail: { id: batch.id, by: ctx.principal.arn },
    rule,
  });
  saveBatch(ctx, { ...batch, ending, because: cause });
  ctx.with({ cause }).send("codebuild.batchStop", { id: batch.id });
}

/** `codebuild.batchCombine`: puts what the builds made into one place, and ends the batch. */
export async function batchCombineMessage(ctx: Context, message: Message): Promise<void> {
  const batch = openBatch(ctx, idOf(message));
  if (batch === undefined || batch.record.currentPhase !== "COMBINE_ARTIFACTS") return;
  let combined: Combined | undefined;
  let context: PhaseContext | undefined;
  try {
    combined = await combineArtifacts(ctx, batch);
  } catch (error) {
    context = contextOf(error);
  }
  ctx.tx(() => {
    const open = openBatch(ctx, batch.id);
    if (open === undefined) return;
    const end = context === undefined ? { status: "SUCCEEDED" as const } : { status: "FAILED" as const, context };
    endBatch(ctx, { ...open, record: { ...open.record, ...combined } }, end);
  });
}

interface Combined {
  readonly artifacts: BuildArtifacts;
  readonly secondaryArtifacts: BuildArtifacts[];
}

async function combineArtifacts(ctx: Context, batch: Batch): Promise<Combined> {
  const { plan } = batch;
  const { roleCtx } = await assumeRole(ctx, plan.model);
  const folder = workFolder(ctx.cloud, uuidOf(batch.id), 2);
  const combine = async (artifact: ProjectArtifacts, at: number): Promise<BuildArtifacts> => {
    const into = join(folder, String(at));
    for (const { identifier } of plan.groups) await bring(roleCtx, batch, { identifier, artifact, into });
    const { artifactIdentifier, ...place } = artifact;
    const { artifacts } = await uploadArtifacts({
      ctx: roleCtx,
      build: plan.model,
      plan: { artifacts: place, secondaryArtifacts: [] },
      buildspec: { artifacts: ALL_FILES },
      folder,
      sourceFolder: into,
      log: () => undefined,
      expand: (text) => Promise.resolve(text),
    });
    return artifactIdentifier === undefined ? artifacts : { ...artifacts, artifactIdentifier };
  };
  try {
    const artifacts = plan.artifacts.type === "NO_ARTIFACTS" ? { location: "" } : await combine(plan.artifacts, 0);
    const secondaryArtifacts: BuildArtifacts[] = [];
    for (const [i, artifact] of plan.secondaryArtifacts.entries()) secondaryArtifacts.push(await combine(artifact, i + 1));
    return { artifacts, secondaryArtifacts };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Copies one group's artifact into the folder; a group whose failure is ignored may have none. */
async function bring(
  ctx: Context,
  batch: Batch,
  { identifier, artifact, into }: { readonly identifier: string; readonly artifact: ProjectArtifacts; readonly into: string },
): Promise<void> {
  const group = batch.record.buildGroups.find((one) => one.identifier === identifier)?.currentBuildSummary;
  const made = [group?.primaryArtifact, ...(group?.secondaryArtifacts ?? [])].find(
    (one) => one?.identifier === artifact.artifactIdentifier,
  );
  if (group?.buildStatus !== "SUCCEEDED" || made?.location === undefined) return;
  const { bucket, key } = splitLocation(made.location);
  if (artifact.type === "CODEPIPELINE" || artifact.packaging === "ZIP") {
    await unpackArchive((await fetchObject(ctx, bucket, key, undefined)).bytes, into);
  } else await fetchFolder(ctx, bucket, key === "" ? key : `${key}/`, into);
}
