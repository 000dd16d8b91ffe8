import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf } from "./bucket.ts";
import { invalidArgument } from "./errors.ts";
import { encoder, limitOf, rolledUp, startAfter } from "./listing.ts";
import { parsedMeta } from "./metadata.ts";
import { after, canonicalId, endOfPrefix } from "./names.ts";
import { type HeadRow, objects } from "./store.ts";

interface Span {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  readonly versionMarker: string | undefined;
  readonly limit: number;
}

interface Found {
  readonly rows: HeadRow[];
  readonly prefixes: string[];
  /** Set when there is more. */
  readonly next: { readonly key: string; readonly version: string | undefined } | undefined;
}

const STEP = 200;

/** Rows in the order of the list, read in steps. */
function* rowsOf(ctx: Context, span: Span): Generator<HeadRow> {
  const { bucket, prefix } = span;
  const end = endOfPrefix(prefix);
  let from: string | Uint8Array = startAfter(span.keyMarker, prefix, span.delimiter);
  if (from < prefix) from = prefix;
  if (span.versionMarker !== undefined) {
    const key = span.keyMarker;
    let below = ctx.get(objects.version, { bucket, key, version: span.versionMarker })?.id ?? 0;
    for (let rows = ctx.all(objects.olderThan, { bucket, key, below, limit: STEP }); rows.length > 0; ) {
      yield* rows;
      below = rows.at(-1)?.id ?? 0;
      rows = ctx.all(objects.olderThan, { bucket, key, below, limit: STEP });
    }
  }
  while (typeof from === "string") {
    const rows: HeadRow[] = ctx.all(objects.versions, { bucket, from, end, limit: STEP });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < STEP) return;
    const group = rolledUp(last.key, prefix, span.delimiter);
    if (group !== undefined) {
      from = endOfPrefix(group);
      continue;
    }
    for (let older = ctx.all(objects.olderThan, { bucket, key: last.key, below: last.id, limit: STEP }); older.length > 0; ) {
      yield* older;
      older = ctx.all(objects.olderThan, { bucket, key: last.key, below: older.at(-1)?.id ?? 0, limit: STEP });
    }
    from = after(last.key);
  }
}

function scanVersions(ctx: Context, span: Span): Found {
  const rows: HeadRow[] = [];
  const prefixes: string[] = [];
  let last: Found["next"];
  for (const row of rowsOf(ctx, span)) {
    const group = rolledUp(row.key, span.prefix, span.delimiter);
    if (group !== undefined && group === prefixes.at(-1)) continue;
    if (rows.length + prefixes.length === span.limit) return { rows, prefixes, next: last };
    last = group === undefined ? { key: row.key, version: row.version } : { key: group, version: undefined };
    if (group === undefined) rows.push(row);
    else prefixes.push(group);
  }
  return { rows, prefixes, next: undefined };
}

function versionMembers(row: HeadRow, account: string, encode: (text: string) => string) {
  return {
    Key: encode(row.key),
    VersionId: row.version,
    IsLatest: row.latest === 1,
    LastModified: new Date(row.modified),
    Owner: { ID: canonicalId(account) },
  };
}

export const versionListOperations = {
  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
  ListObjectVersions: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const encode = encoder(input.EncodingType);
    // No object is ever restored from an archive, so none has a RestoreStatus to tell.
    void input.OptionalObjectAttributes;
    const { KeyMarker: keyMarker = "", VersionIdMarker: versionMarker, Prefix: prefix = "", Delimiter: delimiter = "" } = input;
    if (versionMarker !== undefined && keyMarker === "") {
      throw invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", versionMarker);
    }
    const limit = limitOf(input.MaxKeys, "max-keys");
    const span: Span = { bucket: bucket.name, prefix, delimiter, keyMarker, versionMarker, limit };
    const { rows, prefixes, next } = limit === 0 ? { rows: [], prefixes: [], next: undefined } : scanVersions(ctx, span);
    return {
      Name: bucket.name,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker),
      VersionIdMarker: versionMarker ?? "",
      ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
      MaxKeys: limit,
      IsTruncated: next !== undefined,
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      ...(next === undefined ? {} : { NextKeyMarker: encode(next.key), NextVersionIdMarker: next.version }),
      Versions: rows
        .filter(({ marker }) => marker === 0)
        .map((row) => {
          const { checksum } = parsedMeta(row);
          return {
            ...versionMembers(row, bucket.account, encode),
            ETag: `"${row.etag}"`,
            ...(checksum === undefined ? {} : { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type }),
            Size: row.size,
            StorageClass: row.storage_class as "STANDARD",
          };
        }),
      DeleteMarkers: rows.filter(({ marker }) => marker === 1).map((row) => versionMembers(row, bucket.account, encode)),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    };
  },
} satisfies Operations<"s3">;
