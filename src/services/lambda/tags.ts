import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { type Tags, withoutTags } from "../../aws/tags.ts";
import { invalid, notFound, typed } from "./names.ts";
import { getFunctionRow, getPart, putFunctionRow, putPart } from "./store.ts";

const MOST_TAGS = 50;

/** The tags behind an ARN, and how to replace them. Functions and event source mappings have tags. */
function tagged(ctx: Context, arn: string | undefined): { readonly tags: Tags; put(tags: Tags): void } {
  const [kind, id = ""] = (parseArn(arn ?? "")?.resource ?? "").split(":");
  if (kind === "function") {
    const row = getFunctionRow(ctx, id);
    if (row === undefined) throw notFound(ctx, { name: id, qualifier: undefined });
    return { tags: JSON.parse(row.tags) as Tags, put: (tags) => putFunctionRow(ctx, { ...row, tags: JSON.stringify(tags) }) };
  }
  if (kind === "event-source-mapping") {
    const mapping = getPart(ctx, "mapping", "", id);
    if (mapping === undefined)
      throw new AwsException("ResourceNotFoundException", "The resource you requested does not exist.", typed("User"));
    return { tags: mapping.tags, put: (tags) => putPart(ctx, "mapping", "", [id, { ...mapping, tags }]) };
  }
  throw invalid(`The resource ${arn} cannot be tagged.`);
}

export function tagResource(input: Input<"lambda", "TagResource">, ctx: Context): Output<"lambda", "TagResource"> {
  return ctx.tx(() => {
    const { tags, put } = tagged(ctx, input.Resource);
    const all = { ...tags, ...input.Tags };
    if (Object.keys(all).length > MOST_TAGS) throw invalid(`A resource may have ${MOST_TAGS} tags at most.`);
    put(all);
    return {};
  });
}

export function untagResource(input: Input<"lambda", "UntagResource">, ctx: Context): Output<"lambda", "UntagResource"> {
  return ctx.tx(() => {
    const { tags, put } = tagged(ctx, input.Resource);
    put(withoutTags(tags, input.TagKeys));
    return {};
  });
}

export function listTags(input: Input<"lambda", "ListTags">, ctx: Context): Output<"lambda", "ListTags"> {
  return { Tags: { ...tagged(ctx, input.Resource).tags } };
}
