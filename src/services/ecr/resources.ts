import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { section, text } from "../../aws/properties.ts";
import type { Properties, ResourceState, ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html */
const repository: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    const name = text(properties, "RepositoryName") ?? request.generatedName(256, { lowerCase: true });
    if (ctx.claimed() === undefined) {
      const encryption = section(properties, "EncryptionConfiguration");
      const kmsKey = text(encryption ?? {}, "KmsKey");
      await ctx.call("ecr", "CreateRepository", {
        repositoryName: name,
        tags: listOfTags(resourceTags(request)),
        imageScanningConfiguration: { scanOnPush: scanOnPush(properties) },
        ...mutability(properties),
        ...(encryption === undefined
          ? {}
          : {
              encryptionConfiguration: {
                encryptionType: (text(encryption, "EncryptionType") ?? "AES256") as "AES256",
                ...(kmsKey === undefined ? {} : { kmsKey }),
              },
            }),
      });
    }
    await applyPolicies(ctx, name, properties, {});
    return stateOf(ctx, name);
  },

  update: async (ctx, request) => {
    const { physicalId: repositoryName, properties, previous } = request;
    await ctx.call("ecr", "PutImageTagMutability", { repositoryName, imageTagMutability: "MUTABLE", ...mutability(properties) });
    await ctx.call("ecr", "PutImageScanningConfiguration", {
      repositoryName,
      imageScanningConfiguration: { scanOnPush: scanOnPush(properties) },
    });
    await applyPolicies(ctx, repositoryName, properties, previous);
    const state = await stateOf(ctx, repositoryName);
    const resourceArn = String(state.attributes?.["Arn"]);
    const tags = listOfTags(resourceTags(request));
    const { tags: present = [] } = await ctx.call("ecr", "ListTagsForResource", { resourceArn });
    const gone = present.map(({ Key = "" }) => Key).filter((key) => !tags.some(({ Key }) => Key === key));
    if (gone.length > 0) await ctx.call("ecr", "UntagResource", { resourceArn, tagKeys: gone });
    if (tags.length > 0) await ctx.call("ecr", "TagResource", { resourceArn, tags });
    return state;
  },

  delete: async (ctx, { physicalId: repositoryName, properties }) => {
    const force = String(properties["EmptyOnDelete"]) === "true";
    await unless(["RepositoryNotFoundException"], ctx.call("ecr", "DeleteRepository", { repositoryName, force }));
    return undefined;
  },

  read: async (ctx, name) => {
    const found = await unless(["RepositoryNotFoundException"], ctx.call("ecr", "DescribeRepositories", { repositoryNames: [name] }));
    const [row] = found?.repositories ?? [];
    if (row === undefined) return undefined;
    return {
      RepositoryName: row.repositoryName,
      ImageTagMutability: row.imageTagMutability,
      ImageScanningConfiguration: { ScanOnPush: row.imageScanningConfiguration?.scanOnPush },
    };
  },
};

/** The lifecycle and the repository policy, each put, or deleted when the template has let it go. */
async function applyPolicies(ctx: Context, repositoryName: string, properties: Properties, previous: Properties): Promise<void> {
  const lifecycle = text(section(properties, "LifecyclePolicy") ?? {}, "LifecyclePolicyText");
  if (lifecycle !== undefined) await ctx.call("ecr", "PutLifecyclePolicy", { repositoryName, lifecyclePolicyText: lifecycle });
  else if (previous["LifecyclePolicy"] !== undefined) {
    await unless(["LifecyclePolicyNotFoundException"], ctx.call("ecr", "DeleteLifecyclePolicy", { repositoryName }));
  }
  const policy = properties["RepositoryPolicyText"];
  if (policy !== undefined) {
    const policyText = typeof policy === "string" ? policy : JSON.stringify(policy);
    await ctx.call("ecr", "SetRepositoryPolicy", { repositoryName, policyText });
  } else if (previous["RepositoryPolicyText"] !== undefined) {
    await unless(["RepositoryPolicyNotFoundException"], ctx.call("ecr", "DeleteRepositoryPolicy", { repositoryName }));
  }
}

async function stateOf(ctx: Context, name: string): Promise<ResourceState> {
  const { repositories } = await ctx.call("ecr", "DescribeRepositories", { repositoryNames: [name] });
  const row = repositories?.[0];
  return { physicalId: name, attributes: { Arn: row?.repositoryArn, RepositoryUri: row?.repositoryUri } };
}

function scanOnPush(properties: Properties): boolean {
  return String(section(properties, "ImageScanningConfiguration")?.["ScanOnPush"]) === "true";
}

function mutability(properties: Properties) {
  const value = text(properties, "ImageTagMutability");
  if (value === undefined) return {};
  const filters = properties["ImageTagMutabilityExclusionFilters"];
  const list = Array.isArray(filters) ? (filters as Properties[]) : undefined;
  return {
    imageTagMutability: value as "MUTABLE",
    ...(list === undefined
      ? {}
      : {
          imageTagMutabilityExclusionFilters: list.map((entry) => ({
            filterType: "WILDCARD" as const,
            filter: text(entry, "ImageTagMutabilityExclusionFilterValue") ?? "",
          })),
        }),
  };
}

export const resources: Readonly<Record<string, ResourceType>> = { "AWS::ECR::Repository": repository };
