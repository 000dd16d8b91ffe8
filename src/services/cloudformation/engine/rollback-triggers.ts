import { parseArn } from "../../../aws/arn.ts";
import type { Context } from "../../../aws/context.ts";
import type { MessageHandler, Subscription } from "../../../aws/service.ts";
import * as store from "../store.ts";
import { created, failCreate, failUpdate, updated } from "./advance.ts";
import { type Operation, type Stack, saveOp, stackById, toStack } from "./model.ts";
import type { RollbackSettings } from "./monitoring.ts";
import { markFailed, settle } from "./tasks.ts";

const isForward = (op: Operation): boolean => op.phase === "create" || op.phase === "update";

/** Why an operation must be rolled back already: an alarm that is in ALARM, or is not there. */
async function problemOf(ctx: Context, { triggers }: RollbackSettings): Promise<string | undefined> {
  for (const { arn } of triggers) {
    const place = parseArn(arn);
    const name = place?.resource.replace(/^alarm:/, "") ?? "";
    const scope = ctx.with({ region: place?.region ?? ctx.region, account: place?.account ?? ctx.account });
    const answer = await scope.call("cloudwatch", "DescribeAlarms", { AlarmNames: [name], AlarmTypes: ["MetricAlarm", "CompositeAlarm"] });
    const [alarm] = [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])];
    if (alarm === undefined) return `Rollback trigger ${arn} does not exist. `;
    if (alarm.StateValue === "ALARM") return breached(arn);
  }
  return undefined;
}

const breached = (arn: string): string => `Rollback trigger ${arn} is in ALARM state. `;

function rollBack(ctx: Context, stack: Stack, op: Operation, reason: string): void {
  const { monitoring: _, ...rest } = op;
  const cleared = saveOp(ctx, stack, { ...rest, reason: reason.trimEnd() });
  if (op.phase === "create") failCreate(ctx, cleared, rest, reason);
  else failUpdate(ctx, cleared, rest, reason);
}

/** The stack of a message, while it is being watched for the operation that the message is of. */
function watched(ctx: Context, id: unknown, op: unknown): { stack: Stack; op: Operation; until: number } | undefined {
  const stack = stackById(ctx, String(id));
  if (stack?.op === undefined || stack.op.id !== op || !isForward(stack.op) || stack.op.failed) return undefined;
  return stack.op.monitoring === undefined ? undefined : { stack, op: stack.op, until: stack.op.monitoring };
}

/**
 * `cloudformation.monitor {stack, op}`: looks once when the resources are done and once when the time is over; in between an
 * alarm tells of itself.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
 */
export const monitor: MessageHandler = async (ctx, message) => {
  const { stack: id, op } = message.payload;
  const before = watched(ctx, id, op);
  const settings = before?.stack.body.desired.rollback;
  if (before === undefined || settings === undefined) return undefined;
  const problem = await problemOf(ctx, settings);
  return ctx.tx(() => {
    const now = watched(ctx, id, op);
    if (now === undefined) return undefined;
    if (problem !== undefined) rollBack(ctx, now.stack, now.op, problem);
    else if (ctx.now < now.until) return { again: now.until };
    else {
      const { monitoring: _, ...rest } = now.op;
      const cleared = saveOp(ctx, now.stack, rest);
      if (rest.phase === "create") created(ctx, cleared, rest);
      else updated(ctx, cleared, rest);
    }
    return undefined;
  });
};

/** An alarm that goes to ALARM rolls back what it is a trigger of, while that is under way or being watched. */
export const triggerAlarms: Subscription = {
  name: "cloudformation.alarms",
  wants: ({ source, type, detail }) =>
    source === "aws.cloudwatch" &&
    type === "CloudWatch Alarm State Change" &&
    (detail["state"] as { value?: string } | undefined)?.value === "ALARM",
  handle(ctx, event) {
    const [arn = ""] = event.resources;
    for (const row of ctx.cloud.store.all(store.movingStacks, { arn })) {
      const stack = toStack(row);
      const { op } = stack;
      if (op === undefined || op.failed || !isForward(op)) continue;
      if (!stack.body.desired.rollback?.triggers.some((trigger) => trigger.arn === arn)) continue;
      const scope = ctx.with({ account: stack.account, region: stack.region });
      if (op.monitoring !== undefined) rollBack(scope, stack, op, breached(arn));
      else {
        const marked = markFailed(scope, stack, { ...op, reason: breached(arn).trimEnd() });
        settle(scope, marked.stack, marked.op);
      }
    }
  },
};
