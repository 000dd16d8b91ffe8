import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Message } from "../../aws/service.ts";
import { functionArn, typed } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { listVersions, putVersion } from "./store.ts";

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
 * @throws AwsException ResourceConflictException while the function is being created or updated
 */
export function checkReady(ctx: Context, record: FunctionRecord): void {
  if (record.state === "Active" && !record.updating) return;
  const message =
    record.state === "Pending"
      ? "The operation cannot be performed at this time. The function is currently in the following state: Pending"
      : `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn(ctx, record.name)}`;
  throw new AwsException("ResourceConflictException", message, typed("User"));
}

/**
 * Message `lambda.settle {name}`: ends creation and update. There is nothing to wait for on one machine, but clients
 * see the states that they wait through.
 *
 *     Pending ──▶ Active        LastUpdateStatus: InProgress ──▶ Successful
 */
export function settle(ctx: Context, message: Message): void {
  settleNow(ctx, String(message.payload["name"]));
}

/** The same at once, for CloudFormation, which waits for it between two changes. */
export function settleNow(ctx: Context, name: string): void {
  ctx.tx(() => {
    for (const record of listVersions(ctx, name, -1, 100_000)) {
      if (record.state === "Pending" || record.updating) putVersion(ctx, { ...record, state: "Active", updating: false });
    }
  });
}
