import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { stageAfter } from "./definition/declaration.ts";
import { emitNote } from "./engine/events.ts";
import { admit } from "./engine/flow.ts";
import { checkStage, findDeclaration, findPipeline } from "./engine/live.ts";
import { upsertTransition } from "./store.ts";

interface Request {
  readonly pipelineName?: string | undefined;
  readonly stageName?: string | undefined;
  readonly transitionType?: string | undefined;
}

/** The stage in front of which the transition lies; undefined behind the last one. @throws AwsException */
function targetOf(ctx: Context, { pipelineName, stageName, transitionType }: Request): { pipeline: string; stage: string | undefined } {
  const row = findPipeline(ctx, pipelineName);
  const declaration = findDeclaration(ctx, row.name, row.version);
  if (declaration === undefined) return { pipeline: row.name, stage: undefined };
  checkStage(declaration, stageName);
  return { pipeline: row.name, stage: transitionType === "Outbound" ? stageAfter(declaration, stageName ?? "")?.name : stageName };
}

function change(ctx: Context, request: Request, enabled: boolean, reason: string | null): Record<never, never> {
  return ctx.tx(() => {
    const { pipeline, stage } = targetOf(ctx, request);
    if (stage === undefined) return {};
    ctx.run(upsertTransition, { pipeline, stage, enabled: enabled ? 1 : 0, reason, changed_by: ctx.principal.arn, changed_at: ctx.now });
    const rule = `${ctx.principal.arn} asked for it${reason === null ? "" : `: ${reason}`}`;
    const because = emitNote(ctx, pipeline, enabled ? "Transition enabled" : "Transition disabled", { rule, more: { stage } });
    if (enabled) admit(ctx.with({ cause: because }), pipeline, stage);
    return {};
  });
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/transitions.html */
export const transitionOperations = {
  DisableStageTransition: (input, ctx) => change(ctx, input, false, input.reason ?? null),
  EnableStageTransition: (input, ctx) => change(ctx, input, true, null),
} satisfies Operations<"codepipeline">;
