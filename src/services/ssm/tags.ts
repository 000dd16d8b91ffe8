import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { listOfTags, type TagList, type Tags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { selectTags, updateTags } from "./store.ts";

/** @throws AwsException TooManyTagsError */
export function mergeTags(existing: Tags, added: TagList): Tags {
  const merged = { ...existing, ...tagsOfList(added) };
  if (Object.keys(merged).length > 50) throw new AwsException("TooManyTagsError", "A parameter can have at most 50 tags.");
  return merged;
}

interface Target {
  readonly ResourceType?: string | undefined;
  readonly ResourceId?: string | undefined;
}

/** Name and tags of the parameter that a tag operation means; other resource types are not here yet. */
function targetOf(ctx: Context, operation: string, { ResourceType, ResourceId }: Target): { readonly name: string; readonly tags: Tags } {
  if (ResourceType !== "Parameter") throw notImplemented("ssm", operation, `ResourceType ${ResourceType}`);
  const name = ResourceId ?? "";
  const row = ctx.get(selectTags, { name });
  if (row === undefined) {
    throw new AwsException("InvalidResourceId", "The resource ID isn't valid. Verify that you entered the correct ID and try again.");
  }
  return { name, tags: JSON.parse(row.tags) as Tags };
}

export function addTagsToResource(input: Input<"ssm", "AddTagsToResource">, ctx: Context): Output<"ssm", "AddTagsToResource"> {
  return ctx.tx(() => {
    const { name, tags } = targetOf(ctx, "AddTagsToResource", input);
    ctx.run(updateTags, { name, tags: JSON.stringify(mergeTags(tags, input.Tags ?? [])) });
    return {};
  });
}

export function removeTagsFromResource(
  input: Input<"ssm", "RemoveTagsFromResource">,
  ctx: Context,
): Output<"ssm", "RemoveTagsFromResource"> {
  return ctx.tx(() => {
    const { name, tags } = targetOf(ctx, "RemoveTagsFromResource", input);
    ctx.run(updateTags, { name, tags: JSON.stringify(withoutTags(tags, input.TagKeys)) });
    return {};
  });
}

export function listTagsForResource(input: Input<"ssm", "ListTagsForResource">, ctx: Context): Output<"ssm", "ListTagsForResource"> {
  const { tags } = targetOf(ctx, "ListTagsForResource", input);
  return { TagList: listOfTags(tags) };
}
