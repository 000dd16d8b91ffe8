import type { Context } from "../../../aws/context.ts";
import { validationError } from "./parse.ts";

interface Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Bucket and key of an object by any of S3's addresses: virtual host or path, regional or global, `s3://`, or this
 * cloud's own endpoint. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function s3Location(address: string, endpoint: string): Location | undefined {
  const plain = /^s3:\/\/([^/]+)\/(.+)$/.exec(address);
  if (plain !== null) return { bucket: plain[1] ?? "", key: plain[2] ?? "" };
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const path = decodeURIComponent(url.pathname).replace(/^\/+/, "");
  const own = new URL(endpoint);
  const byPath = (): Location | undefined => {
    const slash = path.indexOf("/");
    return slash <= 0 ? undefined : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
  };
  if (url.host === own.host || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)) return byPath();
  const virtual = /^(.+?)\.s3([.-][a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|localhost|localhost\.localstack\.cloud)$/.exec(url.hostname);
  if (virtual !== null && path !== "") return { bucket: virtual[1] ?? "", key: path };
  if (/^s3([.-][a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|localhost)$/.test(url.hostname)) return byPath();
  return undefined;
}

/** The text of a template or snippet in S3. */
export async function readTemplate(ctx: Context, address: string): Promise<string> {
  const location = s3Location(address, ctx.cloud.endpoint);
  if (location === undefined) throw validationError(`TemplateURL must be a supported URL.`);
  try {
    const { Body } = await ctx.call("s3", "GetObject", { Bucket: location.bucket, Key: location.key });
    return await textOf(Body);
  } catch (error) {
    throw validationError(`S3 error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** In-process answers carry bodies as streams, bytes or text. */
export async function textOf(body: unknown): Promise<string> {
  if (body === undefined) return "";
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
