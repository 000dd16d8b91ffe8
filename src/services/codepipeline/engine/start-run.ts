import type { Context } from "../../../aws/context.ts";
import { type Action, type Rule, stageNamed } from "../definition/declaration.ts";
import type { StageRow } from "../execution-store.ts";
import { timeoutMinutes } from "../registry.ts";
import { type ConditionKind, insertRun, type RunRow } from "../run-store.ts";
import { laneOf } from "../wake.ts";
import { emitAction, emitNote } from "./events.ts";
import { inputOfAction, inputOfRule, type Origin, type RunInput } from "./input.ts";

const MINUTE = 60_000;

interface Begun {
  readonly name: string;
  readonly condition: ConditionKind | null;
  readonly round: number;
  readonly runOrder: number;
  readonly timeout: number;
  readonly input: RunInput;
}

function newRun(ctx: Context, stage: StageRow, begun: Begun): RunRow {
  const { typeId } = begun.input;
  return {
    number: 0,
    region: ctx.region,
    id: ctx.cloud.ids.uuid(),
    execution: stage.execution,
    pipeline: stage.pipeline,
    version: stage.version,
    parallel: stage.parallel,
    stage: stage.stage,
    name: begun.name,
    condition: begun.condition,
    round: begun.round,
    run_order: begun.runOrder,
    provider: typeId.provider,
    status: "InProgress",
    summary: null,
    input: JSON.stringify(begun.input),
    output: "{}",
    memory: null,
    external_id: null,
    external_url: null,
    error_code: null,
    error_message: null,
    token: typeId.category === "Approval" ? ctx.cloud.ids.uuid() : null,
    deadline: ctx.now + begun.timeout * MINUTE,
    asked: null,
    updated_by: null,
    started: ctx.now,
    updated: ctx.now,
    because: null,
  };
}

function store(ctx: Context, run: RunRow, because: string): void {
  const { number: _number, region: _region, ...row } = run;
  ctx.run(insertRun, { ...row, because });
  const next = ctx.with({ cause: because });
  const lane = laneOf(run.id);
  next.send("codepipeline.run", { actionExecutionId: run.id }, { lane });
  next.send("codepipeline.timeout", { actionExecutionId: run.id }, { at: run.deadline, quiet: true });
}

/** Starts an action: its row, its event, and the message that asks its provider. */
export function startAction(ctx: Context, origin: Origin, stage: StageRow, action: Action): void {
  const run = newRun(ctx, stage, {
    name: action.name,
    condition: null,
    round: stage.round,
    runOrder: action.runOrder,
    timeout: action.timeoutInMinutes ?? timeoutMinutes(ctx, action.actionTypeId),
    input: inputOfAction(ctx, origin, action),
  });
  const first = Math.min(...(stageNamed(origin.declaration, stage.stage)?.actions ?? []).map(({ runOrder }) => runOrder));
  const rule =
    action.runOrder <= first ? `stage ${stage.stage} is being run` : `all actions of stage ${stage.stage} with a lower run order succeeded`;
  store(ctx, run, emitAction(ctx, origin.execution, run, { state: "STARTED", rule }));
}

export interface RuleStart {
  readonly rule: Rule;
  readonly condition: ConditionKind;
  readonly attempt: number;
}

export function startRule(ctx: Context, origin: Origin, stage: StageRow, { rule, condition, attempt }: RuleStart): void {
  const run = newRun(ctx, stage, {
    name: rule.name,
    condition,
    round: attempt,
    runOrder: 1,
    timeout: rule.timeoutInMinutes ?? timeoutMinutes(ctx, rule.ruleTypeId),
    input: inputOfRule(ctx, origin, rule),
  });
  const more = {
    "execution-id": run.execution,
    stage: run.stage,
    condition,
    rule: rule.name,
    "rule-execution-id": run.id,
    provider: run.provider,
  };
  store(ctx, run, emitNote(ctx, run.pipeline, "Rule started", { more }));
}
