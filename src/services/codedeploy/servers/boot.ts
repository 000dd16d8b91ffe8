import type { Context } from "../../../aws/context.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { deploymentArn } from "../arns.ts";
import { deploymentById, type Target, targetOf } from "../records.ts";
import { type Instance, instanceNamed, saveInstall } from "./instances.ts";
import { machinesOf } from "./machines.ts";
import { runEvent } from "./run.ts";
import { type InstallRow, selectInstalls } from "./store.ts";

/** `codedeploy.boot {instance}`: sent for each instance when the server starts. */
export const boot: MessageHandler = async (ctx, message) => {
  const instance = instanceNamed(ctx, String(message.payload["instance"]));
  if (instance !== undefined) await bootServices(ctx, instance);
};

/**
 * Services end with the server, as they end with a machine that is switched off. What an enabled unit does when it is
 * switched on again, ApplicationStart does here: it is run again for each deployment whose ApplicationStart had succeeded.
 */
export async function bootServices(ctx: Context, instance: Instance): Promise<void> {
  const { booted } = machinesOf(ctx.cloud);
  if (booted.has(instance.folder)) return;
  for (const install of ctx.all(selectInstalls, { instance: instance.name })) {
    const deployment = install.running === null ? undefined : deploymentById(ctx, install.running);
    const target = deployment === undefined ? undefined : targetOf(ctx, deployment.id, instance.name);
    if (deployment === undefined || target === undefined) continue;
    const { diagnostics } = await runEvent(ctx, "ApplicationStart", { deployment, target, instance });
    ctx.tx(() => tell(ctx, { instance, install, target }, diagnostics));
  }
  booted.add(instance.folder);
}

interface Booted {
  readonly instance: Instance;
  readonly install: InstallRow;
  readonly target: Target;
}

function tell(
  ctx: Context,
  { instance, install, target }: Booted,
  result: { errorCode?: string | undefined; message?: string | undefined },
): void {
  const isUp = result.errorCode === "Success";
  if (!isUp) saveInstall(ctx, install, { healthy: 0, running: null });
  ctx.emit({
    source: "aws.codedeploy",
    type: isUp ? "Instance booted" : "Instance boot failed",
    resources: [instance.arn, deploymentArn(ctx, target.deployment)],
    detail: { instanceName: instance.name, deploymentId: target.deployment, errorCode: result.errorCode, message: result.message },
    rule: isUp
      ? `the server started, and ApplicationStart of deployment ${target.deployment} was run again on ${instance.name}`
      : `the server started, but ApplicationStart of deployment ${target.deployment} failed on ${instance.name}: ${result.message}`,
  });
}
