import type { Operations } from "../../aws/service.ts";
import { bucketOf } from "./bucket.ts";
import { checksumMembers } from "./checksums.ts";
import { limitOf } from "./listing.ts";
import { parsedMeta } from "./metadata.ts";
import { checkKey } from "./names.ts";
import { segments } from "./store.ts";
import { findObject, versionMember } from "./versions.ts";

export const attributeOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
  GetObjectAttributes: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const row = findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "GET");
    const wanted = new Set(input.ObjectAttributes ?? []);
    const { checksum, parts } = parsedMeta(row);
    const limit = limitOf(input.MaxParts, "max-parts");
    const marker = Number(input.PartNumberMarker ?? 0) || 0;
    const later = parts === undefined ? [] : ctx.all(segments.of, { object: row.id }).filter(({ number }) => number > marker);
    const shown = later.slice(0, limit);
    const detail = {
      TotalPartsCount: parts,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(shown.at(-1)?.number ?? 0),
      MaxParts: limit,
      IsTruncated: later.length > limit,
      Parts: shown.map((part) => ({
        PartNumber: part.number,
        Size: part.size,
        ...(checksum === undefined || part.checksum === null ? {} : { [`Checksum${checksum.algorithm}`]: part.checksum }),
      })),
    };
    return {
      LastModified: new Date(row.modified),
      ...versionMember(bucket, row),
      ...(wanted.has("ETag") ? { ETag: row.etag } : {}),
      ...(wanted.has("Checksum") && checksum !== undefined ? { Checksum: checksumMembers(checksum) } : {}),
      ...(wanted.has("ObjectParts") && parts !== undefined
        ? { ObjectParts: checksum === undefined ? { TotalPartsCount: parts } : detail }
        : {}),
      ...(wanted.has("StorageClass") ? { StorageClass: row.storage_class as "STANDARD" } : {}),
      ...(wanted.has("ObjectSize") ? { ObjectSize: row.size } : {}),
    };
  },
} satisfies Operations<"s3">;
