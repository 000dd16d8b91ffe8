import type { Context } from "../../aws/context.ts";
import type { Deployment } from "./records.ts";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html */
export const applicationArn = (ctx: Context, name: string): string => ctx.arn("codedeploy", `application:${name}`);
export const groupArn = (ctx: Context, application: string, name: string): string =>
  ctx.arn("codedeploy", `deploymentgroup:${application}/${name}`);
export const configArn = (ctx: Context, name: string): string => ctx.arn("codedeploy", `deploymentconfig:${name}`);
/** AWS gives deployments no ARN; the timeline needs one to tell of them. */
export const deploymentArn = (ctx: Context, id: string): string => ctx.arn("codedeploy", `deployment:${id}`);

/** What an event about a deployment concerns: the deployment first. */
export function concerned(ctx: Context, deployment: Deployment, ...others: readonly string[]): string[] {
  return [deploymentArn(ctx, deployment.id), ...others, groupArn(ctx, deployment.application, deployment.grp)];
}
