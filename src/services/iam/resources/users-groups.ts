import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import { given, text, texts } from "../../../aws/properties.ts";
import type { Properties, ResourceState, ResourceType } from "../../../aws/resource.ts";
import { applyPolicies, groupHolder, removePolicies, userHolder } from "./holders.ts";
import { dropped, required, tagList, unlessGone } from "./properties.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-user.html */
export const user: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    refuseLogin(properties);
    const name = text(properties, "UserName") ?? request.generatedName(64);
    if (ctx.claimed() === undefined) {
      const optional = given({ Path: text(properties, "Path"), PermissionsBoundary: text(properties, "PermissionsBoundary") });
      await ctx.call("iam", "CreateUser", { UserName: name, Tags: tagList(request), ...optional });
    }
    await applyPolicies(userHolder(ctx, name), properties);
    await join(ctx, name, properties);
    return userState(ctx, name);
  },

  update: async (ctx, request) => {
    const { properties, previous, physicalId: UserName } = request;
    refuseLogin(properties);
    const path = text(properties, "Path") ?? "/";
    if (path !== (text(previous, "Path") ?? "/")) await ctx.call("iam", "UpdateUser", { UserName, NewPath: path });
    const boundary = text(properties, "PermissionsBoundary");
    if (boundary !== undefined) await ctx.call("iam", "PutUserPermissionsBoundary", { UserName, PermissionsBoundary: boundary });
    else if (text(previous, "PermissionsBoundary") !== undefined) {
      await unlessGone(ctx.call("iam", "DeleteUserPermissionsBoundary", { UserName }));
    }
    const tags = tagList(request);
    const gone = dropped(
      tagList(request, previous).map(({ Key }) => Key),
      tags.map(({ Key }) => Key),
    );
    if (gone.length > 0) await ctx.call("iam", "UntagUser", { UserName, TagKeys: gone });
    if (tags.length > 0) await ctx.call("iam", "TagUser", { UserName, Tags: tags });
    await applyPolicies(userHolder(ctx, UserName), properties, previous);
    await join(ctx, UserName, properties, previous);
    return userState(ctx, UserName);
  },

  delete: async (ctx, { physicalId: UserName, properties }) => {
    await removePolicies(userHolder(ctx, UserName), properties);
    await join(ctx, UserName, {}, properties);
    await unlessGone(ctx.call("iam", "DeleteUser", { UserName }));
    return undefined;
  },
};

function refuseLogin(properties: Properties): void {
  if (properties["LoginProfile"] !== undefined) throw notImplemented("iam", "CreateLoginProfile", "LoginProfile");
}

async function join(ctx: Context, UserName: string, properties: Properties, previous: Properties = {}): Promise<void> {
  const groups = texts(properties, "Groups") ?? [];
  for (const GroupName of groups) await ctx.call("iam", "AddUserToGroup", { UserName, GroupName });
  for (const GroupName of dropped(texts(previous, "Groups") ?? [], groups)) {
    await unlessGone(ctx.call("iam", "RemoveUserFromGroup", { UserName, GroupName }));
  }
}

async function userState(ctx: Context, UserName: string): Promise<ResourceState> {
  const { User: found } = await ctx.call("iam", "GetUser", { UserName });
  return { physicalId: UserName, attributes: { Arn: found?.Arn } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-group.html */
export const group: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    const name = text(properties, "GroupName") ?? request.generatedName(128);
    if (ctx.claimed() === undefined)
      await ctx.call("iam", "CreateGroup", { GroupName: name, ...given({ Path: text(properties, "Path") }) });
    await applyPolicies(groupHolder(ctx, name), properties);
    return groupState(ctx, name);
  },

  update: async (ctx, { physicalId: GroupName, properties, previous }) => {
    const path = text(properties, "Path") ?? "/";
    if (path !== (text(previous, "Path") ?? "/")) await ctx.call("iam", "UpdateGroup", { GroupName, NewPath: path });
    await applyPolicies(groupHolder(ctx, GroupName), properties, previous);
    return groupState(ctx, GroupName);
  },

  delete: async (ctx, { physicalId: GroupName, properties }) => {
    await removePolicies(groupHolder(ctx, GroupName), properties);
    await unlessGone(ctx.call("iam", "DeleteGroup", { GroupName }));
    return undefined;
  },
};

async function groupState(ctx: Context, GroupName: string): Promise<ResourceState> {
  const { Group: found } = await ctx.call("iam", "GetGroup", { GroupName });
  return { physicalId: GroupName, attributes: { Arn: found?.Arn } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-usertogroupaddition.html */
export const userToGroupAddition: ResourceType = {
  create: async (ctx, request) => {
    await members(ctx, request.properties);
    return { physicalId: request.generatedName(64) };
  },
  update: async (ctx, { physicalId, properties, previous }) => {
    await members(ctx, properties, previous);
    return { physicalId };
  },
  delete: async (ctx, { properties }) => {
    await members(ctx, { ...properties, Users: [] }, properties);
    return undefined;
  },
};

async function members(ctx: Context, properties: Properties, previous: Properties = {}): Promise<void> {
  const users = texts(properties, "Users") ?? [];
  const [GroupName, before] = [required(properties, "GroupName"), text(previous, "GroupName")];
  for (const UserName of users) await ctx.call("iam", "AddUserToGroup", { UserName, GroupName });
  if (before === undefined) return;
  for (const UserName of before === GroupName ? dropped(texts(previous, "Users") ?? [], users) : (texts(previous, "Users") ?? [])) {
    await unlessGone(ctx.call("iam", "RemoveUserFromGroup", { UserName, GroupName: before }));
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-accesskey.html */
export const accessKey: ResourceType = {
  create: async (ctx, { properties }) => {
    const UserName = required(properties, "UserName");
    let id = ctx.claimed();
    if (id === undefined) id = (await ctx.call("iam", "CreateAccessKey", { UserName })).AccessKey?.AccessKeyId ?? "";
    await setStatus(ctx, id, properties);
    return keyState(ctx, id);
  },
  update: async (ctx, { physicalId, properties }) => {
    await setStatus(ctx, physicalId, properties);
    return keyState(ctx, physicalId);
  },
  delete: async (ctx, { physicalId: AccessKeyId, properties }) => {
    await unlessGone(ctx.call("iam", "DeleteAccessKey", { AccessKeyId, UserName: required(properties, "UserName") }));
    return undefined;
  },
};

async function setStatus(ctx: Context, AccessKeyId: string, properties: Properties): Promise<void> {
  const Status = text(properties, "Status") === "Inactive" ? "Inactive" : "Active";
  await ctx.call("iam", "UpdateAccessKey", { AccessKeyId, UserName: required(properties, "UserName"), Status });
}

/** The secret is told once by the API; a creation that was interrupted after that reads it where it is kept. */
function keyState(ctx: Context, id: string): ResourceState {
  return { physicalId: id, attributes: { SecretAccessKey: ctx.cloud.identity.find(id)?.secretAccessKey } };
}
