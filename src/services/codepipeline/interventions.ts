import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { conditionIn, type Declaration, stageNamed } from "./definition/declaration.ts";
import { abandonRuns } from "./engine/abandon.ts";
import { conditionsOf, recordCondition, rulesOf } from "./engine/conditions.ts";
import { emitPipeline, emitStage } from "./engine/events.ts";
import { admit, endExecution, resume, settle, startRollback } from "./engine/flow.ts";
import { checkStage, findDeclaration, findExecution, findPipeline, goingOn, saveExecution, saveStage } from "./engine/live.ts";
import { countLive, type ExecutionRow, type StageRow, selectInside, selectLatestStage, selectStage } from "./execution-store.ts";
import { selectStageRuns } from "./run-store.ts";
import type { PipelineRow } from "./store.ts";

interface Place {
  readonly pipeline: PipelineRow;
  readonly declaration: Declaration;
  readonly execution: ExecutionRow;
  readonly row: StageRow;
}

const notLatest = (execution: string, stage: string): AwsException =>
  new AwsException("NotLatestPipelineExecutionException", `The execution ${execution} is not the latest one in stage '${stage}'`);

/** A stage that an execution was in. @throws AwsException when it never was, or when a later one has been in it */
function findPlace(
  ctx: Context,
  input: {
    readonly pipelineName?: string | undefined;
    readonly stageName?: string | undefined;
    readonly pipelineExecutionId?: string | undefined;
  },
): Place {
  const pipeline = findPipeline(ctx, input.pipelineName);
  const stage = input.stageName ?? "";
  const declaration = findDeclaration(ctx, pipeline.name, pipeline.version);
  if (declaration === undefined) throw new AwsException("PipelineNotFoundException", `Pipeline '${pipeline.name}' has no definition`);
  checkStage(declaration, stage);
  const id = input.pipelineExecutionId ?? "";
  const row = ctx.get(selectStage, { execution: id, stage });
  if (row === undefined || row.pipeline !== pipeline.name) throw notLatest(id, stage);
  const execution = findExecution(ctx, pipeline.name, id);
  if (row.parallel === 0 && ctx.get(selectLatestStage, { pipeline: pipeline.name, stage })?.execution !== id) throw notLatest(id, stage);
  return { pipeline, declaration, execution, row };
}

function stop(context: Context, execution: ExecutionRow, abandon: boolean, reason: string | undefined): void {
  const ctx = goingOn(context, execution);
  const more = reason === undefined ? {} : { "stop-execution-comments": reason };
  const rule = `${ctx.principal.arn} asked to stop it, ${abandon ? "abandoning" : "waiting for"} what is in progress${reason === undefined ? "" : `: ${reason}`}`;
  const again = execution.status === "Stopping";
  const because = again ? (execution.because ?? undefined) : emitPipeline(ctx, execution, "STOPPING", { rule, more });
  const next = ctx.with({ cause: because });
  const stopping = saveExecution(next, execution, {
    status: "Stopping",
    ending: "stop",
    stop_reason: reason ?? null,
    because: because ?? null,
  });
  if (execution.place === "waiting") {
    endExecution(next, stopping, "Stopped", "it waited in front of a stage when it was asked to stop");
    admit(next, execution.pipeline, execution.stage ?? "");
    return;
  }
  const stage = execution.stage ?? "";
  const row = ctx.get(selectStage, { execution: execution.id, stage });
  if (row === undefined) return;
  if (!again) {
    emitStage(next, stopping, row, { state: "STOPPING", rule });
    saveStage(next, row, { status: "Stopping" });
  }
  if (abandon) abandonRuns(next, stopping, ctx.all(selectStageRuns, { execution: execution.id, stage }));
  settle(next, execution.id);
}

function checkRetry(ctx: Context, { pipeline, execution, row }: Place, mode: string): void {
  const refused = (message: string): AwsException => new AwsException("StageNotRetryableException", message);
  if (row.status === "Skipped") throw refused(`Stage '${row.stage}' was skipped, and can not be retried`);
  if (row.parallel === 0 && execution.version !== pipeline.version)
    throw refused("The pipeline's structure has changed since the stage failed");
  const runs = ctx
    .all(selectStageRuns, { execution: execution.id, stage: row.stage })
    .filter((run) => run.condition === null && run.round === row.round);
  const running = runs.some((run) => run.status === "InProgress");
  const failed = runs.some((run) => run.status === "Failed");
  const ended = row.status === "Failed" || row.status === "Stopped";
  if (!ended && !(failed && running)) throw refused(`Stage '${row.stage}' is ${row.status}: it contains no failed actions`);
  if (mode === "ALL_ACTIONS" && running) throw refused(`Stage '${row.stage}' has actions in progress`);
  if (row.parallel === 1) {
    if ((ctx.get(countLive, { pipeline: pipeline.name })?.count ?? 0) >= 50) {
      throw new AwsException(
        "ConcurrentPipelineExecutionsLimitExceededException",
        "The pipeline has the maximum of 50 concurrent executions",
      );
    }
    return;
  }
  const inside = ctx.get(selectInside, { pipeline: pipeline.name, stage: row.stage })?.id;
  if (inside !== undefined && inside !== execution.id)
    throw new AwsException("ConflictException", `Stage '${row.stage}' is in use by execution ${inside}`);
}

const unable = (message: string): AwsException => new AwsException("UnableToRollbackStageException", message);

function checkRollback(
  ctx: Context,
  pipeline: PipelineRow,
  declaration: Declaration,
  { target, stage }: { readonly target: ExecutionRow; readonly stage: string },
): void {
  if (pipeline.mode === "PARALLEL") throw unable("Stages of pipelines in execution mode PARALLEL can not be rolled back");
  if (declaration.stages[0]?.name === stage) throw unable(`Stage '${stage}' is the source stage, which can not be rolled back`);
  if (target.version !== pipeline.version) {
    throw new AwsException(
      "PipelineExecutionOutdatedException",
      `The execution ${target.id} ran under version ${target.version} of the pipeline, which has version ${pipeline.version} now`,
    );
  }
  if (target.type === "ROLLBACK") throw unable(`The execution ${target.id} is a rollback itself`);
  const status = ctx.get(selectStage, { execution: target.id, stage })?.status;
  if (status !== "Succeeded") throw unable(`The execution ${target.id} did not succeed in stage '${stage}'`);
  const inside = ctx.get(selectInside, { pipeline: pipeline.name, stage })?.id;
  if (inside !== undefined) throw unable(`Stage '${stage}' is in use by execution ${inside}`);
}

export const interventionOperations = {
  /** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_StopPipelineExecution.html */
  StopPipelineExecution: ({ pipelineName, pipelineExecutionId, abandon = false, reason }, ctx) =>
    ctx.tx(() => {
      const execution = findStoppable(ctx, findPipeline(ctx, pipelineName).name, pipelineExecutionId);
      if (execution.status === "Stopping" && !abandon) {
        throw new AwsException("DuplicatedStopRequestException", `The execution ${execution.id} is being stopped already`);
      }
      stop(ctx, execution, abandon, reason);
      return { pipelineExecutionId: execution.id };
    }),

  /** https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html */
  RetryStageExecution: (input, ctx) =>
    ctx.tx(() => {
      const place = findPlace(ctx, input);
      const { retryMode = "FAILED_ACTIONS" } = input;
      checkRetry(ctx, place, retryMode);
      const rule = `${ctx.principal.arn} asked to retry ${retryMode === "ALL_ACTIONS" ? "all actions" : "the failed actions"} of stage ${place.row.stage}`;
      resume(goingOn(ctx, place.execution), place.execution, place.row, { mode: retryMode, trigger: "ManualStageRetry", rule });
      return { pipelineExecutionId: place.execution.id };
    }),

  /** https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html */
  RollbackStage: ({ pipelineName, stageName = "", targetPipelineExecutionId }, ctx) =>
    ctx.tx(() => {
      const pipeline = findPipeline(ctx, pipelineName);
      const declaration = findDeclaration(ctx, pipeline.name, pipeline.version);
      if (declaration === undefined) throw unable(`Pipeline '${pipeline.name}' has no definition`);
      checkStage(declaration, stageName);
      const target = findExecution(ctx, pipeline.name, targetPipelineExecutionId);
      checkRollback(ctx, pipeline, declaration, { target, stage: stageName });
      const rule = `${ctx.principal.arn} asked to roll stage ${stageName} back to execution ${target.id}`;
      const trigger = { type: "ManualRollback", detail: ctx.principal.arn };
      return { pipelineExecutionId: startRollback(goingOn(ctx, target), { stage: stageName, target, trigger, rule }) };
    }),

  /** https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html */
  OverrideStageCondition: (input, ctx) =>
    ctx.tx(() => {
      const { execution, declaration, row } = findPlace(ctx, input);
      const next = goingOn(ctx, row);
      const kind = input.conditionType === "BEFORE_ENTRY" ? "beforeEntry" : "onSuccess";
      const stage = stageNamed(declaration, row.stage);
      const condition = stage === undefined ? undefined : conditionIn(stage, kind);
      const running = row.status === "InProgress" && row.phase === kind && conditionsOf(row)[kind]?.status === "InProgress";
      if (condition === undefined || condition.result === "SKIP" || !running) {
        throw new AwsException(
          "ConditionNotOverridableException",
          `The condition ${input.conditionType} of stage '${row.stage}' can not be overridden`,
        );
      }
      const summary = `${ctx.principal.arn} overrode it`;
      recordCondition(next, row, kind, { status: "Overridden", summary });
      abandonRuns(next, execution, rulesOf(row, kind, ctx.all(selectStageRuns, { execution: execution.id, stage: row.stage })));
      settle(next, execution.id);
      return {};
    }),
} satisfies Operations<"codepipeline">;

/** @throws AwsException PipelineExecutionNotStoppableException */
function findStoppable(ctx: Context, pipeline: string, id: string | undefined): ExecutionRow {
  let execution: ExecutionRow | undefined;
  try {
    execution = findExecution(ctx, pipeline, id);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
  }
  if (execution !== undefined && (execution.status === "InProgress" || execution.status === "Stopping")) return execution;
  const how = execution === undefined ? "does not exist" : `is ${execution.status}`;
  throw new AwsException("PipelineExecutionNotStoppableException", `The execution ${id} ${how}, and can not be stopped`);
}
