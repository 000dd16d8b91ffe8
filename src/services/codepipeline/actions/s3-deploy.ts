import { extname } from "node:path/posix";
import type { ObjectCannedACL } from "@aws-sdk/client-s3";
import { readZip } from "../../../runtime/processes/zip.ts";
import { readObject } from "./artifacts.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionProvider, ActionRun } from "./provider.ts";

/** How many objects are written at a time. */
const AT_ONCE = 8;

/** What a website needs; all else is `application/octet-stream`. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".csv": "text/csv",
  ".gif": "image/gif",
  ".htm": "text/html",
  ".html": "text/html",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "application/javascript",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/markdown",
  ".mjs": "application/javascript",
  ".mp4": "video/mp4",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
  ".zip": "application/zip",
};

export function contentTypeOf(name: string): string {
  return TYPES[extname(name).toLowerCase()] ?? "application/octet-stream";
}

/** `{datetime}` and `{uuid}` in a key stand for when the action started and for its run, so that a repeated call writes the same key. */
export function objectKeyOf(template: string, run: Pick<ActionRun, "startedAt" | "actionExecutionId">): string {
  const stamp = new Date(run.startedAt).toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
  return template.replaceAll("{datetime}", stamp).replaceAll("{uuid}", run.actionExecutionId);
}

async function put(run: ActionRun, key: string, bytes: Buffer): Promise<void> {
  const { CannedACL, CacheControl, KMSEncryptionKeyARN: keyArn } = run.configuration;
  await run.ctx.call("s3", "PutObject", {
    Bucket: run.configuration["BucketName"],
    Key: key,
    Body: bytes as never,
    ContentType: contentTypeOf(key),
    ...(CannedACL === undefined || CannedACL === "" ? {} : { ACL: CannedACL as ObjectCannedACL }),
    ...(CacheControl === undefined || CacheControl === "" ? {} : { CacheControl }),
    ...(keyArn === undefined || keyArn === "" ? {} : ({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: keyArn } as const)),
  });
}

async function extract(run: ActionRun, archive: Buffer, prefix: string): Promise<void> {
  const files = readZip(archive).filter(({ name, symlink }) => !name.endsWith("/") && !symlink);
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  for (let at = 0; at < files.length; at += AT_ONCE) {
    await Promise.all(files.slice(at, at + AT_ONCE).map((file) => put(run, `${folder}${file.name}`, file.read())));
  }
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3Deploy.html */
export const s3Deploy: ActionProvider = {
  category: "Deploy",
  owner: "AWS",
  provider: "S3",
  version: "1",
  inputs: { minimum: 1, maximum: 1 },
  outputs: { minimum: 0, maximum: 0 },
  configuration: [
    { name: "BucketName", required: true },
    { name: "Extract", required: true },
    ...["ObjectKey", "KMSEncryptionKeyARN", "CannedACL", "CacheControl"].map((name) => ({ name })),
  ],
  // https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
  timeoutMinutes: 90,
  advance: async (run) => {
    const [artifact] = run.inputs;
    if (artifact === undefined) throw new ActionFailure("ConfigurationError", "The action has no input artifact.");
    const key = objectKeyOf(run.configuration["ObjectKey"] ?? "", run);
    const archive = await readObject(run.ctx, artifact);
    if (run.configuration["Extract"]?.toLowerCase() === "true") await extract(run, archive, key);
    else if (key === "") throw new ActionFailure("ConfigurationError", "ObjectKey is required when Extract is false.");
    else await put(run, key, archive);
    return { status: "Succeeded", externalExecutionSummary: "Deployment Succeeded" };
  },
};
