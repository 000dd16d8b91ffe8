import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { RequiredPermission } from "../../aws/service.ts";
import { ownershipOf } from "./acls.ts";
import { bucketArn, bucketOf, configOf } from "./bucket.ts";
import { accessDenied } from "./errors.ts";
import { permissions } from "./permissions.ts";
import { isPublicPolicy } from "./policies.ts";
import { objects } from "./store.ts";

interface Named {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions: what a grant on the bucket lets a grantee do. */
const BUCKET_READ = new Set(["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]);
const OBJECT_READ = new Set(["s3:GetObject", "s3:GetObjectVersion"]);

function permissionsOf(operation: string, input: Named, ctx: Context): RequiredPermission[] {
  const declared = (permissions as Readonly<Record<string, ((input: never, ctx: Context) => RequiredPermission[]) | undefined>>)[operation];
  if (declared !== undefined) return declared(input as never, ctx);
  const { Bucket = "", Key } = input;
  return [{ action: `s3:${operation}`, resource: Key === undefined ? bucketArn(Bucket) : `${bucketArn(Bucket)}/${Key}` }];
}

/**
 * Nobody is let in without a signature unless the bucket's policy or an ACL says so; block public access takes that away.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 * @throws AwsException AccessDenied, NoSuchBucket
 */
export function admitAnonymous(ctx: Context, operation: string, input: Named): void {
  if (input.Bucket === undefined || operation === "CreateBucket") throw accessDenied();
  const bucket = bucketOf(ctx, { Bucket: input.Bucket });
  if (configOf(ctx, bucket.name, "requestPayment") === "Requester") throw accessDenied();
  for (const permission of permissionsOf(operation, input, ctx)) {
    if (!isOpen(ctx, permission, input)) throw accessDenied();
  }
}

/** Who may not list a bucket is not told what is missing in it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export function hideAbsence(ctx: Context, bucket: string, error: unknown): unknown {
  const absent = error instanceof AwsException && error.code === "NoSuchKey";
  if (!absent || isOpen(ctx, { action: "s3:ListBucket", resource: bucketArn(bucket) }, {})) return error;
  return accessDenied();
}

/** Asks the bucket that the permission is for: a copy needs one of its source's as well. */
function isOpen(ctx: Context, permission: RequiredPermission, input: Named): boolean {
  const path = permission.resource.slice(bucketArn("").length);
  const slash = path.indexOf("/");
  const bucket = slash < 0 ? path : path.slice(0, slash);
  const key = slash < 0 ? undefined : path.slice(slash + 1);
  const block = configOf<PublicAccessBlockConfiguration>(ctx, bucket, "publicAccessBlock");
  const policy = configOf<string>(ctx, bucket, "policy");
  if (policy !== undefined) {
    const judgement = ctx.cloud.identity.judge(policy, {
      // No account: a policy that names one does not mean those who have none.
      principal: { type: "anonymous", account: "anonymous", arn: "anonymous", userId: "anonymous" },
      action: permission.action,
      resource: permission.resource,
      conditions: { ...conditionsOf(ctx), ...permission.conditions },
    });
    if (judgement === "deny") return false;
    if (judgement === "allow" && !(block?.RestrictPublicBuckets === true && isPublicPolicy(policy))) return true;
  }
  if (block?.IgnorePublicAcls === true || ownershipOf(ctx, bucket) === "BucketOwnerEnforced") return false;
  return aclAllows(ctx, bucket, permission.action, { Key: key, VersionId: input.VersionId });
}

function aclAllows(ctx: Context, bucket: string, action: string, { Key: key, VersionId: version }: Named): boolean {
  if (OBJECT_READ.has(action) && key !== undefined) {
    const row = version === undefined ? ctx.get(objects.latest, { bucket, key }) : ctx.get(objects.version, { bucket, key, version });
    return row?.acl?.startsWith("public-read") === true;
  }
  const acl = configOf<{ canned: string }>(ctx, bucket, "acl")?.canned;
  if (BUCKET_READ.has(action)) return acl === "public-read" || acl === "public-read-write";
  return action === "s3:PutObject" && acl === "public-read-write";
}

/** What the request says of itself; the keys of the operation come with its permission. */
function conditionsOf({ request, region }: Context): Record<string, readonly string[]> {
  const header = (key: string, name: string): Record<string, readonly string[]> => {
    const value = request?.headers[name];
    return typeof value === "string" ? { [key]: [value] } : {};
  };
  return {
    "aws:RequestedRegion": [region],
    "aws:SecureTransport": [String(request?.protocol === "https")],
    ...(request === undefined ? {} : { "aws:SourceIp": [request.sourceIp] }),
    ...header("aws:Referer", "referer"),
    ...header("aws:UserAgent", "user-agent"),
  };
}
