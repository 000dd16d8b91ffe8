import type { Project, Tag } from "@aws-sdk/client-codebuild";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import { given } from "../../aws/properties.ts";
import { invalid, projectNotFound } from "./failures.ts";
import { hooks } from "./hooks.ts";
import { nameOfProject, projectArn } from "./names.ts";
import { forgetPolicy, homeOf } from "./policies/shared.ts";
import { checkRole, checkSettings } from "./project-rules.ts";
import type { ProjectSettings } from "./records.ts";
import { type ProjectRow, projects } from "./store.ts";

const PAGE = 100;
const MOST_NAMES = 100;
const MOST_TAGS = 50;

/** The project as the API shows it. */
export function projectOf(ctx: Context, row: ProjectRow): Project {
  const { badgeEnabled, ...settings } = JSON.parse(row.settings) as ProjectSettings;
  const tags = Object.entries(JSON.parse(row.tags) as Record<string, string>).map(([key, value]) => ({ key, value }));
  const webhook = hooks.webhookOf?.(ctx, row.name);
  return {
    name: row.name,
    arn: row.arn,
    ...settings,
    tags,
    created: new Date(row.created),
    lastModified: new Date(row.modified),
    badge: { badgeEnabled: badgeEnabled === true },
    projectVisibility: "PRIVATE",
    ...(row.visibility === null ? {} : (JSON.parse(row.visibility) as Partial<Project>)),
    ...(webhook === undefined ? {} : { webhook }),
  };
}

/** @throws AwsException ResourceNotFoundException */
export function projectNamed(ctx: Context, nameOrArn: string | undefined): ProjectRow {
  const name = nameOfProject(nameOrArn ?? "");
  const row = ctx.get(projects.get, { name });
  if (row === undefined) throw projectNotFound(projectArn(ctx, name));
  return row;
}

function tagsOf(list: readonly Tag[] | undefined): Record<string, string> {
  const tags = Object.fromEntries((list ?? []).map(({ key = "", value = "" }) => [key, value]));
  if (Object.keys(tags).length > MOST_TAGS) throw invalid(`A project can have up to ${MOST_TAGS} tags`);
  if (Object.keys(tags).some((key) => /^aws:(?!cloudformation:)/i.test(key))) throw invalid("Tag keys must not begin with aws:");
  return tags;
}

export async function createProject(
  input: Input<"codebuild", "CreateProject">,
  ctx: Context,
): Promise<Output<"codebuild", "CreateProject">> {
  const { name = "", tags, ...settings } = input;
  checkSettings(settings);
  await checkRole(ctx, settings.serviceRole ?? "");
  if (settings.buildBatchConfig?.serviceRole !== undefined) await checkRole(ctx, settings.buildBatchConfig.serviceRole);
  const arn = projectArn(ctx, name);
  return ctx.tx(() => {
    if (ctx.get(projects.get, { name }) !== undefined)
      throw new AwsException("ResourceAlreadyExistsException", `Project already exists: ${arn}`);
    const stored = withDefaults(ctx, name, settings as ProjectSettings);
    ctx.run(projects.insert, { arn, name, created: ctx.now, settings: JSON.stringify(stored), tags: JSON.stringify(tagsOf(tags)) });
    ctx.emit({ source: "aws.codebuild", type: "Project Created", resources: [arn], detail: { project: name } });
    ctx.claim(name);
    return { project: projectOf(ctx, projectNamed(ctx, name)) };
  });
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html names the defaults. */
function withDefaults(ctx: Context, name: string, settings: ProjectSettings): ProjectSettings {
  const { artifacts, environment } = settings;
  return {
    timeoutInMinutes: 60,
    queuedTimeoutInMinutes: 480,
    encryptionKey: ctx.arn("kms", "alias/aws/s3"),
    cache: { type: "NO_CACHE" },
    ...settings,
    ...(artifacts === undefined
      ? {}
      : {
          artifacts:
            artifacts.type === "S3"
              ? { path: "", namespaceType: "NONE" as const, name, packaging: "NONE" as const, encryptionDisabled: false, ...artifacts }
              : artifacts.type === "CODEPIPELINE"
                ? { name, packaging: "NONE" as const, encryptionDisabled: false, ...artifacts }
                : artifacts,
        }),
    ...(environment === undefined
      ? {}
      : {
          environment: {
            privilegedMode: false,
            imagePullCredentialsType: "CODEBUILD" as const,
            ...environment,
            environmentVariables: (environment.environmentVariables ?? []).map((variable) => ({ type: "PLAINTEXT" as const, ...variable })),
          },
        }),
  };
}

export async function updateProject(
  input: Input<"codebuild", "UpdateProject">,
  ctx: Context,
): Promise<Output<"codebuild", "UpdateProject">> {
  const { name: nameOrArn, tags, ...change } = input;
  const name = projectNamed(ctx, nameOrArn).name;
  if (change.serviceRole !== undefined) await checkRole(ctx, change.serviceRole);
  if (change.buildBatchConfig?.serviceRole !== undefined) await checkRole(ctx, change.buildBatchConfig.serviceRole);
  return ctx.tx(() => {
    const row = projectNamed(ctx, name);
    const before = JSON.parse(row.settings) as ProjectSettings;
    const after = withDefaults(ctx, name, { ...before, ...(given(change) as ProjectSettings) });
    // -1 takes the limit away.
    const { concurrentBuildLimit, ...unlimited } = after;
    const stored = concurrentBuildLimit === -1 ? unlimited : after;
    checkSettings(stored);
    ctx.run(projects.update, {
      name,
      modified: ctx.now,
      settings: JSON.stringify(stored),
      tags: tags === undefined ? row.tags : JSON.stringify(tagsOf(tags)),
    });
    ctx.emit({
      source: "aws.codebuild",
      type: "Project Updated",
      resources: [row.arn],
      detail: { project: name, changed: Object.keys(given(change)).join(", ") },
    });
    return { project: projectOf(ctx, projectNamed(ctx, name)) };
  });
}

export function batchGetProjects(input: Input<"codebuild", "BatchGetProjects">, ctx: Context): Output<"codebuild", "BatchGetProjects"> {
  const names = input.names ?? [];
  if (names.length > MOST_NAMES) throw invalid(`Cannot get more than ${MOST_NAMES} projects`);
  const found = names.map((name) => {
    const there = homeOf(ctx, name, "BatchGetProjects");
    return { name, there, row: there?.get(projects.get, { name: nameOfProject(name) }) };
  });
  return {
    projects: found.flatMap(({ row, there = ctx }) => (row === undefined ? [] : [projectOf(there, row)])),
    projectsNotFound: found.filter(({ row }) => row === undefined).map(({ name }) => name),
  };
}

/** What is not there is deleted. Its builds stay, as on AWS. */
export function deleteProject(input: Input<"codebuild", "DeleteProject">, ctx: Context): Output<"codebuild", "DeleteProject"> {
  const name = nameOfProject(input.name ?? "");
  ctx.tx(() => {
    if (ctx.run(projects.remove, { name }) === 0) return;
    hooks.projectDeleted?.(ctx, name);
    forgetPolicy(ctx, projectArn(ctx, name));
    ctx.emit({ source: "aws.codebuild", type: "Project Deleted", resources: [projectArn(ctx, name)], detail: { project: name } });
  });
  return {};
}

export function listProjects(input: Input<"codebuild", "ListProjects">, ctx: Context): Output<"codebuild", "ListProjects"> {
  const rows = ctx.all(projects.all, {});
  const { sortBy = "NAME", sortOrder = "ASCENDING" } = input;
  const sign = sortOrder === "DESCENDING" ? -1 : 1;
  rows.sort((a, b) => {
    const time = sortBy === "CREATED_TIME" ? a.created - b.created : sortBy === "LAST_MODIFIED_TIME" ? a.modified - b.modified : 0;
    return sign * (time !== 0 ? time : a.name < b.name ? -1 : 1);
  });
  const from = input.nextToken === undefined ? 0 : placeAfter(rows, input.nextToken);
  const names = rows.slice(from, from + PAGE).map(({ name }) => name);
  const last = names.at(-1);
  return { projects: names, ...(from + PAGE < rows.length && last !== undefined ? { nextToken: encodeToken([last]) } : {}) };
}

function placeAfter(rows: readonly { readonly name: string }[], token: string): number {
  const [name] = decodeToken(token) ?? [];
  if (typeof name !== "string") throw invalid("Invalid next token");
  return rows.findIndex((row) => row.name === name) + 1;
}

/** What makes a project public here is its state alone: there is no page on the internet that shows it. */
export async function updateProjectVisibility(
  input: Input<"codebuild", "UpdateProjectVisibility">,
  ctx: Context,
): Promise<Output<"codebuild", "UpdateProjectVisibility">> {
  const { name, arn } = projectNamed(ctx, input.projectArn);
  const isPublic = input.projectVisibility === "PUBLIC_READ";
  if (isPublic && input.resourceAccessRole === undefined) throw invalid("A resource access role is required for public builds");
  if (input.resourceAccessRole !== undefined) await checkRole(ctx, input.resourceAccessRole);
  return ctx.tx(() => {
    const publicProjectAlias = isPublic ? Buffer.from(arn).toString("base64url") : undefined;
    const visibility = { projectVisibility: input.projectVisibility, publicProjectAlias, resourceAccessRole: input.resourceAccessRole };
    ctx.run(projects.setVisibility, { name, visibility: isPublic ? JSON.stringify(visibility) : null, modified: ctx.now });
    const projectVisibility = input.projectVisibility ?? "PRIVATE";
    ctx.emit({ source: "aws.codebuild", type: "Project Visibility Updated", resources: [arn], detail: { projectVisibility } });
    return { projectArn: arn, projectVisibility, ...(publicProjectAlias === undefined ? {} : { publicProjectAlias }) };
  });
}

export function invalidateProjectCache(
  input: Input<"codebuild", "InvalidateProjectCache">,
  ctx: Context,
): Output<"codebuild", "InvalidateProjectCache"> {
  const { name, arn } = projectNamed(ctx, input.projectName);
  ctx.tx(() => {
    ctx.run(projects.invalidateCache, { name });
    ctx.emit({ source: "aws.codebuild", type: "Project Cache Invalidated", resources: [arn], detail: { project: name } });
  });
  return {};
}
