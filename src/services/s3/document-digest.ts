import { createHash } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { expectedChecksum, md5Of, summer, verifyChecksum } from "./checksums.ts";
import { badDigest, invalidRequest } from "./errors.ts";

/** Operations whose body is a document that the SDKs send with a checksum; for the others a checksum is the object's. */
const DOCUMENTS = new Set([
  "DeleteObjects",
  "PutBucketAccelerateConfiguration",
  "PutBucketAcl",
  "PutBucketCors",
  "PutBucketEncryption",
  "PutBucketLifecycleConfiguration",
  "PutBucketLogging",
  "PutBucketNotificationConfiguration",
  "PutBucketOwnershipControls",
  "PutBucketPolicy",
  "PutBucketReplication",
  "PutBucketRequestPayment",
  "PutBucketTagging",
  "PutBucketVersioning",
  "PutBucketWebsite",
  "PutObjectAcl",
  "PutObjectLegalHold",
  "PutObjectLockConfiguration",
  "PutObjectRetention",
  "PutObjectTagging",
  "PutPublicAccessBlock",
]);

export function takesDocument(operation: string): boolean {
  return DOCUMENTS.has(operation);
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: without any digest many deletions are refused.
 * @throws AwsException BadDigest, InvalidDigest, InvalidRequest
 */
export async function checkDocument(ctx: Context, operation: string, input: Readonly<Record<string, unknown>>): Promise<void> {
  const { request } = ctx;
  if (request === undefined) return;
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const md5 = md5Of((input["ContentMD5"] as string | undefined) ?? header("content-md5"));
  const given = {
    ChecksumAlgorithm: input["ChecksumAlgorithm"] as string | undefined,
    ...digestHeader("CRC32", header),
    ...digestHeader("CRC32C", header),
    ...digestHeader("CRC64NVME", header),
    ...digestHeader("SHA1", header),
    ...digestHeader("SHA256", header),
  };
  const expected = expectedChecksum(ctx, given, operation);
  if (md5 === undefined && expected === undefined) {
    if (operation !== "DeleteObjects") return;
    throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  }
  const bytes = await request.payload();
  if (md5 !== undefined && createHash("md5").update(bytes).digest("hex") !== md5) {
    throw badDigest("The Content-MD5 you specified did not match what we received.");
  }
  if (expected === undefined) return;
  if (expected.value() === undefined) {
    throw invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  const sum = summer(expected.algorithm);
  sum.update(bytes);
  verifyChecksum(expected, sum.digest().toString("base64"));
}

function digestHeader(algorithm: string, header: (name: string) => string | undefined): Record<string, string> {
  const value = header(`x-amz-checksum-${algorithm.toLowerCase()}`);
  return value === undefined ? {} : { [`Checksum${algorithm}`]: value };
}
