import type { Context } from "../../aws/context.ts";
import { homeOf } from "./bucket.ts";
import { methodNotAllowed, noSuchKey, noSuchVersion } from "./errors.ts";
import { announce } from "./notifications.ts";
import { deleteUnnamed } from "./readers.ts";
import { type BucketRow, type HeadRow, type NewObject, type ObjectRow, objects, parts, segments, uploads } from "./store.ts";

/** What a new version is made of; bucket, key, version and time are added. */
export type Content = Omit<NewObject, "bucket" | "key" | "version" | "modified" | "marker">;

export interface NewSegment {
  readonly number: number;
  readonly size: number;
  readonly blob: string;
  readonly checksum: string | null;
}

export const NULL_VERSION = "null";

/**
 * Makes a version the latest of its key. In a bucket without versioning, or with it suspended, it takes the place of the
 * version `null`. To be called in a transaction.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
 */
export function addVersion(ctx: Context, bucket: BucketRow, key: string, content: Content & { readonly marker?: number }): ObjectRow {
  const version = bucket.versioning === "Enabled" ? newVersionId(ctx) : NULL_VERSION;
  const row: NewObject = { ...content, marker: content.marker ?? 0, bucket: bucket.name, key, version, modified: ctx.now };
  const old = version === NULL_VERSION ? ctx.get(objects.versionHead, { bucket: bucket.name, key, version }) : undefined;
  if (old !== undefined && bucket.versioning === null && !old.etag.includes("-")) {
    ctx.run(objects.replace, { ...row, id: old.id });
    if (old.blob !== null) releaseBlob(ctx, old.blob);
    return { ...row, id: old.id, latest: 1 };
  }
  if (old !== undefined) discard(ctx, old);
  if (bucket.versioning !== null) ctx.run(objects.demote, { bucket: bucket.name, key });
  const id = ctx.get(objects.insert, row)?.id ?? 0;
  return { ...row, id, latest: 1 };
}

function newVersionId(ctx: Context): string {
  return Buffer.from(ctx.cloud.ids.bytes(24)).toString("base64url").replaceAll("-", "_");
}

export function addSegments(ctx: Context, object: number, list: readonly NewSegment[]): void {
  for (const segment of list) ctx.run(segments.insert, { object, ...segment });
}

/** Removes one version; the one before it becomes the latest. To be called in a transaction. */
export function removeVersion(ctx: Context, row: HeadRow): void {
  discard(ctx, row);
  if (row.latest === 1) ctx.run(objects.promote, { bucket: row.bucket, key: row.key });
}

function discard(ctx: Context, row: HeadRow): void {
  const blobs = row.blob === null ? [] : [row.blob];
  if (row.blob === null && row.etag.includes("-")) blobs.push(...ctx.all(segments.of, { object: row.id }).map(({ blob }) => blob));
  ctx.run(objects.remove, { id: row.id });
  for (const blob of blobs) releaseBlob(ctx, blob);
}

/** Frees the file once the transaction has ended, when no row names it then and nobody reads it. */
export function releaseBlob(ctx: Context, blob: string): void {
  ctx.cloud.store.afterCommit(() => deleteUnnamed(ctx.cloud, blob));
}

/** Removes an upload and those of its parts that no object took over. To be called in a transaction. */
export function dropUpload(ctx: Context, upload: string): void {
  const list = ctx.all(parts.page, { upload, after: 0, limit: -1 });
  ctx.run(uploads.remove, { id: upload });
  for (const { blob } of list) releaseBlob(ctx, blob);
}

/**
 * The version that a request names, or the latest; it may be a delete marker.
 * @throws AwsException NoSuchKey, NoSuchVersion
 */
export function findVersion(ctx: Context, bucket: string, key: string, version: string | undefined): ObjectRow {
  if (version === undefined) {
    const row = ctx.get(objects.latest, { bucket, key });
    if (row === undefined) throw noSuchKey(key);
    return row;
  }
  const row = ctx.get(objects.version, { bucket, key, version });
  if (row === undefined) throw noSuchVersion(key, version);
  return row;
}

/** The same, when it must be an object. @throws AwsException NoSuchKey, NoSuchVersion, MethodNotAllowed */
export function findObject(
  ctx: Context,
  { bucket, key, version }: { readonly bucket: string; readonly key: string; readonly version: string | undefined },
  method: string,
): ObjectRow {
  const row = findVersion(ctx, bucket, key, version);
  if (row.marker === 0) return row;
  throw ofMarker(row, version, method);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html: 404 for the latest, 405 when it is named. */
function ofMarker(row: HeadRow, version: string | undefined, method: string): Error {
  const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": row.version };
  if (version === undefined) return noSuchKey(row.key, headers);
  return methodNotAllowed(method, { ...headers, "last-modified": new Date(row.modified).toUTCString() });
}

/** The version id as it is told: not at all where there never was versioning. */
export function versionMember(bucket: BucketRow, row: Pick<HeadRow, "version">): { VersionId?: string } {
  return bucket.versioning === null ? {} : { VersionId: row.version };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html */
export interface Deleted {
  readonly marker: boolean;
  readonly version: string | undefined;
}

/**
 * Deletes a key or one of its versions, as the bucket's versioning says, and announces it. Deleting what is not there
 * succeeds. To be called in a transaction.
 */
export function deleteVersion(
  ctx: Context,
  bucket: BucketRow,
  { key, version }: { readonly key: string; readonly version: string | undefined },
  reason = "DeleteObject",
): Deleted {
  if (version !== undefined) {
    const row = ctx.get(objects.version, { bucket: bucket.name, key, version });
    if (row === undefined) return { marker: false, version };
    removeVersion(ctx, row);
    announce(homeOf(ctx, bucket), bucket, { kind: "deleted", row, reason });
    return { marker: row.marker === 1, version };
  }
  if (bucket.versioning === null) {
    const row = ctx.get(objects.latest, { bucket: bucket.name, key });
    if (row !== undefined) {
      removeVersion(ctx, row);
      announce(homeOf(ctx, bucket), bucket, { kind: "deleted", row, reason });
    }
    return { marker: false, version: undefined };
  }
  const none = { size: 0, etag: "", storage_class: "STANDARD", meta: "{}", tags: null, lock: null, acl: null, blob: null, inline: null };
  const marker = addVersion(ctx, bucket, key, { ...none, marker: 1 });
  announce(homeOf(ctx, bucket), bucket, { kind: "marker", row: marker, reason });
  return { marker: true, version: marker.version };
}
