import type { Context } from "../../aws/context.ts";
import { selectRunByExternalId, selectRunHome } from "./run-store.ts";

/** An action or a rule that is in progress, as other services know it. */
export interface FoundAction {
  readonly actionExecutionId: string;
  readonly pipelineName: string;
  readonly pipelineExecutionId: string;
  readonly region: string;
}

/** Messages of one run are handled one at a time. */
export const laneOf = (actionExecutionId: string): string => `codepipeline:${actionExecutionId}`;

/**
 * Asks the provider of an action or a rule again, at once: something that it waits for has happened. The context's cause
 * becomes the cause of what follows. Nothing happens when the run has ended, or never was.
 */
export function wake(ctx: Context, actionExecutionId: string): void {
  const home = ctx.get(selectRunHome, { id: actionExecutionId });
  if (home === undefined || home.status !== "InProgress") return;
  const cause = ctx.cause ?? home.because ?? undefined;
  ctx.with({ region: home.region, cause }).send("codepipeline.wake", { actionExecutionId }, { lane: laneOf(actionExecutionId) });
}

/**
 * The run that a provider, e.g. `CodeBuild`, answered this external id for and that is still in progress. Found in any
 * region of the account, since actions run across regions.
 */
export function findActionByExternalId(ctx: Context, provider: string, externalId: string): FoundAction | undefined {
  const row = ctx.get(selectRunByExternalId, { provider, external_id: externalId });
  if (row === undefined) return undefined;
  return { actionExecutionId: row.id, pipelineName: row.pipeline, pipelineExecutionId: row.execution, region: row.region };
}
