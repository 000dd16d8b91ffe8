import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf } from "./bucket.ts";
import { encoder, limitOf, rolledUp } from "./listing.ts";
import { optionsOf, uploadOf } from "./multipart.ts";
import { canonicalId, endOfPrefix } from "./names.ts";
import { parts, type UploadRow, uploads } from "./store.ts";

/** Sorts after every upload id, all of which are letters and digits. */
const AFTER_ALL_IDS = "~";

/** Rows read at once: a page, unless a delimiter may jump over most of them. */
const STEP = 100;

interface UploadScan {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  readonly idMarker: string;
  readonly limit: number;
}

interface FoundUploads {
  readonly rows: UploadRow[];
  readonly prefixes: string[];
  /** What the page ended with, when there is more: an upload, or a common prefix without an id. */
  readonly next: { readonly key: string; readonly id: string } | undefined;
}

/** By the index alone: a common prefix costs one seek, however many uploads are under it. */
function scanUploads(ctx: Context, { bucket, prefix, delimiter, keyMarker, idMarker, limit }: UploadScan): FoundUploads {
  const rows: UploadRow[] = [];
  const prefixes: string[] = [];
  const end = endOfPrefix(prefix);
  let last: { key: string; id: string } | undefined;
  const marked = keyMarker.startsWith(prefix) ? rolledUp(keyMarker, prefix, delimiter) : undefined;
  let from: string | Uint8Array = marked === undefined || idMarker !== "" ? prefix : endOfPrefix(marked);
  // Those of the marker's own key follow only when an upload id says from where.
  let after = { key: keyMarker, id: keyMarker !== "" && idMarker === "" ? AFTER_ALL_IDS : idMarker };
  while (typeof from === "string") {
    const step: number = delimiter === "" ? limit - rows.length + 1 : STEP;
    const batch: UploadRow[] = ctx.all(uploads.page, { bucket, ...after, from, end, limit: step });
    for (const row of batch) {
      const group = rolledUp(row.key, prefix, delimiter);
      if (group !== undefined && group === prefixes.at(-1)) continue;
      if (rows.length + prefixes.length >= limit) return { rows, prefixes, next: last };
      last = group === undefined ? row : { key: group, id: "" };
      if (group === undefined) rows.push(row);
      else prefixes.push(group);
    }
    const final = batch.at(-1);
    if (batch.length < step || final === undefined) break;
    const group = rolledUp(final.key, prefix, delimiter);
    after = { key: final.key, id: final.id };
    if (group !== undefined) from = endOfPrefix(group);
  }
  return { rows, prefixes, next: undefined };
}

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
    const { rows, prefixes, next } = scanUploads(ctx, { bucket: bucket.name, prefix, delimiter, keyMarker, idMarker, limit });
    return {
      Bucket: bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker,
      Prefix: encode(prefix),
      ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
      MaxUploads: limit,
      IsTruncated: next !== undefined,
      ...(next === undefined ? {} : { NextKeyMarker: encode(next.key), NextUploadIdMarker: next.id }),
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
