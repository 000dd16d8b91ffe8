import type { BuildBatchFilter } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { decodeToken, encodeToken } from "../../../aws/paging.ts";
import type { Operations } from "../../../aws/service.ts";
import { batchNotFound, invalid } from "../failures.ts";
import { idOfBatch, nameOfProject } from "../names.ts";
import { homeOf } from "../policies/shared.ts";
import { checkRole } from "../project-rules.ts";
import { projectNamed } from "../projects.ts";
import { builds } from "../store.ts";
import { type Batch, ofRow, openBatch, saveBatch } from "./batch.ts";
import { emitBatch } from "./events.ts";
import { askToEnd } from "./messages.ts";
import { type BatchRecord, batchOf, type GroupRecord } from "./records.ts";
import { sendOn, startBatch } from "./start.ts";
import { batches } from "./store.ts";

const PAGE = 100;
const MOST_IDS = 100;
const TOKEN_MS = 5 * 60_000;

/** @throws AwsException ResourceNotFoundException */
function batchNamed(ctx: Context, idOrArn: string | undefined): Batch {
  const row = ctx.get(batches.get, { id: idOfBatch(idOrArn ?? "") });
  if (row === undefined) throw batchNotFound(idOrArn ?? "");
  return ofRow(row);
}

interface PageInput {
  readonly sortOrder?: "ASCENDING" | "DESCENDING" | undefined;
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly filter?: BuildBatchFilter | undefined;
}

/** The newest first, unless asked otherwise. */
function pageOf(ctx: Context, project: string | null, { sortOrder = "DESCENDING", nextToken, maxResults = PAGE, filter }: PageInput) {
  const order = sortOrder === "DESCENDING" ? -1 : 1;
  const [after, afterSequence] = nextToken === undefined ? [order * Number.MAX_SAFE_INTEGER * -1, 0] : tokenOf(nextToken);
  const query = { project, status: filter?.status ?? null, order, after, afterSequence, limit: maxResults + 1 };
  const rows = ctx.all(batches.page, query);
  const page = rows.slice(0, maxResults);
  const last = page.at(-1);
  return {
    ids: page.map(({ id }) => id),
    ...(rows.length > maxResults && last !== undefined ? { nextToken: encodeToken([last.started, last.sequence]) } : {}),
  };
}

function tokenOf(token: string): [number, number] {
  const [started, sequence] = decodeToken(token) ?? [];
  if (typeof started !== "number" || typeof sequence !== "number") throw invalid("Invalid next token");
  return [started, sequence];
}

/**
 * The batch as it is, when this retry was asked for before.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_RetryBuildBatch.html: a token is valid for five minutes.
 */
function retriedBefore(ctx: Context, { plan, record }: Batch, all: boolean, token: string | undefined): BatchRecord | undefined {
  const { retry } = plan;
  if (token === undefined || retry?.token !== token || ctx.now - retry.at > TOKEN_MS) return undefined;
  if (retry.all === all) return record;
  throw invalid("The idempotency token was used before with other parameters.");
}

/** Begins it again: all groups, or those that did not succeed. What they did before is kept beside. */
function retry(ctx: Context, batch: Batch, all: boolean): BatchRecord {
  if (batch.record.complete !== true) throw invalid("Batch build is in progress");
  if (batch.record.buildBatchStatus === "SUCCEEDED") throw invalid("Only batch builds that have failed can be retried");
  const buildGroups = batch.record.buildGroups.map((group): GroupRecord => {
    const { currentBuildSummary, ...rest } = group;
    if (currentBuildSummary === undefined || (!all && currentBuildSummary.buildStatus === "SUCCEEDED")) return group;
    return { ...rest, priorBuildSummaryList: [...group.priorBuildSummaryList, currentBuildSummary] };
  });
  const { endTime: _, ...before } = batch.record;
  const known = batch.plan.groups.length > 0;
  const phase = known ? ("IN_PROGRESS" as const) : ("DOWNLOAD_BATCHSPEC" as const);
  const record: BatchRecord = {
    ...before,
    buildBatchStatus: "IN_PROGRESS",
    complete: false,
    startTime: ctx.now,
    currentPhase: phase,
    phases: [
      {
        phaseType: "SUBMITTED",
        phaseStatus: "SUCCEEDED",
        startTime: ctx.now,
        endTime: ctx.now,
        durationInSeconds: 0,
        contexts: [{ statusCode: "", message: "" }],
      },
      { phaseType: phase, startTime: ctx.now },
    ],
    buildGroups,
  };
  const because = emitBatch(ctx, record, `${all ? "all builds are" : "the builds that failed are"} to be tried again`);
  const next = ctx.with({ cause: because });
  saveBatch(ctx, { ...batch, ending: null, record, because });
  sendOn(next, record);
  return batchNamed(ctx, batch.id).record;
}

/** Its builds go with it. */
function remove(ctx: Context, batch: Batch): string[] {
  const deleted = ctx.all(batches.buildsOf, { batch: batch.record.arn });
  for (const { id } of deleted) ctx.run(builds.remove, { id });
  ctx.run(batches.remove, { id: batch.id });
  ctx.emit({ source: "aws.codebuild", type: "Build Batch Deleted", resources: [batch.record.arn], detail: { id: batch.id } });
  return deleted.map(({ arn }) => arn);
}

export const batchOperations = {
  StartBuildBatch: async (input, ctx) => {
    if (input.serviceRoleOverride !== undefined) await checkRole(ctx, input.serviceRoleOverride);
    const role = input.buildBatchConfigOverride?.serviceRole;
    if (role !== undefined) await checkRole(ctx, role);
    return { buildBatch: batchOf(startBatch(ctx, input)) };
  },
  StopBuildBatch: (input, ctx) =>
    ctx.tx(() => {
      const { id } = batchNamed(ctx, input.id);
      const open = openBatch(ctx, id);
      if (open !== undefined) askToEnd(ctx, open, "STOPPED", "somebody asked for it");
      return { buildBatch: batchOf(batchNamed(ctx, id).record) };
    }),
  RetryBuildBatch: (input, ctx) => {
    if (input.id === undefined) throw invalid("Batch build ID must be provided");
    return ctx.tx(() => {
      const batch = batchNamed(ctx, input.id);
      const all = input.retryType !== "RETRY_FAILED_BUILDS";
      const token = input.idempotencyToken;
      const known = retriedBefore(ctx, batch, all, token);
      if (known !== undefined) return { buildBatch: batchOf(known) };
      const noted = token === undefined ? batch : { ...batch, plan: { ...batch.plan, retry: { token, all, at: ctx.now } } };
      return { buildBatch: batchOf(retry(ctx, noted, all)) };
    });
  },
  DeleteBuildBatch: (input, ctx) =>
    ctx.tx(() => {
      const row = ctx.get(batches.get, { id: idOfBatch(input.id ?? "") });
      if (row === undefined) return { statusCode: "BUILD_BATCH_NOT_FOUND", buildsDeleted: [], buildsNotDeleted: [] };
      if (row.status === "IN_PROGRESS") throw invalid("Batch build is in progress");
      return { statusCode: "BUILD_BATCH_DELETED", buildsDeleted: remove(ctx, ofRow(row)), buildsNotDeleted: [] };
    }),
  BatchGetBuildBatches: (input, ctx) => {
    const ids = input.ids ?? [];
    if (ids.length > MOST_IDS) throw invalid(`Cannot get more than ${MOST_IDS} batch builds`);
    const bad = ids.find((id) => !idOfBatch(id).includes(":"));
    if (bad !== undefined) throw invalid(`Invalid build batch ID provided: ${bad}`);
    const found = ids.map((id) => {
      const project = id.replace(/:build-batch\/(.+):[^:]*$/, ":project/$1");
      return { id, row: homeOf(ctx, project, "BatchGetBuildBatches")?.get(batches.get, { id: idOfBatch(id) }) };
    });
    return {
      buildBatches: found.flatMap(({ row }) => (row === undefined ? [] : [batchOf(ofRow(row).record)])),
      buildBatchesNotFound: found.filter(({ row }) => row === undefined).map(({ id }) => id),
    };
  },
  ListBuildBatches: (input, ctx) => pageOf(ctx, null, input),
  ListBuildBatchesForProject: (input, ctx) => {
    const there = homeOf(ctx, input.projectName ?? "", "ListBuildBatchesForProject") ?? ctx;
    return pageOf(there, projectNamed(there, nameOfProject(input.projectName ?? "")).name, input);
  },
} satisfies Operations<"codebuild">;
