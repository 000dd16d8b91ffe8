import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { type Checksum, type ExpectedChecksum, summer, verifyChecksum } from "./checksums.ts";
import { badDigest } from "./errors.ts";
import { OWNER } from "./sweep.ts";

/** Up to this many bytes lie in the row itself: one durable write instead of two. */
const INLINE_BYTES = 16 * 1024;

/** A body that has arrived, been checked, and lies on disk or waits to be put into its row. */
export interface StoredBody {
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  readonly checksum: Checksum | undefined;
  readonly blob: string | null;
  readonly inline: Uint8Array | null;
}

export interface BodyChecks {
  readonly expected: ExpectedChecksum | undefined;
  /** Hex. */
  readonly md5: string | undefined;
  /** How many bytes were announced. */
  readonly length?: number | undefined;
  /** False for parts, whose bytes always are files. */
  readonly inline: boolean;
}

/** What came over the wire is a stream; in-process callers may give bytes or text. */
export type Body = Readable | Uint8Array | string | undefined;

/**
 * Takes a body in. Bytes that do not keep what was promised of them leave nothing behind.
 * @throws AwsException BadDigest
 */
export async function receive(ctx: Context, body: Body, checks: BodyChecks): Promise<StoredBody> {
  const bytes = body instanceof Readable ? await gather(body, INLINE_BYTES) : bytesOf(body);
  if (bytes !== undefined && (checks.inline || bytes.length === 0)) return { ...sumOf(bytes, checks), inline: bytes, blob: null };
  const source = bytes === undefined ? (body as Readable) : Readable.from([bytes]);
  return await toFile(ctx, source, checks);
}

async function toFile(ctx: Context, source: Readable, checks: BodyChecks): Promise<StoredBody> {
  const md5 = createHash("md5");
  const { expected } = checks;
  const sum = expected === undefined ? undefined : summer(expected.algorithm);
  const { id, size } = await ctx.cloud.blobs.write(source, sum === undefined ? [md5] : [md5, sum], OWNER);
  try {
    return { ...verified(size, md5.digest("hex"), sum?.digest(), checks), inline: null, blob: id };
  } catch (error) {
    ctx.cloud.blobs.delete(id);
    throw error;
  }
}

function sumOf(bytes: Uint8Array, checks: BodyChecks): Omit<StoredBody, "blob" | "inline"> {
  const { expected } = checks;
  let digest: Buffer | undefined;
  if (expected !== undefined) {
    const sum = summer(expected.algorithm);
    sum.update(bytes);
    digest = sum.digest();
  }
  return verified(bytes.length, createHash("md5").update(bytes).digest("hex"), digest, checks);
}

function verified(size: number, md5: string, digest: Buffer | undefined, checks: BodyChecks): Omit<StoredBody, "blob" | "inline"> {
  if (checks.length !== undefined && checks.length !== size) {
    const message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
    throw new AwsException("IncompleteBody", message, { status: 400 });
  }
  if (checks.md5 !== undefined && checks.md5 !== md5) {
    throw badDigest("The Content-MD5 you specified did not match what we received.");
  }
  if (checks.expected === undefined || digest === undefined) return { size, md5, checksum: undefined };
  const value = digest.toString("base64");
  verifyChecksum(checks.expected, value);
  return { size, md5, checksum: { algorithm: checks.expected.algorithm, type: "FULL_OBJECT", value } };
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  if (body === undefined) return new Uint8Array();
  return typeof body === "string" ? Buffer.from(body) : body;
}

/** The whole of a short stream; undefined when it is longer than `limit`, and then it is as if nobody had read of it. */
function gather(stream: Readable, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (): void => settle(() => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    const fail = (error: Error): void => settle(() => reject(error));
    const settle = (then: () => void): void => {
      stream.off("data", take).off("end", end).off("error", fail);
      then();
    };
    const take = (chunk: Buffer | string): void => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      chunks.push(bytes);
      size += bytes.length;
      if (size <= limit) return;
      stream.pause();
      settle(() => {
        stream.unshift(Buffer.concat(chunks));
        resolve(undefined);
      });
    };
    stream.on("data", take).on("end", end).on("error", fail);
  });
}
