import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { listOfTags, type Tags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { getSlo } from "./slo/model.ts";
import { updateTags } from "./store.ts";

/** https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_TagResource.html */
const MOST_TAGS = 50;

/** @throws AwsException ServiceQuotaExceededException */
export function checkTags(tags: Tags): Tags {
  if (Object.keys(tags).length <= MOST_TAGS) return tags;
  const Message = `An SLO can have at most ${MOST_TAGS} tags.`;
  throw new AwsException("ServiceQuotaExceededException", Message, { members: { Message } });
}

function tagsOf(ctx: Context, arn: string | undefined): { readonly name: string; readonly tags: Tags } {
  const { row } = getSlo(ctx, arn);
  return { name: row.name, tags: JSON.parse(row.tags) as Tags };
}

export function tagResource(
  input: Input<"application-signals", "TagResource">,
  ctx: Context,
): Output<"application-signals", "TagResource"> {
  return ctx.tx(() => {
    const { name, tags } = tagsOf(ctx, input.ResourceArn);
    ctx.run(updateTags, { name, tags: JSON.stringify(checkTags({ ...tags, ...tagsOfList(input.Tags) })) });
    return {};
  });
}

export function untagResource(
  input: Input<"application-signals", "UntagResource">,
  ctx: Context,
): Output<"application-signals", "UntagResource"> {
  return ctx.tx(() => {
    const { name, tags } = tagsOf(ctx, input.ResourceArn);
    ctx.run(updateTags, { name, tags: JSON.stringify(withoutTags(tags, input.TagKeys)) });
    return {};
  });
}

export function listTagsForResource(
  input: Input<"application-signals", "ListTagsForResource">,
  ctx: Context,
): Output<"application-signals", "ListTagsForResource"> {
  return { Tags: listOfTags(tagsOf(ctx, input.ResourceArn).tags) };
}
