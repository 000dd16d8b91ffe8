import { createHash } from "node:crypto";
import type { CompletedPart } from "@aws-sdk/client-s3";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf, homeOf } from "./bucket.ts";
import { ALGORITHMS, type Checksum, checksumMembers, summer } from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import { badDigest, invalidRequest, malformedXml } from "./errors.ts";
import { encryptionMembers } from "./metadata.ts";
import { optionsOf, type UploadOptions, uploadOf } from "./multipart.ts";
import { announce } from "./notifications.ts";
import { holdBlobs } from "./readers.ts";
import { objects, type PartRow, parts } from "./store.ts";
import { addSegments, addVersion, dropUpload, versionMember } from "./versions.ts";

const LEAST_BYTES = 5 * 1024 * 1024;

/** The parts that the request lists, as they were uploaded. @throws AwsException InvalidPartOrder, InvalidPart, EntityTooSmall */
function chosenParts(ctx: Context, upload: string, listed: readonly CompletedPart[], options: UploadOptions): PartRow[] {
  if (listed.length === 0) throw malformedXml();
  const there = new Map(ctx.all(parts.page, { upload, after: 0, limit: -1 }).map((row) => [row.number, row]));
  checkOrder(upload, listed);
  return listed.map((part, index) => {
    const number = part.PartNumber ?? 0;
    const row = there.get(number);
    const etag = part.ETag?.replaceAll('"', "");
    if (row === undefined || row.etag !== etag || !sameChecksum(part, row, options)) {
      const message =
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
      throw new AwsException("InvalidPart", message, { status: 400, members: { UploadId: upload, PartNumber: number, ETag: etag } });
    }
    if (row.size < LEAST_BYTES && index < listed.length - 1) {
      const members = { ProposedSize: row.size, MinSizeAllowed: LEAST_BYTES, PartNumber: number, ETag: row.etag };
      throw new AwsException("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", { status: 400, members });
    }
    return row;
  });
}

function checkOrder(upload: string, listed: readonly CompletedPart[]): void {
  const ascends = listed.every(({ PartNumber = 0 }, index) => PartNumber > (listed[index - 1]?.PartNumber ?? 0));
  if (ascends) return;
  const message = "The list of parts was not in ascending order. The parts list must be specified in order by part number.";
  throw new AwsException("InvalidPartOrder", message, { status: 400, members: { UploadId: upload } });
}

function sameChecksum(part: CompletedPart, row: PartRow, { algorithm }: UploadOptions): boolean {
  return ALGORITHMS.every((name) => {
    const given = part[`Checksum${name}`];
    return given === undefined || name !== algorithm || given === row.checksum;
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
async function checksumOf(
  ctx: Context,
  { algorithm, checksumType }: UploadOptions,
  rows: readonly PartRow[],
): Promise<Checksum | undefined> {
  if (algorithm === undefined || checksumType === undefined) return undefined;
  const sum = summer(algorithm);
  if (checksumType === "COMPOSITE") {
    for (const { checksum } of rows) sum.update(Buffer.from(checksum ?? "", "base64"));
    return { algorithm, type: checksumType, value: `${sum.digest().toString("base64")}-${rows.length}` };
  }
  const release = holdBlobs(
    ctx.cloud,
    rows.map(({ blob }) => blob),
  );
  try {
    for (const { blob } of rows) for await (const chunk of ctx.cloud.blobs.read(blob)) sum.update(chunk as Buffer);
  } finally {
    release();
  }
  return { algorithm, type: checksumType, value: sum.digest().toString("base64") };
}

function etagOf(rows: readonly PartRow[]): string {
  const md5 = createHash("md5");
  for (const { etag } of rows) md5.update(Buffer.from(etag, "hex"));
  return `${md5.digest("hex")}-${rows.length}`;
}

export const completeOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
  CompleteMultipartUpload: async (input, ctx) => {
    const upload = uploadOf(ctx, input);
    const options = optionsOf(upload);
    const { key } = upload;
    const rows = chosenParts(ctx, upload.id, input.MultipartUpload?.Parts ?? [], options);
    if (input.ChecksumType !== undefined && input.ChecksumType !== options.checksumType) {
      throw invalidRequest(
        `The upload was created using the ${options.checksumType ?? "null"} checksum mode. The complete request must use the same checksum mode.`,
      );
    }
    const size = rows.reduce((sum, row) => sum + row.size, 0);
    if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== size) {
      throw invalidRequest(
        `The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${size}`,
      );
    }
    const other = ALGORITHMS.find((name) => name !== options.algorithm && input[`Checksum${name}`] !== undefined);
    if (other !== undefined) {
      const expected = (options.algorithm ?? "null").toLowerCase();
      const text = `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${other.toLowerCase()}`;
      throw invalidRequest(text);
    }
    const checksum = await checksumOf(ctx, options, rows);
    const given = options.algorithm === undefined ? undefined : input[`Checksum${options.algorithm}`];
    if (given !== undefined && given !== checksum?.value)
      throw badDigest(`The ${options.algorithm} you specified did not match the calculated checksum.`);
    const etag = etagOf(rows);
    return ctx.tx(() => {
      const bucket = bucketOf(ctx, input);
      uploadOf(ctx, input);
      chosenParts(ctx, upload.id, input.MultipartUpload?.Parts ?? [], options);
      checkWrite(input, key, ctx.get(objects.latest, { bucket: bucket.name, key }));
      const meta = JSON.stringify({ ...options.meta, parts: rows.length, ...(checksum === undefined ? {} : { checksum }) });
      const { tags, lock, acl } = options;
      const content = { size, etag, storage_class: upload.storage_class, meta, tags, lock, acl, blob: null, inline: null };
      const row = addVersion(ctx, bucket, key, content);
      const list = rows.map((part, index) => ({ number: index + 1, size: part.size, blob: part.blob, checksum: part.checksum }));
      addSegments(ctx, row.id, list);
      dropUpload(ctx, upload.id);
      announce(homeOf(ctx, bucket), bucket, { kind: "created", row, reason: "CompleteMultipartUpload" });
      ctx.claim(key);
      return {
        Location: locationOf(ctx, bucket.name, key),
        Bucket: bucket.name,
        Key: key,
        ETag: `"${etag}"`,
        ...checksumMembers(checksum),
        ...encryptionMembers(options.meta.encryption),
        ...(bucket.versioning === "Enabled" ? versionMember(bucket, row) : {}),
      };
    });
  },
} satisfies Operations<"s3">;

function locationOf(ctx: Context, bucket: string, key: string): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `${ctx.cloud.endpoint}/${bucket}/${path}`;
}
