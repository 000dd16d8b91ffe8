import type { Context } from "../../../aws/context.ts";
import type { ExecutionRow } from "../execution-store.ts";
import { type RunRow, updateRun } from "../run-store.ts";
import { laneOf } from "../wake.ts";
import { emitAction, emitNote } from "./events.ts";

/** Stores a changed run, and gives it back. */
export function saveRun(ctx: Context, run: RunRow, change: Partial<RunRow>): RunRow {
  const next = { ...run, ...change, updated: ctx.now };
  const { id, status, summary, output, memory, external_id, external_url, error_code, error_message, asked, updated_by, updated, because } =
    next;
  const values = {
    id,
    status,
    summary,
    output,
    memory,
    external_id,
    external_url,
    error_code,
    error_message,
    asked,
    updated_by,
    updated,
    because,
  };
  ctx.run(updateRun, values);
  return next;
}

export function noteRule(ctx: Context, run: RunRow, state: string, rule?: string): string {
  const more = {
    "execution-id": run.execution,
    stage: run.stage,
    condition: run.condition,
    rule: run.name,
    "rule-execution-id": run.id,
    provider: run.provider,
    state,
  };
  return emitNote(ctx, run.pipeline, "Rule ended", { rule, more });
}

/** Ends what is in progress of these runs without waiting for it; the providers are told by message. */
export function abandonRuns(ctx: Context, execution: ExecutionRow, runs: readonly RunRow[]): void {
  for (const run of runs) {
    if (run.status !== "InProgress") continue;
    const because =
      run.condition === null
        ? emitAction(
            ctx,
            execution,
            { ...run, status: "Abandoned" },
            { state: "ABANDONED", rule: "the execution was asked to stop without waiting for it" },
          )
        : noteRule(ctx, run, "Abandoned", "its condition was decided without it");
    saveRun(ctx, run, { status: "Abandoned", because });
    ctx.with({ cause: because }).send("codepipeline.abandoned", { actionExecutionId: run.id }, { lane: laneOf(run.id) });
  }
}
