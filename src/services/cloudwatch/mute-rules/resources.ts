import type { Context } from "../../../aws/context.ts";
import { unless } from "../../../aws/exception.ts";
import type { ResourceRequest, ResourceType } from "../../../aws/resource.ts";
import { listOfTags, resourceTags } from "../../../aws/tags.ts";

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf("alarm-mute-rule:") + "alarm-mute-rule:".length);

async function put(ctx: Context, request: ResourceRequest, Name: string) {
  const { StartDate, ExpireDate, Tags: _, Name: __, ...rest } = request.properties;
  const date = (value: unknown): Date | undefined => (value === undefined ? undefined : new Date(String(value)));
  const dates = { StartDate: date(StartDate), ExpireDate: date(ExpireDate) };
  const input = { ...rest, ...dates, Name, Tags: listOfTags(resourceTags(request)) };
  await ctx.call("cloudwatch", "PutAlarmMuteRule", input as never);
  const {
    AlarmMuteRuleArn: Arn = "",
    Status,
    MuteType,
    LastUpdatedTimestamp,
  } = await ctx.call("cloudwatch", "GetAlarmMuteRule", {
    AlarmMuteRuleName: Name,
  });
  return { physicalId: Arn, attributes: { Arn, Status, MuteType, LastUpdatedTimestamp: LastUpdatedTimestamp?.toISOString() } };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarmmuterule.html */
export const alarmMuteRule: ResourceType = {
  create: (ctx, request) => put(ctx, request, String(request.properties["Name"] ?? request.generatedName(255))),
  async update(ctx, request) {
    const state = await put(ctx, request, nameOf(request.physicalId));
    const ResourceARN = request.physicalId;
    const Tags = listOfTags(resourceTags(request));
    const { Tags: before = [] } = await ctx.call("cloudwatch", "ListTagsForResource", { ResourceARN });
    const TagKeys = before.map(({ Key = "" }) => Key).filter((key) => !Tags.some(({ Key }) => Key === key));
    if (TagKeys.length > 0) await ctx.call("cloudwatch", "UntagResource", { ResourceARN, TagKeys });
    if (Tags.length > 0) await ctx.call("cloudwatch", "TagResource", { ResourceARN, Tags });
    return state;
  },
  async read(ctx, physicalId) {
    const found = await unless(
      "ResourceNotFoundException",
      ctx.call("cloudwatch", "GetAlarmMuteRule", { AlarmMuteRuleName: nameOf(physicalId) }),
    );
    if (found === undefined) return undefined;
    const { Name, Description, Rule, MuteTargets, StartDate, ExpireDate } = found;
    return { Name, Description, Rule, MuteTargets, StartDate: StartDate?.toISOString(), ExpireDate: ExpireDate?.toISOString() };
  },
  async delete(ctx, { physicalId }) {
    await ctx.call("cloudwatch", "DeleteAlarmMuteRule", { AlarmMuteRuleName: nameOf(physicalId) });
    return undefined;
  },
};
