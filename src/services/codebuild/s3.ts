import { createReadStream, createWriteStream, mkdirSync, statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Context } from "../../aws/context.ts";

/** `bucket/key`, or an ARN of S3. */
export function splitLocation(location: string): { readonly bucket: string; readonly key: string } {
  const path = location.replace(/^arn:[^:]+:s3:::/, "");
  const at = path.indexOf("/");
  return at < 0 ? { bucket: path, key: "" } : { bucket: path.slice(0, at), key: path.slice(at + 1) };
}

export interface FetchedObject {
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

export async function fetchObject(ctx: Context, Bucket: string, Key: string, VersionId: string | undefined): Promise<FetchedObject> {
  const answer = await ctx.call("s3", "GetObject", { Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) });
  const chunks: Buffer[] = [];
  for await (const chunk of streamOf(answer.Body)) chunks.push(Buffer.from(chunk as Uint8Array));
  return { bytes: Buffer.concat(chunks), metadata: answer.Metadata ?? {} };
}

/** In-process bodies are streams, or bytes and texts. */
function streamOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  if (body === undefined || body === null) return Readable.from([]);
  if (typeof body === "string" || body instanceof Uint8Array) return Readable.from([Buffer.from(body as Uint8Array)]);
  return Readable.from(body as AsyncIterable<Uint8Array>);
}

/** Copies an object into a file. */
export async function downloadObject(ctx: Context, location: { bucket: string; key: string }, target: string): Promise<void> {
  const answer = await ctx.call("s3", "GetObject", { Bucket: location.bucket, Key: location.key });
  mkdirSync(dirname(target), { recursive: true });
  await pipeline(streamOf(answer.Body), createWriteStream(target));
}

/** Copies all objects under a prefix into a folder; answers how many there were. */
export async function fetchFolder(ctx: Context, bucket: string, prefix: string, folder: string): Promise<number> {
  let count = 0;
  for (let token: string | undefined; ; ) {
    const page = await ctx.call("s3", "ListObjectsV2", {
      Bucket: bucket,
      Prefix: prefix,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    for (const { Key = "" } of page.Contents ?? []) {
      const path = resolve(folder, Key.slice(prefix.length));
      if (Key.endsWith("/") || !path.startsWith(folder + sep)) continue;
      await downloadObject(ctx, { bucket, key: Key }, path);
      count++;
    }
    token = page.NextContinuationToken;
    if (token === undefined) return count;
  }
}

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly file: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly kmsKey?: string | undefined;
  readonly contentType?: string;
}

export async function uploadFile(ctx: Context, upload: Upload): Promise<void> {
  await ctx.call("s3", "PutObject", {
    Bucket: upload.bucket,
    Key: upload.key,
    Body: createReadStream(upload.file),
    ContentLength: statSync(upload.file).size,
    ...(upload.metadata === undefined ? {} : { Metadata: { ...upload.metadata } }),
    ...(upload.contentType === undefined ? {} : { ContentType: upload.contentType }),
    ...(upload.kmsKey === undefined ? {} : { ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: upload.kmsKey }),
  });
}
