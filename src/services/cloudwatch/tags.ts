import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { listOfTags, type Tags, tagsOfList, withoutTags } from "../../aws/tags.ts";
import { selectAlarm, updateTags } from "./alarm-store.ts";
import { selectMute, updateMuteTags } from "./mute-rules/store.ts";
import { selectDashboard, upsertDashboard } from "./store.ts";

interface Tagged {
  readonly tags: Tags;
  save(tags: Tags): void;
}

/** The alarm or dashboard of an ARN. */
function find(ctx: Context, operation: string, arn: string | undefined): Tagged {
  const resource = parseArn(arn ?? "")?.resource ?? "";
  const [kind] = resource.split(/[:/]/, 1);
  const name = resource.slice((kind?.length ?? 0) + 1);
  if (kind === "alarm") {
    const row = ctx.get(selectAlarm, { name });
    if (row !== undefined) {
      return { tags: JSON.parse(row.tags) as Tags, save: (tags) => void ctx.run(updateTags, { name, tags: JSON.stringify(tags) }) };
    }
  } else if (kind === "dashboard") {
    const row = ctx.get(selectDashboard, { name });
    if (row !== undefined) {
      const same = { name, body: row.body, now: row.modified };
      return { tags: JSON.parse(row.tags) as Tags, save: (tags) => void ctx.run(upsertDashboard, { ...same, tags: JSON.stringify(tags) }) };
    }
  } else if (kind === "alarm-mute-rule") {
    const row = ctx.get(selectMute, { name });
    if (row !== undefined) {
      return { tags: JSON.parse(row.tags) as Tags, save: (tags) => void ctx.run(updateMuteTags, { name, tags: JSON.stringify(tags) }) };
    }
  } else throw notImplemented("cloudwatch", operation, `the resource ${arn}`);
  throw new AwsException("ResourceNotFoundException", `Resource ${arn} does not exist.`, { status: 404 });
}

export function tagResource(input: Input<"cloudwatch", "TagResource">, ctx: Context): Output<"cloudwatch", "TagResource"> {
  return ctx.tx(() => {
    const tagged = find(ctx, "TagResource", input.ResourceARN);
    const merged = { ...tagged.tags, ...tagsOfList(input.Tags) };
    if (Object.keys(merged).length > 50) throw new AwsException("InvalidParameterValueException", "A resource can have at most 50 tags.");
    tagged.save(merged);
    return {};
  });
}

export function untagResource(input: Input<"cloudwatch", "UntagResource">, ctx: Context): Output<"cloudwatch", "UntagResource"> {
  return ctx.tx(() => {
    const tagged = find(ctx, "UntagResource", input.ResourceARN);
    tagged.save(withoutTags(tagged.tags, input.TagKeys));
    return {};
  });
}

export function listTagsForResource(
  input: Input<"cloudwatch", "ListTagsForResource">,
  ctx: Context,
): Output<"cloudwatch", "ListTagsForResource"> {
  const { tags } = find(ctx, "ListTagsForResource", input.ResourceARN);
  return { Tags: listOfTags(tags) };
}
