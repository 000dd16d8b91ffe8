import { Readable } from "node:stream";
import type { Context } from "../../../aws/context.ts";
import { AwsException, unless } from "../../../aws/exception.ts";
import { servicePrincipal } from "../../../aws/identity.ts";
import { groupArn, invalidParameter } from "../groups.ts";

/** Where a task writes, and for which log group. */
export interface Destination {
  readonly bucket: string;
  readonly prefix: string;
  readonly group: string;
}

/** CloudWatch Logs itself, of the region. */
export function asLogs(ctx: Context): Context {
  return ctx.with({ principal: servicePrincipal(ctx.account, `logs.${ctx.region}.amazonaws.com`), request: undefined });
}

/**
 * Whether CloudWatch Logs may write there, as it finds out itself: it reads the bucket's ACL and writes an object.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
 * @throws AwsException InvalidParameterException, AccessDeniedException
 */
export async function checkBucket(ctx: Context, { bucket, prefix, group }: Destination): Promise<void> {
  const found = await unless(["NotFound", "NoSuchBucket"], ctx.call("s3", "GetBucketLocation", { Bucket: bucket }));
  if (found === undefined) throw invalidParameter("The given bucket does not exist. Please provide a valid bucket name.");
  const region = found.LocationConstraint || "us-east-1";
  if (region !== ctx.region)
    throw invalidParameter(`The bucket ${bucket} is in ${region}: it must be in the same Region as the log group.`);
  const { Policy: policy } = (await unless("NoSuchBucketPolicy", ctx.call("s3", "GetBucketPolicy", { Bucket: bucket }))) ?? {};
  const conditions = { "aws:SourceAccount": [ctx.account], "aws:SourceArn": [groupArn(ctx, group)] };
  const { principal } = asLogs(ctx);
  const isAllowed = (action: string, resource: string, more: Readonly<Record<string, readonly string[]>> = {}): boolean =>
    policy !== undefined &&
    ctx.cloud.identity.judge(policy, { principal, action, resource, conditions: { ...conditions, ...more } }) === "allow";
  if (!isAllowed("s3:GetBucketAcl", `arn:aws:s3:::${bucket}`)) throw notGranted("GetBucketAcl");
  const acl = { "s3:x-amz-acl": ["bucket-owner-full-control"] };
  if (!isAllowed("s3:PutObject", `arn:aws:s3:::${bucket}/${prefix}/aws-logs-write-test`, acl)) throw notGranted("PutObject");
  await put(ctx, bucket, `${prefix}/aws-logs-write-test`, Readable.from([Buffer.from("Permission Check Successful")]));
}

/** As it was met by others: https://github.com/aws/amazon-ecs-agent/pull/5116 */
function notGranted(call: string): AwsException {
  const message = `${call} call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.`;
  return new AwsException("AccessDeniedException", message, { status: 400 });
}

export async function put(ctx: Context, Bucket: string, Key: string, Body: Readable): Promise<void> {
  await asLogs(ctx).call("s3", "PutObject", { Bucket, Key, Body, ACL: "bucket-owner-full-control" });
}
