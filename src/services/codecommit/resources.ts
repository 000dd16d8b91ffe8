import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { given, section, text, texts } from "../../aws/properties.ts";
import { deleted, type Properties, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { resourceTags, type Tags } from "../../aws/tags.ts";
import { seedRepository } from "./seed.ts";

const GONE = "RepositoryDoesNotExistException";

async function stateOf(ctx: Context, repositoryName: string): Promise<ResourceState> {
  const { repositoryMetadata } = await ctx.call("codecommit", "GetRepository", { repositoryName });
  const { repositoryId = "", Arn, cloneUrlHttp, cloneUrlSsh } = repositoryMetadata ?? {};
  const attributes = { Arn, CloneUrlHttp: cloneUrlHttp, CloneUrlSsh: cloneUrlSsh, Name: repositoryName, RepositoryId: repositoryId };
  return { physicalId: repositoryId, attributes };
}

/** Ref is the id, and the API takes names. */
async function nameOf(ctx: Context, repositoryId: string): Promise<string | undefined> {
  let nextToken: string | undefined;
  do {
    const page = await ctx.call("codecommit", "ListRepositories", nextToken === undefined ? {} : { nextToken });
    const found = page.repositories?.find((repository) => repository.repositoryId === repositoryId);
    if (found !== undefined) return found.repositoryName;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return undefined;
}

async function putTriggers(ctx: Context, repositoryName: string, properties: Properties): Promise<void> {
  const list = properties["Triggers"];
  const triggers = (Array.isArray(list) ? (list as Properties[]) : []).map((trigger) => ({
    name: text(trigger, "Name"),
    destinationArn: text(trigger, "DestinationArn"),
    ...given({ customData: text(trigger, "CustomData") }),
    branches: texts(trigger, "Branches") ?? [],
    events: (texts(trigger, "Events") ?? []) as "all"[],
  }));
  await ctx.call("codecommit", "PutRepositoryTriggers", { repositoryName, triggers });
}

/** The first commit: the files of a zip archive in S3. */
async function seed(ctx: Context, repositoryName: string, properties: Properties): Promise<void> {
  const code = section(properties, "Code");
  const s3 = code === undefined ? undefined : section(code, "S3");
  if (code === undefined || s3 === undefined) return;
  const object = given({ Bucket: text(s3, "Bucket"), Key: text(s3, "Key"), VersionId: text(s3, "ObjectVersion") });
  const { Body } = await ctx.call("s3", "GetObject", object as { Bucket: string; Key: string });
  await seedRepository(ctx, repositoryName, text(code, "BranchName") ?? "main", await buffer(Body as Readable));
}

async function retag(ctx: Context, resourceArn: string, tags: Tags): Promise<void> {
  const before = (await ctx.call("codecommit", "ListTagsForResource", { resourceArn })).tags ?? {};
  const tagKeys = Object.keys(before).filter((key) => tags[key] === undefined);
  if (tagKeys.length > 0) await ctx.call("codecommit", "UntagResource", { resourceArn, tagKeys });
  if (Object.keys(tags).length > 0) await ctx.call("codecommit", "TagResource", { resourceArn, tags: { ...tags } });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html */
const repository: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    const made = ctx.claimed();
    const name = made ?? text(properties, "RepositoryName") ?? request.generatedName(100);
    if (made === undefined) {
      await ctx.call("codecommit", "CreateRepository", {
        repositoryName: name,
        ...given({ repositoryDescription: text(properties, "RepositoryDescription"), kmsKeyId: text(properties, "KmsKeyId") }),
        tags: resourceTags(request),
      });
    }
    await seed(ctx, name, properties);
    if (properties["Triggers"] !== undefined) await putTriggers(ctx, name, properties);
    return stateOf(ctx, name);
  },
  async update(ctx, request) {
    const { properties, previous } = request;
    const before = (await nameOf(ctx, request.physicalId)) ?? "";
    const name = text(properties, "RepositoryName") ?? before;
    if (name !== before) await ctx.call("codecommit", "UpdateRepositoryName", { oldName: before, newName: name });
    const description = text(properties, "RepositoryDescription");
    if (description !== text(previous, "RepositoryDescription"))
      await ctx.call("codecommit", "UpdateRepositoryDescription", { repositoryName: name, repositoryDescription: description ?? "" });
    const kmsKeyId = text(properties, "KmsKeyId");
    if (kmsKeyId !== undefined && kmsKeyId !== text(previous, "KmsKeyId"))
      await ctx.call("codecommit", "UpdateRepositoryEncryptionKey", { repositoryName: name, kmsKeyId });
    if (properties["Triggers"] !== undefined || previous["Triggers"] !== undefined) await putTriggers(ctx, name, properties);
    await retag(ctx, ctx.arn("codecommit", name), resourceTags(request));
    return stateOf(ctx, name);
  },
  async delete(ctx, { physicalId }) {
    const repositoryName = await nameOf(ctx, physicalId);
    if (repositoryName === undefined) return undefined;
    return deleted(GONE, ctx.call("codecommit", "DeleteRepository", { repositoryName }));
  },
  async read(ctx, physicalId) {
    const repositoryName = await nameOf(ctx, physicalId);
    if (repositoryName === undefined) return undefined;
    const found = await unless(GONE, ctx.call("codecommit", "GetRepository", { repositoryName }));
    const { repositoryDescription, kmsKeyId } = found?.repositoryMetadata ?? {};
    return { RepositoryName: repositoryName, ...given({ RepositoryDescription: repositoryDescription, KmsKeyId: kmsKeyId }) };
  },
};

export const resources = { "AWS::CodeCommit::Repository": repository };
