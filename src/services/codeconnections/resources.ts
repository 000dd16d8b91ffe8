import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { given, text } from "../../aws/properties.ts";
import { deleted, type ResourceState, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags, type Tags } from "../../aws/tags.ts";
import type { Prefix } from "./items.ts";

const GONE = "ResourceNotFoundException";

async function retag(ctx: Context, prefix: Prefix, ResourceArn: string, tags: Tags): Promise<void> {
  const before = (await ctx.call(prefix, "ListTagsForResource", { ResourceArn })).Tags ?? [];
  const TagKeys = before.map(({ Key }) => Key ?? "").filter((key) => tags[key] === undefined);
  if (TagKeys.length > 0) await ctx.call(prefix, "UntagResource", { ResourceArn, TagKeys });
  const Tags = listOfTags(tags);
  if (Tags.length > 0) await ctx.call(prefix, "TagResource", { ResourceArn, Tags });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codeconnections-connection.html */
export function connectionType(prefix: Prefix): ResourceType {
  const state = async (ctx: Context, ConnectionArn: string): Promise<ResourceState> => {
    const { Connection } = await ctx.call(prefix, "GetConnection", { ConnectionArn });
    const { ConnectionStatus, OwnerAccountId } = Connection ?? {};
    return { physicalId: ConnectionArn, attributes: { ConnectionArn, ConnectionStatus, OwnerAccountId } };
  };
  return {
    async create(ctx, request) {
      const made = ctx.claimed();
      if (made !== undefined) return state(ctx, made);
      const { properties } = request;
      const input = given({ ProviderType: text(properties, "ProviderType") as "GitHub" | undefined, HostArn: text(properties, "HostArn") });
      const ConnectionName = text(properties, "ConnectionName") ?? "";
      const { ConnectionArn = "" } = await ctx.call(prefix, "CreateConnection", {
        ConnectionName,
        ...input,
        Tags: listOfTags(resourceTags(request)),
      });
      return state(ctx, ConnectionArn);
    },
    async update(ctx, request) {
      await retag(ctx, prefix, request.physicalId, resourceTags(request));
      return state(ctx, request.physicalId);
    },
    delete: (ctx, { physicalId }) => deleted(GONE, ctx.call(prefix, "DeleteConnection", { ConnectionArn: physicalId })),
    async read(ctx, ConnectionArn) {
      const found = await unless(GONE, ctx.call(prefix, "GetConnection", { ConnectionArn }));
      if (found?.Connection === undefined) return undefined;
      const { ConnectionName, ProviderType, HostArn } = found.Connection;
      return given({ ConnectionName, ProviderType, HostArn });
    },
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codeconnections-host.html */
export const hostType: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return hostState(made);
    const { properties } = request;
    const { HostArn = "" } = await ctx.call("codeconnections", "CreateHost", {
      Name: text(properties, "Name"),
      ProviderType: text(properties, "ProviderType") as "GitLabSelfManaged",
      ProviderEndpoint: text(properties, "ProviderEndpoint"),
      ...given({
        VpcConfiguration: properties["VpcConfiguration"] as { VpcId: string; SubnetIds: string[]; SecurityGroupIds: string[] } | undefined,
      }),
      Tags: listOfTags(resourceTags(request)),
    });
    return hostState(HostArn);
  },
  async update(ctx, request) {
    await ctx.call("codeconnections", "UpdateHost", {
      HostArn: request.physicalId,
      ...given({ ProviderEndpoint: text(request.properties, "ProviderEndpoint") }),
    });
    await retag(ctx, "codeconnections", request.physicalId, resourceTags(request));
    return hostState(request.physicalId);
  },
  delete: (ctx, { physicalId }) => deleted(GONE, ctx.call("codeconnections", "DeleteHost", { HostArn: physicalId })),
};

function hostState(HostArn: string): ResourceState {
  return { physicalId: HostArn, attributes: { HostArn, HostId: HostArn.split("/").at(-1) ?? "", Status: "PENDING" } };
}
