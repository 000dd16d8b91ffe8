import type { Context } from "../../aws/context.ts";
import type { Deployment } from "./records.ts";

/** The context acting as the deployment group's service role, as CodeDeploy does for all that it calls. */
export function serviceRoleContext(ctx: Context, deployment: Deployment): Context {
  const name = deployment.body.settings.serviceRoleArn?.split("/").pop() ?? "";
  const arn = `arn:aws:sts::${ctx.account}:assumed-role/${name}/${deployment.id}`;
  return ctx.with({ principal: { type: "assumed-role", account: ctx.account, arn, userId: `${name}:${deployment.id}` } });
}
