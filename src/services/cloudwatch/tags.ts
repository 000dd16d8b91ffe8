import { parseArn } from "../../aws/arn.ts";
import type { Input, Output } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { selectAlarm, selectDashboard, upsertAlarm, upsertDashboard } from "./store.ts";

type Tags = Readonly<Record<string, string>>;
type TagList = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

export function tagsFrom(list: TagList | undefined): Tags {
  return Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

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
      const { type, config, state, reason, reason_data, configured, updated, transitioned } = row;
      const same = { name, type, config, state, reason, reason_data, configured, updated, transitioned };
      return { tags: JSON.parse(row.tags) as Tags, save: (tags) => void ctx.run(upsertAlarm, { ...same, tags: JSON.stringify(tags) }) };
    }
  } else if (kind === "dashboard") {
    const row = ctx.get(selectDashboard, { name });
    if (row !== undefined) {
      const same = { name, body: row.body, now: row.modified };
      return { tags: JSON.parse(row.tags) as Tags, save: (tags) => void ctx.run(upsertDashboard, { ...same, tags: JSON.stringify(tags) }) };
    }
  } else throw notImplemented("cloudwatch", operation, `the resource ${arn}`);
  throw new AwsException("ResourceNotFoundException", `Resource ${arn} does not exist.`, { status: 404 });
}

export function tagResource(input: Input<"cloudwatch", "TagResource">, ctx: Context): Output<"cloudwatch", "TagResource"> {
  return ctx.tx(() => {
    const tagged = find(ctx, "TagResource", input.ResourceARN);
    const merged = { ...tagged.tags, ...tagsFrom(input.Tags) };
    if (Object.keys(merged).length > 50) throw new AwsException("InvalidParameterValueException", "A resource can have at most 50 tags.");
    tagged.save(merged);
    return {};
  });
}

export function untagResource(input: Input<"cloudwatch", "UntagResource">, ctx: Context): Output<"cloudwatch", "UntagResource"> {
  return ctx.tx(() => {
    const tagged = find(ctx, "UntagResource", input.ResourceARN);
    const keys = input.TagKeys ?? [];
    tagged.save(Object.fromEntries(Object.entries(tagged.tags).filter(([key]) => !keys.includes(key))));
    return {};
  });
}

export function listTagsForResource(
  input: Input<"cloudwatch", "ListTagsForResource">,
  ctx: Context,
): Output<"cloudwatch", "ListTagsForResource"> {
  const { tags } = find(ctx, "ListTagsForResource", input.ResourceARN);
  return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}
