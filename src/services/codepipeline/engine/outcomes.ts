import type { Context } from "../../../aws/context.ts";
import type { ActionProgress } from "../actions/provider.ts";
import { MAX_OUTPUT_BYTES, sizeOf } from "../definition/variables.ts";
import { type ExecutionRow, type SourceRevision, selectExecution, upsertArtifact, upsertVariables } from "../execution-store.ts";
import type { RunRow } from "../run-store.ts";
import { laneOf } from "../wake.ts";
import { noteRule, saveRun } from "./abandon.ts";
import { emitAction } from "./events.ts";
import { settle } from "./flow.ts";
import type { RunInput, RunOutput } from "./input.ts";
import { goingOn } from "./live.ts";

type Ended = Exclude<ActionProgress, { status: "InProgress" }>;

/** Stores what a provider answered about a run that is in progress. In the caller's transaction. */
export function applyProgress(ctx: Context, run: RunRow, progress: ActionProgress): void {
  if (progress.status !== "InProgress") {
    endRun(ctx, run, progress);
    return;
  }
  const { again, memory } = progress;
  const asked = again === undefined ? null : Math.max(again, ctx.now);
  const next = saveRun(ctx, run, { ...told(run, progress), memory: memory === undefined ? run.memory : JSON.stringify(memory), asked });
  // Outside of the run's lane, which only holds what is to be done at once: lanes with nothing due cost every other one.
  if (asked !== null) ctx.send("codepipeline.ask", { actionExecutionId: run.id, asked }, { at: asked });
  // What it waits for may have happened before anybody could find the run by its external id.
  if (run.external_id === null && next.external_id !== null && run.token === null) {
    ctx.send("codepipeline.wake", { actionExecutionId: run.id }, { lane: laneOf(run.id) });
  }
}

function told(run: RunRow, progress: ActionProgress): Pick<RunRow, "external_id" | "external_url" | "summary"> {
  return {
    external_id: progress.externalExecutionId ?? run.external_id,
    external_url: progress.externalExecutionUrl ?? run.external_url,
    summary: progress.externalExecutionSummary ?? run.summary,
  };
}

export interface Verdict {
  /** Why, for the timeline. */
  readonly rule?: string | undefined;
  readonly by?: string | undefined;
  readonly summary?: string | undefined;
}

/** Ends a run that is in progress, and does what follows from that. In the caller's transaction. */
export function endRun(context: Context, run: RunRow, ended: Ended, verdict: Verdict = {}): void {
  const ctx = goingOn(context, run);
  const execution = ctx.get(selectExecution, { id: run.execution });
  if (execution === undefined) return;
  const checked = withinLimits(ended);
  const output = checked.status === "Succeeded" ? outputOf(run, checked) : {};
  const failure = checked.status === "Failed" ? { error_code: checked.code, error_message: checked.message } : {};
  const facts = told(run, checked);
  const next: RunRow = {
    ...run,
    ...facts,
    ...failure,
    status: checked.status,
    summary: verdict.summary ?? summaryOf(facts.summary, checked),
    output: JSON.stringify(output),
    updated_by: verdict.by ?? run.updated_by,
    asked: null,
  };
  const rule = verdict.rule ?? (checked.status === "Failed" ? checked.message : undefined);
  const because =
    run.condition === null
      ? emitAction(ctx, execution, next, { state: next.status.toUpperCase(), rule })
      : noteRule(ctx, next, next.status, rule);
  saveRun(ctx, next, { because });
  if (checked.status === "Succeeded" && run.condition === null) keepOutputs(ctx, execution, run, output);
  settle(ctx.with({ cause: because }), run.execution);
}

function summaryOf(summary: string | null, ended: Ended): string | null {
  if (summary !== null) return summary;
  return ended.status === "Succeeded" ? (ended.revision?.summary ?? null) : null;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
function withinLimits(ended: Ended): Ended {
  if (ended.status === "Failed") return ended;
  const size = sizeOf(ended.variables ?? {});
  if (size <= MAX_OUTPUT_BYTES) return ended;
  return {
    status: "Failed",
    code: "ConfigurationError",
    message: `The output variables have ${size} bytes, of at most ${MAX_OUTPUT_BYTES}`,
  };
}

function outputOf(run: RunRow, { variables, revision }: Extract<Ended, { status: "Succeeded" }>): RunOutput {
  const made: SourceRevision | undefined = revision === undefined ? undefined : { action: run.name, ...revision };
  return { ...(variables === undefined ? {} : { variables }), ...(made === undefined ? {} : { revision: made }) };
}

function keepOutputs(ctx: Context, execution: ExecutionRow, run: RunRow, { variables, revision }: RunOutput): void {
  const input = JSON.parse(run.input) as RunInput;
  for (const { name, bucket, key } of input.outputArtifacts) {
    ctx.run(upsertArtifact, {
      execution: execution.id,
      name,
      bucket,
      key,
      revision: revision === undefined ? null : JSON.stringify(revision),
    });
  }
  if (input.namespace !== undefined && variables !== undefined) {
    ctx.run(upsertVariables, { execution: execution.id, namespace: input.namespace, vars: JSON.stringify(variables) });
  }
}
