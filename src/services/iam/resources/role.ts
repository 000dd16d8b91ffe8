import type { Context } from "../../../aws/context.ts";
import { given, integer, text } from "../../../aws/properties.ts";
import type { ResourceState, ResourceType } from "../../../aws/resource.ts";
import { applyPolicies, removePolicies, roleHolder } from "./holders.ts";
import { document, dropped, required, tagList, unlessGone } from "./properties.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html */
export const role: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    const name = text(properties, "RoleName") ?? request.generatedName(64);
    if (ctx.claimed() === undefined) {
      await ctx.call("iam", "CreateRole", {
        RoleName: name,
        AssumeRolePolicyDocument: document(properties, "AssumeRolePolicyDocument"),
        Tags: tagList(request),
        ...given({
          Path: text(properties, "Path"),
          Description: text(properties, "Description"),
          MaxSessionDuration: integer(properties, "MaxSessionDuration"),
          PermissionsBoundary: text(properties, "PermissionsBoundary"),
        }),
      });
    }
    await applyPolicies(roleHolder(ctx, name), properties);
    return stateOf(ctx, name);
  },

  update: async (ctx, request) => {
    const { properties, previous, physicalId: RoleName } = request;
    const trust = document(properties, "AssumeRolePolicyDocument");
    if (trust !== document(previous, "AssumeRolePolicyDocument")) {
      await ctx.call("iam", "UpdateAssumeRolePolicy", { RoleName, PolicyDocument: trust });
    }
    const MaxSessionDuration = integer(properties, "MaxSessionDuration") ?? 3600;
    await ctx.call("iam", "UpdateRole", { RoleName, Description: text(properties, "Description") ?? "", MaxSessionDuration });
    const boundary = text(properties, "PermissionsBoundary");
    if (boundary !== undefined) await ctx.call("iam", "PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: boundary });
    else if (text(previous, "PermissionsBoundary") !== undefined) {
      await unlessGone(ctx.call("iam", "DeleteRolePermissionsBoundary", { RoleName }));
    }
    const tags = tagList(request);
    const gone = dropped(
      tagList(request, previous).map(({ Key }) => Key),
      tags.map(({ Key }) => Key),
    );
    if (gone.length > 0) await ctx.call("iam", "UntagRole", { RoleName, TagKeys: gone });
    if (tags.length > 0) await ctx.call("iam", "TagRole", { RoleName, Tags: tags });
    await applyPolicies(roleHolder(ctx, RoleName), properties, previous);
    return stateOf(ctx, RoleName);
  },

  delete: async (ctx, { physicalId: RoleName, properties }) => {
    await removePolicies(roleHolder(ctx, RoleName), properties);
    await unlessGone(ctx.call("iam", "DeleteRole", { RoleName }));
    return undefined;
  },

  read: async (ctx, RoleName) => {
    try {
      const { Role: found } = await ctx.call("iam", "GetRole", { RoleName });
      const { AttachedPolicies } = await ctx.call("iam", "ListAttachedRolePolicies", { RoleName });
      return given({
        RoleName: found?.RoleName,
        Path: found?.Path,
        Description: found?.Description,
        MaxSessionDuration: found?.MaxSessionDuration,
        AssumeRolePolicyDocument: JSON.parse(decodeURIComponent(found?.AssumeRolePolicyDocument ?? "{}")) as unknown,
        ManagedPolicyArns: (AttachedPolicies ?? []).map(({ PolicyArn }) => PolicyArn),
        PermissionsBoundary: found?.PermissionsBoundary?.PermissionsBoundaryArn,
        Tags: found?.Tags,
      });
    } catch {
      return undefined;
    }
  },
};

async function stateOf(ctx: Context, RoleName: string): Promise<ResourceState> {
  const { Role: found } = await ctx.call("iam", "GetRole", { RoleName });
  return { physicalId: RoleName, attributes: { Arn: found?.Arn, RoleId: found?.RoleId } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-servicelinkedrole.html */
export const serviceLinkedRole: ResourceType = {
  create: async (ctx, { properties }) => {
    const made = ctx.claimed();
    if (made !== undefined) return { physicalId: made, attributes: { RoleName: made } };
    const { Role: created } = await ctx.call("iam", "CreateServiceLinkedRole", {
      AWSServiceName: required(properties, "AWSServiceName"),
      ...given({ Description: text(properties, "Description"), CustomSuffix: text(properties, "CustomSuffix") }),
    });
    const physicalId = created?.RoleName ?? "";
    return { physicalId, attributes: { RoleName: physicalId } };
  },

  update: async (ctx, { physicalId: RoleName, properties }) => {
    await ctx.call("iam", "UpdateRoleDescription", { RoleName, Description: text(properties, "Description") ?? "" });
    return { physicalId: RoleName, attributes: { RoleName } };
  },

  delete: async (ctx, { physicalId: RoleName }) => {
    await unlessGone(ctx.call("iam", "DeleteServiceLinkedRole", { RoleName }));
    return undefined;
  },
};
