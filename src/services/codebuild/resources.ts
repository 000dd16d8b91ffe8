import type { CreateProjectInput } from "@aws-sdk/client-codebuild";
import type { Context } from "../../aws/context.ts";
import { deleted, type Properties, type ResourceRequest, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import { sourceCredential } from "./credentials/resource.ts";
import { reportGroup } from "./reports/resource.ts";

/** Members whose template names are not the API's with a capital. */
const RENAMED: Readonly<Record<string, string>> = {
  BuildSpec: "buildspec",
  InsecureSsl: "insecureSsl",
  CloudWatchLogs: "cloudWatchLogs",
  S3Logs: "s3Logs",
  VCpu: "vCpu",
};
/** Members that the API knows as numbers and booleans: templates may give them as texts. */
const NUMBERS = new Set([
  "timeoutInMinutes",
  "queuedTimeoutInMinutes",
  "concurrentBuildLimit",
  "autoRetryLimit",
  "gitCloneDepth",
  "memory",
  "vCpu",
  "disk",
  "maximumBuildsAllowed",
  "timeoutInMins",
]);
const FLAGS = new Set([
  ...["privilegedMode", "badgeEnabled", "insecureSsl", "reportBuildStatus", "fetchSubmodules", "overrideArtifactName"],
  ...["encryptionDisabled", "combineArtifacts", "excludeMatchedPattern"],
]);
/** What is a resource of its own on the API's side. */
const APART = new Set(["Name", "Tags", "Triggers", "Visibility", "ResourceAccessRole"]);

/** A template's property as the API wants it. */
function apiValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(apiValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => entry(name, member)));
}

function entry(name: string, value: unknown): [string, unknown] {
  const member = RENAMED[name] ?? `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  if (NUMBERS.has(member)) return [member, Number(value)];
  if (FLAGS.has(member)) return [member, String(value) === "true"];
  return [member, apiValue(value)];
}

function inputOf(request: ResourceRequest, name: string): CreateProjectInput {
  const { properties } = request;
  const settings = Object.entries(properties).filter(([key]) => !APART.has(key));
  const tags = Object.entries(resourceTags(request)).map(([key, value]) => ({ key, value }));
  return { ...(Object.fromEntries(settings.map(([key, value]) => entry(key, value))) as unknown as CreateProjectInput), name, tags };
}

async function stateOf(ctx: Context, name: string): Promise<ResourceState> {
  const { projects = [] } = await ctx.call("codebuild", "BatchGetProjects", { names: [name] });
  return { physicalId: name, attributes: { Arn: projects[0]?.arn ?? "" } };
}

async function showOrHide(ctx: Context, { properties }: ResourceRequest, arn: string, before: Properties = {}): Promise<void> {
  const wanted = String(properties["Visibility"] ?? "PRIVATE") as "PRIVATE" | "PUBLIC_READ";
  if (wanted === String(before["Visibility"] ?? "PRIVATE")) return;
  const role = properties["ResourceAccessRole"];
  await ctx.call("codebuild", "UpdateProjectVisibility", {
    projectArn: arn,
    projectVisibility: wanted,
    ...(role === undefined ? {} : { resourceAccessRole: String(role) }),
  });
}

/** A webhook is another call of the API; its filters are lists of lists in both. */
async function hook(ctx: Context, { properties }: ResourceRequest, name: string, before: Properties = {}): Promise<void> {
  const wanted = properties["Triggers"] as Properties | undefined;
  const previous = before["Triggers"] as Properties | undefined;
  const has = wanted !== undefined && String(wanted["Webhook"]) === "true";
  const had = previous !== undefined && String(previous["Webhook"]) === "true";
  if (!has && !had) return;
  if (!has) {
    await ctx.call("codebuild", "DeleteWebhook", { projectName: name });
    return;
  }
  const { Webhook: _, ...rest } = wanted;
  const settings = apiValue(rest) as { buildType?: "BUILD" | "BUILD_BATCH" };
  // What the template no longer says is no filter any more.
  const cleared = wanted["FilterGroups"] === undefined && wanted["BranchFilter"] === undefined ? { filterGroups: [] } : {};
  if (had) await ctx.call("codebuild", "UpdateWebhook", { projectName: name, ...cleared, ...settings });
  else await ctx.call("codebuild", "CreateWebhook", { projectName: name, ...settings });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html */
const project: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    const name = made ?? String(request.properties["Name"] ?? request.generatedName(150));
    if (made === undefined) await ctx.call("codebuild", "CreateProject", inputOf(request, name));
    const state = await stateOf(ctx, name);
    await showOrHide(ctx, request, String(state.attributes?.["Arn"]));
    const { projects = [] } = await ctx.call("codebuild", "BatchGetProjects", { names: [name] });
    if (projects[0]?.webhook === undefined) await hook(ctx, request, name);
    return state;
  },
  async update(ctx, request) {
    const name = request.physicalId;
    const { properties, previous } = request;
    const gone = Object.keys(previous).filter((key) => !APART.has(key) && properties[key] === undefined);
    const input = inputOf(request, name);
    await ctx.call("codebuild", "UpdateProject", { ...emptied(gone), ...input });
    const state = await stateOf(ctx, name);
    await showOrHide(ctx, request, String(state.attributes?.["Arn"]), previous);
    await hook(ctx, request, name, previous);
    return state;
  },
  delete: (ctx, { physicalId }) => deleted("ResourceNotFoundException", ctx.call("codebuild", "DeleteProject", { name: physicalId })),
  async read(ctx, physicalId) {
    const { projects = [] } = await ctx.call("codebuild", "BatchGetProjects", { names: [physicalId] });
    const [found] = projects;
    if (found === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(found)
        .filter(([key]) => !["arn", "created", "lastModified", "badge", "webhook", "tags", "projectVisibility"].includes(key))
        .map(([key, value]) => [templateName(key), templateValue(value)]),
    );
  },
};

/** What a template no longer says goes back to what a project has without it. */
function emptied(names: readonly string[]): Record<string, unknown> {
  const without: Readonly<Record<string, unknown>> = {
    Description: "",
    SecondarySources: [],
    SecondaryArtifacts: [],
    SecondarySourceVersions: [],
    SourceVersion: "",
    Cache: { type: "NO_CACHE" },
    LogsConfig: {},
    TimeoutInMinutes: 60,
    QueuedTimeoutInMinutes: 480,
    ConcurrentBuildLimit: -1,
    AutoRetryLimit: 0,
    BadgeEnabled: false,
  };
  return Object.fromEntries(names.filter((name) => name in without).map((name) => entry(name, without[name])));
}

function templateName(member: string): string {
  const renamed = Object.entries(RENAMED).find(([, api]) => api === member)?.[0];
  return renamed ?? `${member.charAt(0).toUpperCase()}${member.slice(1)}`;
}

function templateValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(templateValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [templateName(key), templateValue(member)]));
}

export const resources: Readonly<Record<string, ResourceType>> = {
  "AWS::CodeBuild::Project": project,
  "AWS::CodeBuild::ReportGroup": reportGroup,
  "AWS::CodeBuild::SourceCredential": sourceCredential,
};
