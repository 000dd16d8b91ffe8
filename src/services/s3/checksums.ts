import { createHash } from "node:crypto";
import type { Context } from "../../aws/context.ts";
import { notImplemented } from "../../aws/exception.ts";
import { crcSummers, type Summer } from "./crc.ts";
import { badDigest, invalidArgument, invalidRequest } from "./errors.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export const ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

/** A checksum as it is stored and told: base64, for composite ones with `-<parts>`. */
export interface Checksum {
  readonly algorithm: Algorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

const LENGTHS: Readonly<Record<Algorithm, number>> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

export function summer(algorithm: Algorithm): Summer {
  if (algorithm === "SHA1" || algorithm === "SHA256") {
    const hash = createHash(algorithm.toLowerCase());
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }
  return crcSummers[algorithm]();
}

export type ChecksumMembers = { readonly [A in Algorithm as `Checksum${A}`]?: string | undefined };

type ChecksumInput = ChecksumMembers & { readonly ChecksumAlgorithm?: string | undefined };

/** What a request says its body's checksum is. The value of a trailer is known only when the body has ended. */
export interface ExpectedChecksum {
  readonly algorithm: Algorithm;
  /** @throws AwsException InvalidRequest when it is missing or no checksum */
  value(): string | undefined;
}

export function algorithmOf(name: string | undefined, operation: string): Algorithm | undefined {
  if (name === undefined || name === "") return undefined;
  const upper = name.toUpperCase();
  const found = ALGORITHMS.find((algorithm) => algorithm === upper);
  if (found !== undefined) return found;
  if (["SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"].includes(upper))
    throw notImplemented("s3", operation, `ChecksumAlgorithm ${upper}`);
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

/** From members, or the trailer that the request announces, or an algorithm alone (in-process calls). */
export function expectedChecksum(ctx: Context, input: ChecksumInput, operation: string): ExpectedChecksum | undefined {
  const named = algorithmOf(input.ChecksumAlgorithm ?? headerOf(ctx, "x-amz-sdk-checksum-algorithm"), operation);
  const given = fromMembers(input) ?? fromTrailer(ctx, operation);
  if (given === undefined) return named === undefined ? undefined : { algorithm: named, value: () => undefined };
  if (named !== undefined && named !== given.algorithm) throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  return given;
}

function fromMembers(input: ChecksumInput): ExpectedChecksum | undefined {
  const given = ALGORITHMS.filter((algorithm) => input[`Checksum${algorithm}`] !== undefined);
  if (given.length > 1) throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  const [algorithm] = given;
  if (algorithm === undefined) return undefined;
  const value = input[`Checksum${algorithm}`] ?? "";
  checkForm(algorithm, value);
  return { algorithm, value: () => value };
}

function fromTrailer(ctx: Context, operation: string): ExpectedChecksum | undefined {
  const trailer = headerOf(ctx, "x-amz-trailer")?.trim().toLowerCase();
  if (trailer?.startsWith("x-amz-checksum-") !== true) return undefined;
  const algorithm = algorithmOf(trailer.slice("x-amz-checksum-".length), operation);
  return algorithm === undefined ? undefined : { algorithm, value: () => trailerValue(ctx, trailer, algorithm) };
}

function trailerValue(ctx: Context, trailer: string, algorithm: Algorithm): string {
  const value = ctx.request?.trailers()[trailer];
  if (value === undefined) throw invalidRequest(`Value for ${trailer} trailing header is missing.`);
  checkForm(algorithm, value);
  return value;
}

function checkForm(algorithm: Algorithm, value: string): void {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== LENGTHS[algorithm] || bytes.toString("base64") !== value) {
    throw invalidRequest(`Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`);
  }
}

/** Headers of another service's request, in whose course S3 is called, are not about these bytes. */
function headerOf(ctx: Context, name: string): string | undefined {
  const value = ctx.request?.operation.startsWith("s3:") === true ? ctx.request.headers[name] : undefined;
  return Array.isArray(value) ? value[0] : value;
}

/** @throws AwsException BadDigest */
export function verifyChecksum(expected: ExpectedChecksum, computed: string): void {
  const value = expected.value();
  if (value !== undefined && value !== computed) {
    throw badDigest(`The ${expected.algorithm} you specified did not match the calculated checksum.`);
  }
}

/** Content-MD5 in base64. @throws AwsException InvalidDigest */
export function md5Of(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 16) throw invalidDigest();
  return bytes.toString("hex");
}

function invalidDigest(): Error {
  const error = invalidArgument("The Content-MD5 you specified was invalid.");
  return Object.assign(error, { code: "InvalidDigest", name: "InvalidDigest" });
}

/** As output members: `ChecksumCRC32`, `ChecksumType`. */
export function checksumMembers(checksum: Checksum | undefined): ChecksumMembers & { ChecksumType?: ChecksumType } {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type };
}
