import type { Context } from "../../../aws/context.ts";
import { selectLive } from "../execution-store.ts";
import { endExecution, settle } from "./flow.ts";
import { saveExecution } from "./live.ts";

/**
 * A new definition ends what runs under the old one: what waits at once, what is in a stage when its actions in progress have
 * ended. Executions of mode PARALLEL run on under the definition that they were started with.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html
 */
export function cancelExecutions(ctx: Context, pipeline: string, version: number): void {
  for (const execution of ctx.all(selectLive, { pipeline })) {
    if (execution.mode === "PARALLEL" || execution.ending !== null) continue;
    if (execution.place === "waiting") {
      const rule = `the pipeline was updated to version ${version} while the execution waited in front of stage ${execution.stage}`;
      endExecution(ctx, execution, "Cancelled", rule);
      continue;
    }
    saveExecution(ctx, execution, { ending: "cancel" });
    settle(ctx, execution.id);
  }
}
