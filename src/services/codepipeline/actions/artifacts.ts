import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Context } from "../../../aws/context.ts";
import { readZip } from "../../../runtime/processes/zip.ts";
import { ActionFailure } from "./failures.ts";
import type { ActionRun, Artifact } from "./provider.ts";

/** Where an artifact lies, as other services are told: `arn:aws:s3:::bucket/key`. */
export function artifactArn({ bucket, key }: Artifact): string {
  return `arn:aws:s3:::${bucket}/${key}`;
}

/** The bytes of an object, or of one of its versions. */
export async function readObject(ctx: Context, place: { bucket: string; key: string; version?: string | undefined }): Promise<Buffer> {
  const VersionId = place.version;
  const object = await ctx.call("s3", "GetObject", {
    Bucket: place.bucket,
    Key: place.key,
    ...(VersionId === undefined ? {} : { VersionId }),
  });
  const body = object.Body as Readable | Uint8Array | string | undefined;
  if (body === undefined) return Buffer.alloc(0);
  return typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body as Uint8Array) : await buffer(body);
}

/** Tells a build what its source was made from. */
const REVISION_HEADER = "codepipeline-artifact-revision";

/** Writes an output artifact, encrypted with the artifact store's key where it has one. */
export async function writeArtifact(run: ActionRun, artifact: Artifact, bytes: Buffer, revision?: string): Promise<void> {
  const encryption = run.encryptionKey === undefined ? {} : ({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: run.encryptionKey } as const);
  await run.ctx.call("s3", "PutObject", {
    Bucket: artifact.bucket,
    Key: artifact.key,
    Body: bytes as never,
    ContentType: "application/zip",
    ...(revision === undefined ? {} : { Metadata: { [REVISION_HEADER]: revision } }),
    ...encryption,
  });
}

/** @throws ActionFailure when the action has no such input */
export function inputNamed(run: ActionRun, name: string): Artifact {
  const found = run.inputs.find((input) => input.name === name);
  if (found === undefined) throw new ActionFailure("ConfigurationError", `The action has no input artifact named ${name}.`);
  return found;
}

/** One file of an artifact, as text. @throws ActionFailure when it is not there */
export async function readArtifactFile(run: ActionRun, artifact: Artifact, path: string): Promise<string> {
  const entries = readZip(await readObject(run.ctx, artifact));
  const wanted = path.replace(/^(\.?\/)+/, "");
  const entry = entries.find(({ name, symlink }) => !symlink && name.replace(/^(\.\/)+/, "") === wanted);
  if (entry === undefined) {
    throw new ActionFailure("ConfigurationError", `File [${path}] does not exist in artifact [${artifact.name}]`);
  }
  return entry.read().toString("utf8");
}
