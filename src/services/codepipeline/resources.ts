import type { PipelineDeclaration } from "@aws-sdk/client-codepipeline";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { flag, given, text } from "../../aws/properties.ts";
import { deleted, type Properties, type ResourceRequest, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import { tagList } from "./tags.ts";

const NUMBERS: ReadonlySet<string> = new Set(["RunOrder", "TimeoutInMinutes"]);

const plain = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** A template's names as the API has them: `RunOrder` is `runOrder`. The keys of a configuration are its provider's, and stay. */
function asInput(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asInput);
  if (typeof value !== "object" || value === null) return typeof value === "string" ? value : String(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const name = key.slice(0, 1).toLowerCase() + key.slice(1);
      if (key === "Configuration") return [name, Object.fromEntries(Object.entries(member as object).map(([k, v]) => [k, plain(v)]))];
      return [name, NUMBERS.has(key) ? Number(member) : asInput(member)];
    }),
  );
}

/** `ArtifactStores` is a list in templates and a map by region in the API. */
function storesOf(properties: Properties): Record<string, unknown> | undefined {
  const stores = properties["ArtifactStores"];
  if (!Array.isArray(stores)) return undefined;
  return Object.fromEntries(
    stores.map((one: { readonly Region?: unknown; readonly ArtifactStore?: unknown }) => [String(one.Region), asInput(one.ArtifactStore)]),
  );
}

const list = (properties: Properties, name: string): unknown => (properties[name] === undefined ? undefined : asInput(properties[name]));

function declarationOf(properties: Properties, name: string): PipelineDeclaration {
  return given({
    name,
    roleArn: text(properties, "RoleArn"),
    artifactStore: list(properties, "ArtifactStore"),
    artifactStores: storesOf(properties),
    stages: list(properties, "Stages"),
    executionMode: text(properties, "ExecutionMode"),
    pipelineType: text(properties, "PipelineType"),
    variables: list(properties, "Variables"),
    triggers: list(properties, "Triggers"),
  }) as unknown as PipelineDeclaration;
}

/** Stages whose inbound transition a template disables, with the reason. */
function disabledOf(properties: Properties): Map<string, string> {
  const disabled = properties["DisableInboundStageTransitions"];
  if (!Array.isArray(disabled)) return new Map();
  return new Map(
    disabled.map((one: { readonly StageName?: unknown; readonly Reason?: unknown }) => [String(one.StageName), String(one.Reason)]),
  );
}

async function setTransitions(ctx: Context, pipelineName: string, before: Properties, now: Properties): Promise<void> {
  const transition = (stageName: string) => ({ pipelineName, stageName, transitionType: "Inbound" }) as const;
  const wanted = disabledOf(now);
  const had = disabledOf(before);
  for (const [stage, reason] of wanted) {
    if (had.get(stage) !== reason) await ctx.call("codepipeline", "DisableStageTransition", { ...transition(stage), reason });
  }
  for (const stage of had.keys()) {
    // A stage that the update took away takes its transition with it.
    if (!wanted.has(stage)) await unless("StageNotFoundException", ctx.call("codepipeline", "EnableStageTransition", transition(stage)));
  }
}

async function stateOf(ctx: Context, name: string): Promise<ResourceState> {
  const { pipeline } = await ctx.call("codepipeline", "GetPipeline", { name });
  return { physicalId: name, attributes: { Version: String(pipeline?.version ?? 1) } };
}

async function retag(ctx: Context, name: string, request: ResourceRequest): Promise<void> {
  const resourceArn = ctx.arn("codepipeline", name);
  const tags = resourceTags(request);
  const { tags: before = [] } = await ctx.call("codepipeline", "ListTagsForResource", { resourceArn });
  const tagKeys = before.map(({ key = "" }) => key).filter((key) => tags[key] === undefined);
  if (tagKeys.length > 0) await ctx.call("codepipeline", "UntagResource", { resourceArn, tagKeys });
  if (Object.keys(tags).length > 0) await ctx.call("codepipeline", "TagResource", { resourceArn, tags: tagList(tags) });
}

const GONE = "PipelineNotFoundException";

/** The API's names as a template has them, the other way round. */
function asProperties(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asProperties);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.slice(0, 1).toUpperCase() + key.slice(1),
      key === "configuration" ? member : asProperties(member),
    ]),
  );
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-pipeline.html */
const pipeline: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    let name = ctx.claimed();
    if (name === undefined) {
      name = text(properties, "Name") ?? request.generatedName(100);
      const input: Input<"codepipeline", "CreatePipeline"> = {
        pipeline: declarationOf(properties, name),
        tags: tagList(resourceTags(request)),
      };
      await ctx.call("codepipeline", "CreatePipeline", input);
    }
    await setTransitions(ctx, name, {}, properties);
    return stateOf(ctx, name);
  },
  async update(ctx, request) {
    const { properties, physicalId: name, previous } = request;
    if (ctx.claimed() === undefined) await ctx.call("codepipeline", "UpdatePipeline", { pipeline: declarationOf(properties, name) });
    await setTransitions(ctx, name, previous, properties);
    await retag(ctx, name, request);
    const state = await stateOf(ctx, name);
    if (flag(properties, "RestartExecutionOnUpdate") === true) {
      const clientRequestToken = `cloudformation-${String(state.attributes?.["Version"])}`;
      await ctx.call("codepipeline", "StartPipelineExecution", { name, clientRequestToken });
    }
    return state;
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("codepipeline", "DeletePipeline", { name: physicalId })),
  async read(ctx, physicalId) {
    const found = await unless(GONE, ctx.call("codepipeline", "GetPipeline", { name: physicalId }));
    if (found?.pipeline === undefined) return undefined;
    const { version: _version, artifactStores, ...rest } = found.pipeline;
    const stores = Object.entries(artifactStores ?? {}).map(([Region, store]) => ({ Region, ArtifactStore: asProperties(store) }));
    return { ...(asProperties(rest) as Properties), ...(artifactStores === undefined ? {} : { ArtifactStores: stores }) };
  },
};

export const pipelineResources = { "AWS::CodePipeline::Pipeline": pipeline };
