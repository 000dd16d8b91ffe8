import type { Context } from "../../../aws/context.ts";
import type { Properties, ResourceType } from "../../../aws/resource.ts";
import { groupHolder, type Holder, holdersIn, roleHolder, userHolder } from "./holders.ts";
import { document, required, unlessGone } from "./properties.ts";

/**
 * One inline policy put into several users, roles and groups.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html
 */
export const policy: ResourceType = {
  create: async (ctx, request) => {
    await putAll(ctx, request.properties);
    const physicalId = request.generatedName(64);
    return { physicalId, attributes: { Id: physicalId } };
  },

  update: async (ctx, { physicalId, properties, previous }) => {
    await putAll(ctx, properties);
    const kept = holdersIn(ctx, properties);
    const renamed = required(properties, "PolicyName") !== required(previous, "PolicyName");
    for (const [key, holder] of holdersIn(ctx, previous)) {
      if (renamed || !kept.has(key)) await unlessGone(holder.remove(required(previous, "PolicyName")));
    }
    return { physicalId, attributes: { Id: physicalId } };
  },

  delete: async (ctx, { properties }) => {
    for (const holder of holdersIn(ctx, properties).values()) await unlessGone(holder.remove(required(properties, "PolicyName")));
    return undefined;
  },
};

async function putAll(ctx: Context, properties: Properties): Promise<void> {
  for (const holder of holdersIn(ctx, properties).values()) {
    await holder.put(required(properties, "PolicyName"), document(properties, "PolicyDocument"));
  }
}

/** AWS::IAM::RolePolicy, UserPolicy and GroupPolicy: one policy of one holder. `Ref` is `<policy>|<holder>`. */
function single(holderName: string, open: (ctx: Context, name: string) => Holder): ResourceType {
  const put = async (ctx: Context, properties: Properties) => {
    const [owner, name] = [required(properties, holderName), required(properties, "PolicyName")];
    await open(ctx, owner).put(name, document(properties, "PolicyDocument"));
    return { physicalId: `${name}|${owner}` };
  };
  return {
    create: (ctx, { properties }) => put(ctx, properties),
    update: (ctx, { properties }) => put(ctx, properties),
    delete: async (ctx, { properties }) => {
      await unlessGone(open(ctx, required(properties, holderName)).remove(required(properties, "PolicyName")));
      return undefined;
    },
  };
}

export const rolePolicy = single("RoleName", roleHolder);
export const userPolicy = single("UserName", userHolder);
export const groupPolicy = single("GroupName", groupHolder);
