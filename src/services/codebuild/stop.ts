import type { Context } from "../../aws/context.ts";
import { finishQueued } from "./finish.ts";
import { buildArn } from "./names.ts";
import { builds } from "./store.ts";
import { workshopOf } from "./workshop.ts";

/** Ends a build, and resolves when it has ended; one that is over stays as it is. Batches use it too. */
export async function stop(ctx: Context, id: string): Promise<void> {
  const row = ctx.get(builds.get, { id });
  if (row === undefined || row.state === "OVER") return;
  const arn = buildArn(ctx, id);
  const cause = ctx.tx(() => {
    ctx.run(builds.askToStop, { id });
    const asked = ctx.emit({
      source: "aws.codebuild",
      type: "Build Stop Requested",
      resources: [arn],
      detail: { id, by: ctx.principal.arn },
    });
    if (row.state === "QUEUED") finishQueued(ctx.with({ cause: asked }), id, "STOPPED");
    return asked;
  });
  const running = workshopOf(ctx.cloud).running.get(arn);
  running?.interrupt("STOPPED", cause);
  await running?.done;
}
