import type { Context } from "../../../aws/context.ts";
import type { ExecutionRow, StageRow, Trigger } from "../execution-store.ts";
import type { RunRow } from "../run-store.ts";
import type { RunInput } from "./input.ts";

const SOURCE = "aws.codepipeline";

export const pipelineArn = (ctx: Context, name: string): string => ctx.arn("codepipeline", name);

/** What is told besides the state, and why. */
export interface Told {
  readonly rule?: string | undefined;
  readonly more?: Readonly<Record<string, unknown>>;
}

function triggerOf(execution: ExecutionRow, state: string): Record<string, unknown> {
  const { type, detail, facts } = JSON.parse(execution.trigger) as Trigger;
  if (state !== "STARTED") return facts === undefined ? {} : { "execution-trigger": facts };
  return { "execution-trigger": { "trigger-type": type, ...(detail === undefined ? {} : { "trigger-detail": detail }), ...facts } };
}

function common(execution: ExecutionRow): Record<string, unknown> {
  return { pipeline: execution.pipeline, "execution-id": execution.id, "start-time": new Date(execution.started).toISOString() };
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html */
export function emitPipeline(ctx: Context, execution: ExecutionRow, state: string, { rule, more }: Told): string {
  return ctx.emit({
    source: SOURCE,
    type: "CodePipeline Pipeline Execution State Change",
    resources: [pipelineArn(ctx, execution.pipeline)],
    detail: {
      ...common(execution),
      ...triggerOf(execution, state),
      state,
      version: execution.version,
      "pipeline-execution-attempt": execution.attempt,
      ...more,
    },
    bus: true,
    ...(rule === undefined ? {} : { rule }),
  });
}

/** The stage's row is undefined when the execution has just come in. */
export function emitStage(
  ctx: Context,
  execution: ExecutionRow,
  stage: Pick<StageRow, "stage" | "retried">,
  told: Told & { readonly state: string },
): string {
  const { stage: name, retried } = stage;
  return ctx.emit({
    source: SOURCE,
    type: "CodePipeline Stage Execution State Change",
    resources: [pipelineArn(ctx, execution.pipeline)],
    detail: {
      ...common(execution),
      ...(retried === null ? {} : { "stage-last-retry-attempt-time": new Date(retried).toISOString() }),
      stage: name,
      state: told.state,
      version: execution.version,
      "pipeline-execution-attempt": execution.attempt,
    },
    // AWS documents no event for a stage that is skipped.
    bus: told.state !== "SKIPPED",
    ...(told.rule === undefined ? {} : { rule: told.rule }),
  });
}

const located = (artifacts: RunInput["inputArtifacts"]): object[] =>
  artifacts.map(({ name, bucket, key }) => ({ name, s3location: { bucket, key } }));

/** The result as it is told in an action's event; undefined members are not there. */
function resultOf(run: RunRow): Record<string, unknown> {
  const result = {
    ...(run.external_url === null ? {} : { "external-execution-url": run.external_url }),
    ...(run.summary === null ? {} : { "external-execution-summary": run.summary }),
    ...(run.external_id === null ? {} : { "external-execution-id": run.external_id }),
    ...(run.error_code === null ? {} : { "error-code": run.error_code }),
  };
  return Object.keys(result).length === 0 || run.status === "InProgress" || run.status === "Abandoned"
    ? {}
    : { "execution-result": result };
}

export function emitAction(ctx: Context, execution: ExecutionRow, run: RunRow, told: Told & { readonly state: string }): string {
  const input = JSON.parse(run.input) as RunInput;
  const { owner, category, provider, version } = input.typeId;
  return ctx.emit({
    source: SOURCE,
    type: "CodePipeline Action Execution State Change",
    resources: [pipelineArn(ctx, run.pipeline)],
    detail: {
      pipeline: run.pipeline,
      "execution-id": run.execution,
      "start-time": new Date(run.started).toISOString(),
      stage: run.stage,
      ...resultOf(run),
      ...(input.inputArtifacts.length === 0 ? {} : { "input-artifacts": located(input.inputArtifacts) }),
      ...(input.outputArtifacts.length === 0 || told.state !== "SUCCEEDED" ? {} : { "output-artifacts": located(input.outputArtifacts) }),
      "action-execution-id": run.id,
      action: run.name,
      state: told.state,
      region: input.region,
      type: { owner, provider, category, version },
      version: run.version,
      "pipeline-execution-attempt": execution.attempt,
    },
    bus: true,
    ...(told.rule === undefined ? {} : { rule: told.rule }),
  });
}

/** AWS puts nothing on the bus about conditions, rules and transitions: the timeline alone has these. */
export function emitNote(
  ctx: Context,
  pipeline: string,
  type: string,
  told: Told & { readonly more: Readonly<Record<string, unknown>> },
): string {
  return ctx.emit({
    source: SOURCE,
    type,
    resources: [pipelineArn(ctx, pipeline)],
    detail: { pipeline, ...told.more },
    ...(told.rule === undefined ? {} : { rule: told.rule }),
  });
}
