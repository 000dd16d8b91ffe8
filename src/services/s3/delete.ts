import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf } from "./bucket.ts";
import { malformedXml, preconditionFailed } from "./errors.ts";
import { checkUnlocked } from "./locks.ts";
import { checkKey } from "./names.ts";
import { type BucketRow, objects } from "./store.ts";
import { type Deleted, deleteVersion } from "./versions.ts";

const MOST_KEYS = 1_000;

interface Deletion {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ETag?: string | undefined;
  readonly LastModifiedTime?: Date | undefined;
  readonly Size?: number | undefined;
}

function remove(ctx: Context, bucket: BucketRow, wanted: Deletion, bypass: boolean): Deleted {
  const key = checkKey(wanted.Key);
  const version = wanted.VersionId;
  const row =
    version === undefined
      ? ctx.get(objects.latest, { bucket: bucket.name, key })
      : ctx.get(objects.version, { bucket: bucket.name, key, version });
  const etag = wanted.ETag?.replaceAll('"', "");
  const present = row !== undefined && row.marker === 0;
  if (etag !== undefined && !(present && (etag === "*" || etag === row.etag))) throw preconditionFailed("If-Match");
  const time = wanted.LastModifiedTime?.getTime();
  if (time !== undefined && (!present || Math.floor(time / 1000) !== Math.floor(row.modified / 1000)))
    throw preconditionFailed("If-Match-LastModifiedTime");
  if (wanted.Size !== undefined && (!present || row.size !== wanted.Size)) throw preconditionFailed("If-Match-Size");
  if (version !== undefined && row !== undefined) checkUnlocked(ctx, row, bypass);
  return deleteVersion(ctx, bucket, { key, version });
}

export const deleteOperations = {
  DeleteObject: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const conditions = { ETag: input.IfMatch, LastModifiedTime: input.IfMatchLastModifiedTime, Size: input.IfMatchSize };
    const wanted = { Key: input.Key, VersionId: input.VersionId, ...conditions };
    const { marker, version } = ctx.tx(() => remove(ctx, bucket, wanted, input.BypassGovernanceRetention === true));
    return { ...(marker ? { DeleteMarker: true } : {}), ...(version === undefined ? {} : { VersionId: version }) };
  },

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: each key succeeds or fails by itself. */
  DeleteObjects: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const wanted = input.Delete?.Objects ?? [];
    if (wanted.length === 0 || wanted.length > MOST_KEYS) throw malformedXml();
    const bypass = input.BypassGovernanceRetention === true;
    const deleted: object[] = [];
    const errors: object[] = [];
    ctx.tx(() => {
      for (const object of wanted) {
        const named = object.VersionId === undefined ? {} : { VersionId: object.VersionId };
        try {
          const { marker, version } = ctx.tx(() => remove(ctx, bucket, object, bypass));
          const markerMembers = marker ? { DeleteMarker: true, DeleteMarkerVersionId: version } : {};
          deleted.push({ Key: object.Key, ...named, ...markerMembers });
        } catch (error) {
          if (!(error instanceof AwsException)) throw error;
          errors.push({ Key: object.Key, ...named, Code: error.code, Message: error.message });
        }
      }
    });
    const quiet = input.Delete?.Quiet === true;
    return { ...(quiet ? {} : { Deleted: deleted }), ...(errors.length === 0 ? {} : { Errors: errors }) };
  },
} satisfies Operations<"s3">;
