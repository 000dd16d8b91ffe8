import type { BuildPhase, EnvironmentVariable, ProjectArtifacts, StartBuildInput } from "@aws-sdk/client-codebuild";
import { artifactArn, inputNamed } from "./artifacts.ts";
import { ActionFailure, failed } from "./failures.ts";
import type { ActionProgress, ActionRun, Artifact } from "./provider.ts";

/** What of a build is not the pipeline's: the project, and what the action's configuration changes of it. */
export interface BuildRequest {
  readonly projectName: string;
  readonly batch?: boolean;
  readonly combine?: boolean;
  /** The name of an input. */
  readonly primarySource?: string | undefined;
  readonly environment?: readonly EnvironmentVariable[];
  readonly more?: Pick<StartBuildInput, "buildspecOverride" | "serviceRoleOverride" | "environmentTypeOverride" | "computeTypeOverride">;
}

/** Calls of a pipeline name it: the initiator of a build is `codepipeline/<pipeline>`. */
export function asPipeline(run: ActionRun): ActionRun["ctx"] {
  const source = run.home.arn("codepipeline", run.pipelineName);
  return run.ctx.with({ principal: { ...run.ctx.principal, via: { service: "codepipeline.amazonaws.com", source } } });
}

/**
 * Starts the build of an action or a rule; its end wakes the run. Sources and artifacts of the type CODEPIPELINE are
 * zips in the artifact store: a source's version is `arn:aws:s3:::bucket/key`, an artifact's `location` the bucket and its
 * `name` the key. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
 */
export async function advanceBuild(run: ActionRun, request: BuildRequest): Promise<ActionProgress> {
  const id = run.memory?.["build"];
  if (typeof id === "string") return await lookAt(run, id, request.batch === true);
  const ctx = asPipeline(run);
  const input = buildInput(run, request);
  const started =
    request.batch === true
      ? (
          await ctx.call("codebuild", "StartBuildBatch", {
            ...input,
            ...(request.combine === true ? { buildBatchConfigOverride: { combineArtifacts: true } } : {}),
          })
        ).buildBatch?.id
      : (await ctx.call("codebuild", "StartBuild", input)).build?.id;
  return inProgress(run, started ?? "");
}

const consoleUrl = (run: ActionRun, id: string): string =>
  `https://console.aws.amazon.com/codebuild/home?region=${run.region}#/builds/${id}/view/new`;

const toldOf = (run: ActionRun, id: string) => ({ externalExecutionId: id, externalExecutionUrl: consoleUrl(run, id) });

function inProgress(run: ActionRun, id: string): ActionProgress {
  return { status: "InProgress", ...toldOf(run, id), memory: { build: id } };
}

function buildInput(run: ActionRun, request: BuildRequest): StartBuildInput {
  const primary = primaryOf(run, request.primarySource);
  const others = run.inputs.filter(({ name }) => name !== primary?.name);
  const secondary = others.map((input) => ({ sourceIdentifier: input.name, type: "CODEPIPELINE" as const }));
  const versions = others.map((input) => ({ sourceIdentifier: input.name, sourceVersion: artifactArn(input) }));
  return {
    projectName: request.projectName,
    idempotencyToken: run.actionExecutionId,
    sourceTypeOverride: primary === undefined ? "NO_SOURCE" : "CODEPIPELINE",
    ...(primary === undefined ? {} : { sourceVersion: artifactArn(primary) }),
    ...(others.length === 0 ? {} : { secondarySourcesOverride: secondary, secondarySourcesVersionOverride: versions }),
    ...outputsOf(run.outputs, request),
    ...(request.environment === undefined ? {} : { environmentVariablesOverride: [...request.environment] }),
    ...(run.encryptionKey === undefined ? {} : { encryptionKeyOverride: run.encryptionKey }),
    ...request.more,
  };
}

function primaryOf(run: ActionRun, name: string | undefined): Artifact | undefined {
  if (name !== undefined) return inputNamed(run, name);
  if (run.inputs.length > 1) {
    throw new ActionFailure("ConfigurationError", "PrimarySource is required for an action with several input artifacts.");
  }
  return run.inputs[0];
}

/**
 * One output is the build's artifact; several are its secondary ones, by their names. So is any of a batch whose artifacts are not
 * combined: its name is the identifier of the build that makes it.
 */
function outputsOf(
  outputs: readonly Artifact[],
  { batch, combine }: BuildRequest,
): Pick<StartBuildInput, "artifactsOverride" | "secondaryArtifactsOverride"> {
  const [only, ...more] = outputs;
  if (only === undefined) return { artifactsOverride: { type: "NO_ARTIFACTS" } };
  if (more.length === 0 && !(batch === true && combine !== true)) return { artifactsOverride: artifactOf(only) };
  return {
    artifactsOverride: { type: "NO_ARTIFACTS" },
    secondaryArtifactsOverride: outputs.map((output) => ({ ...artifactOf(output), artifactIdentifier: output.name })),
  };
}

function artifactOf({ bucket, key }: Artifact): ProjectArtifacts {
  return { type: "CODEPIPELINE", location: bucket, name: key, packaging: "ZIP" };
}

async function lookAt(run: ActionRun, id: string, batch: boolean): Promise<ActionProgress> {
  if (batch) {
    const found = (await run.ctx.call("codebuild", "BatchGetBuildBatches", { ids: [id] })).buildBatches?.[0];
    return progressOf(run, id, { status: found?.buildBatchStatus, phases: (found?.phases ?? []) as readonly BuildPhase[] });
  }
  const found = (await run.ctx.call("codebuild", "BatchGetBuilds", { ids: [id] })).builds?.[0];
  const exported = found?.exportedEnvironmentVariables?.map(({ name = "", value = "" }) => [name, value] as const);
  return progressOf(run, id, { status: found?.buildStatus, phases: found?.phases ?? [], variables: Object.fromEntries(exported ?? []) });
}

interface Seen {
  readonly status: string | undefined;
  readonly phases: readonly BuildPhase[];
  readonly variables?: Record<string, string>;
}

function progressOf(run: ActionRun, id: string, { status, phases, variables = {} }: Seen): ActionProgress {
  if (status === "IN_PROGRESS") return inProgress(run, id);
  if (status === "SUCCEEDED") return { status: "Succeeded", ...toldOf(run, id), variables };
  if (status === undefined) return failed("JobFailed", `The build ${id} is not there any more.`, toldOf(run, id));
  return failed("JobFailed", failureText(status, phases), toldOf(run, id));
}

/** Worded as AWS words it: `Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: …`. */
export function failureText(status: string, phases: readonly BuildPhase[]): string {
  const phase = phases.find(({ phaseStatus }) => phaseStatus !== undefined && !["SUCCEEDED", "IN_PROGRESS"].includes(phaseStatus));
  const context = phase?.contexts?.find(({ statusCode }) => statusCode !== undefined && statusCode !== "");
  const where = phase?.phaseType === undefined ? "" : `. Phase: ${phase.phaseType}`;
  const why = context === undefined ? "" : `, Code: ${context.statusCode}, Message: ${context.message ?? ""}`;
  return `Build terminated with state: ${status}${where}${why}`;
}

/** The JSON of `EnvironmentVariables`. @throws ActionFailure */
export function environmentOf(text: string | undefined): EnvironmentVariable[] {
  if (text === undefined || text === "") return [];
  const bad = new ActionFailure("ConfigurationError", "EnvironmentVariables is not a JSON array of objects with name, value and type.");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad;
  }
  if (!Array.isArray(parsed)) throw bad;
  return parsed.map((item: unknown) => {
    const { name, value, type = "PLAINTEXT" } = (item ?? {}) as Partial<EnvironmentVariable>;
    if (typeof name !== "string" || typeof value !== "string") throw bad;
    return { name, value, type };
  });
}
