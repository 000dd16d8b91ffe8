import type { Context } from "../../../aws/context.ts";
import { conditionIn, type Stage } from "../definition/declaration.ts";
import type { ConditionRecord, Conditions, StageRow } from "../execution-store.ts";
import type { ConditionKind, RunRow } from "../run-store.ts";
import { emitNote } from "./events.ts";
import type { Origin } from "./input.ts";
import { saveStage } from "./live.ts";
import { startRule } from "./start-run.ts";
import { verdictOf } from "./states.ts";

export const conditionsOf = (row: StageRow): Conditions => JSON.parse(row.conditions) as Conditions;

/** The rules' runs of the check that is the latest one of its kind. */
export function rulesOf(row: StageRow, kind: ConditionKind, runs: readonly RunRow[]): RunRow[] {
  const attempt = conditionsOf(row)[kind]?.attempt;
  return runs.filter((run) => run.condition === kind && run.round === attempt);
}

/** Stores how a condition stands, if that is news. */
export function recordCondition(
  ctx: Context,
  row: StageRow,
  kind: ConditionKind,
  change: Omit<ConditionRecord, "attempt" | "changed">,
): StageRow {
  const conditions = conditionsOf(row);
  const before = conditions[kind];
  if (before?.status !== "InProgress") return row;
  const more = { "execution-id": row.execution, stage: row.stage, condition: kind, state: change.status };
  const rule = change.summary;
  const because = emitNote(ctx, row.pipeline, "Condition state changed", { rule, more });
  const record = { ...before, ...change, changed: ctx.now };
  return saveStage(ctx, row, { conditions: JSON.stringify({ ...conditions, [kind]: record }), because });
}

/** The condition's state as its rules make it. */
export function judgeCondition(ctx: Context, row: StageRow, kind: ConditionKind, rules: readonly RunRow[]): StageRow {
  const verdict = verdictOf(rules);
  if (rules.length === 0 || verdict === "open") return row;
  if (verdict === "met") return recordCondition(ctx, row, kind, { status: "Succeeded", summary: "all rules succeeded" });
  const failed = rules.filter(({ status }) => status !== "Succeeded" && status !== "InProgress");
  const status = failed.some((run) => run.status === "Abandoned") ? "Abandoned" : "Failed";
  return recordCondition(ctx, row, kind, { status, summary: `rule ${failed.map(({ name }) => name).join(", ")} did not succeed` });
}

/** Begins a new check: all of its rules at once. */
export function beginCondition(
  ctx: Context,
  origin: Origin,
  row: StageRow,
  begun: { readonly stage: Stage; readonly kind: ConditionKind },
): void {
  const { stage, kind } = begun;
  const conditions = conditionsOf(row);
  const attempt = (conditions[kind]?.attempt ?? 0) + 1;
  const more = { "execution-id": row.execution, stage: row.stage, condition: kind };
  const because = emitNote(ctx, row.pipeline, "Condition started", { more });
  const record: ConditionRecord = { attempt, status: "InProgress", changed: ctx.now };
  const next = saveStage(ctx, row, { phase: kind, conditions: JSON.stringify({ ...conditions, [kind]: record }), because });
  for (const rule of conditionIn(stage, kind)?.rules ?? [])
    startRule(ctx.with({ cause: because }), origin, next, { rule, condition: kind, attempt });
}
