import type { MessageHandler } from "../../aws/service.ts";
import { watchAlarms } from "./alarms.ts";
import { endDeployment, fail, running, setStatus } from "./lifecycle.ts";
import { faultOf } from "./platform.ts";
import { platformOf } from "./platforms.ts";
import { groupById } from "./records.ts";

/** `codedeploy.start {deployment}`: Created → InProgress, and over to the platform. Delivered again after a crash, it goes on. */
export const start: MessageHandler = async (ctx, message) => {
  const found = running(ctx, message.payload["deployment"]);
  if (found === undefined) return;
  const platform = platformOf(found.platform);
  if (groupById(ctx, found.group_id) === undefined) {
    const error = { code: "DEPLOYMENT_GROUP_MISSING", message: `The deployment group ${found.grp} is missing.` } as const;
    const rule = "the deployment group was deleted before the deployment began";
    ctx.tx(() => endDeployment(ctx, platform, found.id, { status: "Failed", by: "failure", error, rule }));
    return;
  }
  const { ctx: next, deployment } =
    found.status === "Created"
      ? ctx.tx(() => {
          const step = setStatus(ctx, found, { status: "InProgress", rule: ruleOf(found.body) });
          watchAlarms(step.ctx, step.deployment);
          return step;
        })
      : { ctx: ctx.with({ cause: found.because ?? ctx.cause }), deployment: found };
  try {
    await platform.start(next, deployment);
  } catch (error) {
    const fault = faultOf(ctx, error, message.attempt);
    if (fault === undefined) throw error;
    next.tx(() => fail(next, platform, deployment.id, fault));
  }
};

function ruleOf({
  creator,
  config,
  rollback,
}: {
  creator: string;
  config: string;
  rollback?: { rollbackTriggeringDeploymentId?: string | undefined } | undefined;
}): string {
  const failed = rollback?.rollbackTriggeringDeploymentId;
  if (creator === "codeDeployRollback") return `no other deployment of the group is under way; it rolls back deployment ${failed}`;
  return `no other deployment of the group is under way; it goes by the configuration ${config}`;
}
