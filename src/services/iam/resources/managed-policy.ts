import type { Context } from "../../../aws/context.ts";
import { given, text } from "../../../aws/properties.ts";
import type { Properties, ResourceState, ResourceType } from "../../../aws/resource.ts";
import { holdersIn } from "./holders.ts";
import { document, unlessGone } from "./properties.ts";

const MAX_VERSIONS = 5;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html */
export const managedPolicy: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    const arn = ctx.claimed() ?? (await createPolicy(ctx, properties, text(properties, "ManagedPolicyName") ?? request.generatedName(128)));
    for (const holder of holdersIn(ctx, properties).values()) await holder.attach(arn);
    return stateOf(ctx, arn);
  },

  update: async (ctx, { physicalId: arn, properties, previous }) => {
    if (document(properties, "PolicyDocument") !== document(previous, "PolicyDocument")) await putVersion(ctx, arn, properties);
    const kept = holdersIn(ctx, properties);
    for (const holder of kept.values()) await holder.attach(arn);
    for (const [key, holder] of holdersIn(ctx, previous)) if (!kept.has(key)) await unlessGone(holder.detach(arn));
    return stateOf(ctx, arn);
  },

  delete: async (ctx, { physicalId: PolicyArn, properties }) => {
    for (const holder of holdersIn(ctx, properties).values()) await unlessGone(holder.detach(PolicyArn));
    await unlessGone(
      (async () => {
        for (const VersionId of await spareVersions(ctx, PolicyArn)) await ctx.call("iam", "DeletePolicyVersion", { PolicyArn, VersionId });
        await ctx.call("iam", "DeletePolicy", { PolicyArn });
      })(),
    );
    return undefined;
  },

  read: async (ctx, PolicyArn) => {
    try {
      const { Policy: policy } = await ctx.call("iam", "GetPolicy", { PolicyArn });
      const { PolicyVersion: version } = await ctx.call("iam", "GetPolicyVersion", { PolicyArn, VersionId: policy?.DefaultVersionId });
      return given({
        ManagedPolicyName: policy?.PolicyName,
        Path: policy?.Path,
        Description: policy?.Description,
        PolicyDocument: JSON.parse(decodeURIComponent(version?.Document ?? "{}")) as unknown,
      });
    } catch {
      return undefined;
    }
  },
};

async function createPolicy(ctx: Context, properties: Properties, name: string): Promise<string> {
  const { Policy: created } = await ctx.call("iam", "CreatePolicy", {
    PolicyName: name,
    PolicyDocument: document(properties, "PolicyDocument"),
    ...given({ Path: text(properties, "Path"), Description: text(properties, "Description") }),
  });
  return created?.Arn ?? "";
}

/** The new document becomes the default version; the oldest other one makes room for it. */
async function putVersion(ctx: Context, PolicyArn: string, properties: Properties): Promise<void> {
  const spare = await spareVersions(ctx, PolicyArn);
  const oldest = spare.at(-1);
  if (spare.length >= MAX_VERSIONS - 1 && oldest !== undefined) {
    await ctx.call("iam", "DeletePolicyVersion", { PolicyArn, VersionId: oldest });
  }
  await ctx.call("iam", "CreatePolicyVersion", { PolicyArn, PolicyDocument: document(properties, "PolicyDocument"), SetAsDefault: true });
}

/** Versions that are not the default, the newest first. */
async function spareVersions(ctx: Context, PolicyArn: string): Promise<string[]> {
  const { Versions = [] } = await ctx.call("iam", "ListPolicyVersions", { PolicyArn });
  return Versions.filter(({ IsDefaultVersion }) => IsDefaultVersion !== true).map(({ VersionId = "" }) => VersionId);
}

async function stateOf(ctx: Context, PolicyArn: string): Promise<ResourceState> {
  const { Policy: policy } = await ctx.call("iam", "GetPolicy", { PolicyArn });
  const attributes = {
    PolicyArn,
    PolicyId: policy?.PolicyId,
    AttachmentCount: policy?.AttachmentCount,
    CreateDate: policy?.CreateDate?.toISOString(),
    UpdateDate: policy?.UpdateDate?.toISOString(),
    DefaultVersionId: policy?.DefaultVersionId,
    IsAttachable: policy?.IsAttachable,
    PermissionsBoundaryUsageCount: policy?.PermissionsBoundaryUsageCount,
  };
  return { physicalId: PolicyArn, attributes };
}
