import type { Input } from "../../aws/clients.ts";
import { given, section, text, texts } from "../../aws/properties.ts";
import type { ResourceType } from "../../aws/resource.ts";
import { refuse, unlessGone } from "./resource-values.ts";

function layerOf(arn: string): { readonly LayerName: string; readonly VersionNumber: number } {
  const [name = "", number = ""] = arn.split(":").slice(6);
  return { LayerName: name, VersionNumber: Number(number) };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html */
export const layerVersion: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    const claimed = ctx.claimed();
    if (claimed !== undefined) return { physicalId: claimed, attributes: { LayerVersionArn: claimed } };
    const input = given({
      LayerName: text(properties, "LayerName") ?? request.generatedName(64),
      Content: section(properties, "Content"),
      Description: text(properties, "Description"),
      CompatibleRuntimes: texts(properties, "CompatibleRuntimes"),
      CompatibleArchitectures: texts(properties, "CompatibleArchitectures"),
      LicenseInfo: text(properties, "LicenseInfo"),
    });
    const { LayerVersionArn = "" } = await ctx.call(
      "lambda",
      "PublishLayerVersion",
      input as unknown as Input<"lambda", "PublishLayerVersion">,
    );
    return { physicalId: LayerVersionArn, attributes: { LayerVersionArn } };
  },
  async delete(ctx, { physicalId }) {
    await unlessGone(ctx.call("lambda", "DeleteLayerVersion", layerOf(physicalId)));
    return undefined;
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversionpermission.html */
export const layerVersionPermission: ResourceType = {
  async create(ctx, request) {
    const { properties } = request;
    refuse("AWS::Lambda::LayerVersionPermission", properties, ["OrganizationId"]);
    const arn = text(properties, "LayerVersionArn") ?? "";
    const StatementId = ctx.claimed() ?? request.generatedName(100);
    if (ctx.claimed() === undefined) {
      const Action = text(properties, "Action");
      const Principal = text(properties, "Principal");
      await ctx.call("lambda", "AddLayerVersionPermission", { ...layerOf(arn), StatementId, Action, Principal });
    }
    const id = `${arn}#${StatementId}`;
    return { physicalId: id, attributes: { Id: id } };
  },
  async delete(ctx, { physicalId }) {
    const [arn = "", StatementId = ""] = physicalId.split("#");
    await unlessGone(ctx.call("lambda", "RemoveLayerVersionPermission", { ...layerOf(arn), StatementId }));
    return undefined;
  },
};
