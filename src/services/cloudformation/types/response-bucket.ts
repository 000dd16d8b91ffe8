import type { Context } from "../../../aws/context.ts";
import { AwsException } from "../../../aws/exception.ts";
import { rootPrincipal } from "../../../aws/identity.ts";
import { presign } from "../../../aws/sigv4.ts";
import { textOf } from "../template/source.ts";

/** The account of CloudFormation itself, whose buckets nobody else sees. */
const OWN_ACCOUNT = "999999999999";
/** A presigned URL lasts as long as a custom resource may take, and the upload of its answer. */
const URL_SECONDS = 2 * 3_600;

export const BUCKET_PREFIX = "cloudformation-custom-resource-response-";

function bucketOf(region: string): string {
  return `${BUCKET_PREFIX}${region.replaceAll("-", "")}`;
}

function own(ctx: Context): Context {
  return ctx.with({ account: OWN_ACCOUNT, principal: rootPrincipal(OWN_ACCOUNT), claimToken: undefined });
}

/** The bucket tells of its uploads, so that an answer wakes the attempt that waits for it. */
async function ensureBucket(ctx: Context, bucket: string): Promise<void> {
  try {
    const { EventBridgeConfiguration } = await ctx.call("s3", "GetBucketNotificationConfiguration", { Bucket: bucket });
    if (EventBridgeConfiguration !== undefined) return;
  } catch (error) {
    if (!(error instanceof AwsException && error.code === "NoSuchBucket")) throw error;
    const elsewhere = ctx.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: ctx.region as "eu-west-1" } };
    await ctx.call("s3", "CreateBucket", { Bucket: bucket, ...elsewhere }).catch((failure: unknown) => {
      if (!(failure instanceof AwsException && /^BucketAlready/.test(failure.code))) throw failure;
    });
  }
  // Two signals to one URL at the same instant are two versions, so that neither is lost.
  await ctx.call("s3", "PutBucketVersioning", { Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } });
  await ctx.call("s3", "PutBucketNotificationConfiguration", {
    Bucket: bucket,
    NotificationConfiguration: { EventBridgeConfiguration: {} },
  });
}

/** A presigned URL to which an answer is PUT. `key` is `<stack ARN>|<logical id>|<id>`, as AWS has it. */
export async function answerUrl(ctx: Context, key: string): Promise<string> {
  const bucket = bucketOf(ctx.region);
  await ensureBucket(own(ctx), bucket);
  const credentials = ctx.cloud.identity.issueAs(rootPrincipal(OWN_ACCOUNT), { seconds: URL_SECONDS });
  return presign({
    method: "PUT",
    url: `${ctx.cloud.endpoint}/${bucket}/${encodeURIComponent(key)}`,
    credentials,
    region: ctx.region,
    service: "s3",
    expires: URL_SECONDS,
    now: ctx.cloud.clock.wall(),
  });
}

/** What was PUT there, or undefined as long as nothing was. */
export async function answerAt(ctx: Context, key: string, version?: string): Promise<string | undefined> {
  try {
    const chosen = version === undefined ? {} : { VersionId: version };
    const { Body } = await own(ctx).call("s3", "GetObject", { Bucket: bucketOf(ctx.region), Key: key, ...chosen });
    return await textOf(Body);
  } catch (error) {
    if (error instanceof AwsException && /^NoSuch(Key|Bucket|Version)$/.test(error.code)) return undefined;
    throw error;
  }
}

/** Drops every version of an answer. */
export async function dropAnswer(ctx: Context, key: string): Promise<void> {
  const Bucket = bucketOf(ctx.region);
  const { Versions = [] } = await own(ctx).call("s3", "ListObjectVersions", { Bucket, Prefix: key });
  for (const { Key = key, VersionId } of Versions) await own(ctx).call("s3", "DeleteObject", { Bucket, Key, VersionId });
}
