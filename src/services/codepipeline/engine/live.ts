import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { remembered } from "../../../kernel/store.ts";
import type { Declaration } from "../definition/declaration.ts";
import { type ExecutionRow, type StageRow, selectExecution, updateExecution, updateStage } from "../execution-store.ts";
import { type PipelineRow, selectDefinition, selectPipeline } from "../store.ts";

/** @throws AwsException PipelineNotFoundException */
export function findPipeline(ctx: Context, name: string | undefined): PipelineRow {
  const row = ctx.get(selectPipeline, { name: name ?? "" });
  if (row !== undefined) return row;
  throw new AwsException("PipelineNotFoundException", `Account '${ctx.account}' does not have a pipeline with name '${name}'`);
}

const definition = remembered(selectDefinition, ["codepipeline_definitions"]);
/** Definitions never change, only their rows come and go: what was read from one row holds for as long as the row is remembered. */
const parsed = new WeakMap<object, Declaration>();

/** A version of a pipeline's definition; undefined when it is not there. */
export function findDeclaration(ctx: Context, name: string, version: number): Declaration | undefined {
  const row = ctx.get(definition, { name, version });
  if (row === undefined) return undefined;
  const known = parsed.get(row);
  if (known !== undefined) return known;
  const declaration = JSON.parse(row.declaration) as Declaration;
  parsed.set(row, declaration);
  return declaration;
}

/** An execution of this pipeline. @throws AwsException PipelineExecutionNotFoundException */
export function findExecution(ctx: Context, pipeline: string, id: string | undefined): ExecutionRow {
  const row = ctx.get(selectExecution, { id: id ?? "" });
  if (row !== undefined && row.pipeline === pipeline) return row;
  throw new AwsException("PipelineExecutionNotFoundException", `Execution with id '${id}' does not exist for pipeline '${pipeline}'`);
}

/** @throws AwsException StageNotFoundException */
export function checkStage(declaration: Declaration, name: string | undefined): void {
  if (declaration.stages.some((stage) => stage.name === name)) return;
  throw new AwsException("StageNotFoundException", `Pipeline '${declaration.name}' does not have a stage with name '${name}'`);
}

/** Stores a changed execution, and gives it back. */
export function saveExecution(ctx: Context, row: ExecutionRow, change: Partial<ExecutionRow>): ExecutionRow {
  const next = { ...row, ...change, updated: ctx.now };
  const { id, status, summary, place, stage, arrived, ending, attempt, updated, stop_reason, because } = next;
  ctx.run(updateExecution, { id, status, summary, place, stage, arrived, ending, attempt, updated, stop_reason, because });
  return next;
}

/** Stores a changed stage, and gives it back. */
export function saveStage(ctx: Context, row: StageRow, change: Partial<StageRow>): StageRow {
  const next = { ...row, ...change };
  const { execution, stage, status, phase, round, automatic, manual, retry_trigger, retried, conditions, because } = next;
  ctx.run(updateStage, { execution, stage, status, phase, round, automatic, manual, retry_trigger, retried, conditions, because });
  return next;
}

/** What a client asks for has no cause of its own: it goes on from the event that last decided about the thing. */
export function goingOn(ctx: Context, { because }: { readonly because: string | null }): Context {
  return ctx.cause === undefined && because !== null ? ctx.with({ cause: because }) : ctx;
}
