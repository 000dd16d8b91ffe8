import type { Context } from "../../aws/context.ts";
import type { RequiredPermission } from "../../aws/service.ts";
import { idOfBatch, idOfBuild, nameOfProject, projectArn } from "./names.ts";
import { policyOf } from "./policies/shared.ts";
import { reportPermissions } from "./reports/permissions.ts";
import { idOfSandbox } from "./sandboxes/sandboxes.ts";

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

const projectOfBatch = (id: string | undefined): string => idOfBatch(id ?? "").replace(/:[^:]*$/, "");

const onNames =
  (action: string) =>
  (names: readonly string[] | undefined, ctx: Context): RequiredPermission[] =>
    [...new Set(names ?? [])].flatMap((name) => onProject(action)(name, ctx));

interface OfProject {
  readonly projectName: string | undefined;
}

interface OfSandbox {
  readonly sandboxId: string | undefined;
}

const projectOfSandbox = (id: string | undefined): string => idOfSandbox(id ?? "").replace(/:[^:]*$/, "");

export const permissions = {
  ...reportPermissions,
  StartSandbox: ({ projectName }: { readonly projectName?: string | undefined }, ctx: Context) =>
    onProject("StartSandbox")(projectName, ctx),
  StopSandbox: ({ id }: { readonly id: string | undefined }, ctx: Context) => onProject("StopSandbox")(projectOfSandbox(id), ctx),
  BatchGetSandboxes: ({ ids }: { readonly ids: readonly string[] | undefined }, ctx: Context) =>
    onNames("BatchGetSandboxes")(ids?.map(projectOfSandbox), ctx),
  ListSandboxesForProject: ({ projectName }: OfProject, ctx: Context) => onProject("ListSandboxesForProject")(projectName, ctx),
  StartCommandExecution: ({ sandboxId }: OfSandbox, ctx: Context) => onProject("StartCommandExecution")(projectOfSandbox(sandboxId), ctx),
  BatchGetCommandExecutions: ({ sandboxId }: OfSandbox, ctx: Context) =>
    onProject("BatchGetCommandExecutions")(projectOfSandbox(sandboxId), ctx),
  ListCommandExecutionsForSandbox: ({ sandboxId }: OfSandbox, ctx: Context) =>
    onProject("ListCommandExecutionsForSandbox")(projectOfSandbox(sandboxId), ctx),
  CreateWebhook: ({ projectName }: OfProject, ctx: Context) => onProject("CreateWebhook")(projectName, ctx),
  UpdateWebhook: ({ projectName }: OfProject, ctx: Context) => onProject("UpdateWebhook")(projectName, ctx),
  DeleteWebhook: ({ projectName }: OfProject, ctx: Context) => onProject("DeleteWebhook")(projectName, ctx),
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
  StartBuildBatch: ({ projectName }: { readonly projectName: string | undefined }, ctx: Context) =>
    onProject("StartBuildBatch")(projectName, ctx),
  ListBuildBatchesForProject: ({ projectName }: { readonly projectName?: string | undefined }, ctx: Context) =>
    onProject("ListBuildBatchesForProject")(projectName, ctx),
  StopBuildBatch: ({ id }: { readonly id: string | undefined }, ctx: Context) => onProject("StopBuildBatch")(projectOfBatch(id), ctx),
  RetryBuildBatch: ({ id }: { readonly id?: string | undefined }, ctx: Context) => onProject("RetryBuildBatch")(projectOfBatch(id), ctx),
  DeleteBuildBatch: ({ id }: { readonly id: string | undefined }, ctx: Context) => onProject("DeleteBuildBatch")(projectOfBatch(id), ctx),
  BatchGetBuildBatches: ({ ids }: { readonly ids: readonly string[] | undefined }, ctx: Context) =>
    onNames("BatchGetBuildBatches")(ids?.map(projectOfBatch), ctx),
  BatchDeleteBuilds: ({ ids }: { readonly ids: readonly string[] | undefined }, ctx: Context) =>
    onNames("BatchDeleteBuilds")(ids?.map(projectOfBuild), ctx),
};
