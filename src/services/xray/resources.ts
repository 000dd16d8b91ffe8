import type { Input } from "../../aws/clients.ts";
import { unless } from "../../aws/exception.ts";
import { flag, given, integer, section, text } from "../../aws/properties.ts";
import { deleted, type Properties, type ResourceType } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";

function insightsIn(properties: Properties) {
  const insights = section(properties, "InsightsConfiguration");
  if (insights === undefined) return undefined;
  return given({ InsightsEnabled: flag(insights, "InsightsEnabled"), NotificationsEnabled: flag(insights, "NotificationsEnabled") });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-xray-group.html */
const group: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return { physicalId: made, attributes: { GroupARN: made } };
    const { properties } = request;
    const { Group } = await ctx.call("xray", "CreateGroup", {
      GroupName: text(properties, "GroupName") ?? request.generatedName(32),
      Tags: listOfTags(resourceTags(request)),
      ...given({ FilterExpression: text(properties, "FilterExpression"), InsightsConfiguration: insightsIn(properties) }),
    });
    const arn = Group?.GroupARN ?? "";
    return { physicalId: arn, attributes: { GroupARN: arn } };
  },
  async update(ctx, { physicalId: GroupARN, properties }) {
    const FilterExpression = text(properties, "FilterExpression") ?? "";
    await ctx.call("xray", "UpdateGroup", { GroupARN, FilterExpression, ...given({ InsightsConfiguration: insightsIn(properties) }) });
    return { physicalId: GroupARN, attributes: { GroupARN } };
  },
  delete: (ctx, { physicalId: GroupARN }) => deleted("InvalidRequestException", ctx.call("xray", "DeleteGroup", { GroupARN })),
  async read(ctx, GroupARN) {
    const found = await unless("InvalidRequestException", ctx.call("xray", "GetGroup", { GroupARN }));
    if (found?.Group === undefined) return undefined;
    const { GroupName, FilterExpression, InsightsConfiguration } = found.Group;
    return given({ GroupName, FilterExpression, InsightsConfiguration });
  },
};

type SamplingRule = Input<"xray", "CreateSamplingRule">["SamplingRule"] & object;

function ruleIn(properties: Properties) {
  const rule = section(properties, "SamplingRule") ?? {};
  return {
    ResourceARN: text(rule, "ResourceARN") ?? "*",
    Priority: integer(rule, "Priority") ?? 1_000,
    FixedRate: Number(text(rule, "FixedRate") ?? 0.05),
    ReservoirSize: integer(rule, "ReservoirSize") ?? 1,
    ServiceName: text(rule, "ServiceName") ?? "*",
    ServiceType: text(rule, "ServiceType") ?? "*",
    Host: text(rule, "Host") ?? "*",
    HTTPMethod: text(rule, "HTTPMethod") ?? "*",
    URLPath: text(rule, "URLPath") ?? "*",
    ...given({ Attributes: section(rule, "Attributes") as SamplingRule["Attributes"] }),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-xray-samplingrule.html */
const samplingRule: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return { physicalId: made, attributes: { RuleARN: made } };
    const named = text(section(request.properties, "SamplingRule") ?? {}, "RuleName") ?? text(request.properties, "RuleName");
    const { SamplingRuleRecord } = await ctx.call("xray", "CreateSamplingRule", {
      SamplingRule: { RuleName: named ?? request.generatedName(32), Version: 1, ...ruleIn(request.properties) },
      Tags: listOfTags(resourceTags(request)),
    });
    const arn = SamplingRuleRecord?.SamplingRule?.RuleARN ?? "";
    return { physicalId: arn, attributes: { RuleARN: arn } };
  },
  async update(ctx, { physicalId: RuleARN, properties }) {
    await ctx.call("xray", "UpdateSamplingRule", { SamplingRuleUpdate: { RuleARN, ...ruleIn(properties) } });
    return { physicalId: RuleARN, attributes: { RuleARN } };
  },
  delete: (ctx, { physicalId: RuleARN }) => deleted("InvalidRequestException", ctx.call("xray", "DeleteSamplingRule", { RuleARN })),
  async read(ctx, arn) {
    const { SamplingRuleRecords = [] } = await ctx.call("xray", "GetSamplingRules", {});
    const found = SamplingRuleRecords.find(({ SamplingRule }) => SamplingRule?.RuleARN === arn)?.SamplingRule;
    return found === undefined ? undefined : { SamplingRule: found };
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-xray-resourcepolicy.html */
const resourcePolicy: ResourceType = {
  async create(ctx, { properties }) {
    const PolicyName = text(properties, "PolicyName") ?? "";
    await ctx.call("xray", "PutResourcePolicy", { PolicyName, PolicyDocument: text(properties, "PolicyDocument") ?? "" });
    return { physicalId: PolicyName };
  },
  async update(ctx, { physicalId: PolicyName, properties }) {
    await ctx.call("xray", "PutResourcePolicy", { PolicyName, PolicyDocument: text(properties, "PolicyDocument") ?? "" });
    return { physicalId: PolicyName };
  },
  delete: (ctx, { physicalId: PolicyName }) => deleted("InvalidRequestException", ctx.call("xray", "DeleteResourcePolicy", { PolicyName })),
  async read(ctx, name) {
    const { ResourcePolicies = [] } = await ctx.call("xray", "ListResourcePolicies", {});
    const found = ResourcePolicies.find(({ PolicyName }) => PolicyName === name);
    return found === undefined ? undefined : { PolicyName: name, PolicyDocument: found.PolicyDocument };
  },
};

export const resources = {
  "AWS::XRay::Group": group,
  "AWS::XRay::SamplingRule": samplingRule,
  "AWS::XRay::ResourcePolicy": resourcePolicy,
};
