import type { Context } from "../../aws/context.ts";
import { notImplemented, unless } from "../../aws/exception.ts";
import { text } from "../../aws/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";

const DEFAULT_WINDOW_DAYS = 30;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html */
const key: ResourceType = {
  create: async (ctx, request) => {
    const { properties } = request;
    refuse(properties);
    let id = ctx.claimed();
    if (id === undefined) {
      const policy = policyText(properties);
      const created = await ctx.call("kms", "CreateKey", {
        Description: text(properties, "Description") ?? "",
        KeySpec: (text(properties, "KeySpec") ?? "SYMMETRIC_DEFAULT") as "SYMMETRIC_DEFAULT",
        KeyUsage: (text(properties, "KeyUsage") ?? "ENCRYPT_DECRYPT") as "ENCRYPT_DECRYPT",
        Tags: tagList(request),
        ...(policy === undefined ? {} : { Policy: policy }),
      });
      id = created.KeyMetadata?.KeyId ?? "";
    }
    await applyState(ctx, id, properties, {});
    return stateOf(ctx, id);
  },

  update: async (ctx, request) => {
    const { physicalId: KeyId, properties, previous } = request;
    refuse(properties);
    await ctx.call("kms", "UpdateKeyDescription", { KeyId, Description: text(properties, "Description") ?? "" });
    const policy = policyText(properties);
    if (policy !== undefined && policy !== policyText(previous)) await ctx.call("kms", "PutKeyPolicy", { KeyId, Policy: policy });
    const tags = tagList(request);
    const { Tags: present = [] } = await ctx.call("kms", "ListResourceTags", { KeyId });
    const gone = present.map(({ TagKey = "" }) => TagKey).filter((name) => !tags.some(({ TagKey }) => TagKey === name));
    if (gone.length > 0) await ctx.call("kms", "UntagResource", { KeyId, TagKeys: gone });
    if (tags.length > 0) await ctx.call("kms", "TagResource", { KeyId, Tags: tags });
    await applyState(ctx, KeyId, properties, previous);
    return stateOf(ctx, KeyId);
  },

  delete: async (ctx, { physicalId: KeyId, properties }) => {
    const PendingWindowInDays = Number(text(properties, "PendingWindowInDays") ?? DEFAULT_WINDOW_DAYS);
    await unless(["NotFoundException", "KMSInvalidStateException"], ctx.call("kms", "ScheduleKeyDeletion", { KeyId, PendingWindowInDays }));
    return undefined;
  },

  read: async (ctx, KeyId) => {
    const found = await unless(["NotFoundException"], ctx.call("kms", "DescribeKey", { KeyId }));
    const metadata = found?.KeyMetadata;
    if (metadata === undefined || metadata.KeyState === "PendingDeletion") return undefined;
    const { Policy } = await ctx.call("kms", "GetKeyPolicy", { KeyId });
    return {
      Description: metadata.Description,
      Enabled: metadata.Enabled,
      KeySpec: metadata.KeySpec,
      KeyUsage: metadata.KeyUsage,
      KeyPolicy: JSON.parse(Policy ?? "{}") as unknown,
    };
  },
};

function refuse(properties: Properties): void {
  if (text(properties, "MultiRegion") === "true") throw notImplemented("kms", "CreateKey", "MultiRegion");
  const origin = text(properties, "Origin");
  if (origin !== undefined && origin !== "AWS_KMS") throw notImplemented("kms", "CreateKey", `Origin ${origin}`);
}

/** Rotation first: it may only be set while the key is enabled. */
async function applyState(ctx: Context, KeyId: string, properties: Properties, previous: Properties): Promise<void> {
  const rotation = text(properties, "EnableKeyRotation") === "true";
  const period = text(properties, "RotationPeriodInDays");
  if (rotation || text(previous, "EnableKeyRotation") === "true") {
    await ctx.call("kms", "EnableKey", { KeyId });
    if (!rotation) await ctx.call("kms", "DisableKeyRotation", { KeyId });
    else if (text(previous, "EnableKeyRotation") !== "true" || text(previous, "RotationPeriodInDays") !== period) {
      await ctx.call("kms", "EnableKeyRotation", { KeyId, ...(period === undefined ? {} : { RotationPeriodInDays: Number(period) }) });
    }
  }
  await ctx.call("kms", text(properties, "Enabled") === "false" ? "DisableKey" : "EnableKey", { KeyId });
}

async function stateOf(ctx: Context, KeyId: string): Promise<ResourceState> {
  const { KeyMetadata: metadata } = await ctx.call("kms", "DescribeKey", { KeyId });
  return { physicalId: KeyId, attributes: { Arn: metadata?.Arn, KeyId } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html */
const alias: ResourceType = {
  create: async (ctx, { properties }) => {
    const AliasName = text(properties, "AliasName") ?? "";
    if (ctx.claimed() === undefined) await ctx.call("kms", "CreateAlias", { AliasName, TargetKeyId: text(properties, "TargetKeyId") });
    return { physicalId: AliasName };
  },
  update: async (ctx, { physicalId: AliasName, properties }) => {
    await ctx.call("kms", "UpdateAlias", { AliasName, TargetKeyId: text(properties, "TargetKeyId") });
    return { physicalId: AliasName };
  },
  delete: async (ctx, { physicalId: AliasName }) => {
    await unless(["NotFoundException"], ctx.call("kms", "DeleteAlias", { AliasName }));
    return undefined;
  },
};

function policyText(properties: Properties): string | undefined {
  const policy = properties["KeyPolicy"];
  return policy === undefined || typeof policy === "string" ? policy : JSON.stringify(policy);
}

/** `aws:` tags are CloudFormation's to keep: KMS takes none of them from callers. */
function tagList(request: ResourceRequest): { TagKey: string; TagValue: string }[] {
  return Object.entries(resourceTags(request))
    .filter(([name]) => !name.startsWith("aws:"))
    .map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}

export const resources: Readonly<Record<string, ResourceType>> = { "AWS::KMS::Key": key, "AWS::KMS::Alias": alias };
