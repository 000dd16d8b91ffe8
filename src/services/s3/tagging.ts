import type { Tag } from "@aws-sdk/client-s3";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf, homeOf, requiredConfig, setConfig } from "./bucket.ts";
import { invalidArgument, malformedXml } from "./errors.ts";
import { checkKey } from "./names.ts";
import { announce } from "./notifications.ts";
import { objects } from "./store.ts";
import { findObject, versionMember } from "./versions.ts";

const MAX_OBJECT_TAGS = 10;
const MAX_BUCKET_TAGS = 50;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
function checkTags(tags: readonly Tag[], most: number): Tag[] {
  if (tags.length > most)
    throw badTag(`${most === MAX_OBJECT_TAGS ? "Object" : "Bucket"} tags cannot be greater than ${most}`, "BadRequest");
  const seen = new Set<string>();
  for (const { Key, Value } of tags) {
    if (Key === undefined || Value === undefined) throw malformedXml();
    if (Key.length < 1 || Key.length > 128) throw badTag("The TagKey you have provided is invalid", "InvalidTag");
    if (Value.length > 256) throw badTag("The TagValue you have provided is invalid", "InvalidTag");
    if (Key.startsWith("aws:") && most === MAX_OBJECT_TAGS) throw badTag("System tags cannot be added/updated by requester", "InvalidTag");
    if (seen.has(Key)) throw badTag("Cannot provide multiple Tags with the same key", "InvalidTag");
    seen.add(Key);
  }
  return [...tags];
}

function badTag(message: string, code: string): AwsException {
  return new AwsException(code, message, { status: 400 });
}

/** The header `x-amz-tagging`, a URL query; as the column `tags`. */
export function tagsOfHeader(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  const tags: Tag[] = [];
  for (const [Key, Value] of new URLSearchParams(text)) tags.push({ Key, Value });
  if (tags.length === 0)
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    );
  return JSON.stringify(checkTags(tags, MAX_OBJECT_TAGS));
}

export function tagsOfRow(tags: string | null): Tag[] {
  return tags === null ? [] : (JSON.parse(tags) as Tag[]);
}

export const taggingOperations = {
  PutObjectTagging: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const tags = checkTags(input.Tagging?.TagSet ?? [], MAX_OBJECT_TAGS);
    return ctx.tx(() => {
      const row = findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "PUT");
      ctx.run(objects.setTags, { id: row.id, tags: tags.length === 0 ? null : JSON.stringify(tags) });
      announce(homeOf(ctx, bucket), bucket, { kind: "tagged", row, reason: "PutObjectTagging" });
      return versionMember(bucket, row);
    });
  },
  GetObjectTagging: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const row = findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "GET");
    return { TagSet: tagsOfRow(row.tags), ...versionMember(bucket, row) };
  },
  DeleteObjectTagging: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    return ctx.tx(() => {
      const row = findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "DELETE");
      ctx.run(objects.setTags, { id: row.id, tags: null });
      announce(homeOf(ctx, bucket), bucket, { kind: "untagged", row, reason: "DeleteObjectTagging" });
      return versionMember(bucket, row);
    });
  },
  PutBucketTagging: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    setConfig(ctx, bucket, "tagging", checkTags(input.Tagging?.TagSet ?? [], MAX_BUCKET_TAGS));
    return {};
  },
  GetBucketTagging: (input, ctx) => ({
    TagSet: requiredConfig<Tag[]>(ctx, bucketOf(ctx, input).name, "tagging", {
      code: "NoSuchTagSet",
      message: "The TagSet does not exist",
    }),
  }),
  DeleteBucketTagging: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "tagging", undefined);
    return {};
  },
} satisfies Operations<"s3">;
