import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../aws/paging.ts";
import type { Operations } from "../../aws/service.ts";
import { checkCanned, isPublicAcl } from "./acls.ts";
import { bucketArn, bucketOf, homeOf, setConfig } from "./bucket.ts";
import { invalidArgument } from "./errors.ts";
import { canonicalId, checkBucketName } from "./names.ts";
import { buckets, objects, uploads } from "./store.ts";
import { dropUpload } from "./versions.ts";

const LEGACY_REGION = "us-east-1";
const MAX_BUCKETS = 10_000;

type CreateInput = { CreateBucketConfiguration?: { LocationConstraint?: string | undefined } | undefined };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html: us-east-1 takes any region, the others only their own. */
function regionOf(ctx: Context, input: CreateInput): string {
  const given = input.CreateBucketConfiguration?.LocationConstraint;
  const wanted = given === "EU" ? "eu-west-1" : given;
  if (ctx.region === LEGACY_REGION) {
    if (wanted === LEGACY_REGION) throw locationInvalid("The specified location-constraint is not valid", wanted);
    return wanted ?? LEGACY_REGION;
  }
  if (wanted === ctx.region) return wanted;
  const message = `The ${wanted ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`;
  throw new AwsException("IllegalLocationConstraintException", message, { status: 400 });
}

/** @throws AwsException NotImplemented */
function refuseUnknown(input: Readonly<Record<string, unknown>>): void {
  const config = input["CreateBucketConfiguration"] as Readonly<Record<string, unknown>> | undefined;
  for (const name of ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"]) {
    if (input[name] !== undefined) throw notImplemented("s3", "CreateBucket", name);
  }
  if (input["BucketNamespace"] === "account-regional") throw notImplemented("s3", "CreateBucket", "BucketNamespace");
  for (const name of ["Location", "Bucket"]) {
    if (config?.[name] !== undefined) throw notImplemented("s3", "CreateBucket", `CreateBucketConfiguration.${name}`);
  }
}

function locationInvalid(message: string, location: string): AwsException {
  return new AwsException("InvalidLocationConstraint", message, { status: 400, members: { LocationConstraint: location } });
}

export const bucketOperations = {
  CreateBucket: (input, ctx) => {
    const name = input.Bucket ?? "";
    checkBucketName(name);
    refuseUnknown(input);
    const region = regionOf(ctx, input);
    const ownership = input.ObjectOwnership ?? "BucketOwnerEnforced";
    if (input.ACL !== undefined) checkCanned(input.ACL, ownership, "InvalidBucketAclWithObjectOwnership");
    if (isPublicAcl(input.ACL)) {
      const message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
      throw new AwsException("InvalidBucketAclWithBlockPublicAccessError", message, { status: 400 });
    }
    const there = ctx.get(buckets.get, { name });
    const answer = { Location: ctx.region === LEGACY_REGION ? `/${name}` : `http://${name}.s3.amazonaws.com/`, BucketArn: bucketArn(name) };
    if (there !== undefined) {
      if (there.account !== ctx.account) throw taken("BucketAlreadyExists", name);
      if (ctx.region !== LEGACY_REGION || there.region !== LEGACY_REGION) throw taken("BucketAlreadyOwnedByYou", name);
      return answer;
    }
    ctx.tx(() => {
      ctx.with({ region }).run(buckets.insert, { name, region, created: ctx.now });
      ctx.claim(name);
      const row = bucketOf(ctx, { Bucket: name });
      homeOf(ctx, row).emit({ source: "aws.s3", type: "Bucket created", resources: [bucketArn(name)], detail: { bucket: name } });
      setConfig(ctx, row, "ownership", { Rules: [{ ObjectOwnership: ownership }] });
      const open = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
      setConfig(ctx, row, "publicAccessBlock", open);
      if (input.ACL !== undefined) setConfig(ctx, row, "acl", { canned: input.ACL });
      if (input.CreateBucketConfiguration?.Tags !== undefined) setConfig(ctx, row, "tagging", input.CreateBucketConfiguration.Tags);
      if (input.ObjectLockEnabledForBucket === true) {
        ctx.run(buckets.setVersioning, { name, versioning: "Enabled" });
        setConfig(ctx, row, "objectLock", { ObjectLockEnabled: "Enabled" });
      }
    });
    return answer;
  },

  DeleteBucket: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const { name } = bucket;
    ctx.tx(() => {
      if (ctx.get(objects.any, { bucket: name }) !== undefined) {
        const hint = bucket.versioning === null ? "" : " You must delete all versions in the bucket.";
        const message = `The bucket you tried to delete is not empty.${hint}`;
        throw new AwsException("BucketNotEmpty", message, { status: 409, members: { BucketName: name } });
      }
      for (let upload = ctx.get(uploads.any, { bucket: name }); upload !== undefined; upload = ctx.get(uploads.any, { bucket: name })) {
        dropUpload(ctx, upload.id);
      }
      ctx.run(buckets.remove, { name });
      homeOf(ctx, bucket).emit({ source: "aws.s3", type: "Bucket deleted", resources: [bucketArn(name)], detail: { bucket: name } });
    });
    return {};
  },

  HeadBucket: (input, ctx) => {
    const { name, region } = bucketOf(ctx, input);
    return { BucketRegion: region, BucketArn: bucketArn(name), AccessPointAlias: false };
  },

  GetBucketLocation: (input, ctx) => {
    const { region } = bucketOf(ctx, input);
    return region === LEGACY_REGION ? {} : { LocationConstraint: region as "eu-west-1" };
  },

  ListBuckets: (input, ctx) => {
    const limit = input.MaxBuckets ?? MAX_BUCKETS;
    if (limit < 1 || limit > MAX_BUCKETS) throw invalidArgument("Argument max-buckets must be an integer between 1 and 10000");
    const token = input.ContinuationToken;
    const from = token === undefined ? "" : decodeToken(token)?.[0];
    if (typeof from !== "string") throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
    const prefix = input.Prefix ?? "";
    const rows = ctx.all(buckets.page, { from, prefix, region: input.BucketRegion ?? null, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      Buckets: shown.map(({ name, region, created }) => ({
        Name: name,
        CreationDate: new Date(created),
        BucketArn: bucketArn(name),
        ...(input.MaxBuckets === undefined && token === undefined && input.Prefix === undefined ? {} : { BucketRegion: region }),
      })),
      Owner: { ID: canonicalId(ctx.account) },
      ...(input.Prefix === undefined ? {} : { Prefix: prefix }),
      ...(rows.length > limit && last !== undefined ? { ContinuationToken: encodeToken([last.name]) } : {}),
    };
  },
} satisfies Operations<"s3">;

function taken(code: "BucketAlreadyExists" | "BucketAlreadyOwnedByYou", name: string): AwsException {
  const message =
    code === "BucketAlreadyExists"
      ? "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
      : "Your previous request to create the named bucket succeeded and you already own it.";
  return new AwsException(code, message, { status: 409, members: { BucketName: name } });
}
