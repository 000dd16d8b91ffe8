import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { flag, given, integer, section, text, texts } from "../../aws/properties.ts";
import type { Properties, ResourceState, ResourceType } from "../../aws/resource.ts";
import { unlessGone } from "./resource-values.ts";

function urlTarget(properties: Properties): { FunctionName: string; Qualifier?: string } {
  const Qualifier = text(properties, "Qualifier");
  return { FunctionName: text(properties, "TargetFunctionArn") ?? "", ...(Qualifier === undefined ? {} : { Qualifier }) };
}

function corsOf(properties: Properties): Record<string, unknown> | undefined {
  const cors = section(properties, "Cors");
  if (cors === undefined) return undefined;
  const lists = ["AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders"].map((name) => [name, texts(cors, name)]);
  return given({
    ...(Object.fromEntries(lists) as Record<string, string[]>),
    AllowCredentials: flag(cors, "AllowCredentials"),
    MaxAge: integer(cors, "MaxAge"),
  });
}

function urlInput(properties: Properties): Input<"lambda", "CreateFunctionUrlConfig"> {
  const settings = given({ AuthType: text(properties, "AuthType"), InvokeMode: text(properties, "InvokeMode"), Cors: corsOf(properties) });
  return { ...urlTarget(properties), ...settings } as Input<"lambda", "CreateFunctionUrlConfig">;
}

async function urlState(ctx: Context, properties: Properties): Promise<ResourceState> {
  const { FunctionArn = "", FunctionUrl } = await ctx.call("lambda", "GetFunctionUrlConfig", urlTarget(properties));
  return { physicalId: FunctionArn, attributes: { FunctionArn, FunctionUrl } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html */
export const url: ResourceType = {
  async create(ctx, { properties }) {
    if (ctx.claimed() === undefined) await ctx.call("lambda", "CreateFunctionUrlConfig", urlInput(properties));
    return urlState(ctx, properties);
  },
  async update(ctx, { properties }) {
    await ctx.call("lambda", "UpdateFunctionUrlConfig", { Cors: {}, ...urlInput(properties) });
    return urlState(ctx, properties);
  },
  async delete(ctx, { physicalId }) {
    await unlessGone(ctx.call("lambda", "DeleteFunctionUrlConfig", { FunctionName: physicalId }));
    return undefined;
  },
};

function configInput(properties: Properties): Input<"lambda", "PutFunctionEventInvokeConfig"> {
  return {
    FunctionName: text(properties, "FunctionName"),
    ...given({
      Qualifier: text(properties, "Qualifier"),
      MaximumRetryAttempts: integer(properties, "MaximumRetryAttempts"),
      MaximumEventAgeInSeconds: integer(properties, "MaximumEventAgeInSeconds"),
      DestinationConfig: section(properties, "DestinationConfig"),
    }),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html */
export const eventInvokeConfig: ResourceType = {
  async create(ctx, request) {
    const input = configInput(request.properties);
    // Putting it again changes nothing, so a crash in between needs no claim.
    await ctx.call("lambda", "PutFunctionEventInvokeConfig", input);
    return { physicalId: `${input.FunctionName}|${input.Qualifier ?? "$LATEST"}` };
  },
  async update(ctx, { physicalId, properties }) {
    await ctx.call("lambda", "PutFunctionEventInvokeConfig", configInput(properties));
    return { physicalId };
  },
  async delete(ctx, { properties }) {
    const { FunctionName, Qualifier } = configInput(properties);
    const input = { FunctionName, ...(Qualifier === undefined ? {} : { Qualifier }) };
    await unlessGone(ctx.call("lambda", "DeleteFunctionEventInvokeConfig", input));
    return undefined;
  },
};
