import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { type Tags, withoutTags } from "../../aws/tags.ts";
import { fault } from "./errors.ts";
import { findRepository, saveRepository } from "./repository.ts";
import type { RepositoryRow } from "./store.ts";

const MOST_TAGS = 50;

/** https://docs.aws.amazon.com/codecommit/latest/APIReference/API_TagResource.html */
export function checkTags(tags: Tags): void {
  if (Object.keys(tags).length > MOST_TAGS)
    throw fault("TooManyTags", "The maximum number of tags for an AWS CodeCommit resource has been exceeded.");
  if (Object.keys(tags).some((key) => key.toLowerCase().startsWith("aws:") && !key.startsWith("aws:cloudformation:")))
    throw fault("InvalidSystemTagUsage", "The specified tag is not valid. Key names cannot be prefixed with aws:.");
}

function target(ctx: Context, arn: string | undefined): RepositoryRow {
  const parsed = parseArn(arn ?? "");
  if (parsed?.service !== "codecommit" || parsed.region !== ctx.region || parsed.account !== ctx.account)
    throw fault("InvalidResourceArn", `The value for the resource ARN is not valid: ${arn ?? ""}`);
  return findRepository(ctx, parsed.resource);
}

export const tagsOf = (row: RepositoryRow): Tags => JSON.parse(row.tags) as Tags;

export function tagResource(input: Input<"codecommit", "TagResource">, ctx: Context): Output<"codecommit", "TagResource"> {
  return ctx.tx(() => {
    const row = target(ctx, input.resourceArn);
    const tags = { ...tagsOf(row), ...input.tags };
    checkTags(tags);
    saveRepository(ctx, row, { tags: JSON.stringify(tags), modified: row.modified });
    return {};
  });
}

export function untagResource(input: Input<"codecommit", "UntagResource">, ctx: Context): Output<"codecommit", "UntagResource"> {
  return ctx.tx(() => {
    const row = target(ctx, input.resourceArn);
    saveRepository(ctx, row, { tags: JSON.stringify(withoutTags(tagsOf(row), input.tagKeys)), modified: row.modified });
    return {};
  });
}

export function listTagsForResource(
  input: Input<"codecommit", "ListTagsForResource">,
  ctx: Context,
): Output<"codecommit", "ListTagsForResource"> {
  return { tags: { ...tagsOf(target(ctx, input.resourceArn)) } };
}
