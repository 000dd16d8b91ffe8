import type { Context } from "../../aws/context.ts";
import { deleted, type Properties, type ResourceRequest, type ResourceType, type ResourceUpdate } from "../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../aws/tags.ts";
import { anomalyDetector } from "./anomaly/resource.ts";
import { alarmMuteRule } from "./mute-rules/resources.ts";

const NUMBERS = [
  "EvaluationPeriods",
  "DatapointsToAlarm",
  "Threshold",
  "Period",
  "ActionsSuppressorWaitPeriod",
  "ActionsSuppressorExtensionPeriod",
];

/** Template values in the types that the API takes, at every depth. */
function typed(value: unknown, name = ""): unknown {
  if (NUMBERS.includes(name) && typeof value === "string") return Number(value);
  if ((name === "ActionsEnabled" || name === "ReturnData") && typeof value === "string") return value === "true";
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typed(item, key)]));
}

function inputOf(properties: Properties): Record<string, unknown> {
  const { AlarmName: _, Tags: __, ...rest } = properties;
  return typed(rest) as Record<string, unknown>;
}

/** Members of a described alarm that no template has. */
const OF_STATE = /^(AlarmArn|State.*|EvaluationState|AlarmConfigurationUpdatedTimestamp|ActionsSuppressed.*)$/;

type AlarmKind = "PutMetricAlarm" | "PutCompositeAlarm";
type AlarmInput = { readonly AlarmName: string; readonly AlarmRule: string };

/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html
 */
function alarm(operation: AlarmKind): ResourceType {
  const put = async (ctx: Context, request: ResourceRequest, AlarmName: string) => {
    // The properties carry the API's own names.
    const input = { ...inputOf(request.properties), AlarmName, Tags: listOfTags(resourceTags(request)) } as unknown as AlarmInput;
    await ctx.call("cloudwatch", operation, input);
    return { physicalId: AlarmName, attributes: { Arn: ctx.arn("cloudwatch", `alarm:${AlarmName}`) } };
  };
  /** An alarm that is there already keeps its tags when it is put. */
  const retag = async (ctx: Context, request: ResourceUpdate) => {
    const ResourceARN = ctx.arn("cloudwatch", `alarm:${request.physicalId}`);
    const Tags = listOfTags(resourceTags(request));
    const { Tags: before = [] } = await ctx.call("cloudwatch", "ListTagsForResource", { ResourceARN });
    const TagKeys = before.map(({ Key = "" }) => Key).filter((key) => !Tags.some(({ Key }) => Key === key));
    if (TagKeys.length > 0) await ctx.call("cloudwatch", "UntagResource", { ResourceARN, TagKeys });
    if (Tags.length > 0) await ctx.call("cloudwatch", "TagResource", { ResourceARN, Tags });
  };
  return {
    create: (ctx, request) => put(ctx, request, String(request.properties["AlarmName"] ?? request.generatedName(255))),
    async update(ctx, request) {
      const state = await put(ctx, request, request.physicalId);
      await retag(ctx, request);
      return state;
    },
    async read(ctx, physicalId) {
      const AlarmTypes = [operation === "PutMetricAlarm" ? ("MetricAlarm" as const) : ("CompositeAlarm" as const)];
      const { MetricAlarms = [], CompositeAlarms = [] } = await ctx.call("cloudwatch", "DescribeAlarms", {
        AlarmNames: [physicalId],
        AlarmTypes,
      });
      const [found] = [...MetricAlarms, ...CompositeAlarms];
      return found === undefined ? undefined : Object.fromEntries(Object.entries(found).filter(([name]) => !OF_STATE.test(name)));
    },
    async delete(ctx, { physicalId }) {
      await ctx.call("cloudwatch", "DeleteAlarms", { AlarmNames: [physicalId] });
      return undefined;
    },
  };
}

async function putDashboard(ctx: Context, properties: Properties, DashboardName: string) {
  const body = properties["DashboardBody"];
  await ctx.call("cloudwatch", "PutDashboard", { DashboardName, DashboardBody: typeof body === "string" ? body : JSON.stringify(body) });
  return { physicalId: DashboardName };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html */
const dashboard: ResourceType = {
  create: (ctx, request) =>
    putDashboard(ctx, request.properties, String(request.properties["DashboardName"] ?? request.generatedName(255))),
  update: (ctx, request) => putDashboard(ctx, request.properties, request.physicalId),
  delete: (ctx, { physicalId }) =>
    deleted("DashboardNotFoundError", ctx.call("cloudwatch", "DeleteDashboards", { DashboardNames: [physicalId] })),
};

export const resources = {
  "AWS::CloudWatch::AnomalyDetector": anomalyDetector,
  "AWS::CloudWatch::Alarm": alarm("PutMetricAlarm"),
  "AWS::CloudWatch::AlarmMuteRule": alarmMuteRule,
  "AWS::CloudWatch::CompositeAlarm": alarm("PutCompositeAlarm"),
  "AWS::CloudWatch::Dashboard": dashboard,
};
