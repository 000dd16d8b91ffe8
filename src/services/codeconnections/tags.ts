import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { type Tags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { findItem, notFound, saveItem, tagList } from "./items.ts";
import type { ItemRow, Kind } from "./store.ts";

const KINDS: readonly Kind[] = ["connection", "host", "repository-link"];

function target(ctx: Context, arn: string | undefined): ItemRow {
  const kind = KINDS.find((candidate) => parseArn(arn ?? "")?.resource.startsWith(`${candidate}/`));
  if (kind === undefined) throw notFound(`Resource ${arn ?? ""}`);
  return findItem(ctx, kind, arn);
}

export function tagResource(input: Input<"codeconnections", "TagResource">, ctx: Context): Output<"codeconnections", "TagResource"> {
  return ctx.tx(() => {
    const row = target(ctx, input.ResourceArn);
    saveItem(ctx, row, { tags: { ...(JSON.parse(row.tags) as Tags), ...tagsOfList(input.Tags) } });
    return {};
  });
}

export function untagResource(input: Input<"codeconnections", "UntagResource">, ctx: Context): Output<"codeconnections", "UntagResource"> {
  return ctx.tx(() => {
    const row = target(ctx, input.ResourceArn);
    saveItem(ctx, row, { tags: withoutTags(JSON.parse(row.tags) as Tags, input.TagKeys) });
    return {};
  });
}

export function listTagsForResource(
  input: Input<"codeconnections", "ListTagsForResource">,
  ctx: Context,
): Output<"codeconnections", "ListTagsForResource"> {
  return { Tags: tagList(target(ctx, input.ResourceArn)) };
}
