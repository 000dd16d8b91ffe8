import { parseArn } from "../../aws/arn.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type Tags, withoutTags } from "../../aws/tags.ts";
import { emitNote } from "./engine/events.ts";
import { selectPipeline, updateTags } from "./store.ts";

export interface SdkTag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const MAX_TAGS = 50;

/** Tags as they are after some are added. @throws AwsException InvalidTagsException, TooManyTagsException */
export function checkedTags(before: Tags, added: readonly SdkTag[] | undefined): Record<string, string> {
  const tags: Record<string, string> = { ...before };
  const seen = new Set<string>();
  for (const { key = "", value = "" } of added ?? []) {
    // CloudFormation's own tags come with what it makes.
    if (/^aws:(?!cloudformation:)/i.test(key))
      throw new AwsException("InvalidTagsException", `The tag key '${key}' begins with 'aws:', which is reserved.`);
    if (seen.has(key)) throw new AwsException("InvalidTagsException", `The tag key '${key}' is given more than once.`);
    seen.add(key);
    tags[key] = value;
  }
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS) throw new AwsException("TooManyTagsException", `A resource has at most ${MAX_TAGS} tags, and would have ${count}.`);
  return tags;
}

export const tagList = (tags: Tags): { key: string; value: string }[] => Object.entries(tags).map(([key, value]) => ({ key, value }));

/** @throws AwsException InvalidArnException, ResourceNotFoundException */
function findTagged(ctx: Context, arn: string | undefined): { name: string; tags: Tags } {
  const parsed = parseArn(arn ?? "");
  if (parsed?.service !== "codepipeline") throw new AwsException("InvalidArnException", `The ARN ${arn} is not one of CodePipeline.`);
  const row = ctx.with({ region: parsed.region }).get(selectPipeline, { name: parsed.resource });
  if (row === undefined || parsed.account !== ctx.account || parsed.region !== ctx.region) {
    throw new AwsException("ResourceNotFoundException", `The resource with the ARN ${arn} does not exist.`);
  }
  return { name: row.name, tags: JSON.parse(row.tags) as Tags };
}

function store(ctx: Context, name: string, tags: Tags): Record<never, never> {
  ctx.run(updateTags, { name, tags: JSON.stringify(tags) });
  emitNote(ctx, name, "Pipeline tags changed", { more: { tags } });
  return {};
}

export const tagOperations = {
  TagResource: ({ resourceArn, tags }, ctx) =>
    ctx.tx(() => {
      const found = findTagged(ctx, resourceArn);
      return store(ctx, found.name, checkedTags(found.tags, tags));
    }),
  UntagResource: ({ resourceArn, tagKeys }, ctx) =>
    ctx.tx(() => {
      const found = findTagged(ctx, resourceArn);
      return store(ctx, found.name, withoutTags(found.tags, tagKeys));
    }),
  ListTagsForResource: ({ resourceArn }, ctx) => ({ tags: tagList(findTagged(ctx, resourceArn).tags) }),
} satisfies Operations<"codepipeline">;
