import type {
  BuildArtifacts,
  EnvironmentVariable,
  LogsConfig,
  LogsLocation,
  ProjectArtifacts,
  ProjectEnvironment,
  ProjectSource,
  StartBuildInput,
} from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { emitPhase, emitState } from "./events.ts";
import { invalid, projectNotFound } from "./failures.ts";
import { buildArn, initiatorOf, nameOfProject, projectArn, uuidOf } from "./names.ts";
import { checkArtifacts, checkEnvironment, checkSource } from "./project-rules.ts";
import type { BuildOrigin, BuildPlan, BuildRecord, PhaseRecord, ProjectSettings } from "./records.ts";
import { type BuildRow, builds, type ProjectRow, projects } from "./store.ts";

const DEFAULT_TIMEOUT = 60;
const DEFAULT_QUEUED_TIMEOUT = 480;
const MINUTE_MS = 60_000;

/**
 * Stores a build and sends it on its way: the one door for StartBuild, retries, batches and webhooks. Synchronous, so that
 * whoever starts builds does it in a transaction of its own. A known `idempotencyToken` gives the build that it made.
 * @throws AwsException ResourceNotFoundException, InvalidInputException, AccountLimitExceededException
 */
export function startBuild(ctx: Context, input: StartBuildInput, origin: BuildOrigin = {}): BuildRecord {
  const name = nameOfProject(input.projectName ?? "");
  const project = ctx.get(projects.get, { name });
  if (project === undefined) throw projectNotFound(projectArn(ctx, name));
  const known = madeBefore(ctx, name, input);
  if (known !== undefined) return JSON.parse(known.record) as BuildRecord;
  const settings = JSON.parse(project.settings) as ProjectSettings;
  return ctx.tx(() => {
    checkLimit(ctx, name, settings);
    const number = ctx.get(projects.nextNumber, { name })?.builds ?? 1;
    const id = `${name}:${ctx.cloud.ids.uuid()}`;
    const plan = planOf(project, settings, input, origin);
    return storeBuild(ctx, recordOf(ctx, { id, number, settings, input, origin, plan }), plan, input.idempotencyToken);
  });
}

function madeBefore(ctx: Context, project: string, input: StartBuildInput): BuildRow | undefined {
  const token = input.idempotencyToken;
  const row = token === undefined ? undefined : ctx.get(builds.byToken, { project, token });
  if (row === undefined) return undefined;
  const before = (JSON.parse(row.plan) as BuildPlan).input;
  if (JSON.stringify(before) === JSON.stringify(plain(input))) return row;
  throw invalid("The idempotency token was used before with other parameters.");
}

const plain = (input: StartBuildInput): Record<string, unknown> => JSON.parse(JSON.stringify(input)) as Record<string, unknown>;

function checkLimit(ctx: Context, project: string, { concurrentBuildLimit }: ProjectSettings): void {
  if (concurrentBuildLimit === undefined || concurrentBuildLimit < 1) return;
  const count = ctx.get(builds.unfinished, { project })?.count ?? 0;
  if (count < concurrentBuildLimit) return;
  throw new AwsException(
    "AccountLimitExceededException",
    `Cannot have more than ${concurrentBuildLimit} active builds for the project ${project}`,
  );
}

/** What StartBuild's input makes of the project's settings. @throws AwsException InvalidInputException */
export function planOf(project: ProjectRow, settings: ProjectSettings, input: StartBuildInput, origin: BuildOrigin): BuildPlan {
  const artifacts = input.artifactsOverride ?? settings.artifacts ?? { type: "NO_ARTIFACTS" };
  const secondaryArtifacts = input.secondaryArtifactsOverride ?? settings.secondaryArtifacts ?? [];
  if (input.artifactsOverride !== undefined) checkArtifacts(artifacts);
  for (const artifact of input.secondaryArtifactsOverride ?? []) checkArtifacts(artifact);
  return {
    artifacts,
    secondaryArtifacts,
    logsConfig: { ...settings.logsConfig, ...input.logsConfigOverride },
    input: plain(input),
    variables: {
      ...(origin.batch === undefined ? {} : { CODEBUILD_BATCH_BUILD_IDENTIFIER: origin.batch.identifier }),
      ...origin.variables,
    },
    cacheVersion: project.cache_version,
    ...(origin.retries === undefined ? {} : { retries: origin.retries }),
  };
}

export interface Parts {
  readonly id: string;
  readonly number: number;
  readonly settings: ProjectSettings;
  readonly input: StartBuildInput;
  readonly origin: BuildOrigin;
  readonly plan: BuildPlan;
}

/** A build as it is before it is stored. @throws AwsException InvalidInputException */
export function recordOf(ctx: Context, { id, number, settings, input, origin, plan }: Parts): BuildRecord {
  const source = sourceOf(settings, input);
  const environment = environmentOf(settings, input);
  const sourceVersion = nonEmpty(input.sourceVersion) ?? nonEmpty(settings.sourceVersion);
  const cache = input.cacheOverride ?? settings.cache;
  const key = input.encryptionKeyOverride ?? settings.encryptionKey;
  const secondaryVersions = input.secondarySourcesVersionOverride ?? settings.secondarySourceVersions;
  const limit = input.autoRetryLimitOverride ?? settings.autoRetryLimit;
  return {
    id,
    arn: buildArn(ctx, id),
    buildNumber: number,
    startTime: ctx.now,
    currentPhase: "QUEUED",
    buildStatus: "IN_PROGRESS",
    ...(sourceVersion === undefined ? {} : { sourceVersion }),
    projectName: id.slice(0, id.lastIndexOf(":")),
    phases: [
      { phaseType: "SUBMITTED", phaseStatus: "SUCCEEDED", startTime: ctx.now, endTime: ctx.now, durationInSeconds: 0 },
      { phaseType: "QUEUED", startTime: ctx.now },
    ],
    source,
    secondarySources: [...(input.secondarySourcesOverride ?? settings.secondarySources ?? [])],
    ...(secondaryVersions === undefined ? {} : { secondarySourceVersions: [...secondaryVersions] }),
    artifacts: buildArtifacts(plan.artifacts),
    secondaryArtifacts: plan.secondaryArtifacts.map(buildArtifacts),
    ...(cache === undefined ? {} : { cache }),
    environment,
    serviceRole: input.serviceRoleOverride ?? settings.serviceRole ?? "",
    logs: logsOf(ctx, id, plan.logsConfig),
    timeoutInMinutes: input.timeoutInMinutesOverride ?? settings.timeoutInMinutes ?? DEFAULT_TIMEOUT,
    queuedTimeoutInMinutes: input.queuedTimeoutInMinutesOverride ?? settings.queuedTimeoutInMinutes ?? DEFAULT_QUEUED_TIMEOUT,
    buildComplete: false,
    initiator: origin.initiator ?? initiatorOf(ctx),
    encryptionKey: key ?? ctx.arn("kms", "alias/aws/s3"),
    ...(origin.batch === undefined ? {} : { buildBatchArn: origin.batch.arn }),
    ...(limit === undefined || limit === 0
      ? {}
      : {
          autoRetryConfig: {
            autoRetryLimit: limit,
            autoRetryNumber: origin.retryOf?.automatic ?? 0,
            ...(origin.retryOf?.automatic === undefined ? {} : { previousAutoRetry: origin.retryOf.arn }),
          },
        }),
  };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

/** Another type makes the rest of the project's source meaningless, but for its buildspec. */
function sourceOf(settings: ProjectSettings, input: StartBuildInput): ProjectSource {
  const own: ProjectSource = settings.source ?? { type: "NO_SOURCE" };
  const type = input.sourceTypeOverride ?? own.type;
  const base: ProjectSource = type === own.type ? own : { type, ...(own.buildspec === undefined ? {} : { buildspec: own.buildspec }) };
  const source: ProjectSource = {
    ...base,
    type,
    ...(input.sourceLocationOverride === undefined ? {} : { location: input.sourceLocationOverride }),
    ...(input.gitCloneDepthOverride === undefined ? {} : { gitCloneDepth: input.gitCloneDepthOverride }),
    ...(input.gitSubmodulesConfigOverride === undefined ? {} : { gitSubmodulesConfig: input.gitSubmodulesConfigOverride }),
    ...(input.buildspecOverride === undefined ? {} : { buildspec: input.buildspecOverride }),
    ...(input.sourceAuthOverride === undefined ? {} : { auth: input.sourceAuthOverride }),
    ...(input.insecureSslOverride === undefined ? {} : { insecureSsl: input.insecureSslOverride }),
    ...(input.reportBuildStatusOverride === undefined ? {} : { reportBuildStatus: input.reportBuildStatusOverride }),
    ...(input.buildStatusConfigOverride === undefined ? {} : { buildStatusConfig: input.buildStatusConfigOverride }),
  };
  checkSource(source, { ofBuild: true });
  return source;
}

function environmentOf(settings: ProjectSettings, input: StartBuildInput): ProjectEnvironment {
  const own = settings.environment;
  const environment: ProjectEnvironment = {
    ...own,
    type: input.environmentTypeOverride ?? own?.type ?? "LINUX_CONTAINER",
    image: input.imageOverride ?? own?.image ?? "",
    computeType: input.computeTypeOverride ?? own?.computeType ?? "BUILD_GENERAL1_SMALL",
    environmentVariables: mergedVariables(own?.environmentVariables ?? [], input.environmentVariablesOverride ?? []),
    ...(input.privilegedModeOverride === undefined ? {} : { privilegedMode: input.privilegedModeOverride }),
    ...(input.certificateOverride === undefined ? {} : { certificate: input.certificateOverride }),
    ...(input.registryCredentialOverride === undefined ? {} : { registryCredential: input.registryCredentialOverride }),
    ...(input.imagePullCredentialsTypeOverride === undefined ? {} : { imagePullCredentialsType: input.imagePullCredentialsTypeOverride }),
  };
  checkEnvironment(environment);
  return environment;
}

function mergedVariables(own: readonly EnvironmentVariable[], over: readonly EnvironmentVariable[]): EnvironmentVariable[] {
  const byName = new Map(own.map((variable) => [variable.name, variable]));
  for (const variable of over) byName.set(variable.name, { type: "PLAINTEXT", ...variable });
  return [...byName.values()];
}

/** Before the upload it says where the artifact will be, as far as that is known. */
function buildArtifacts(artifacts: ProjectArtifacts): BuildArtifacts {
  const identifier = artifacts.artifactIdentifier === undefined ? {} : { artifactIdentifier: artifacts.artifactIdentifier };
  if (artifacts.type === "NO_ARTIFACTS" || artifacts.location === undefined) return { location: "", ...identifier };
  return {
    ...identifier,
    location: `arn:aws:s3:::${[artifacts.location, artifacts.path, artifacts.name].filter((part) => part !== undefined && part !== "").join("/")}`,
    ...(artifacts.overrideArtifactName === undefined ? {} : { overrideArtifactName: artifacts.overrideArtifactName }),
    encryptionDisabled: artifacts.encryptionDisabled ?? false,
  };
}

function logsOf(ctx: Context, id: string, config: LogsConfig): LogsLocation {
  const { cloudWatchLogs, s3Logs } = config;
  const uuid = uuidOf(id);
  const enabled = cloudWatchLogs?.status !== "DISABLED";
  const groupName = cloudWatchLogs?.groupName ?? `/aws/codebuild/${id.slice(0, id.lastIndexOf(":"))}`;
  const streamName = cloudWatchLogs?.streamName === undefined ? uuid : `${cloudWatchLogs.streamName}/${uuid}`;
  const s3 = s3Logs?.status === "ENABLED" && s3Logs.location !== undefined ? `${s3Logs.location}/${uuid}.gz` : undefined;
  return {
    ...(enabled
      ? {
          groupName,
          streamName,
          deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${ctx.region}#logsV2:log-groups/log-group/${encodeURIComponent(groupName)}/log-events/${encodeURIComponent(streamName)}`,
          cloudWatchLogsArn: ctx.arn("logs", `log-group:${groupName}:log-stream:${streamName}`),
        }
      : {}),
    ...(s3 === undefined
      ? {}
      : { s3LogsArn: `arn:aws:s3:::${s3}`, s3DeepLink: `https://s3.console.aws.amazon.com/s3/object/${s3}?region=${ctx.region}` }),
    cloudWatchLogs: { status: "ENABLED", ...cloudWatchLogs },
    s3Logs: { status: "DISABLED", encryptionDisabled: false, ...s3Logs },
  };
}

function storeBuild(ctx: Context, record: BuildRecord, plan: BuildPlan, token: string | undefined): BuildRecord {
  const [submitted] = record.phases as readonly [PhaseRecord];
  const first = emitState(
    ctx,
    record,
    `${record.initiator ?? "somebody"} started build ${record.buildNumber ?? 0} of ${record.projectName}`,
  );
  const because = emitPhase(ctx.with({ cause: first }), record, submitted);
  ctx.run(builds.insert, {
    id: record.id,
    arn: record.arn,
    project: record.projectName,
    number: record.buildNumber ?? 0,
    started: record.startTime,
    token: token ?? null,
    batch: record.buildBatchArn ?? null,
    record: JSON.stringify(record),
    plan: JSON.stringify(plan),
    because,
  });
  const next = ctx.with({ cause: because });
  next.send("codebuild.run", { id: record.id });
  next.send(
    "codebuild.queueTimeout",
    { id: record.id },
    { delay: (record.queuedTimeoutInMinutes ?? DEFAULT_QUEUED_TIMEOUT) * MINUTE_MS, quiet: true },
  );
  ctx.claim(record.id);
  return record;
}
