import type { ActionConfigurationProperty, WebhookDefinition } from "@aws-sdk/client-codepipeline";
import type { Input } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { flag, given, integer, section, text } from "../../aws/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import { tagList } from "./tags.ts";

const records = (properties: Properties, name: string): Properties[] => {
  const value = properties[name];
  return Array.isArray(value) ? (value as Properties[]) : [];
};

function webhookOf(properties: Properties, name: string): WebhookDefinition {
  if (flag(properties, "RegisterWithThirdParty") === true) throw notImplemented("codepipeline", "RegisterWebhookWithThirdParty");
  const configuration = section(properties, "AuthenticationConfiguration") ?? {};
  return {
    name,
    targetPipeline: text(properties, "TargetPipeline"),
    targetAction: text(properties, "TargetAction"),
    filters: records(properties, "Filters").map((filter) => ({
      jsonPath: text(filter, "JsonPath"),
      ...given({ matchEquals: text(filter, "MatchEquals") }),
    })),
    authentication: text(properties, "Authentication") as WebhookDefinition["authentication"],
    authenticationConfiguration: given({
      AllowedIPRange: text(configuration, "AllowedIPRange"),
      SecretToken: text(configuration, "SecretToken"),
    }),
  };
}

async function putWebhook(ctx: Context, { properties }: ResourceRequest, name: string): Promise<ResourceState> {
  const { webhook } = await ctx.call("codepipeline", "PutWebhook", { webhook: webhookOf(properties, name) });
  return { physicalId: name, attributes: { Url: webhook?.url ?? "" } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-webhook.html */
const webhook: ResourceType = {
  create: (ctx, request) => putWebhook(ctx, request, ctx.claimed() ?? text(request.properties, "Name") ?? request.generatedName(100)),
  update: (ctx, request) => putWebhook(ctx, request, request.physicalId),
  async delete(ctx, { physicalId }) {
    await ctx.call("codepipeline", "DeleteWebhook", { name: physicalId });
    return undefined;
  },
};

const details = (properties: Properties, name: string) => {
  const value = section(properties, name) ?? {};
  return { minimumCount: integer(value, "MinimumCount") ?? 0, maximumCount: integer(value, "MaximumCount") ?? 0 };
};

function propertyOf(property: Properties): ActionConfigurationProperty {
  return {
    name: text(property, "Name") ?? "",
    key: flag(property, "Key") ?? false,
    required: flag(property, "Required") ?? false,
    secret: flag(property, "Secret") ?? false,
    ...(given({
      description: text(property, "Description"),
      queryable: flag(property, "Queryable"),
      type: text(property, "Type"),
    }) as Pick<ActionConfigurationProperty, "description">),
  };
}

function actionTypeOf(request: ResourceRequest): Input<"codepipeline", "CreateCustomActionType"> {
  const { properties } = request;
  const settings = section(properties, "Settings");
  const tags = tagList(resourceTags(request));
  return {
    category: text(properties, "Category") as "Build",
    provider: text(properties, "Provider"),
    version: text(properties, "Version"),
    configurationProperties: records(properties, "ConfigurationProperties").map(propertyOf),
    inputArtifactDetails: details(properties, "InputArtifactDetails"),
    outputArtifactDetails: details(properties, "OutputArtifactDetails"),
    ...(settings === undefined
      ? {}
      : {
          settings: given({
            entityUrlTemplate: text(settings, "EntityUrlTemplate"),
            executionUrlTemplate: text(settings, "ExecutionUrlTemplate"),
            revisionUrlTemplate: text(settings, "RevisionUrlTemplate"),
            thirdPartyConfigurationUrl: text(settings, "ThirdPartyConfigurationUrl"),
          }),
        }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-customactiontype.html */
const customActionType: ResourceType = {
  async create(ctx, request) {
    const id = ctx.claimed();
    if (id !== undefined) return { physicalId: id, attributes: { Id: id } };
    const { actionType } = await ctx.call("codepipeline", "CreateCustomActionType", actionTypeOf(request));
    const physicalId = [actionType?.id?.category, actionType?.id?.provider, actionType?.id?.version].join("/");
    return { physicalId, attributes: { Id: physicalId } };
  },
  async delete(ctx, { physicalId }) {
    const [category = "", provider, version] = physicalId.split("/");
    await ctx.call("codepipeline", "DeleteCustomActionType", { category: category as "Build", provider, version });
    return undefined;
  },
};

export const providerResources = { "AWS::CodePipeline::Webhook": webhook, "AWS::CodePipeline::CustomActionType": customActionType };
