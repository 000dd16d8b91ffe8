import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { given, section, text } from "../../aws/properties.ts";
import type { Properties, ResourceType } from "../../aws/resource.ts";
import { refuse, unlessGone } from "./resource-values.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html */
export const version: ResourceType = {
  async create(ctx, { properties }) {
    refuse("AWS::Lambda::Version", properties, ["ProvisionedConcurrencyConfig", "FunctionScalingConfig"]);
    const FunctionName = text(properties, "FunctionName") ?? "";
    const claimed = ctx.claimed();
    if (claimed === undefined) {
      const before = new Set(await versionsOf(ctx, FunctionName));
      const input = given({ FunctionName, CodeSha256: text(properties, "CodeSha256"), Description: text(properties, "Description") });
      const made = await ctx.call("lambda", "PublishVersion", input as Input<"lambda", "PublishVersion">);
      if (before.has(made.Version ?? "")) {
        const message = `A version for this Lambda function exists ( ${made.Version} ). Modify the function to create a new version.`;
        throw new AwsException("ResourceConflictException", message, { members: { Type: "User" } });
      }
      return versionState(ctx, made.FunctionName ?? "", made.Version ?? "");
    }
    const [name = "", number = ""] = claimed.split(":");
    return versionState(ctx, name, number);
  },
  async delete(ctx, { physicalId }) {
    await unlessGone(ctx.call("lambda", "DeleteFunction", { FunctionName: physicalId }));
    return undefined;
  },
  async read(ctx, physicalId) {
    const found = await unlessGone(ctx.call("lambda", "GetFunctionConfiguration", { FunctionName: physicalId }));
    return found === undefined ? undefined : given({ FunctionName: found.FunctionName, Description: found.Description });
  },
};

async function versionsOf(ctx: Context, FunctionName: string): Promise<string[]> {
  const versions: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await ctx.call("lambda", "ListVersionsByFunction", { FunctionName, ...(Marker === undefined ? {} : { Marker }) });
    versions.push(...(page.Versions ?? []).map((one) => one.Version ?? ""));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  return versions;
}

function versionState(ctx: Context, name: string, number: string): { physicalId: string; attributes: Record<string, unknown> } {
  const arn = ctx.arn("lambda", `function:${name}:${number}`);
  return { physicalId: arn, attributes: { FunctionArn: arn, Version: number } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html */
export const alias: ResourceType = {
  async create(ctx, { properties }) {
    refuse("AWS::Lambda::Alias", properties, ["ProvisionedConcurrencyConfig"]);
    if (ctx.claimed() === undefined) await ctx.call("lambda", "CreateAlias", aliasInput(properties));
    const found = await ctx.call("lambda", "GetAlias", nameOf(properties));
    return { physicalId: found.AliasArn ?? "", attributes: { AliasArn: found.AliasArn } };
  },
  async update(ctx, { properties, physicalId }) {
    const input = { RoutingConfig: { AdditionalVersionWeights: {} }, Description: "", ...aliasInput(properties) };
    await ctx.call("lambda", "UpdateAlias", input);
    return { physicalId, attributes: { AliasArn: physicalId } };
  },
  async delete(ctx, { properties }) {
    await unlessGone(ctx.call("lambda", "DeleteAlias", nameOf(properties)));
    return undefined;
  },
  async read(ctx, physicalId) {
    const [FunctionName, Name] = physicalId.split(":").slice(6);
    const found = await unlessGone(ctx.call("lambda", "GetAlias", { FunctionName, Name }));
    return found === undefined
      ? undefined
      : given({ FunctionName, Name, FunctionVersion: found.FunctionVersion, Description: found.Description });
  },
};

function nameOf(properties: Properties): { FunctionName: string; Name: string } {
  return { FunctionName: text(properties, "FunctionName") ?? "", Name: text(properties, "Name") ?? "" };
}

function aliasInput(properties: Properties): Input<"lambda", "CreateAlias"> {
  const weights = section(properties, "RoutingConfig")?.["AdditionalVersionWeights"];
  const list = Array.isArray(weights) ? (weights as readonly Properties[]) : undefined;
  const entries = list?.map((one) => [String(one["FunctionVersion"]), Number(one["FunctionWeight"])]);
  return {
    ...nameOf(properties),
    FunctionVersion: text(properties, "FunctionVersion"),
    ...given({
      Description: text(properties, "Description"),
      RoutingConfig:
        entries === undefined ? undefined : { AdditionalVersionWeights: Object.fromEntries(entries) as Record<string, number> },
    }),
  };
}
