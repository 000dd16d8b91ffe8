import type { RequiredPermission } from "../../aws/service.ts";
import { bucketArn } from "./bucket.ts";

interface Named {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const onObject =
  (action: string, versioned = action) =>
  ({ Bucket = "", Key = "", VersionId }: Named): RequiredPermission[] => [
    { action: `s3:${VersionId === undefined ? action : versioned}`, resource: `${bucketArn(Bucket)}/${Key}` },
  ];

const onBucket =
  (action: string) =>
  ({ Bucket = "" }: Named): RequiredPermission[] => [{ action: `s3:${action}`, resource: bucketArn(Bucket) }];

const put = onObject("PutObject");
const get = onObject("GetObject", "GetObjectVersion");

/** What is copied must be readable, what it becomes writable. */
function copy(input: Named & { readonly CopySource?: string | undefined }): RequiredPermission[] {
  const [path = ""] = (input.CopySource ?? "").replace(/^\//, "").split("?versionId=");
  const action = input.CopySource?.includes("?versionId=") ? "s3:GetObjectVersion" : "s3:GetObject";
  return [{ action, resource: bucketArn(path) }, ...put({ ...input, VersionId: undefined })];
}

export const permissions = {
  AbortMultipartUpload: onObject("AbortMultipartUpload"),
  CompleteMultipartUpload: put,
  CopyObject: copy,
  CreateBucket: onBucket("CreateBucket"),
  CreateMultipartUpload: put,
  DeleteBucket: onBucket("DeleteBucket"),
  DeleteObject: onObject("DeleteObject", "DeleteObjectVersion"),
  DeleteObjectTagging: onObject("DeleteObjectTagging", "DeleteObjectVersionTagging"),
  DeleteObjects: (input: Named & { readonly Delete?: { readonly Objects?: readonly Named[] | undefined } | undefined }) =>
    (input.Delete?.Objects ?? []).flatMap(({ Key, VersionId }) => permissions.DeleteObject({ Bucket: input.Bucket, Key, VersionId })),
  GetBucketLocation: onBucket("GetBucketLocation"),
  GetBucketNotificationConfiguration: onBucket("GetBucketNotification"),
  GetBucketEncryption: onBucket("GetEncryptionConfiguration"),
  GetBucketLifecycleConfiguration: onBucket("GetLifecycleConfiguration"),
  GetBucketPolicy: onBucket("GetBucketPolicy"),
  GetBucketTagging: onBucket("GetBucketTagging"),
  GetBucketVersioning: onBucket("GetBucketVersioning"),
  GetObject: get,
  GetObjectTagging: onObject("GetObjectTagging", "GetObjectVersionTagging"),
  GetPublicAccessBlock: onBucket("GetBucketPublicAccessBlock"),
  HeadBucket: onBucket("ListBucket"),
  HeadObject: get,
  ListBuckets: () => [{ action: "s3:ListAllMyBuckets", resource: "*" }],
  ListMultipartUploads: onBucket("ListBucketMultipartUploads"),
  ListObjectVersions: onBucket("ListBucketVersions"),
  ListObjects: onBucket("ListBucket"),
  ListObjectsV2: onBucket("ListBucket"),
  ListParts: onObject("ListMultipartUploadParts"),
  PutBucketEncryption: onBucket("PutEncryptionConfiguration"),
  PutBucketLifecycleConfiguration: onBucket("PutLifecycleConfiguration"),
  PutBucketNotificationConfiguration: onBucket("PutBucketNotification"),
  PutBucketPolicy: onBucket("PutBucketPolicy"),
  PutBucketTagging: onBucket("PutBucketTagging"),
  PutBucketVersioning: onBucket("PutBucketVersioning"),
  PutObject: put,
  PutObjectTagging: onObject("PutObjectTagging", "PutObjectVersionTagging"),
  PutPublicAccessBlock: onBucket("PutBucketPublicAccessBlock"),
  UploadPart: put,
  UploadPartCopy: copy,
};
