import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { closeSandbox, yardOf } from "./live.ts";
import { recordOf, step } from "./progress.ts";
import { type SandboxRow, sandboxes } from "./store.ts";

/** A sandbox that ran when its server ended has nothing left of what was done in it: it is over. */
export function settled(ctx: Context, row: SandboxRow): SandboxRow {
  if (row.status !== "RUN_SANDBOX" || yardOf(ctx.cloud).live.has(row.arn)) return row;
  const message = "The server ended, and the sandbox's processes with it";
  const context = { statusCode: "INTERNAL_SERVICE_ERROR", message };
  step(ctx, row.id, { status: "FAULT", context, next: "COMPLETED", sandboxStatus: "FAILED", rule: message });
  return ctx.get(sandboxes.get, { id: row.id }) ?? row;
}

/** `codebuild.sandboxStop`: ends its processes, and then the sandbox. */
export const sandboxStopMessage: MessageHandler = async (ctx, { payload }) => {
  const row = ctx.get(sandboxes.get, { id: String(payload["id"]) });
  if (row === undefined) return;
  await yardOf(ctx.cloud).provisioning.get(row.arn);
  await closeSandbox(ctx, row.arn);
  step(ctx, row.id, { status: "STOPPED", next: "COMPLETED", sandboxStatus: "STOPPED", rule: "it was asked to stop" });
};

/** `codebuild.sandboxTimeout` */
export const sandboxTimeoutMessage: MessageHandler = (ctx, { payload }) => timeOut(ctx, String(payload["id"]));

/** Ends a sandbox that was there for as long as it may be. */
export async function timeOut(ctx: Context, id: string): Promise<void> {
  const row = ctx.get(sandboxes.get, { id });
  if (row === undefined) return;
  const minutes = recordOf(row).build.timeoutInMinutes ?? 60;
  const context = { statusCode: "BUILD_TIMED_OUT", message: "Build has timed out. " };
  const rule = `it was there for ${minutes} minutes`;
  const ended = step(ctx, row.id, { status: "TIMED_OUT", context, next: "COMPLETED", sandboxStatus: "STOPPED", rule });
  if (ended !== undefined) await closeSandbox(ctx, row.arn);
}
