import type { OwnershipControls, PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { bucketArn, bucketOf, configOf, requiredConfig, setConfig } from "./bucket.ts";
import { accessDenied, malformedXml } from "./errors.ts";

const NO_POLICY = { code: "NoSuchBucketPolicy", message: "The bucket policy does not exist" };
const NO_OWNERSHIP = { code: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found" };
const NO_BLOCK = { code: "NoSuchPublicAccessBlockConfiguration", message: "The public access block configuration was not found" };
const MOST_BYTES = 20 * 1024;

interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: object;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html @throws AwsException MalformedPolicy */
function checkPolicy(ctx: Context, bucket: string, text: string): Statement[] {
  if (Buffer.byteLength(text) > MOST_BYTES) throw malformed("Policies must not be larger than 20 KB");
  let document: { Statement?: unknown };
  try {
    document = JSON.parse(text) as { Statement?: unknown };
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (typeof document !== "object" || document === null || !text.trimStart().startsWith("{")) {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  const statements = listOf(document.Statement) as Statement[];
  if (statements.length === 0) throw malformed("Missing required field Statement");
  const problem = ctx.cloud.identity.problemOf(text, "resource");
  for (const statement of statements) checkStatement(bucket, statement);
  if (problem !== undefined) throw malformed(problem);
  return statements;
}

function checkStatement(bucket: string, statement: Statement): void {
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") throw malformed(`Invalid effect: ${String(statement.Effect)}`);
  if (statement.Action === undefined && statement.NotAction === undefined) throw malformed("Missing required field Action");
  for (const action of [...listOf(statement.Action), ...listOf(statement.NotAction)]) {
    if (action !== "*" && !(typeof action === "string" && /^s3:/i.test(action))) throw malformed("Policy has invalid action");
  }
  const resources = [...listOf(statement.Resource), ...listOf(statement.NotResource)];
  if (resources.length === 0) throw malformed("Missing required field Resource");
  const arn = bucketArn(bucket);
  for (const resource of resources) {
    const own =
      typeof resource === "string" &&
      (resource === "*" ||
        resource === "arn:aws:s3:::*" ||
        resource === arn ||
        resource.startsWith(`${arn}/`) ||
        (resource.startsWith("arn:aws:s3:::") && resource.includes("*")));
    if (!own) throw malformed("Policy has invalid resource");
  }
}

function malformed(message: string): AwsException {
  return new AwsException("MalformedPolicy", message, { status: 400 });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html: open to everybody, without a condition. */
function isPublic(statements: readonly Statement[]): boolean {
  return statements.some(({ Effect, Principal, Condition }) => {
    const everybody = Principal === "*" || listOf((Principal as { AWS?: unknown } | undefined)?.AWS).includes("*");
    return Effect === "Allow" && everybody && (Condition === undefined || Object.keys(Condition).length === 0);
  });
}

export function isPublicPolicy(policy: string): boolean {
  return isPublic(listOf((JSON.parse(policy) as { Statement?: unknown }).Statement) as Statement[]);
}

export const policyOperations = {
  PutBucketPolicy: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const text = input.Policy ?? "";
    // Nobody is locked out by a policy here, so there is nothing to confirm.
    void input.ConfirmRemoveSelfBucketAccess;
    const statements = checkPolicy(ctx, bucket.name, text);
    const block = configOf<PublicAccessBlockConfiguration>(ctx, bucket.name, "publicAccessBlock");
    if (block?.BlockPublicPolicy === true && isPublic(statements)) {
      throw accessDenied("Access Denied because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.");
    }
    setConfig(ctx, bucket, "policy", text);
    return {};
  },
  GetBucketPolicy: (input, ctx) => ({ Policy: requiredConfig<string>(ctx, bucketOf(ctx, input).name, "policy", NO_POLICY) }),
  DeleteBucketPolicy: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "policy", undefined);
    return {};
  },
  GetBucketPolicyStatus: (input, ctx) => {
    const text = requiredConfig<string>(ctx, bucketOf(ctx, input).name, "policy", NO_POLICY);
    return { PolicyStatus: { IsPublic: isPublicPolicy(text) } };
  },

  PutPublicAccessBlock: (input, ctx) => {
    const asked = input.PublicAccessBlockConfiguration;
    if (asked === undefined) throw malformedXml();
    const { BlockPublicAcls = false, IgnorePublicAcls = false, BlockPublicPolicy = false, RestrictPublicBuckets = false } = asked;
    setConfig(ctx, bucketOf(ctx, input), "publicAccessBlock", {
      BlockPublicAcls,
      IgnorePublicAcls,
      BlockPublicPolicy,
      RestrictPublicBuckets,
    });
    return {};
  },
  GetPublicAccessBlock: (input, ctx) => ({
    PublicAccessBlockConfiguration: requiredConfig<PublicAccessBlockConfiguration>(
      ctx,
      bucketOf(ctx, input).name,
      "publicAccessBlock",
      NO_BLOCK,
    ),
  }),
  DeletePublicAccessBlock: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "publicAccessBlock", undefined);
    return {};
  },

  PutBucketOwnershipControls: (input, ctx) => {
    const bucket = bucketOf(ctx, input);
    const rule = input.OwnershipControls?.Rules?.[0];
    if (rule?.ObjectOwnership === undefined || (input.OwnershipControls?.Rules?.length ?? 0) !== 1) throw malformedXml();
    setConfig(ctx, bucket, "ownership", { Rules: [{ ObjectOwnership: rule.ObjectOwnership }] });
    return {};
  },
  GetBucketOwnershipControls: (input, ctx) => ({
    OwnershipControls: requiredConfig<OwnershipControls>(ctx, bucketOf(ctx, input).name, "ownership", NO_OWNERSHIP),
  }),
  DeleteBucketOwnershipControls: (input, ctx) => {
    setConfig(ctx, bucketOf(ctx, input), "ownership", undefined);
    return {};
  },
} satisfies Operations<"s3">;
