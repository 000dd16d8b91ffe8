import type { Grant, OwnershipControls, PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketOf, configOf, homeOf, setConfig } from "./bucket.ts";
import { accessDenied, invalidArgument } from "./errors.ts";
import { canonicalId, checkKey } from "./names.ts";
import { announce } from "./notifications.ts";
import { objects } from "./store.ts";
import { findObject } from "./versions.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
const CANNED = [
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "aws-exec-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
  "log-delivery-write",
];
const GROUPS = "http://acs.amazonaws.com/groups";
const WITH_OWNER_ENFORCED = ["private", "bucket-owner-full-control"];

/** @throws AwsException `code` when an ACL is given that owner-enforced buckets do not take */
export function checkCanned(acl: string, ownership: string, code = "AccessControlListNotSupported"): void {
  if (!CANNED.includes(acl)) throw invalidArgument("", "x-amz-acl", acl);
  if (ownership !== "BucketOwnerEnforced" || WITH_OWNER_ENFORCED.includes(acl)) return;
  const message =
    code === "AccessControlListNotSupported"
      ? "The bucket does not allow ACLs"
      : "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
  throw new AwsException(code, message, { status: 400 });
}

export function ownershipOf(ctx: Context, bucket: string): string {
  return configOf<OwnershipControls>(ctx, bucket, "ownership")?.Rules?.[0]?.ObjectOwnership ?? "ObjectWriter";
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
export function isPublicAcl(acl: string | undefined): boolean {
  return acl === "public-read" || acl === "public-read-write" || acl === "authenticated-read";
}

interface AclInput {
  readonly ACL?: string | undefined;
  readonly AccessControlPolicy?: unknown;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}

/** The canned ACL of a new object, checked; null when none is given. Grants are not done. */
export function cannedAcl(ctx: Context, bucket: string, input: AclInput, operation: string): string | null {
  const grants = ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP", "AccessControlPolicy"] as const;
  for (const name of grants) {
    if (input[name] === undefined) continue;
    if (ownershipOf(ctx, bucket) === "BucketOwnerEnforced") checkCanned("public-read", "BucketOwnerEnforced");
    throw notImplemented("s3", operation, name);
  }
  if (input.ACL === undefined) return null;
  checkCanned(input.ACL, ownershipOf(ctx, bucket));
  if (isPublicAcl(input.ACL) && configOf<PublicAccessBlockConfiguration>(ctx, bucket, "publicAccessBlock")?.BlockPublicAcls === true) {
    throw accessDenied("Access Denied because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.");
  }
  return input.ACL;
}

function grantsOf(owner: string, canned: string | null): Grant[] {
  const full: Grant = { Grantee: { ID: owner, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" };
  const group = (name: string, Permission: "READ" | "WRITE" | "READ_ACP"): Grant => ({
    Grantee: { Type: "Group", URI: `${GROUPS}/${name}` },
    Permission,
  });
  switch (canned) {
    case "public-read":
      return [full, group("global/AllUsers", "READ")];
    case "public-read-write":
      return [full, group("global/AllUsers", "READ"), group("global/AllUsers", "WRITE")];
    case "authenticated-read":
      return [full, group("global/AuthenticatedUsers", "READ")];
    case "log-delivery-write":
      return [full, group("s3/LogDelivery", "WRITE"), group("s3/LogDelivery", "READ_ACP")];
    default:
      return [full];
  }
}

export const aclOperations = {
  PutBucketAcl: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const canned = cannedAcl(ctx, bucket.name, input, "PutBucketAcl");
    setConfig(ctx, bucket, "acl", { canned: canned ?? "private" });
    return {};
  },
  GetBucketAcl: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const owner = canonicalId(bucket.account);
    return { Owner: { ID: owner }, Grants: grantsOf(owner, configOf<{ canned: string }>(ctx, bucket.name, "acl")?.canned ?? null) };
  },
  PutObjectAcl: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const canned = cannedAcl(ctx, bucket.name, input, "PutObjectAcl");
    const row = findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "PUT");
    ctx.tx(() => {
      ctx.run(objects.setAcl, { id: row.id, acl: canned ?? "private" });
      announce(homeOf(ctx, bucket), bucket, { kind: "acl", row, reason: "PutObjectAcl" });
    });
    return {};
  },
  GetObjectAcl: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const row = findObject(ctx, { bucket: bucket.name, key: checkKey(input.Key), version: input.VersionId }, "GET");
    const owner = canonicalId(bucket.account);
    return { Owner: { ID: owner }, Grants: grantsOf(owner, row.acl) };
  },
} satisfies Operations<"s3">;
