import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { accessDenied, noSuchBucket } from "./errors.ts";
import { type BucketRow, buckets, configs } from "./store.ts";

export interface BucketInput {
  readonly Bucket?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
  readonly RequestPayer?: string | undefined;
}

/**
 * The bucket that a request names, whatever account it belongs to.
 * @throws AwsException NoSuchBucket; AccessDenied when it is not the expected owner's
 */
export function bucketOf(ctx: Context, input: BucketInput): BucketRow {
  const name = (input.Bucket ?? "").replace(/^arn:aws:s3:::/, "");
  const row = ctx.get(buckets.get, { name });
  if (row === undefined) throw noSuchBucket(name);
  checkOwner(row, input.ExpectedBucketOwner);
  checkPayer(ctx, row, input.RequestPayer);
  return row;
}

export function checkOwner(row: BucketRow, expected: string | undefined): void {
  if (expected !== undefined && expected !== row.account) throw accessDenied();
}

/**
 * Who is not the owner of a requester pays bucket has to say that they pay.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
 */
function checkPayer(ctx: Context, row: BucketRow, payer: string | undefined): void {
  if (row.account === ctx.account || configOf(ctx, row.name, "requestPayment") !== "Requester") return;
  if (payer !== "requester") throw accessDenied();
  ctx.request?.setResponseHeader("x-amz-request-charged", "requester");
}

/** The scope in which a bucket's events and messages belong: its own account and region. */
export function homeOf(ctx: Context, bucket: BucketRow): Context {
  return ctx.account === bucket.account && ctx.region === bucket.region
    ? ctx
    : ctx.with({ account: bucket.account, region: bucket.region });
}

export type ConfigKind =
  | "accelerate"
  | "acl"
  | "cors"
  | "encryption"
  | "lifecycle"
  | "logging"
  | "notification"
  | "objectLock"
  | "ownership"
  | "policy"
  | "publicAccessBlock"
  | "replication"
  | "requestPayment"
  | "tagging"
  | "website";

/** A configuration as it was put; undefined when there is none. */
export function configOf<T>(ctx: Context, bucket: string, kind: ConfigKind): T | undefined {
  const row = ctx.get(configs.get, { bucket, kind });
  return row === undefined ? undefined : (JSON.parse(row.body) as T);
}

/** The same, without a look-up when the row tells that there is none. */
export function settingOf<T>(ctx: Context, bucket: BucketRow, kind: ConfigKind): T | undefined {
  return bucket.kinds?.includes(kind) === true ? configOf<T>(ctx, bucket.name, kind) : undefined;
}

/** @throws AwsException `code` when there is none */
export function requiredConfig<T>(ctx: Context, bucket: string, kind: ConfigKind, absent: { code: string; message: string }): T {
  const config = configOf<T>(ctx, bucket, kind);
  if (config === undefined) throw new AwsException(absent.code, absent.message, { status: 404, members: { BucketName: bucket } });
  return config;
}

/** Stores a configuration, or with undefined removes it, and tells the timeline. */
export function setConfig(ctx: Context, bucket: BucketRow, kind: ConfigKind, body: unknown): void {
  ctx.tx(() => {
    if (body === undefined) ctx.run(configs.remove, { bucket: bucket.name, kind });
    else ctx.run(configs.put, { bucket: bucket.name, kind, body: JSON.stringify(body) });
    homeOf(ctx, bucket).emit({
      source: "aws.s3",
      type: body === undefined ? "Bucket configuration deleted" : "Bucket configuration changed",
      resources: [bucketArn(bucket.name)],
      detail: { bucket: bucket.name, configuration: kind },
    });
  });
}

export function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}
