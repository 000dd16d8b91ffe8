import type { ActionState, RuleState, StageConditionState, StageState } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../../aws/context.ts";
import type { Operations } from "../../../aws/service.ts";
import type { Action, Stage } from "../definition/declaration.ts";
import { conditionsOf, rulesOf } from "../engine/conditions.ts";
import type { RunOutput } from "../engine/input.ts";
import { findDeclaration, findPipeline } from "../engine/live.ts";
import { type ExecutionRow, type StageRow, selectLatestStage, selectWaiting } from "../execution-store.ts";
import { type ConditionKind, type RunRow, selectLatestRun, selectStageRuns } from "../run-store.ts";
import { selectTransition } from "../store.ts";
import { errorOf, present } from "./shapes.ts";

/** How many executions of a queue are shown: no more can be in progress. */
const MOST_WAITING = 50;

function inboundOf(rows: readonly ExecutionRow[]): Pick<StageState, "inboundExecution" | "inboundExecutions"> {
  const inboundExecutions = rows.map(({ id, status, type }) => ({
    pipelineExecutionId: id,
    status: status as "InProgress",
    ...(type === "ROLLBACK" ? { type } : {}),
  }));
  const [first] = inboundExecutions;
  return { inboundExecutions, ...(first === undefined ? {} : { inboundExecution: first }) };
}

function transitionOf(ctx: Context, pipeline: string, stage: string): StageState["inboundTransitionState"] {
  const row = ctx.get(selectTransition, { pipeline, stage });
  if (row === undefined) return { enabled: true };
  return present({
    enabled: row.enabled === 1,
    lastChangedBy: row.changed_by,
    lastChangedAt: new Date(row.changed_at),
    disabledReason: row.reason ?? undefined,
  });
}

/** The latest run of an action or a rule. */
function executionOf(run: RunRow) {
  return present({
    status: run.status,
    summary: run.summary ?? undefined,
    lastStatusChange: new Date(run.updated),
    token: run.status === "InProgress" ? (run.token ?? undefined) : undefined,
    lastUpdatedBy: run.updated_by ?? undefined,
    externalExecutionId: run.token === null ? (run.external_id ?? undefined) : undefined,
    externalExecutionUrl: run.external_url ?? undefined,
    errorDetails: errorOf(run),
  });
}

function actionState(ctx: Context, pipeline: string, stage: string, action: Action): ActionState {
  const run = ctx.get(selectLatestRun, { pipeline, stage, name: action.name });
  if (run === undefined) return { actionName: action.name };
  const { revision } = JSON.parse(run.output) as RunOutput;
  const created = new Date(revision?.created ?? run.updated);
  return present({
    actionName: action.name,
    currentRevision: revision === undefined ? undefined : { revisionId: revision.id, revisionChangeId: revision.id, created },
    latestExecution: { actionExecutionId: run.id, ...executionOf(run) },
    revisionUrl: revision?.url,
  });
}

function conditionState(
  row: StageRow | undefined,
  stage: Stage,
  kind: ConditionKind,
  runs: readonly RunRow[],
): StageConditionState | undefined {
  const condition = stage[kind]?.conditions?.[0];
  if (condition === undefined) return undefined;
  const record = row === undefined ? undefined : conditionsOf(row)[kind];
  const states = new Map(row === undefined ? [] : rulesOf(row, kind, runs).map((run) => [run.name, run]));
  const ruleStates = condition.rules.map(({ name }): RuleState => {
    const run = states.get(name);
    return run === undefined ? { ruleName: name } : { ruleName: name, latestExecution: { ruleExecutionId: run.id, ...executionOf(run) } };
  });
  if (record === undefined) return { conditionStates: [{ ruleStates }] };
  const told = present({ status: record.status, summary: record.summary });
  return {
    latestExecution: told,
    conditionStates: [{ latestExecution: { ...told, lastStatusChange: new Date(record.changed) }, ruleStates }],
  };
}

function retryOf(row: StageRow | undefined): StageState["retryStageMetadata"] {
  if (row === undefined || row.retry_trigger === null) return undefined;
  return present({
    autoStageRetryAttempt: row.automatic === 0 ? undefined : row.automatic,
    manualStageRetryAttempt: row.manual === 0 ? undefined : row.manual,
    latestRetryTrigger: row.retry_trigger,
  });
}

function stageState(ctx: Context, pipeline: string, stage: Stage): StageState {
  const row = ctx.get(selectLatestStage, { pipeline, stage: stage.name });
  const runs = row === undefined ? [] : ctx.all(selectStageRuns, { execution: row.execution, stage: stage.name });
  const latest =
    row === undefined
      ? undefined
      : { pipelineExecutionId: row.execution, status: row.status, ...(row.type === "ROLLBACK" ? { type: row.type } : {}) };
  return present({
    stageName: stage.name,
    ...inboundOf(ctx.all(selectWaiting, { pipeline, stage: stage.name, limit: MOST_WAITING })),
    inboundTransitionState: transitionOf(ctx, pipeline, stage.name),
    actionStates: stage.actions.map((action) => actionState(ctx, pipeline, stage.name, action)),
    latestExecution: latest,
    beforeEntryConditionState: conditionState(row, stage, "beforeEntry", runs),
    onSuccessConditionState: conditionState(row, stage, "onSuccess", runs),
    onFailureConditionState: conditionState(row, stage, "onFailure", runs),
    retryStageMetadata: retryOf(row),
  });
}

/**
 * Executions of mode PARALLEL do not show here: a pipeline has no state then.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html
 */
export const stateOperations = {
  GetPipelineState: ({ name }, ctx) => {
    const row = findPipeline(ctx, name);
    const stages = findDeclaration(ctx, row.name, row.version)?.stages ?? [];
    return {
      pipelineName: row.name,
      pipelineVersion: row.version,
      stageStates: stages.map((stage) => stageState(ctx, row.name, stage)),
      created: new Date(row.created),
      updated: new Date(row.updated),
    };
  },
} satisfies Operations<"codepipeline">;
