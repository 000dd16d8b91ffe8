import type { Context } from "../../aws/context.ts";
import type { RequiredPermission } from "../../aws/service.ts";
import { idOfBuild, nameOfProject, projectArn } from "./names.ts";
import { policyOf } from "./policies/shared.ts";
import { reportPermissions } from "./reports/permissions.ts";

const permission = (ctx: Context, action: string, resource: string): RequiredPermission => ({
  action: `codebuild:${action}`,
  resource,
  policy: policyOf(ctx, resource),
});

/** Of a project or a report group. */
const onResource =
  (action: string) =>
  ({ resourceArn }: { readonly resourceArn: string | undefined }, ctx: Context): RequiredPermission[] => [
    permission(ctx, action, resourceArn ?? ""),
  ];

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html: builds are asked by their project. */
const onProject =
  (action: string) =>
  (name: string | undefined, ctx: Context): RequiredPermission[] => [permission(ctx, action, projectArn(ctx, nameOfProject(name ?? "")))];

const projectOfBuild = (id: string | undefined): string => idOfBuild(id ?? "").replace(/:[^:]*$/, "");

const onNames =
  (action: string) =>
  (names: readonly string[] | undefined, ctx: Context): RequiredPermission[] =>
    [...new Set(names ?? [])].flatMap((name) => onProject(action)(name, ctx));

export const permissions = {
  ...reportPermissions,
  GetResourcePolicy: onResource("GetResourcePolicy"),
  PutResourcePolicy: onResource("PutResourcePolicy"),
  DeleteResourcePolicy: onResource("DeleteResourcePolicy"),
  CreateProject: ({ name }: { readonly name: string | undefined }, ctx: Context) => onProject("CreateProject")(name, ctx),
  UpdateProject: ({ name }: { readonly name: string | undefined }, ctx: Context) => onProject("UpdateProject")(name, ctx),
  DeleteProject: ({ name }: { readonly name: string | undefined }, ctx: Context) => onProject("DeleteProject")(name, ctx),
  InvalidateProjectCache: ({ projectName }: { readonly projectName: string | undefined }, ctx: Context) =>
    onProject("InvalidateProjectCache")(projectName, ctx),
  ListBuildsForProject: ({ projectName }: { readonly projectName: string | undefined }, ctx: Context) =>
    onProject("ListBuildsForProject")(projectName, ctx),
  StartBuild: ({ projectName }: { readonly projectName: string | undefined }, ctx: Context) => onProject("StartBuild")(projectName, ctx),
  StopBuild: ({ id }: { readonly id: string | undefined }, ctx: Context) => onProject("StopBuild")(projectOfBuild(id), ctx),
  RetryBuild: ({ id }: { readonly id?: string | undefined }, ctx: Context) => onProject("RetryBuild")(projectOfBuild(id), ctx),
  BatchGetProjects: ({ names }: { readonly names: readonly string[] | undefined }, ctx: Context) => onNames("BatchGetProjects")(names, ctx),
  BatchGetBuilds: ({ ids }: { readonly ids: readonly string[] | undefined }, ctx: Context) =>
    onNames("BatchGetBuilds")(ids?.map(projectOfBuild), ctx),
  BatchDeleteBuilds: ({ ids }: { readonly ids: readonly string[] | undefined }, ctx: Context) =>
    onNames("BatchDeleteBuilds")(ids?.map(projectOfBuild), ctx),
};
