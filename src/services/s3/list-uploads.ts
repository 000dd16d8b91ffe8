import type { Operations } from "../../aws/service.ts";
import { bucketOf } from "./bucket.ts";
import { encoder, limitOf, rolledUp } from "./listing.ts";
import { optionsOf, uploadOf } from "./multipart.ts";
import { canonicalId, endOfPrefix } from "./names.ts";
import { parts, type UploadRow, uploads } from "./store.ts";

/** Sorts after every upload id, all of which are letters and digits. */
const AFTER_ALL_IDS = "~";

export const uploadListOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
  ListParts: (input, ctx) => {
    const upload = uploadOf(ctx, input);
    const options = optionsOf(upload);
    const limit = limitOf(input.MaxParts, "max-parts");
    const marker = Number(input.PartNumberMarker ?? 0) || 0;
    const rows = ctx.all(parts.page, { upload: upload.id, after: marker, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const owner = { ID: canonicalId(bucketOf(ctx, input).account) };
    return {
      Bucket: upload.bucket,
      Key: upload.key,
      UploadId: upload.id,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(shown.at(-1)?.number ?? 0),
      MaxParts: limit,
      IsTruncated: rows.length > limit,
      Initiator: { ID: ctx.principal.arn, DisplayName: ctx.principal.userId },
      Owner: owner,
      StorageClass: upload.storage_class as "STANDARD",
      ...(options.algorithm === undefined ? {} : { ChecksumAlgorithm: options.algorithm, ChecksumType: options.checksumType }),
      Parts: shown.map(({ number, modified, etag, size, checksum }) => ({
        PartNumber: number,
        LastModified: new Date(modified),
        ETag: `"${etag}"`,
        Size: size,
        ...(options.algorithm === undefined || checksum === null ? {} : { [`Checksum${options.algorithm}`]: checksum }),
      })),
    };
  },

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
  ListMultipartUploads: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const encode = encoder(input.EncodingType);
    const { Prefix: prefix = "", Delimiter: delimiter = "", KeyMarker: keyMarker = "" } = input;
    const idMarker = keyMarker === "" ? "" : (input.UploadIdMarker ?? "");
    const limit = limitOf(input.MaxUploads, "max-uploads");
    const rows: UploadRow[] = [];
    const prefixes: string[] = [];
    let last: UploadRow | undefined;
    let truncated = false;
    // Those of the marker's own key follow only when an upload id says from where.
    const id = keyMarker !== "" && idMarker === "" ? AFTER_ALL_IDS : idMarker;
    const span = { bucket: bucket.name, from: prefix, end: endOfPrefix(prefix), limit: -1 };
    for (const row of ctx.cloud.store.iterate(uploads.page, { ...span, key: keyMarker, id })) {
      const group = rolledUp(row.key, prefix, delimiter);
      if (group !== undefined && (group === prefixes.at(-1) || group === keyMarker)) {
        last = row;
        continue;
      }
      if (rows.length + prefixes.length === limit) {
        truncated = true;
        break;
      }
      last = row;
      if (group === undefined) rows.push(row);
      else prefixes.push(group);
    }
    return {
      Bucket: bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker,
      Prefix: encode(prefix),
      ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
      MaxUploads: limit,
      IsTruncated: truncated,
      ...(truncated && last !== undefined ? { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.id } : {}),
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      Uploads: rows.map((row) => ({
        UploadId: row.id,
        Key: encode(row.key),
        Initiated: new Date(row.initiated),
        StorageClass: row.storage_class as "STANDARD",
        Owner: { ID: canonicalId(bucket.account) },
        Initiator: { ID: ctx.principal.arn, DisplayName: ctx.principal.userId },
      })),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    };
  },
} satisfies Operations<"s3">;
