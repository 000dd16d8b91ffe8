import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { cannedAcl } from "./acls.ts";
import { type BucketInput, bucketOf } from "./bucket.ts";
import { type Algorithm, algorithmOf, type ChecksumType } from "./checksums.ts";
import { invalidRequest, noSuchUpload } from "./errors.ts";
import { newLock } from "./locks.ts";
import { encryptionMembers, encryptionOf, metaOf, type ObjectMeta, storageClassOf } from "./metadata.ts";
import { checkKey } from "./names.ts";
import { type UploadRow, uploads } from "./store.ts";
import { tagsOfHeader } from "./tagging.ts";
import { dropUpload } from "./versions.ts";

/** What CreateMultipartUpload said of the object to come; JSON in the column `options`. */
export interface UploadOptions {
  readonly meta: ObjectMeta;
  readonly tags: string | null;
  readonly lock: string | null;
  readonly acl: string | null;
  readonly algorithm?: Algorithm;
  readonly checksumType?: ChecksumType;
}

export function optionsOf(row: UploadRow): UploadOptions {
  return JSON.parse(row.options) as UploadOptions;
}

export interface UploadInput extends BucketInput {
  readonly Key?: string | undefined;
  readonly UploadId?: string | undefined;
}

/** @throws AwsException NoSuchBucket, NoSuchUpload */
export function uploadOf(ctx: Context, input: UploadInput): UploadRow {
  const bucket = bucketOf(ctx, input);
  const id = input.UploadId ?? "";
  const row = ctx.get(uploads.get, { id });
  if (row === undefined || row.bucket !== bucket.name || row.key !== input.Key) throw noSuchUpload(id);
  return row;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html: which algorithm can be of which type. */
function checksumTypeOf(algorithm: Algorithm | undefined, asked: string | undefined): ChecksumType | undefined {
  if (algorithm === undefined) {
    if (asked !== undefined)
      throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return undefined;
  }
  const type = asked ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  const wrong = (type === "COMPOSITE" && algorithm === "CRC64NVME") || (type === "FULL_OBJECT" && algorithm.startsWith("SHA"));
  if (wrong) throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  return type as ChecksumType;
}

export const multipartOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
  CreateMultipartUpload: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const key = checkKey(input.Key);
    const algorithm = algorithmOf(input.ChecksumAlgorithm, "CreateMultipartUpload");
    const checksumType = checksumTypeOf(algorithm, input.ChecksumType);
    const encryption = encryptionOf(ctx, bucket, input, "CreateMultipartUpload");
    const options: UploadOptions = {
      meta: { ...metaOf(ctx, input), encryption },
      tags: tagsOfHeader(input.Tagging),
      lock: newLock(ctx, bucket, input),
      acl: cannedAcl(ctx, bucket.name, input, "CreateMultipartUpload"),
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(checksumType === undefined ? {} : { checksumType }),
    };
    const storage_class = storageClassOf(input.StorageClass);
    // Uploads of one key are listed in the order in which they were begun.
    const id = ctx.now.toString(36).padStart(10, "0") + ctx.cloud.ids.alphanumeric(86);
    ctx.tx(() => {
      const row = { id, bucket: bucket.name, key, initiated: ctx.now, storage_class, options: JSON.stringify(options) };
      ctx.run(uploads.insert, row);
      ctx.claim(id);
    });
    return {
      Bucket: bucket.name,
      Key: key,
      UploadId: id,
      ...encryptionMembers(encryption),
      ...(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm }),
      ...(checksumType === undefined ? {} : { ChecksumType: checksumType }),
    };
  },

  AbortMultipartUpload: (input, ctx) => {
    ctx.tx(() => {
      const row = uploadOf(ctx, input);
      const time = input.IfMatchInitiatedTime?.getTime();
      if (time !== undefined && Math.floor(time / 1000) !== Math.floor(row.initiated / 1000)) {
        throw new AwsException("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412 });
      }
      dropUpload(ctx, row.id);
    });
    return {};
  },
} satisfies Operations<"s3">;
