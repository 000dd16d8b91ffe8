import type { ActionTypeId, Artifact, AWSSessionCredentials, JobData } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import type { ActionRun } from "./actions/provider.ts";
import { endOpenJobs, insertJob, type JobRow, selectActionType, selectJob, selectOffers, updateJob } from "./jobs-store.ts";
import { wake } from "./wake.ts";

/** How a job ended, as its worker told. */
export interface JobResult {
  readonly continuationToken?: string;
  readonly summary?: string;
  readonly externalExecutionId?: string;
  readonly percentComplete?: number;
  readonly revision?: { readonly id: string; readonly summary?: string; readonly created?: number };
  readonly variables?: Readonly<Record<string, string>>;
  readonly failure?: { readonly type: string; readonly message: string };
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html: 122,880 bytes for the output variables of an action. */
const MOST_VARIABLE_BYTES = 122_880;
/** A job that was given out and not acknowledged is given out again after so long. */
const OFFER_AGAIN_MS = 60_000;
const CREDENTIAL_SECONDS = 3_600;

const typeKey = (id: Partial<ActionTypeId>): string => [id.category, id.owner, id.provider, id.version].join("/");

function jobArtifact({ name, bucket, key, revision }: ActionRun["inputs"][number]): Artifact {
  return {
    name,
    location: { type: "S3", s3Location: { bucketName: bucket, objectKey: key } },
    ...(revision === undefined ? {} : { revision }),
  };
}

function jobData(run: ActionRun, actionTypeId: ActionTypeId): JobData {
  return {
    actionTypeId,
    actionConfiguration: { configuration: { ...run.configuration } },
    pipelineContext: {
      pipelineName: run.pipelineName,
      stage: { name: run.stageName },
      action: { name: run.actionName, actionExecutionId: run.actionExecutionId },
      pipelineArn: run.home.arn("codepipeline", run.pipelineName),
      pipelineExecutionId: run.pipelineExecutionId,
    },
    inputArtifacts: run.inputs.map(jobArtifact),
    outputArtifacts: run.outputs.map((output) => jobArtifact(output)),
    ...(run.encryptionKey === undefined ? {} : { encryptionKey: { id: run.encryptionKey, type: "KMS" } }),
  };
}

export interface NewJob {
  readonly type: ActionTypeId;
  readonly status: "Queued" | "InProgress";
  /** Virtual ms. */
  readonly due?: number;
  readonly token?: string | undefined;
}

/** Makes a job for a run, to be called in no transaction of another service. Answers its id. */
export function createJob(run: ActionRun, { type, status, due, token }: NewJob): string {
  const { home } = run;
  const id = home.cloud.ids.uuid();
  home.run(insertJob, {
    id,
    run: run.actionExecutionId,
    type: typeKey(type),
    status,
    nonce: null,
    data: JSON.stringify(jobData(run, type)),
    role: run.roleArn,
    token: token ?? null,
    due: due ?? null,
    offered: null,
    result: null,
  });
  return id;
}

/** Nobody may answer the jobs of a run any more. */
export function endJobs(run: ActionRun): void {
  run.home.run(endOpenJobs, { run: run.actionExecutionId });
}

/** Temporary credentials of the action's role that reach the artifacts of the job and nothing else. */
function credentialsOf(ctx: Context, job: JobRow): AWSSessionCredentials {
  const { inputArtifacts = [], outputArtifacts = [] } = JSON.parse(job.data) as JobData;
  const arnOf = ({ location }: Artifact): string => `arn:aws:s3:::${location?.s3Location?.bucketName}/${location?.s3Location?.objectKey}`;
  const statement = (Action: readonly string[], Resource: readonly string[]) =>
    Resource.length === 0 ? [] : [{ Effect: "Allow", Action, Resource }];
  const policy = {
    Version: "2012-10-17",
    Statement: [
      ...statement(["s3:GetObject", "s3:GetObjectVersion"], inputArtifacts.map(arnOf)),
      ...statement(["s3:PutObject", "s3:PutObjectAcl"], outputArtifacts.map(arnOf)),
      ...statement(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"], ["*"]),
    ],
  };
  const {
    accessKeyId,
    secretAccessKey,
    sessionToken = "",
  } = ctx.cloud.identity.issue({
    account: ctx.account,
    roleArn: job.role,
    sessionName: job.id,
    seconds: CREDENTIAL_SECONDS,
    policies: [JSON.stringify(policy)],
  });
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** The data of a job as its worker gets it. */
export function dataOf(ctx: Context, job: JobRow): JobData {
  const data = JSON.parse(job.data) as JobData;
  return {
    ...data,
    artifactCredentials: credentialsOf(ctx, job),
    ...(job.token === null ? {} : { continuationToken: job.token }),
  };
}

/** @throws AwsException JobNotFoundException */
function requireJob(ctx: Context, id: string | undefined): JobRow {
  const job = ctx.get(selectJob, { id: id ?? "" });
  if (job === undefined) throw new AwsException("JobNotFoundException", `The job ${id} was not found`);
  return job;
}

/** @throws AwsException InvalidJobStateException */
function requireOpen(job: JobRow): void {
  if (job.status === "InProgress") return;
  throw new AwsException("InvalidJobStateException", `The job ${job.id} is in the state ${job.status}, and not in InProgress`);
}

function emitJob(ctx: Context, job: JobRow, type: string, detail: Record<string, unknown>): string {
  const { pipelineContext } = JSON.parse(job.data) as JobData;
  return ctx.emit({
    source: "aws.codepipeline",
    type,
    resources: [pipelineContext?.pipelineArn ?? ""],
    detail: {
      pipeline: pipelineContext?.pipelineName,
      "execution-id": pipelineContext?.pipelineExecutionId,
      stage: pipelineContext?.stage?.name,
      action: pipelineContext?.action?.name,
      "action-execution-id": job.run,
      "job-id": job.id,
      ...detail,
    },
  });
}

function finish(ctx: Context, job: JobRow, status: "Succeeded" | "Failed", result: JobResult): void {
  requireOpen(job);
  ctx.tx(() => {
    ctx.run(updateJob, { id: job.id, nonce: job.nonce, offered: job.offered, status, result: JSON.stringify(result) });
    const type = status === "Failed" ? "Job failed" : result.continuationToken === undefined ? "Job succeeded" : "Job goes on";
    const detail = {
      ...(result.summary === undefined ? {} : { summary: result.summary }),
      ...(result.failure === undefined ? {} : result.failure),
    };
    wake(ctx.with({ cause: emitJob(ctx, job, type, detail) }), job.run);
  });
}

/** Only types that the account made itself can be asked for. @throws AwsException ActionTypeNotFoundException, ValidationException */
function requirePollable(ctx: Context, id: ActionTypeId | undefined): void {
  if (id?.owner !== "Custom")
    throw new AwsException("ValidationException", "PollForJobs is only valid for action types with the owner Custom");
  const { category = "Build", provider = "", version = "" } = id;
  const row = ctx.get(selectActionType, { category, provider, version });
  if (row === undefined || row.deleted !== 0) {
    throw new AwsException("ActionTypeNotFoundException", `The action type ${typeKey(id)} was not found`);
  }
}

function isAskedFor(job: JobRow, query: Readonly<Record<string, string>> | undefined): boolean {
  const { configuration = {} } = (JSON.parse(job.data) as JobData).actionConfiguration ?? {};
  return Object.entries(query ?? {}).every(([key, value]) => configuration[key] === value);
}

/** The API of job workers: https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-create-custom-action.html */
export const jobs = {
  PollForJobs: (input, ctx) => {
    requirePollable(ctx, input.actionTypeId);
    const offers = ctx.all(selectOffers, { type: typeKey(input.actionTypeId ?? {}), before: ctx.now - OFFER_AGAIN_MS });
    const chosen = offers.filter((job) => isAskedFor(job, input.queryParam)).slice(0, input.maxBatchSize ?? 1);
    return ctx.tx(() => ({
      jobs: chosen.map((job) => {
        const nonce = ctx.cloud.ids.hex(8);
        ctx.run(updateJob, { id: job.id, status: "Dispatched", nonce, offered: ctx.now, result: null });
        return { id: job.id, data: dataOf(ctx, job), nonce, accountId: ctx.account };
      }),
    }));
  },

  AcknowledgeJob: (input, ctx) => {
    const job = requireJob(ctx, input.jobId);
    if (job.nonce !== input.nonce)
      throw new AwsException("InvalidNonceException", `The nonce ${input.nonce} is not the one of the job ${job.id}`);
    if (job.status !== "Dispatched") return { status: job.status };
    ctx.tx(() => {
      ctx.run(updateJob, { id: job.id, nonce: job.nonce, offered: job.offered, status: "InProgress", result: null });
      emitJob(ctx, job, "Job acknowledged", {});
    });
    return { status: "InProgress" };
  },

  GetJobDetails: (input, ctx) => {
    const job = requireJob(ctx, input.jobId);
    return { jobDetails: { id: job.id, accountId: ctx.account, data: dataOf(ctx, job) } };
  },

  PutJobSuccessResult: (input, ctx) => {
    const job = requireJob(ctx, input.jobId);
    const { currentRevision: current, executionDetails: details, outputVariables: variables, continuationToken } = input;
    if (Buffer.byteLength(JSON.stringify(variables ?? {})) > MOST_VARIABLE_BYTES) {
      throw new AwsException(
        "OutputVariablesSizeExceededException",
        `Exceeded the total size limit for all variables in the action: ${MOST_VARIABLE_BYTES} bytes`,
      );
    }
    finish(ctx, job, "Succeeded", {
      ...(continuationToken === undefined ? {} : { continuationToken }),
      ...(details?.summary === undefined ? {} : { summary: details.summary }),
      ...(details?.externalExecutionId === undefined ? {} : { externalExecutionId: details.externalExecutionId }),
      ...(details?.percentComplete === undefined ? {} : { percentComplete: details.percentComplete }),
      ...(variables === undefined ? {} : { variables }),
      ...(current?.revision === undefined
        ? {}
        : {
            revision: {
              id: current.revision,
              ...(current.revisionSummary === undefined ? {} : { summary: current.revisionSummary }),
              ...(current.created === undefined ? {} : { created: current.created.getTime() }),
            },
          }),
    });
    return {};
  },

  PutJobFailureResult: (input, ctx) => {
    const job = requireJob(ctx, input.jobId);
    const { type = "JobFailed", message = "", externalExecutionId } = input.failureDetails ?? {};
    finish(ctx, job, "Failed", { failure: { type, message }, ...(externalExecutionId === undefined ? {} : { externalExecutionId }) });
    return {};
  },
} satisfies Operations<"codepipeline">;
