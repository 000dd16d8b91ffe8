import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { cannedAcl } from "./acls.ts";
import { receive } from "./body.ts";
import { bucketOf, checkOwner, homeOf } from "./bucket.ts";
import { streamOf } from "./bytes.ts";
import { algorithmOf, checksumMembers } from "./checksums.ts";
import { checkCopySource, checkWrite } from "./conditions.ts";
import { invalidArgument, invalidRequest, noSuchKey } from "./errors.ts";
import { newLock } from "./locks.ts";
import { encryptionMembers, encryptionOf, metaOf, type ObjectMeta, parsedMeta, storageClassOf } from "./metadata.ts";
import { checkKey } from "./names.ts";
import { announce } from "./notifications.ts";
import { type BucketRow, type ObjectRow, objects } from "./store.ts";
import { tagsOfHeader } from "./tagging.ts";
import { addVersion, findVersion, versionMember } from "./versions.ts";

const MOST_BYTES = 5 * 1024 ** 3;

export interface CopySourceInput {
  readonly CopySource?: string | undefined;
  readonly RequestPayer?: string | undefined;
  readonly ExpectedSourceBucketOwner?: string | undefined;
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

export interface CopySource {
  readonly bucket: BucketRow;
  readonly row: ObjectRow;
}

/** `/bucket/key?versionId=…`, percent-encoded. @throws AwsException InvalidArgument, NoSuchBucket, NoSuchKey, PreconditionFailed */
export function copySource(ctx: Context, input: CopySourceInput): CopySource {
  const text = input.CopySource ?? "";
  const mark = text.lastIndexOf("?versionId=");
  const path = decoded(mark < 0 ? text : text.slice(0, mark)).replace(/^\//, "");
  const version = mark < 0 ? undefined : text.slice(mark + "?versionId=".length);
  const slash = path.indexOf("/");
  if (slash <= 0 || slash === path.length - 1) {
    throw invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", text);
  }
  const bucket = bucketOf(ctx, { Bucket: path.slice(0, slash), RequestPayer: input.RequestPayer });
  checkOwner(bucket, input.ExpectedSourceBucketOwner);
  const key = path.slice(slash + 1);
  const row = findVersion(ctx, bucket.name, key, version);
  if (row.marker === 1) {
    if (version === undefined) throw noSuchKey(key);
    throw invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.");
  }
  const conditions = {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  };
  checkCopySource(conditions, row);
  return { bucket, row };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument("Invalid copy source encoding.", "x-amz-copy-source", text);
  }
}

interface CopiedBytes {
  readonly blob: string | null;
  readonly inline: Uint8Array | null;
  readonly etag: string;
  readonly checksum: ObjectMeta["checksum"];
  /** True when the file was written for this copy, and goes when the copy fails. */
  readonly own: boolean;
}

/** Bytes that are in one place are shared; what lies in parts, or is to have another checksum, is read and written anew. */
async function copyBytes(ctx: Context, row: ObjectRow, algorithm: string | undefined): Promise<CopiedBytes> {
  const wanted = algorithmOf(algorithm, "CopyObject");
  const checksum = parsedMeta(row).checksum;
  const same = wanted === undefined || wanted === checksum?.algorithm;
  if (same && !row.etag.includes("-")) return { blob: row.blob, inline: row.inline, etag: row.etag, checksum, own: false };
  const target = wanted ?? checksum?.algorithm;
  const expected = target === undefined ? undefined : { algorithm: target, value: () => undefined };
  const stored = await receive(ctx, streamOf(ctx, row), { expected, md5: undefined, inline: true });
  return { blob: stored.blob, inline: stored.inline, etag: stored.md5, checksum: stored.checksum, own: true };
}

export const copyOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
  CopyObject: async (input, ctx) => {
    const target = bucketOf(ctx, input);
    const key = checkKey(input.Key);
    const source = copySource(ctx, input);
    const { row } = source;
    checkSelfCopy(input, source, target.name, key);
    if (row.size > MOST_BYTES)
      throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${MOST_BYTES}`);
    const acl = cannedAcl(ctx, target.name, input, "CopyObject");
    const encryption = encryptionOf(ctx, target, input, "CopyObject");
    const { checksum: _, encryption: __, parts: ___, redirect: ____, ...kept } = parsedMeta(row);
    const redirect = input.WebsiteRedirectLocation;
    const meta = input.MetadataDirective === "REPLACE" ? metaOf(ctx, input) : { ...kept, ...(redirect === undefined ? {} : { redirect }) };
    const tags = input.TaggingDirective === "REPLACE" ? tagsOfHeader(input.Tagging) : row.tags;
    const storage_class = storageClassOf(input.StorageClass);
    const copied = await copyBytes(ctx, row, input.ChecksumAlgorithm);
    const { blob, inline, etag, checksum } = copied;
    try {
      return ctx.tx(() => {
        const bucket = bucketOf(ctx, input);
        // The file may have gone while bytes were read; inside the transaction nothing can remove it.
        if (!copied.own) findVersion(ctx, source.bucket.name, row.key, row.version);
        checkWrite(input, key, ctx.get(objects.latest, { bucket: bucket.name, key }));
        const text = JSON.stringify({ ...meta, encryption, ...(checksum === undefined ? {} : { checksum }) });
        const lock = newLock(ctx, bucket, input);
        const made = addVersion(ctx, bucket, key, { size: row.size, etag, storage_class, meta: text, tags, lock, acl, blob, inline });
        announce(homeOf(ctx, bucket), bucket, { kind: "created", row: made, reason: "CopyObject" });
        return {
          CopyObjectResult: { ETag: `"${etag}"`, LastModified: new Date(made.modified), ...checksumMembers(checksum) },
          ...encryptionMembers(encryption),
          ...(bucket.versioning === "Enabled" ? versionMember(bucket, made) : {}),
          ...(source.bucket.versioning === null ? {} : { CopySourceVersionId: row.version }),
        };
      });
    } catch (error) {
      if (copied.own && blob !== null) ctx.cloud.blobs.delete(blob);
      throw error;
    }
  },
} satisfies Operations<"s3">;

interface ChangeInput {
  readonly MetadataDirective?: string | undefined;
  readonly TaggingDirective?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
}

/** A copy onto itself must change something. */
function checkSelfCopy(input: ChangeInput, source: CopySource, bucket: string, key: string): void {
  const isSelf = source.bucket.name === bucket && source.row.key === key && source.row.latest === 1;
  const changes =
    input.MetadataDirective === "REPLACE" ||
    (input.StorageClass !== undefined && input.StorageClass !== source.row.storage_class) ||
    input.WebsiteRedirectLocation !== undefined ||
    input.ServerSideEncryption !== undefined ||
    input.ChecksumAlgorithm !== undefined;
  if (!isSelf || changes) return;
  throw invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
