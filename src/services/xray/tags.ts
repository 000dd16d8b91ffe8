import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { listOfTags, type Tags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { groupTags } from "./groups.ts";
import { ruleTags, tagRule } from "./sampling/rules.ts";
import { updateGroupTags } from "./store.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_TagResource.html */
const MOST_TAGS = 50;

interface Tagged {
  readonly tags: Tags;
  save(tags: Tags): void;
}

/** @throws AwsException ResourceNotFoundException */
function find(ctx: Context, arn = ""): Tagged {
  const ofGroup = groupTags(ctx, arn);
  if (ofGroup !== undefined) return { tags: ofGroup, save: (tags) => void ctx.run(updateGroupTags, { arn, tags: JSON.stringify(tags) }) };
  const ofRule = ruleTags(ctx, arn);
  if (ofRule !== undefined) return { tags: ofRule, save: (tags) => tagRule(ctx, arn, tags) };
  throw new AwsException("ResourceNotFoundException", `Resource ${arn} not found`, { status: 404, members: { ResourceName: arn } });
}

export function tagResource(input: Input<"xray", "TagResource">, ctx: Context): Output<"xray", "TagResource"> {
  return ctx.tx(() => {
    const tagged = find(ctx, input.ResourceARN);
    const tags = { ...tagged.tags, ...tagsOfList(input.Tags) };
    if (Object.keys(tags).length > MOST_TAGS) {
      const members = { ResourceName: input.ResourceARN };
      throw new AwsException("TooManyTagsException", `A resource can have at most ${MOST_TAGS} tags`, { status: 400, members });
    }
    tagged.save(tags);
    return {};
  });
}

export function untagResource(input: Input<"xray", "UntagResource">, ctx: Context): Output<"xray", "UntagResource"> {
  return ctx.tx(() => {
    const tagged = find(ctx, input.ResourceARN);
    tagged.save(withoutTags(tagged.tags, input.TagKeys));
    return {};
  });
}

export function listTagsForResource(input: Input<"xray", "ListTagsForResource">, ctx: Context): Output<"xray", "ListTagsForResource"> {
  if (input.NextToken !== undefined) throw new AwsException("InvalidRequestException", "The next token is not valid", { status: 400 });
  return { Tags: listOfTags(find(ctx, input.ResourceARN).tags) };
}
