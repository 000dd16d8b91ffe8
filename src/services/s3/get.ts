import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type BucketInput, bucketOf } from "./bucket.ts";
import { streamOf } from "./bytes.ts";
import { checkRead, type ReadConditions } from "./conditions.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { lockMembers } from "./locks.ts";
import { metaMembers, type ObjectMeta, parsedMeta } from "./metadata.ts";
import { checkKey } from "./names.ts";
import { type ByteRange, rangeOf } from "./ranges.ts";
import { type ObjectRow, segments } from "./store.ts";
import { tagsOfRow } from "./tagging.ts";
import { findObject, versionMember } from "./versions.ts";

interface ReadInput extends BucketInput, ReadConditions {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly Range?: string | undefined;
  readonly PartNumber?: number | undefined;
  readonly ChecksumMode?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

const OVERRIDES = ["CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires"] as const;
type Overrides = { readonly [N in (typeof OVERRIDES)[number] as `Response${N}`]?: string | Date | undefined };

interface Read {
  readonly row: ObjectRow;
  readonly range: ByteRange | undefined;
  readonly members: Record<string, unknown>;
}

/** What GetObject and HeadObject share: all but the body. */
function readObject(ctx: Context, input: ReadInput & Overrides, operation: "GetObject" | "HeadObject"): Read {
  const bucket = bucketOf(ctx, input);
  if (input.SSECustomerAlgorithm !== undefined) throw notImplemented("s3", operation, "SSECustomerAlgorithm");
  const row = findObject(
    ctx,
    { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId },
    operation === "GetObject" ? "GET" : "HEAD",
  );
  const meta = parsedMeta(row);
  const version = versionMember(bucket, row);
  const headers = { etag: `"${row.etag}"`, "last-modified": new Date(row.modified).toUTCString() };
  checkRead(input, row, version.VersionId === undefined ? headers : { ...headers, "x-amz-version-id": version.VersionId });
  if (operation === "GetObject") checkRestored(row);
  const range = input.PartNumber === undefined ? rangeOf(input.Range, row.size) : partRange(ctx, row, meta, input);
  const tags = tagsOfRow(row.tags);
  const length = range === undefined ? row.size : range.end - range.start + 1;
  const members: Record<string, unknown> = {
    AcceptRanges: "bytes",
    LastModified: new Date(row.modified),
    ContentLength: length,
    ETag: `"${row.etag}"`,
    ...version,
    ...metaMembers(meta, input.ChecksumMode === "ENABLED" && range === undefined),
    ...(range === undefined ? {} : { ContentRange: `bytes ${range.start}-${range.end}/${row.size}` }),
    ...(row.storage_class === "STANDARD" ? {} : { StorageClass: row.storage_class }),
    ...(tags.length === 0 ? {} : { TagCount: tags.length }),
    ...(input.PartNumber !== undefined && meta.parts !== undefined ? { PartsCount: meta.parts } : {}),
    ...lockMembers(row),
  };
  applyOverrides(ctx, input, members);
  return { row, range, members };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: signed requests may choose the answer's headers. */
function applyOverrides(ctx: Context, input: Overrides, members: Record<string, unknown>): void {
  for (const name of OVERRIDES) {
    const value = input[`Response${name}`];
    if (value === undefined) continue;
    if (ctx.principal.type === "anonymous")
      throw invalidRequest("Request specific response headers cannot be used for anonymous GET requests.");
    members[name] = value instanceof Date ? value.toUTCString() : value;
  }
}

function checkRestored(row: ObjectRow): void {
  if (row.storage_class !== "GLACIER" && row.storage_class !== "DEEP_ARCHIVE") return;
  throw new AwsException("InvalidObjectState", "The operation is not valid for the object's storage class", {
    status: 403,
    members: { StorageClass: row.storage_class },
  });
}

/** @throws AwsException InvalidRequest, InvalidArgument, InvalidPartNumber */
function partRange(ctx: Context, row: ObjectRow, meta: ObjectMeta, input: ReadInput): ByteRange | undefined {
  const part = input.PartNumber ?? 1;
  if (input.Range !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  if (part < 1 || part > 10_000)
    throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", String(part));
  const last = meta.parts ?? 1;
  if (part > last) {
    throw new AwsException("InvalidPartNumber", "The requested partnumber is not satisfiable", {
      status: 416,
      members: { ActualPartCount: last, PartNumberRequested: part },
    });
  }
  if (row.size === 0) return undefined;
  if (meta.parts === undefined) return { start: 0, end: row.size - 1 };
  let start = 0;
  for (const { number, size } of ctx.all(segments.of, { object: row.id })) {
    if (number === part) return { start, end: start + size - 1 };
    start += size;
  }
  return undefined;
}

export const getOperations = {
  GetObject: (input, ctx) => {
    const { row, range, members } = readObject(ctx, input, "GetObject");
    return { ...members, Body: streamOf(ctx, row, range) };
  },
  HeadObject: (input, ctx) => readObject(ctx, input, "HeadObject").members,
} satisfies Operations<"s3">;
