import type { ProjectBuildBatchConfig, StartBuildBatchInput, StartBuildInput } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import { invalid, projectNotFound } from "../failures.ts";
import { batchArn, nameOfProject, projectArn } from "../names.ts";
import { checkBatchConfig } from "../project-rules.ts";
import type { BuildPlan, BuildRecord, ProjectSettings } from "../records.ts";
import { planOf, recordOf } from "../start.ts";
import { projects } from "../store.ts";
import { ofRow } from "./batch.ts";
import { emitBatch } from "./events.ts";
import type { BatchPlan, BatchRecord } from "./records.ts";
import { batches } from "./store.ts";

/** As long as the longest batch may take, when its project does not say. */
const DEFAULT_TIMEOUT = 480;
const MINUTE_MS = 60_000;

/** Of whoever starts a batch. */
export interface BatchOrigin {
  readonly initiator?: string;
  /** `CODEBUILD_WEBHOOK_*`, for all of its builds. */
  readonly variables?: Readonly<Record<string, string>>;
}

const plain = (input: object): Record<string, unknown> => JSON.parse(JSON.stringify(input)) as Record<string, unknown>;

/**
 * Stores a batch and sends it on its way: for StartBuildBatch and webhooks. A known `idempotencyToken` gives the batch that it made.
 * @throws AwsException ResourceNotFoundException, InvalidInputException
 */
export function startBatch(ctx: Context, input: StartBuildBatchInput, origin: BatchOrigin = {}): BatchRecord {
  const name = nameOfProject(input.projectName ?? "");
  const project = ctx.get(projects.get, { name });
  if (project === undefined) throw projectNotFound(projectArn(ctx, name));
  const known = madeBefore(ctx, name, input);
  if (known !== undefined) return known;
  if (input.debugSessionEnabled === true) throw notImplemented("codebuild", "StartBuildBatch", "debugSessionEnabled");
  const settings = JSON.parse(project.settings) as ProjectSettings;
  const config: ProjectBuildBatchConfig = { ...settings.buildBatchConfig, ...input.buildBatchConfigOverride };
  checkBatchConfig(config);
  if (config.serviceRole === undefined) throw invalid("Batch builds need a batch service role: buildBatchConfig of the project has none");
  const build = buildInput(name, input);
  return ctx.tx(() => {
    const number = ctx.get(batches.nextNumber, { name })?.batches ?? 1;
    const id = `${name}:${ctx.cloud.ids.uuid()}`;
    const plan = planOf(project, settings, build, {});
    const model = recordOf(ctx, { id, number, settings, input: build, origin, plan });
    return store(ctx, recordOfBatch(ctx, { model, plan, config, number }), {
      given: plain(input),
      input: build,
      config,
      artifacts: plan.artifacts,
      secondaryArtifacts: plan.secondaryArtifacts,
      model,
      fastFail: false,
      groups: [],
      variables: origin.variables ?? {},
    });
  });
}

function madeBefore(ctx: Context, project: string, input: StartBuildBatchInput): BatchRecord | undefined {
  const token = input.idempotencyToken;
  const row = token === undefined ? undefined : ctx.get(batches.byToken, { project, token });
  if (row === undefined) return undefined;
  const { plan, record } = ofRow(row);
  if (JSON.stringify(plan.given) === JSON.stringify(plain(input))) return record;
  throw invalid("The idempotency token was used before with other parameters.");
}

/** What of a batch is every build's: all but what has a meaning for the batch alone. */
function buildInput(projectName: string, input: StartBuildBatchInput): StartBuildInput {
  const {
    idempotencyToken: _token,
    buildBatchConfigOverride: _config,
    debugSessionEnabled: _debug,
    reportBuildBatchStatusOverride: report,
    buildTimeoutInMinutesOverride: timeout,
    ...same
  } = input;
  return {
    ...same,
    projectName,
    ...(timeout === undefined ? {} : { timeoutInMinutesOverride: timeout }),
    ...(report === undefined ? {} : { reportBuildStatusOverride: report }),
  };
}

interface Parts {
  readonly model: BuildRecord;
  readonly plan: BuildPlan;
  readonly config: ProjectBuildBatchConfig;
  readonly number: number;
}

function recordOfBatch(ctx: Context, { model, plan, config, number }: Parts): BatchRecord {
  const { id, source, environment, serviceRole, artifacts, cache, initiator, encryptionKey, sourceVersion } = model;
  return {
    id,
    arn: batchArn(ctx, id),
    projectName: model.projectName,
    startTime: ctx.now,
    currentPhase: "DOWNLOAD_BATCHSPEC",
    buildBatchStatus: "IN_PROGRESS",
    ...(sourceVersion === undefined ? {} : { sourceVersion }),
    phases: [
      {
        phaseType: "SUBMITTED",
        phaseStatus: "SUCCEEDED",
        startTime: ctx.now,
        endTime: ctx.now,
        durationInSeconds: 0,
        contexts: [{ statusCode: "", message: "" }],
      },
      { phaseType: "DOWNLOAD_BATCHSPEC", startTime: ctx.now },
    ],
    ...(source === undefined ? {} : { source }),
    secondarySources: model.secondarySources ?? [],
    ...(model.secondarySourceVersions === undefined ? {} : { secondarySourceVersions: model.secondarySourceVersions }),
    ...(artifacts === undefined ? {} : { artifacts }),
    secondaryArtifacts: model.secondaryArtifacts ?? [],
    ...(cache === undefined ? {} : { cache }),
    ...(environment === undefined ? {} : { environment }),
    ...(serviceRole === undefined ? {} : { serviceRole }),
    logConfig: plan.logsConfig,
    buildTimeoutInMinutes: model.timeoutInMinutes ?? 60,
    queuedTimeoutInMinutes: model.queuedTimeoutInMinutes ?? 480,
    complete: false,
    ...(initiator === undefined ? {} : { initiator }),
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
    buildBatchNumber: number,
    buildBatchConfig: { combineArtifacts: false, ...config, timeoutInMins: config.timeoutInMins ?? DEFAULT_TIMEOUT },
    buildGroups: [],
    debugSessionEnabled: false,
  };
}

function store(ctx: Context, record: BatchRecord, plan: BatchPlan): BatchRecord {
  const because = emitBatch(
    ctx,
    record,
    `${record.initiator ?? "somebody"} started batch ${record.buildBatchNumber ?? 0} of ${record.projectName}`,
  );
  const token = plan.given["idempotencyToken"];
  ctx.run(batches.insert, {
    id: record.id,
    arn: record.arn,
    project: record.projectName,
    started: record.startTime,
    token: typeof token === "string" ? token : null,
    record: JSON.stringify(record),
    plan: JSON.stringify(plan),
    because,
  });
  sendOn(ctx.with({ cause: because }), record);
  ctx.claim(record.id);
  return record;
}

/** What reads its buildspec, and what ends it when it takes too long. */
export function sendOn(ctx: Context, record: BatchRecord): void {
  ctx.send("codebuild.batch", { id: record.id });
  const minutes = record.buildBatchConfig?.timeoutInMins ?? DEFAULT_TIMEOUT;
  ctx.send("codebuild.batchTimeout", { id: record.id, started: record.startTime }, { delay: minutes * MINUTE_MS, quiet: true });
}
