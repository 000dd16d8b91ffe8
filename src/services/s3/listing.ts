import type { Context } from "../../aws/context.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf } from "./bucket.ts";
import { invalidArgument } from "./errors.ts";
import { parsedMeta } from "./metadata.ts";
import { after, canonicalId, endOfPrefix } from "./names.ts";
import { type HeadRow, objects } from "./store.ts";

export const MOST_KEYS = 1_000;
/** Rows read at once when a delimiter may jump over most of them. */
const STEP = 100;

export interface Scan {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  /** The first key to look at. */
  readonly from: string;
  readonly limit: number;
}

/** `last` is what the page ended with, a key or a common prefix; it is set when there is more. */
export interface Found {
  readonly rows: HeadRow[];
  readonly prefixes: string[];
  readonly last: string | undefined;
}

/** The prefix that a key is rolled up into; undefined when it stands for itself. */
export function rolledUp(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** One page of current objects, by the index alone: a common prefix costs one seek, however many keys are under it. */
export function scan(ctx: Context, { bucket, prefix, delimiter, from, limit }: Scan): Found {
  const rows: HeadRow[] = [];
  const prefixes: string[] = [];
  const end = endOfPrefix(prefix);
  let next: string | Uint8Array = from < prefix ? prefix : from;
  let last: string | undefined;
  while (typeof next === "string") {
    const step: number = delimiter === "" ? limit - rows.length + 1 : STEP;
    const batch: HeadRow[] = ctx.all(objects.current, { bucket, from: next, end, limit: step });
    for (const row of batch) {
      const group = rolledUp(row.key, prefix, delimiter);
      if (group !== undefined && group === prefixes.at(-1)) continue;
      if (rows.length + prefixes.length === limit) return { rows, prefixes, last };
      last = group ?? row.key;
      if (group === undefined) rows.push(row);
      else prefixes.push(group);
    }
    if (batch.length < step) return { rows, prefixes, last: undefined };
    const lastKey = batch.at(-1)?.key ?? "";
    const group = rolledUp(lastKey, prefix, delimiter);
    next = group === undefined ? after(lastKey) : endOfPrefix(group);
  }
  return { rows, prefixes, last: undefined };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html: `encoding-type=url`. */
export function encoder(type: string | undefined): (text: string) => string {
  if (type === undefined) return (text) => text;
  if (type !== "url") throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", type);
  return (text) =>
    encodeURIComponent(text)
      .replaceAll("%2F", "/")
      .replaceAll("%20", "+")
      .replaceAll(/[!'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function limitOf(asked: number | undefined, name: string): number {
  if (asked === undefined) return MOST_KEYS;
  if (!Number.isInteger(asked) || asked < 0)
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, String(asked));
  return Math.min(asked, MOST_KEYS);
}

/** Where a page begins after a key or a common prefix that was given out. */
export function startAfter(marker: string, prefix: string, delimiter: string): string {
  if (marker === "") return "";
  const group = rolledUp(marker, prefix, delimiter);
  if (group === undefined || !marker.startsWith(prefix)) return after(marker);
  const end = endOfPrefix(group);
  return typeof end === "string" ? end : "\u{10ffff}\u{10ffff}";
}

function objectMembers(row: HeadRow, encode: (text: string) => string) {
  const { checksum } = parsedMeta(row);
  return {
    Key: encode(row.key),
    LastModified: new Date(row.modified),
    ETag: `"${row.etag}"`,
    ...(checksum === undefined ? {} : { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type }),
    Size: row.size,
    StorageClass: row.storage_class as "STANDARD",
  };
}

export const listOperations = {
  ListObjectsV2: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const encode = encoder(input.EncodingType);
    // No object is ever restored from an archive, so none has a RestoreStatus to tell.
    void input.OptionalObjectAttributes;
    const prefix = input.Prefix ?? "";
    const delimiter = input.Delimiter ?? "";
    const limit = limitOf(input.MaxKeys, "max-keys");
    const token = input.ContinuationToken;
    const marker = token === undefined ? (input.StartAfter ?? "") : decodeToken(token)?.[0];
    if (typeof marker !== "string" || token === "")
      throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
    // A token always names what was given out; start-after is any text, and a prefix that begins before it still counts.
    const from = token === undefined ? (marker === "" ? "" : after(marker)) : startAfter(marker, prefix, delimiter);
    const { rows, prefixes, last } =
      limit === 0 ? { rows: [], prefixes: [], last: undefined } : scan(ctx, { bucket: bucket.name, prefix, delimiter, from, limit });
    const owner = input.FetchOwner === true ? { Owner: { ID: canonicalId(bucket.account) } } : {};
    return {
      Name: bucket.name,
      Prefix: encode(prefix),
      ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
      MaxKeys: limit,
      KeyCount: rows.length + prefixes.length,
      IsTruncated: last !== undefined,
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
      ...(last === undefined ? {} : { NextContinuationToken: encodeToken([last]) }),
      ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
      Contents: rows.map((row) => ({ ...objectMembers(row, encode), ...owner })),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    };
  },

  ListObjects: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const encode = encoder(input.EncodingType);
    // No object is ever restored from an archive, so none has a RestoreStatus to tell.
    void input.OptionalObjectAttributes;
    const prefix = input.Prefix ?? "";
    const delimiter = input.Delimiter ?? "";
    const limit = limitOf(input.MaxKeys, "max-keys");
    const marker = input.Marker ?? "";
    const from = startAfter(marker, prefix, delimiter);
    const { rows, prefixes, last } =
      limit === 0 ? { rows: [], prefixes: [], last: undefined } : scan(ctx, { bucket: bucket.name, prefix, delimiter, from, limit });
    return {
      Name: bucket.name,
      Prefix: encode(prefix),
      Marker: encode(marker),
      ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
      MaxKeys: limit,
      IsTruncated: last !== undefined,
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      ...(last === undefined || delimiter === "" ? {} : { NextMarker: encode(last) }),
      Contents: rows.map((row) => ({ ...objectMembers(row, encode), Owner: { ID: canonicalId(bucket.account) } })),
      CommonPrefixes: prefixes.map((text) => ({ Prefix: encode(text) })),
    };
  },
} satisfies Operations<"s3">;
