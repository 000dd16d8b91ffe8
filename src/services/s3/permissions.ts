import type { Context } from "../../aws/context.ts";
import type { RequiredPermission } from "../../aws/service.ts";
import { bucketArn, configOf } from "./bucket.ts";
import { buckets } from "./store.ts";

interface Named {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}
type Asks<I = Named> = (input: I, ctx: Context) => RequiredPermission[];

/** Members that are condition keys too: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html */
const CONDITION_KEYS: Readonly<Record<string, string>> = {
  ACL: "s3:x-amz-acl",
  CopySource: "s3:x-amz-copy-source",
  Delimiter: "s3:delimiter",
  MaxKeys: "s3:max-keys",
  MetadataDirective: "s3:x-amz-metadata-directive",
  ObjectLockMode: "s3:object-lock-mode",
  Prefix: "s3:prefix",
  SSEKMSKeyId: "s3:x-amz-server-side-encryption-aws-kms-key-id",
  ServerSideEncryption: "s3:x-amz-server-side-encryption",
  StorageClass: "s3:x-amz-storage-class",
  VersionId: "s3:VersionId",
};

function conditionsOf(input: object): Record<string, readonly string[]> {
  const given = Object.entries(input).filter(([member, value]) => member in CONDITION_KEYS && value !== undefined);
  return Object.fromEntries(given.map(([member, value]) => [CONDITION_KEYS[member] ?? member, [String(value)]]));
}

/** A bucket's policy is asked together with the caller's own where both are of one account. */
function on(ctx: Context, input: Named, actions: readonly string[]): RequiredPermission[] {
  const name = (input.Bucket ?? "").replace(/^arn:aws:s3:::/, "");
  const row = ctx.get(buckets.get, { name });
  const policy = row?.account === ctx.account ? configOf<string>(ctx, name, "policy") : undefined;
  const resource = input.Key === undefined ? bucketArn(name) : `${bucketArn(name)}/${input.Key}`;
  const owner = row === undefined ? {} : { "s3:ResourceAccount": [row.account], "aws:ResourceAccount": [row.account] };
  const conditions = { ...conditionsOf(input), ...owner };
  return actions.map((action) => ({ action: `s3:${action}`, resource, policy, conditions }));
}

/** Reading or changing a version is an action of its own. */
const onObject =
  (action: string, versioned = action): Asks =>
  (input, ctx) =>
    on(ctx, input, [input.VersionId === undefined ? action : versioned]);

const onBucket =
  (...actions: string[]): Asks =>
  (input, ctx) =>
    on(ctx, { ...input, Key: undefined }, actions);

interface Written extends Named {
  readonly ACL?: unknown;
  readonly Tagging?: unknown;
  readonly ObjectLockMode?: unknown;
  readonly ObjectLockLegalHoldStatus?: unknown;
}

/** What is set together with an object needs the permission to set it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
const put: Asks<Written> = (input, ctx) =>
  on(ctx, { ...input, VersionId: undefined }, [
    "PutObject",
    ...(input.ACL === undefined ? [] : ["PutObjectAcl"]),
    ...(input.Tagging === undefined ? [] : ["PutObjectTagging"]),
    ...(input.ObjectLockMode === undefined ? [] : ["PutObjectRetention"]),
    ...(input.ObjectLockLegalHoldStatus === undefined ? [] : ["PutObjectLegalHold"]),
  ]);

/** What is copied must be readable, what it becomes writable. */
const copy: Asks<Written & { readonly CopySource?: string | undefined }> = (input, ctx) => {
  const [path = "", version] = (input.CopySource ?? "").replace(/^\//, "").split("?versionId=");
  const [, Bucket = "", Key = ""] = /^([^/]*)\/(.*)$/s.exec(decoded(path)) ?? [];
  return [...on(ctx, { Bucket, Key }, [version === undefined ? "GetObject" : "GetObjectVersion"]), ...put(input, ctx)];
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface Deletion extends Named {
  readonly BypassGovernanceRetention?: boolean | undefined;
  readonly Delete?: { readonly Objects?: readonly Named[] | undefined } | undefined;
}

const remove: Asks<Deletion> = (input, ctx) => {
  const action = input.VersionId === undefined ? "DeleteObject" : "DeleteObjectVersion";
  return on(ctx, input, input.BypassGovernanceRetention === true ? [action, "BypassGovernanceRetention"] : [action]);
};

interface Creation extends Named {
  readonly ACL?: unknown;
  readonly ObjectLockEnabledForBucket?: boolean | undefined;
  readonly ObjectOwnership?: unknown;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html, under "Permissions". */
const create: Asks<Creation> = (input, ctx) =>
  on(ctx, { ...input, Key: undefined }, [
    "CreateBucket",
    ...(input.ACL === undefined ? [] : ["PutBucketAcl"]),
    ...(input.ObjectLockEnabledForBucket === true ? ["PutBucketObjectLockConfiguration", "PutBucketVersioning"] : []),
    ...(input.ObjectOwnership === undefined ? [] : ["PutBucketOwnershipControls"]),
  ]);

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html: where names differ, the action is written out. */
export const permissions = {
  AbortMultipartUpload: onObject("AbortMultipartUpload"),
  CompleteMultipartUpload: put,
  CopyObject: copy,
  CreateBucket: create,
  CreateMultipartUpload: put,
  DeleteBucket: onBucket("DeleteBucket"),
  DeleteBucketCors: onBucket("PutBucketCORS"),
  DeleteBucketEncryption: onBucket("PutEncryptionConfiguration"),
  DeleteBucketLifecycle: onBucket("PutLifecycleConfiguration"),
  DeleteBucketOwnershipControls: onBucket("PutBucketOwnershipControls"),
  DeleteBucketPolicy: onBucket("DeleteBucketPolicy"),
  DeleteBucketReplication: onBucket("PutReplicationConfiguration"),
  DeleteBucketTagging: onBucket("PutBucketTagging"),
  DeleteBucketWebsite: onBucket("DeleteBucketWebsite"),
  DeleteObject: remove,
  DeleteObjectTagging: onObject("DeleteObjectTagging", "DeleteObjectVersionTagging"),
  DeleteObjects: (input: Deletion, ctx: Context) =>
    (input.Delete?.Objects ?? []).flatMap(({ Key, VersionId }) => remove({ ...input, Key, VersionId }, ctx)),
  DeletePublicAccessBlock: onBucket("PutBucketPublicAccessBlock"),
  GetBucketAccelerateConfiguration: onBucket("GetAccelerateConfiguration"),
  GetBucketAcl: onBucket("GetBucketAcl"),
  GetBucketCors: onBucket("GetBucketCORS"),
  GetBucketEncryption: onBucket("GetEncryptionConfiguration"),
  GetBucketLifecycleConfiguration: onBucket("GetLifecycleConfiguration"),
  GetBucketLocation: onBucket("GetBucketLocation"),
  GetBucketLogging: onBucket("GetBucketLogging"),
  GetBucketNotificationConfiguration: onBucket("GetBucketNotification"),
  GetBucketOwnershipControls: onBucket("GetBucketOwnershipControls"),
  GetBucketPolicy: onBucket("GetBucketPolicy"),
  GetBucketPolicyStatus: onBucket("GetBucketPolicyStatus"),
  GetBucketReplication: onBucket("GetReplicationConfiguration"),
  GetBucketRequestPayment: onBucket("GetBucketRequestPayment"),
  GetBucketTagging: onBucket("GetBucketTagging"),
  GetBucketVersioning: onBucket("GetBucketVersioning"),
  GetBucketWebsite: onBucket("GetBucketWebsite"),
  GetObject: onObject("GetObject", "GetObjectVersion"),
  GetObjectAcl: onObject("GetObjectAcl", "GetObjectVersionAcl"),
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
  GetObjectAttributes: (input: Named, ctx: Context) => {
    const version = input.VersionId === undefined ? "" : "Version";
    return on(ctx, input, [`GetObject${version}`, `GetObject${version}Attributes`]);
  },
  GetObjectLegalHold: onObject("GetObjectLegalHold"),
  GetObjectLockConfiguration: onBucket("GetBucketObjectLockConfiguration"),
  GetObjectRetention: onObject("GetObjectRetention"),
  GetObjectTagging: onObject("GetObjectTagging", "GetObjectVersionTagging"),
  GetPublicAccessBlock: onBucket("GetBucketPublicAccessBlock"),
  HeadBucket: onBucket("ListBucket"),
  HeadObject: onObject("GetObject", "GetObjectVersion"),
  ListBuckets: () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
  ListMultipartUploads: onBucket("ListBucketMultipartUploads"),
  ListObjectVersions: onBucket("ListBucketVersions"),
  ListObjects: onBucket("ListBucket"),
  ListObjectsV2: onBucket("ListBucket"),
  ListParts: onObject("ListMultipartUploadParts"),
  PutBucketAccelerateConfiguration: onBucket("PutAccelerateConfiguration"),
  PutBucketAcl: onBucket("PutBucketAcl"),
  PutBucketCors: onBucket("PutBucketCORS"),
  PutBucketEncryption: onBucket("PutEncryptionConfiguration"),
  PutBucketLifecycleConfiguration: onBucket("PutLifecycleConfiguration"),
  PutBucketLogging: onBucket("PutBucketLogging"),
  PutBucketNotificationConfiguration: onBucket("PutBucketNotification"),
  PutBucketOwnershipControls: onBucket("PutBucketOwnershipControls"),
  PutBucketPolicy: onBucket("PutBucketPolicy"),
  PutBucketReplication: onBucket("PutReplicationConfiguration"),
  PutBucketRequestPayment: onBucket("PutBucketRequestPayment"),
  PutBucketTagging: onBucket("PutBucketTagging"),
  PutBucketVersioning: onBucket("PutBucketVersioning"),
  PutBucketWebsite: onBucket("PutBucketWebsite"),
  PutObject: put,
  PutObjectAcl: onObject("PutObjectAcl", "PutObjectVersionAcl"),
  PutObjectLegalHold: onObject("PutObjectLegalHold"),
  PutObjectLockConfiguration: onBucket("PutBucketObjectLockConfiguration"),
  PutObjectRetention: (input: Deletion, ctx: Context) =>
    on(ctx, input, input.BypassGovernanceRetention === true ? ["PutObjectRetention", "BypassGovernanceRetention"] : ["PutObjectRetention"]),
  PutObjectTagging: onObject("PutObjectTagging", "PutObjectVersionTagging"),
  PutPublicAccessBlock: onBucket("PutBucketPublicAccessBlock"),
  UploadPart: put,
  UploadPartCopy: copy,
};
