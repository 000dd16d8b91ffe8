import type { ArtifactsType, BuildArtifacts, ProjectArtifacts, ResolvedArtifact, StatusType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import type { PhaseContext } from "../../../runtime/builds/phases.ts";
import type { BuildRecord } from "../records.ts";
import { mergeReports } from "../reports/merge.ts";
import { startBuild } from "../start.ts";
import { artifactsOfGroup } from "./artifacts.ts";
import { type Batch, lastPhase, nextPhase, openBatch, saveBatch } from "./batch.ts";
import { emitBatch } from "./events.ts";
import { courseOf, type GroupPlan, type GroupState } from "./groups.ts";
import type { GroupRecord, SummaryRecord } from "./records.ts";

/**
 * A batch moves on in the transaction of what moved it: its buildspec is read, a build of it ends, it is asked to stop.
 *
 *     SUBMITTED ▶ DOWNLOAD_BATCHSPEC ▶ IN_PROGRESS ─all builds over─▶ COMBINE_ARTIFACTS ▶ SUCCEEDED
 *                        │                  │  (only when asked for)          │
 *                        ▼ not readable     ▼ a failure that counts           ▼ cannot
 *                      FAILED             FAILED, STOPPED                   FAILED
 */
export function advance(ctx: Context, id: string): void {
  const batch = openBatch(ctx, id);
  if (batch === undefined) return;
  const { ending, plan } = batch;
  const groups = batch.record.buildGroups.map(stateOf);
  if (ending !== null) {
    if (!groups.some(({ status }) => status === "IN_PROGRESS")) endBatch(ctx, batch, { status: ending });
    return;
  }
  const course = courseOf(groups, plan.fastFail);
  if (course.stopFor !== undefined) endAtOnce(ctx, batch, course.stopFor);
  else if (course.end === "SUCCEEDED" && plan.config.combineArtifacts === true) combine(ctx, batch);
  else if (course.end !== undefined) endBatch(ctx, batch, { status: course.end });
  else if (course.start.length > 0) {
    saveBatch(
      ctx,
      course.start.reduce((made, identifier) => startGroup(ctx, made, identifier), batch),
    );
    // A build that could not be started decides at once.
    advance(ctx, id);
  }
}

function stateOf({ identifier, dependsOn = [], ignoreFailure = false, currentBuildSummary }: GroupRecord): GroupState {
  return { identifier, dependsOn, ignoreFailure, status: currentBuildSummary?.buildStatus };
}

function startGroup(ctx: Context, batch: Batch, identifier: string): Batch {
  const group = batch.plan.groups.find((one) => one.identifier === identifier);
  if (group === undefined) return batch;
  let summary: SummaryRecord;
  let refusal: string | undefined;
  try {
    const build = startBuild(ctx, inputOf(batch, group), {
      ...(batch.record.initiator === undefined ? {} : { initiator: batch.record.initiator }),
      batch: { arn: batch.record.arn, identifier },
      variables: { ...batch.plan.variables, ...group.variables },
    });
    summary = { arn: build.arn, requestedOn: ctx.now, buildStatus: "IN_PROGRESS" };
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    refusal = `${identifier}: ${error.code}: ${error.message}`;
    summary = { arn: batch.record.arn, requestedOn: ctx.now, buildStatus: "FAULT" };
  }
  if (refusal !== undefined) {
    ctx.emit({
      source: "aws.codebuild",
      type: "Build of batch not started",
      resources: [batch.record.arn],
      detail: { batch: batch.id, identifier },
      rule: refusal,
    });
  }
  const buildGroups = batch.record.buildGroups.map((one) =>
    one.identifier === identifier ? { ...one, currentBuildSummary: summary } : one,
  );
  return { ...batch, record: { ...batch.record, buildGroups } };
}

function inputOf(batch: Batch, group: GroupPlan) {
  const { input } = batch.plan;
  const sourceVersion = batch.record.resolvedSourceVersion;
  return {
    ...input,
    ...group.overrides,
    ...artifactsOfGroup(batch, group.identifier),
    // One commit for all of them, whatever is pushed meanwhile.
    ...(sourceVersion === undefined || batch.record.source?.type === "CODEPIPELINE" ? {} : { sourceVersion }),
    environmentVariablesOverride: [...(input.environmentVariablesOverride ?? []), ...group.environment],
  };
}

/** The builds that still run are stopped, and the batch ends with the last of them. */
function endAtOnce(ctx: Context, batch: Batch, identifier: string): void {
  const because = ctx.emit({
    source: "aws.codebuild",
    type: "Batch stops its builds",
    resources: [batch.record.arn],
    detail: { batch: batch.id, identifier },
    rule: `${identifier} failed, and fast-fail ends the batch`,
  });
  saveBatch(ctx, { ...batch, ending: "FAILED", because });
  ctx.with({ cause: because }).send("codebuild.batchStop", { id: batch.id });
}

function combine(ctx: Context, batch: Batch): void {
  const record = nextPhase(batch.record, ctx.now, { status: "SUCCEEDED" }, "COMBINE_ARTIFACTS");
  saveBatch(ctx, { ...batch, record });
  ctx.send("codebuild.batchCombine", { id: batch.id });
}

export interface BatchEnd {
  readonly status: StatusType;
  /** Why; told by its groups when absent. */
  readonly context?: PhaseContext;
}

export function endBatch(ctx: Context, batch: Batch, { status, context }: BatchEnd): void {
  const failed = batch.record.buildGroups.filter(({ currentBuildSummary: build, ignoreFailure }) => {
    return build !== undefined && build.buildStatus !== "SUCCEEDED" && build.buildStatus !== "STOPPED" && ignoreFailure !== true;
  });
  const names = failed.map(({ identifier, currentBuildSummary }) => `${identifier} (${currentBuildSummary?.buildStatus})`).join(", ");
  const why =
    context ?? (status === "FAILED" && names !== "" ? { statusCode: "BUILD_FAILED", message: `Builds failed: ${names}` } : undefined);
  const closed = nextPhase(batch.record, ctx.now, { status, ...(why === undefined ? {} : { contexts: [why] }) }, lastPhase(status));
  const builds = batch.record.buildGroups.flatMap(({ currentBuildSummary: build }) => build?.arn ?? []);
  const reportArns = mergeReports(ctx, { id: batch.id, arn: batch.record.arn, builds });
  const ended = { ...closed, buildBatchStatus: status, complete: true, endTime: ctx.now };
  const record = reportArns.length === 0 ? ended : { ...ended, reportArns };
  const because = emitBatch(ctx, record, why?.message ?? ruleOf(status, batch));
  saveBatch(ctx, { ...batch, record, because });
}

function ruleOf(status: StatusType, { record, plan }: Batch): string {
  if (status === "STOPPED") return "it was asked to stop";
  if (status === "TIMED_OUT") return `it took longer than its ${plan.config.timeoutInMins} minutes`;
  const ignored = record.buildGroups.filter(({ currentBuildSummary: build }) => build !== undefined && build.buildStatus !== "SUCCEEDED");
  if (ignored.length === 0) return `all ${record.buildGroups.length} builds succeeded`;
  return `all builds succeeded but ${ignored.map(({ identifier }) => identifier).join(", ")}, whose failure is ignored`;
}

/** Called in the transaction that ends a build of a batch; `retry` is the build that tries again in its place. */
export function buildEnded(ctx: Context, build: BuildRecord, retry: BuildRecord | undefined): void {
  const id = build.buildBatchArn?.replace(/^.*:build-batch\//, "");
  const batch = id === undefined ? undefined : openBatch(ctx, id);
  if (batch === undefined) return;
  const buildGroups = batch.record.buildGroups.map((group): GroupRecord => {
    const current = group.currentBuildSummary;
    if (current?.arn !== build.arn) return group;
    const over: SummaryRecord = { ...current, buildStatus: build.buildStatus ?? "FAULT", ...resolved(batch, build) };
    if (retry === undefined) return { ...group, currentBuildSummary: over };
    const next: SummaryRecord = { arn: retry.arn, requestedOn: ctx.now, buildStatus: "IN_PROGRESS" };
    return { ...group, currentBuildSummary: next, priorBuildSummaryList: [...group.priorBuildSummaryList, over] };
  });
  saveBatch(ctx, { ...batch, record: { ...batch.record, buildGroups }, because: ctx.cause ?? batch.because });
  if (retry === undefined) advance(ctx, batch.id);
  else if (batch.ending !== null) ctx.send("codebuild.batchStop", { id: batch.id });
}

function resolved(
  { plan }: Batch,
  { artifacts, secondaryArtifacts }: BuildRecord,
): Pick<SummaryRecord, "primaryArtifact" | "secondaryArtifacts"> {
  const typeOf = (artifact: ProjectArtifacts | undefined): ArtifactsType => artifact?.type ?? plan.artifacts.type ?? "NO_ARTIFACTS";
  const one = ({ location, artifactIdentifier }: BuildArtifacts, type: ArtifactsType): ResolvedArtifact => ({
    type,
    ...(location === undefined || location === "" ? {} : { location }),
    ...(artifactIdentifier === undefined ? {} : { identifier: artifactIdentifier }),
  });
  const place = artifacts?.location === undefined || artifacts.location === "" ? "NO_ARTIFACTS" : typeOf(plan.artifacts);
  return {
    primaryArtifact: one(
      artifacts ?? {},
      place === "NO_ARTIFACTS" ? place : plan.artifacts.type === "NO_ARTIFACTS" ? "CODEPIPELINE" : place,
    ),
    secondaryArtifacts: (secondaryArtifacts ?? []).map((artifact) => one(artifact, typeOf(plan.secondaryArtifacts[0]))),
  };
}
