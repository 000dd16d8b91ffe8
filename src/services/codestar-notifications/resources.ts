import type { Context } from "../../aws/context.ts";
import { unless } from "../../aws/exception.ts";
import { given, text } from "../../aws/properties.ts";
import { deleted, type Properties, type ResourceType } from "../../aws/resource.ts";
import { resourceTags } from "../../aws/tags.ts";
import type { GivenTarget } from "./targets.ts";

/** Settings that create and update have in common. */
function settings(properties: Properties) {
  const single = text(properties, "TargetAddress");
  const targets = (properties["Targets"] ?? []) as GivenTarget[];
  const eventTypes = [...((properties["EventTypeIds"] ?? []) as string[])];
  const one = text(properties, "EventTypeId");
  return {
    Name: text(properties, "Name") ?? "",
    EventTypeIds: one === undefined ? eventTypes : [...eventTypes, one],
    Targets: single === undefined ? targets : [...targets, { TargetType: "SNS", TargetAddress: single }],
    DetailType: (text(properties, "DetailType") ?? "FULL") as "BASIC" | "FULL",
    Status: (text(properties, "Status") ?? "ENABLED") as "ENABLED" | "DISABLED",
  };
}

async function retag(ctx: Context, Arn: string, wanted: Record<string, string>): Promise<void> {
  const { Tags = {} } = await ctx.call("codestar-notifications", "ListTagsForResource", { Arn });
  const gone = Object.keys(Tags).filter((key) => wanted[key] === undefined);
  if (gone.length > 0) await ctx.call("codestar-notifications", "UntagResource", { Arn, TagKeys: gone });
  if (Object.keys(wanted).length > 0) await ctx.call("codestar-notifications", "TagResource", { Arn, Tags: wanted });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codestarnotifications-notificationrule.html */
const rule: ResourceType = {
  async create(ctx, request) {
    const made = ctx.claimed();
    if (made !== undefined) return { physicalId: made, attributes: { Arn: made } };
    const { properties } = request;
    const { Arn = "" } = await ctx.call("codestar-notifications", "CreateNotificationRule", {
      ...settings(properties),
      Resource: text(properties, "Resource") ?? "",
      Tags: resourceTags(request),
    });
    return { physicalId: Arn, attributes: { Arn } };
  },
  async update(ctx, request) {
    const Arn = request.physicalId;
    await ctx.call("codestar-notifications", "UpdateNotificationRule", { Arn, ...settings(request.properties) });
    await retag(ctx, Arn, resourceTags(request));
    return { physicalId: Arn, attributes: { Arn } };
  },
  delete: (ctx, { physicalId: Arn }) =>
    deleted("ResourceNotFoundException", ctx.call("codestar-notifications", "DeleteNotificationRule", { Arn })),
  async read(ctx, Arn) {
    const found = await unless("ResourceNotFoundException", ctx.call("codestar-notifications", "DescribeNotificationRule", { Arn }));
    if (found === undefined) return undefined;
    const { Name, EventTypes = [], Resource, Targets = [], DetailType, Status } = found;
    return given({
      Name,
      Resource,
      DetailType,
      Status,
      EventTypeIds: EventTypes.map(({ EventTypeId }) => EventTypeId),
      Targets: Targets.map(({ TargetType, TargetAddress }) => ({ TargetType, TargetAddress })),
    });
  },
};

export const resources = { "AWS::CodeStarNotifications::NotificationRule": rule };
