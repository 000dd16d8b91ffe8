import type { Context } from "../../../aws/context.ts";
import { copyArtifacts, copyVariables, type ExecutionRow, insertExecution, selectSucceededIn, type Trigger } from "../execution-store.ts";
import { emitPipeline } from "./events.ts";
import { findPipeline } from "./live.ts";

export interface Rollback {
  readonly stage: string;
  /** The execution whose artifacts and variables it takes. */
  readonly target: ExecutionRow;
  readonly trigger: Trigger;
  readonly rule: string;
}

/** Makes the execution that runs one stage again with what another execution had; it is still to enter the stage. */
export function prepareRollback(ctx: Context, { stage, target, trigger, rule }: Rollback): ExecutionRow {
  const id = ctx.cloud.ids.uuid();
  const row = {
    id,
    pipeline: target.pipeline,
    version: target.version,
    mode: target.mode,
    type: "ROLLBACK",
    status: "InProgress",
    summary: null,
    place: null,
    stage,
    arrived: 0,
    ending: null,
    attempt: 1,
    trigger: JSON.stringify(trigger),
    variables: target.variables,
    overrides: target.overrides,
    started: ctx.now,
    updated: ctx.now,
    stop_reason: null,
    target: target.id,
    token: null,
    because: null,
  } as const;
  const number = ctx.get(insertExecution, row)?.number ?? 0;
  ctx.run(copyArtifacts, { from: target.id, to: id });
  ctx.run(copyVariables, { from: target.id, to: id });
  const because = emitPipeline(ctx, { ...row, number }, "STARTED", { rule });
  return { ...row, number, because };
}

/**
 * The rollback of a stage that failed to the execution that was the last to succeed in it under this definition; undefined
 * when there is none. https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback-auto.html
 */
export function automaticRollback(ctx: Context, failed: ExecutionRow, stage: string): Rollback | undefined {
  const { pipeline, version } = failed;
  if (findPipeline(ctx, pipeline).version !== version) return undefined;
  const newest = { pipeline, stage, version, type: "STANDARD", before: Number.MAX_SAFE_INTEGER, limit: 1 };
  const target = ctx.all(selectSucceededIn, newest)[0];
  if (target === undefined) return undefined;
  const detail = JSON.stringify({ FailedPipelineExecutionId: failed.id });
  const rule = `stage ${stage} failed in execution ${failed.id}, and ${target.id} was the last one to succeed in it`;
  return { stage, target, trigger: { type: "AutomatedRollback", detail }, rule };
}
