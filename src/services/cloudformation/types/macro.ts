import { AwsException } from "../../../aws/exception.ts";
import type { ResourceType } from "../../../aws/resource.ts";
import * as store from "../store.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-macro.html */
export const macro: ResourceType = {
  create: async (ctx, { properties }) => {
    const name = String(properties["Name"]);
    if (ctx.claimed() === undefined) {
      ctx.tx(() => {
        if (ctx.get(store.macroByName, { name }) !== undefined) {
          throw new AwsException("AlreadyExistsException", `${name} already exists`, { status: 400 });
        }
        ctx.run(store.upsertMacro, { name, function: String(properties["FunctionName"]) });
        ctx.claim(name);
      });
    }
    return { physicalId: name };
  },
  update: async (ctx, { properties, physicalId }) => {
    ctx.tx(() => ctx.run(store.upsertMacro, { name: physicalId, function: String(properties["FunctionName"]) }));
    return { physicalId };
  },
  delete: async (ctx, { physicalId }) => {
    ctx.tx(() => ctx.run(store.dropMacro, { name: physicalId }));
    return undefined;
  },
  read: async (ctx, physicalId) => {
    const row = ctx.get(store.macroByName, { name: physicalId });
    return row === undefined ? undefined : { Name: physicalId, FunctionName: row.function };
  },
};
