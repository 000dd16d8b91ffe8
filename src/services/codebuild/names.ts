import type { Context } from "../../aws/context.ts";

export const projectArn = (ctx: Context, name: string): string => ctx.arn("codebuild", `project/${name}`);
export const buildArn = (ctx: Context, id: string): string => ctx.arn("codebuild", `build/${id}`);

/** Operations take a name or an ARN. */
export function nameOfProject(nameOrArn: string): string {
  return /^arn:[^:]+:codebuild:[^:]*:[^:]*:project\/(.+)$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

export function idOfBuild(idOrArn: string): string {
  return /^arn:[^:]+:codebuild:[^:]*:[^:]*:build\/(.+)$/.exec(idOrArn)?.[1] ?? idOrArn;
}

export const batchArn = (ctx: Context, id: string): string => ctx.arn("codebuild", `build-batch/${id}`);

export function idOfBatch(idOrArn: string): string {
  return /^arn:[^:]+:codebuild:[^:]*:[^:]*:build-batch\/(.+)$/.exec(idOrArn)?.[1] ?? idOrArn;
}

/** The part of a build's id after the project: it names the log stream. */
export const uuidOf = (id: string): string => id.slice(id.indexOf(":") + 1);

/** Who began a build, as CodeBuild shows it: `codepipeline/<pipeline>`, a user's name, or `<role>/<session>`. */
export function initiatorOf(ctx: Context): string {
  const { principal } = ctx;
  const { via } = principal;
  if (via?.service === "codepipeline.amazonaws.com") return `codepipeline/${via.source.slice(via.source.lastIndexOf(":") + 1)}`;
  if (via?.service === "events.amazonaws.com") return `rule/${via.source.slice(via.source.lastIndexOf("/") + 1)}`;
  if (principal.type === "user") return principal.arn.slice(principal.arn.lastIndexOf("/") + 1);
  if (principal.type === "assumed-role") return principal.arn.slice(principal.arn.indexOf(":assumed-role/") + ":assumed-role/".length);
  return principal.type === "root" ? "root" : principal.arn;
}
