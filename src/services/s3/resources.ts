import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../aws/resource.ts";
import { applyBucket, text } from "./bucket-properties.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html */
const bucket: ResourceType = {
  create: async (ctx, request) => {
    const name = text(request.properties["BucketName"]) ?? request.generatedName(63, { lowerCase: true });
    if (ctx.claimed() === undefined) await createBucket(ctx, name, request.properties);
    await applyBucket(ctx, name, request, {});
    return stateOf(ctx, name);
  },
  update: async (ctx, request) => {
    await applyBucket(ctx, request.physicalId, request, request.previous);
    return stateOf(ctx, request.physicalId);
  },
  delete: async (ctx, { physicalId }) => {
    await unless("NoSuchBucket", ctx.call("s3", "DeleteBucket", { Bucket: physicalId }));
    return undefined;
  },
  read: async (ctx, physicalId) => {
    const found = await unless("NoSuchBucket", ctx.call("s3", "GetBucketVersioning", { Bucket: physicalId }));
    if (found === undefined) return undefined;
    return { BucketName: physicalId, ...(found.Status === undefined ? {} : { VersioningConfiguration: { Status: found.Status } }) };
  },
};

/** In us-east-1 creating what one owns succeeds, but a stack must not take over a bucket that it did not make. */
async function createBucket(ctx: Context, name: string, properties: Properties): Promise<void> {
  const there = await unless("NoSuchBucket", ctx.call("s3", "HeadBucket", { Bucket: name }));
  if (there !== undefined) throw new AwsException("BucketAlreadyExists", `${name} already exists`, { status: 409 });
  const constraint = ctx.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: ctx.region as "eu-west-1" } };
  const locked = String(properties["ObjectLockEnabled"]) === "true";
  await ctx.call("s3", "CreateBucket", { Bucket: name, ...constraint, ...(locked ? { ObjectLockEnabledForBucket: true } : {}) });
}

function stateOf(ctx: Context, name: string): ResourceState {
  const { region } = ctx;
  const website = region === "us-east-1" ? `s3-website-${region}` : `s3-website.${region}`;
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      WebsiteURL: `http://${name}.${website}.amazonaws.com`,
    },
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html */
const bucketPolicy: ResourceType = {
  create: async (ctx, request) => {
    const name = await putPolicy(ctx, request);
    ctx.claim(name);
    return { physicalId: name };
  },
  update: async (ctx, request) => ({ physicalId: await putPolicy(ctx, request) }),
  delete: async (ctx, { physicalId }) => {
    await unless("NoSuchBucket", ctx.call("s3", "DeleteBucketPolicy", { Bucket: physicalId }));
    return undefined;
  },
  read: async (ctx, physicalId) => {
    const found = await unless("NoSuchBucketPolicy", unless("NoSuchBucket", ctx.call("s3", "GetBucketPolicy", { Bucket: physicalId })));
    return found?.Policy === undefined ? undefined : { Bucket: physicalId, PolicyDocument: JSON.parse(found.Policy) as unknown };
  },
};

async function putPolicy(ctx: Context, { properties }: ResourceRequest): Promise<string> {
  const name = text(properties["Bucket"]) ?? "";
  const document = properties["PolicyDocument"];
  await ctx.call("s3", "PutBucketPolicy", { Bucket: name, Policy: typeof document === "string" ? document : JSON.stringify(document) });
  return name;
}

/** Undefined when it failed with this code. */
async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AwsException && error.code === code) return undefined;
    throw error;
  }
}

export const resources = { "AWS::S3::Bucket": bucket, "AWS::S3::BucketPolicy": bucketPolicy };
