import type { SSESpecification } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { validation } from "./errors.ts";

const DEFAULT_KEY = "alias/aws/dynamodb";

/**
 * The ARN of the KMS key that a table names for its encryption at rest; undefined for the key that AWS owns.
 * @throws AwsException ValidationException when there is no such key
 */
export async function kmsKeyOf(ctx: Context, sse: SSESpecification | undefined): Promise<string | undefined> {
  if (sse?.Enabled !== true) {
    if (sse?.KMSMasterKeyId !== undefined || sse?.SSEType !== undefined) {
      throw validation(
        "One or more parameter values were invalid: SSEType and KMSMasterKeyId can be given only when server side encryption is enabled",
      );
    }
    return undefined;
  }
  if (sse.SSEType === "AES256") throw validation("One or more parameter values were invalid: SSEType AES256 is not supported");
  const id = sse.KMSMasterKeyId ?? DEFAULT_KEY;
  try {
    const { KeyMetadata } = await ctx.call("kms", "DescribeKey", { KeyId: id });
    return KeyMetadata?.Arn;
  } catch (error) {
    if (!(error instanceof AwsException) || error.code === "NotImplemented") throw error;
    // The key that AWS manages for a service comes into being when it is first used.
    if (id === DEFAULT_KEY) return ctx.arn("kms", DEFAULT_KEY);
    throw validation(`KMS key ${id} cannot be used: ${messageOf(error)}`);
  }
}
