import type { Context } from "../../../aws/context.ts";
import { given, text, texts } from "../../../aws/properties.ts";
import type { Properties, ResourceState, ResourceType } from "../../../aws/resource.ts";
import { dropped, unlessGone } from "./properties.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html */
export const instanceProfile: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    const name = text(properties, "InstanceProfileName") ?? request.generatedName(128);
    if (ctx.claimed() === undefined) {
      await ctx.call("iam", "CreateInstanceProfile", { InstanceProfileName: name, ...given({ Path: text(properties, "Path") }) });
    }
    await setRoles(ctx, name, properties);
    return stateOf(ctx, name);
  },

  update: async (ctx, { physicalId, properties }) => {
    await setRoles(ctx, physicalId, properties);
    return stateOf(ctx, physicalId);
  },

  delete: async (ctx, { physicalId: InstanceProfileName }) => {
    await unlessGone(
      (async () => {
        await setRoles(ctx, InstanceProfileName, {});
        await ctx.call("iam", "DeleteInstanceProfile", { InstanceProfileName });
      })(),
    );
    return undefined;
  },
};

/** A profile holds one role: the old one leaves before the new one comes. */
async function setRoles(ctx: Context, InstanceProfileName: string, properties: Properties): Promise<void> {
  const { InstanceProfile: profile } = await ctx.call("iam", "GetInstanceProfile", { InstanceProfileName });
  const present = (profile?.Roles ?? []).map(({ RoleName = "" }) => RoleName);
  const wanted = texts(properties, "Roles") ?? [];
  for (const RoleName of dropped(present, wanted))
    await ctx.call("iam", "RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName });
  for (const RoleName of dropped(wanted, present)) await ctx.call("iam", "AddRoleToInstanceProfile", { InstanceProfileName, RoleName });
}

async function stateOf(ctx: Context, InstanceProfileName: string): Promise<ResourceState> {
  const { InstanceProfile: profile } = await ctx.call("iam", "GetInstanceProfile", { InstanceProfileName });
  return { physicalId: InstanceProfileName, attributes: { Arn: profile?.Arn } };
}
