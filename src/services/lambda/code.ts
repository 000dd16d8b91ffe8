import { createHash } from "node:crypto";
import type { ByteSource } from "../../aws/clients.ts";
import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { readZip, type ZipEntry, ZipError } from "../../runtime/processes/zip.ts";
import { invalid } from "./names.ts";
import type { CodeRecord } from "./records.ts";

/** Bytes of a request that carries its package in it: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_UPLOAD = 50 * 1024 * 1024;
const LARGEST_UNZIPPED = 250 * 1024 * 1024;

export interface CodeInput {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly ImageUri?: string | undefined;
}

/** Fetches a package, checks it and stores it. @throws AwsException InvalidParameterValueException */
export async function loadCode(ctx: Context, operation: string, input: CodeInput): Promise<CodeRecord> {
  if (input.ImageUri !== undefined) throw notImplemented("lambda", operation, "ImageUri");
  const bytes = await bytesOf(ctx, input);
  checkArchive(bytes);
  const { id, size } = ctx.cloud.blobs.put(bytes);
  return { blob: id, size, sha256: createHash("sha256").update(bytes).digest("base64") };
}

async function bytesOf(ctx: Context, input: CodeInput): Promise<Buffer> {
  if (input.ZipFile !== undefined) {
    if (input.ZipFile.byteLength > LARGEST_UPLOAD) {
      throw new AwsException("RequestEntityTooLargeException", `Request must be smaller than ${LARGEST_UPLOAD} bytes`, { status: 413 });
    }
    return Buffer.from(input.ZipFile);
  }
  if (input.S3Bucket === undefined || input.S3Key === undefined) {
    throw invalid("Please provide a source for function code.");
  }
  try {
    const version = input.S3ObjectVersion === undefined ? {} : { VersionId: input.S3ObjectVersion };
    const object = await ctx.call("s3", "GetObject", { Bucket: input.S3Bucket, Key: input.S3Key, ...version });
    return await collect(object.Body as ByteSource | undefined);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    const message = `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`;
    throw new AwsException("InvalidParameterValueException", message, { members: { Type: "User" }, cause: error });
  }
}

async function collect(body: ByteSource | undefined): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function checkArchive(bytes: Buffer): void {
  let entries: ZipEntry[];
  try {
    entries = readZip(bytes);
  } catch (error) {
    if (!(error instanceof ZipError) && !(error instanceof RangeError)) throw error;
    const message = "Could not unzip uploaded file. Please check your file, then try to upload again.";
    throw new AwsException("InvalidParameterValueException", message, { members: { Type: "User" }, cause: error });
  }
  if (entries.length === 0) throw invalid("Uploaded file must be a non-empty zip");
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (size > LARGEST_UNZIPPED) throw invalid(`Unzipped size must be smaller than ${LARGEST_UNZIPPED} bytes`);
}
