import type { Context } from "../../../aws/context.ts";
import { type Declaration, type RetryMode, type Stage, stageAfter, stageNamed } from "../definition/declaration.ts";
import {
  type ExecutionRow,
  type ExecutionStatus,
  insertStage,
  type StageRow,
  selectExecution,
  selectInside,
  selectLastArrival,
  selectStage,
  selectWaiting,
} from "../execution-store.ts";
import { countExecution } from "../metrics.ts";
import { forgetFailures, type RunRow, selectStageRuns } from "../run-store.ts";
import { selectTransition } from "../store.ts";
import { abandonRuns } from "./abandon.ts";
import { beginCondition, conditionsOf, judgeCondition, rulesOf } from "./conditions.ts";
import { emitNote, emitPipeline, emitStage } from "./events.ts";
import { findDeclaration, saveExecution, saveStage } from "./live.ts";
import { decideEntry } from "./queue.ts";
import { automaticRollback, prepareRollback, type Rollback } from "./rollback.ts";
import { startAction } from "./start-run.ts";
import { type Decision, decideStage, type StageEnd, type StageView } from "./states.ts";

/*
 * The state machine of an execution. All of it is synchronous and runs in the transaction of what set it off: a start, an
 * action or a rule that ended, an approval, a transition that was enabled, a stop, an update of the definition.
 *
 *              start
 *                │            ┌────────────── newer one arrives (SUPERSEDED) ──────────▶ Superseded
 *                ▼            │
 *   ┌──────▶ waiting ─────────┤ in front of the next stage, until it is free and its transition enabled
 *   │            │            └────────────── stop, update ───────────────────▶ Stopped, Cancelled
 *   │            ▼ enter: the stage is locked (PARALLEL: at once, no lock)
 *   │      ┌── inside ──────────────────────────────────────────────────────────────────────────────┐
 *   │      │  beforeEntry ──met──▶ actions ──all succeeded──▶ onSuccess ──met──▶ Succeeded          │
 *   │      │      │                 │   ▲                        │                   │             │
 *   │      │      │ not met         │   └─ retry (once by itself,│ not met           │             │
 *   │      │      ▼                 ▼       or by hand)          ▼                   │             │
 *   │      │  Skipped | Failed   onFailure ─────────────▶ Failed [─▶ roll back]     │             │
 *   │      └──────┼──────────────────────────────────────────────┼──────────────────┼─────────────┘
 *   │             │                                              ▼                  │
 *   └─────────────┴── there is a next stage ─────────────  execution Failed ◀── no; Succeeded ◀──┘ no next stage
 */

/** In PARALLEL mode an execution runs no more actions at once. https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const PARALLEL_ACTIONS = 5;

/** Brings an execution in front of a stage, and lets in whoever may enter now. */
export function arrive(ctx: Context, execution: ExecutionRow, stage: string): void {
  if (execution.mode === "PARALLEL") {
    enter(ctx, execution, stage, "executions in PARALLEL mode wait for no other one");
    return;
  }
  const last = ctx.get(selectLastArrival, { pipeline: execution.pipeline, stage })?.last ?? 0;
  const waiting = saveExecution(ctx, execution, { place: "waiting", stage, arrived: last + 1, because: ctx.cause ?? null });
  admit(ctx, execution.pipeline, stage);
  const now = ctx.get(selectExecution, { id: execution.id });
  if (now?.place === "waiting" && now.stage === stage) noteWaiting(ctx, waiting, stage);
}

function noteWaiting(ctx: Context, execution: ExecutionRow, stage: string): void {
  const inside = ctx.get(selectInside, { pipeline: execution.pipeline, stage })?.id;
  const rule =
    inside === undefined
      ? `the transition into stage ${stage} is disabled`
      : `execution ${inside} is in stage ${stage}, and before it others may wait`;
  const more = { "execution-id": execution.id, stage };
  const because = emitNote(ctx, execution.pipeline, "Execution waits for a stage", { rule, more });
  saveExecution(ctx, execution, { because });
}

/** Lets into a stage whoever may enter now, and supersedes whom the mode says. Call it when a stage became free or open. */
export function admit(ctx: Context, pipeline: string, stage: string): void {
  // Only the head of a queue matters, and SUPERSEDED keeps no more than the newest and the one that has just arrived.
  const waiting = ctx.all(selectWaiting, { pipeline, stage, limit: 3 });
  const mode = waiting[0]?.mode;
  if (mode === undefined) return;
  const occupied = ctx.get(selectInside, { pipeline, stage }) !== undefined;
  const enabled = ctx.get(selectTransition, { pipeline, stage })?.enabled !== 0;
  const { enters, superseded } = decideEntry({ mode, occupied, enabled, waiting });
  for (const { id, by } of superseded) {
    const row = waiting.find((one) => one.id === id);
    if (row !== undefined) endExecution(ctx, row, "Superseded", `the newer execution ${by} waits in front of stage ${stage}`);
  }
  const next = waiting.find((one) => one.id === enters);
  if (next === undefined) return;
  const waited = next.because !== ctx.cause;
  const rule = waited ? `stage ${stage} is free and open, and execution ${next.id} is the next one` : `stage ${stage} is free and open`;
  enter(ctx.with({ cause: next.because ?? ctx.cause }), next, stage, rule);
}

/** Takes an execution into a stage and locks it. */
export function enter(ctx: Context, execution: ExecutionRow, stage: string, rule: string): void {
  const because = emitStage(ctx, execution, { stage, retried: null }, { state: "STARTED", rule });
  const place = execution.mode === "PARALLEL" ? null : "inside";
  saveExecution(ctx, execution, { place, stage, because });
  ctx.run(insertStage, {
    execution: execution.id,
    pipeline: execution.pipeline,
    stage,
    version: execution.version,
    parallel: execution.mode === "PARALLEL" ? 1 : 0,
    type: execution.type,
    status: "InProgress",
    phase: "beforeEntry",
    round: 1,
    automatic: 0,
    manual: 0,
    retry_trigger: null,
    retried: null,
    conditions: "{}",
    started: ctx.now,
    because,
  });
  settle(ctx.with({ cause: because }), execution.id);
}

interface Live {
  readonly execution: ExecutionRow;
  readonly declaration: Declaration;
  readonly stage: Stage;
  readonly row: StageRow;
  readonly runs: readonly RunRow[];
}

function findLive(ctx: Context, id: string): Live | undefined {
  const execution = ctx.get(selectExecution, { id });
  if (execution === undefined || execution.stage === null || execution.place === "waiting") return undefined;
  const declaration = findDeclaration(ctx, execution.pipeline, execution.version);
  const stage = declaration === undefined ? undefined : stageNamed(declaration, execution.stage);
  const row = ctx.get(selectStage, { execution: id, stage: execution.stage });
  if (declaration === undefined || stage === undefined || row === undefined) return undefined;
  if (row.status !== "InProgress" && row.status !== "Stopping") return undefined;
  return { execution, declaration, stage, row, runs: ctx.all(selectStageRuns, { execution: id, stage: execution.stage }) };
}

function viewOf({ execution, stage, row, runs }: Live): StageView {
  const actions = runs.filter((run) => run.condition === null && run.round === row.round).map((run) => [run.name, run.status] as const);
  const kind = row.phase;
  return {
    stage,
    phase: kind,
    actions: new Map(actions),
    rules: kind === "actions" ? [] : rulesOf(row, kind, runs),
    overridden: kind !== "actions" && conditionsOf(row)[kind]?.status === "Overridden",
    ending: execution.ending,
    retries: row.automatic,
    mayRollBack: execution.type === "STANDARD",
    limit: execution.mode === "PARALLEL" ? PARALLEL_ACTIONS : Number.POSITIVE_INFINITY,
  };
}

/** Does what follows for an execution that is in a stage, until there is something to wait for. Does nothing otherwise. */
export function settle(ctx: Context, id: string): void {
  const live = findLive(ctx, id);
  if (live === undefined) return;
  const { phase } = live.row;
  const row = phase === "actions" ? live.row : judgeCondition(ctx, live.row, phase, rulesOf(live.row, phase, live.runs));
  carryOut(ctx, { ...live, row }, decideStage(viewOf({ ...live, row })));
}

function carryOut(ctx: Context, live: Live, decision: Decision): void {
  const { execution, declaration, stage, row } = live;
  switch (decision.do) {
    case "wait":
      return;
    case "start":
      for (const action of stage.actions)
        if (decision.names.includes(action.name)) startAction(ctx, { execution, declaration }, row, action);
      return;
    case "check":
      beginCondition(ctx, { execution, declaration }, row, { stage, kind: decision.condition });
      return;
    case "run":
      saveStage(ctx, row, { phase: "actions" });
      settle(ctx, execution.id);
      return;
    case "retry":
      resume(ctx, execution, row, { mode: decision.mode, trigger: "AutomatedStageRetry", rule: decision.rule });
      return;
    case "end":
      endStage(ctx, live, decision);
  }
}

const STATE_OF: Readonly<Record<StageEnd, string>> = {
  Succeeded: "SUCCEEDED",
  Failed: "FAILED",
  Skipped: "SKIPPED",
  Stopped: "STOPPED",
  Cancelled: "CANCELED",
};

function endStage(ctx: Context, live: Live, { status, rule, rollBack = false }: Extract<Decision, { do: "end" }>): void {
  const { execution, declaration, row } = live;
  // Rules of a condition that one of them has decided have nothing more to say.
  abandonRuns(ctx, execution, live.runs);
  const because = emitStage(ctx, execution, row, { state: STATE_OF[status], rule });
  saveStage(ctx, row, { status, because });
  const left = saveExecution(ctx, execution, { place: null, because });
  const next = ctx.with({ cause: because });
  if (status === "Succeeded" || status === "Skipped") goOn(next, left, declaration);
  else {
    endExecution(next, left, status, `stage ${row.stage} ended: ${rule}`);
    const rollback = rollBack ? automaticRollback(next, left, row.stage) : undefined;
    if (rollback !== undefined) startRollback(next, rollback);
  }
  admit(next, execution.pipeline, row.stage);
}

/** Runs a stage again with what another execution had, before anybody who waits for it. The stage must be free. Answers the id. */
export function startRollback(ctx: Context, rollback: Rollback): string {
  const execution = prepareRollback(ctx, rollback);
  const rule = `stage ${rollback.stage} is rolled back to execution ${rollback.target.id}`;
  enter(ctx.with({ cause: execution.because ?? ctx.cause }), execution, rollback.stage, rule);
  return execution.id;
}

function goOn(ctx: Context, execution: ExecutionRow, declaration: Declaration): void {
  const stage = stageAfter(declaration, execution.stage ?? "");
  if (execution.type === "ROLLBACK") endExecution(ctx, execution, "Succeeded", `stage ${execution.stage} is rolled back`);
  else if (stage === undefined) endExecution(ctx, execution, "Succeeded", "its last stage has ended");
  else arrive(ctx, execution, stage.name);
}

const EVENT_OF: Readonly<Record<Exclude<ExecutionStatus, "InProgress" | "Stopping">, string>> = {
  Succeeded: "SUCCEEDED",
  Failed: "FAILED",
  Stopped: "STOPPED",
  Cancelled: "CANCELED",
  Superseded: "SUPERSEDED",
};

export function endExecution(ctx: Context, execution: ExecutionRow, status: keyof typeof EVENT_OF, rule: string): void {
  const because = emitPipeline(ctx, execution, EVENT_OF[status], { rule });
  saveExecution(ctx, execution, { status, place: null, ending: null, because, summary: status === "Succeeded" ? null : rule });
  countExecution(ctx, execution, status);
}

export interface Resumption {
  readonly mode: RetryMode;
  readonly trigger: "AutomatedStageRetry" | "ManualStageRetry";
  readonly rule: string;
}

/** Takes up a stage again in which actions or a condition failed. The stage must be free, or be the execution's own. */
export function resume(ctx: Context, execution: ExecutionRow, row: StageRow, { mode, trigger, rule }: Resumption): void {
  const attempted = { ...execution, attempt: execution.attempt + 1 };
  const resumed = emitPipeline(ctx, attempted, "RESUMED", { rule });
  const next = ctx.with({ cause: resumed });
  const because = emitStage(next, attempted, { stage: row.stage, retried: ctx.now }, { state: "RESUMED", rule });
  saveExecution(ctx, attempted, {
    status: "InProgress",
    summary: null,
    ending: null,
    place: execution.mode === "PARALLEL" ? null : "inside",
    because,
  });
  const automatic = trigger === "AutomatedStageRetry";
  saveStage(ctx, row, {
    status: "InProgress",
    ...resumedPart(ctx, row, mode),
    automatic: row.automatic + (automatic ? 1 : 0),
    manual: row.manual + (automatic ? 0 : 1),
    retry_trigger: trigger,
    retried: ctx.now,
    because,
  });
  settle(next.with({ cause: because }), execution.id);
}

/** Where a retried stage begins: with its failed actions, with all of them, or with the condition that it failed by. */
function resumedPart(ctx: Context, row: StageRow, mode: RetryMode): Partial<StageRow> {
  const conditions = conditionsOf(row);
  if (row.phase === "beforeEntry" || (row.phase === "onSuccess" && mode === "FAILED_ACTIONS")) {
    // Its checks of before count no more: they are of an earlier attempt.
    const before = conditions[row.phase];
    const attempt = before === undefined ? {} : { [row.phase]: { ...before, attempt: before.attempt + 1, status: "InProgress" as const } };
    return { conditions: JSON.stringify({ ...conditions, ...attempt }) };
  }
  if (mode === "ALL_ACTIONS") return { phase: "actions", round: row.round + 1 };
  ctx.run(forgetFailures, { execution: row.execution, stage: row.stage, round: row.round });
  return { phase: "actions" };
}
