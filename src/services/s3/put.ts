import { notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { cannedAcl } from "./acls.ts";
import { receive } from "./body.ts";
import { bucketOf, homeOf } from "./bucket.ts";
import { checksumMembers, expectedChecksum, md5Of } from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import { invalidRequest } from "./errors.ts";
import { newLock } from "./locks.ts";
import { encryptionMembers, encryptionOf, metaOf, storageClassOf } from "./metadata.ts";
import { checkKey } from "./names.ts";
import { announce } from "./notifications.ts";
import { objects } from "./store.ts";
import { tagsOfHeader } from "./tagging.ts";
import { addVersion, versionMember } from "./versions.ts";

interface Locking {
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

const locks = (input: Locking): boolean => input.ObjectLockMode !== undefined || input.ObjectLockLegalHoldStatus !== undefined;

export const putOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
  PutObject: async (input, ctx) => {
    const bucketBefore = bucketOf(ctx, input);
    const { name } = bucketBefore;
    const key = checkKey(input.Key);
    if (input.WriteOffsetBytes !== undefined) throw notImplemented("s3", "PutObject", "WriteOffsetBytes");
    const acl = cannedAcl(ctx, name, input, "PutObject");
    const encryption = encryptionOf(ctx, bucketBefore, input, "PutObject");
    const storage_class = storageClassOf(input.StorageClass);
    const tags = tagsOfHeader(input.Tagging);
    const meta = metaOf(ctx, input);
    const conditional = input.IfMatch !== undefined || input.IfNoneMatch !== undefined;
    if (conditional) checkWrite(input, key, ctx.get(objects.latest, { bucket: name, key }));
    const expected = expectedChecksum(ctx, input, "PutObject");
    const md5 = md5Of(input.ContentMD5);
    if (ctx.request !== undefined && locks(input) && md5 === undefined && expected === undefined) {
      throw invalidRequest("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
    }
    const body = await receive(ctx, input.Body, { expected, md5, length: input.ContentLength, inline: true });
    const { checksum, blob, inline, size, md5: etag } = body;
    try {
      return ctx.tx(() => {
        // Read again: the bucket may have changed, or gone, while the body came in.
        const bucket = bucketOf(ctx, input);
        if (conditional) checkWrite(input, key, ctx.get(objects.latest, { bucket: name, key }));
        const text = JSON.stringify({ ...meta, encryption, ...(checksum === undefined ? {} : { checksum }) });
        const lock = newLock(ctx, bucket, input);
        const row = addVersion(ctx, bucket, key, { size, etag, storage_class, meta: text, tags, lock, acl, blob, inline });
        announce(homeOf(ctx, bucket), bucket, { kind: "created", row, reason: "PutObject" });
        ctx.claim(key);
        return {
          ETag: `"${etag}"`,
          ...checksumMembers(checksum),
          ...encryptionMembers(encryption),
          ...(bucket.versioning === "Enabled" ? versionMember(bucket, row) : {}),
        };
      });
    } catch (error) {
      if (blob !== null) ctx.cloud.blobs.delete(blob);
      throw error;
    }
  },
} satisfies Operations<"s3">;
