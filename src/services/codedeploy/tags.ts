import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { listOfTags, type Tags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { noApplication, noConfig, noGroup, refused } from "./errors.ts";
import { PREDEFINED } from "./predefined.ts";
import * as store from "./store.ts";

const MOST_TAGS = 50;

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TagResource.html @throws InvalidTagsToAddException */
export function checkTags<T extends Tags>(tags: T): T {
  const invalid = Object.entries(tags).some(([key, value]) => key === "" || key.length > 128 || value.length > 256);
  if (invalid || Object.keys(tags).some((key) => /^aws:(?!cloudformation:)/i.test(key)) || Object.keys(tags).length > MOST_TAGS)
    throw refused("InvalidTagsToAddException", "The specified tags are not valid.");
  return tags;
}

interface Tagged {
  readonly tags: Tags;
  put(tags: Tags): void;
}

function tagged(ctx: Context, arn: string | undefined): Tagged {
  const parsed = parseArn(arn ?? "");
  if (parsed === undefined || parsed.service !== "codedeploy") throw refused("InvalidArnException", "The specified ARN is not valid.");
  const [kind, rest = ""] = splitOnce(parsed.resource, ":");
  if (kind === "application") {
    const row = ctx.get(store.selectApplication, { name: rest });
    if (row === undefined) throw noApplication(rest);
    return {
      tags: JSON.parse(row.tags) as Tags,
      put: (tags) => ctx.run(store.updateApplicationTags, { name: rest, tags: JSON.stringify(tags) }),
    };
  }
  if (kind === "deploymentgroup") {
    const [application = "", name = ""] = splitOnce(rest, "/");
    const row = ctx.get(store.selectGroup, { application, name });
    if (row === undefined) throw noGroup(name);
    return {
      tags: JSON.parse(row.tags) as Tags,
      put: (tags) => ctx.run(store.updateGroupTags, { application, name, tags: JSON.stringify(tags) }),
    };
  }
  if (kind === "deploymentconfig" && !PREDEFINED.has(rest) && ctx.get(store.selectConfig, { name: rest }) === undefined)
    throw noConfig(rest);
  throw refused("ArnNotSupportedException", `The ARN ${arn} is not supported: applications and deployment groups have tags.`);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

export function tagResource(input: Input<"codedeploy", "TagResource">, ctx: Context): Output<"codedeploy", "TagResource"> {
  return ctx.tx(() => {
    const { tags, put } = tagged(ctx, input.ResourceArn);
    put(checkTags({ ...tags, ...tagsOfList(input.Tags) }));
    return {};
  });
}

export function untagResource(input: Input<"codedeploy", "UntagResource">, ctx: Context): Output<"codedeploy", "UntagResource"> {
  return ctx.tx(() => {
    const { tags, put } = tagged(ctx, input.ResourceArn);
    put(withoutTags(tags, input.TagKeys));
    return {};
  });
}

export function listTagsForResource(
  input: Input<"codedeploy", "ListTagsForResource">,
  ctx: Context,
): Output<"codedeploy", "ListTagsForResource"> {
  return { Tags: listOfTags(tagged(ctx, input.ResourceArn).tags) };
}
