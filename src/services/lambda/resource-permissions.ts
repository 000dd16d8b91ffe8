import type { Input } from "../../aws/clients.ts";
import { flag, given, text } from "../../aws/properties.ts";
import type { ResourceType } from "../../aws/resource.ts";
import { unlessGone } from "./resource-values.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html */
export const permission: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    const names = [
      "FunctionName",
      "Action",
      "Principal",
      "SourceArn",
      "SourceAccount",
      "EventSourceToken",
      "FunctionUrlAuthType",
      "PrincipalOrgID",
    ];
    const StatementId = ctx.claimed() ?? request.generatedName(100);
    if (ctx.claimed() === undefined) {
      const input = given({
        ...Object.fromEntries(names.map((name) => [name, text(properties, name)])),
        InvokedViaFunctionUrl: flag(properties, "InvokedViaFunctionUrl"),
        StatementId,
      });
      await ctx.call("lambda", "AddPermission", input as unknown as Input<"lambda", "AddPermission">);
    }
    return { physicalId: StatementId, attributes: { Id: StatementId } };
  },
  async delete(ctx, { physicalId, properties }) {
    const FunctionName = text(properties, "FunctionName") ?? "";
    await unlessGone(ctx.call("lambda", "RemovePermission", { FunctionName, StatementId: physicalId }));
    return undefined;
  },
};
