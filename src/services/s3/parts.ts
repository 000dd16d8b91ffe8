import type { Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Operations } from "../../aws/service.ts";
import { type Body, type BodyChecks, receive, type StoredBody } from "./body.ts";
import { streamOf } from "./bytes.ts";
import { checksumMembers, type ExpectedChecksum, expectedChecksum, md5Of } from "./checksums.ts";
import { copySource } from "./copy.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { encryptionMembers } from "./metadata.ts";
import { optionsOf, type UploadInput, type UploadOptions, uploadOf } from "./multipart.ts";
import { rangeOf } from "./ranges.ts";
import { parts } from "./store.ts";
import { releaseBlob } from "./versions.ts";

const MOST_PARTS = 10_000;
const MOST_BYTES = 5 * 1024 ** 3;

function partNumber(given: number | undefined): number {
  const number = given ?? 0;
  if (Number.isInteger(number) && number >= 1 && number <= MOST_PARTS) return number;
  throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", String(given));
}

/** Uploads with an algorithm sum every part with it, whether or not its client did. @throws AwsException InvalidRequest */
function partChecksum(options: UploadOptions, given: ExpectedChecksum | undefined): ExpectedChecksum | undefined {
  const { algorithm } = options;
  if (algorithm === undefined || given?.algorithm === algorithm) return given;
  if (given !== undefined && given.value() !== undefined) {
    const text = `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${given.algorithm.toLowerCase()}`;
    throw invalidRequest(text);
  }
  return { algorithm, value: () => undefined };
}

async function storePart(
  ctx: Context,
  { input, number }: { readonly input: UploadInput; readonly number: number },
  body: Body,
  checks: BodyChecks,
): Promise<StoredBody> {
  const stored = await receive(ctx, body, checks);
  const { size, md5: etag, checksum } = stored;
  const blob = stored.blob ?? ctx.cloud.blobs.put(new Uint8Array()).id;
  try {
    if (size > MOST_BYTES) throw tooLarge(size);
    ctx.tx(() => {
      const upload = uploadOf(ctx, input).id;
      const old = ctx.get(parts.get, { upload, number });
      ctx.run(parts.put, { upload, number, size, etag, modified: ctx.now, blob, checksum: checksum?.value ?? null });
      if (old !== undefined) releaseBlob(ctx, old.blob);
    });
  } catch (error) {
    releaseBlob(ctx, blob);
    throw error;
  }
  return stored;
}

function tooLarge(size: number): AwsException {
  const members = { ProposedSize: size, MaxSizeAllowed: MOST_BYTES };
  return new AwsException("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", { status: 400, members });
}

export const partOperations = {
  UploadPart: async (input, ctx) => {
    const number = partNumber(input.PartNumber);
    const options = optionsOf(uploadOf(ctx, input));
    const expected = partChecksum(options, expectedChecksum(ctx, input, "UploadPart"));
    const stored = await storePart(ctx, { input, number }, input.Body, {
      expected,
      md5: md5Of(input.ContentMD5),
      length: input.ContentLength,
      inline: false,
    });
    const { ChecksumType: _, ...checksum } = checksumMembers(stored.checksum);
    return { ETag: `"${stored.md5}"`, ...checksum, ...encryptionMembers(options.meta.encryption) };
  },

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
  UploadPartCopy: async (input, ctx) => {
    const number = partNumber(input.PartNumber);
    const options = optionsOf(uploadOf(ctx, input));
    const { row, bucket } = copySource(ctx, input);
    const text = input.CopySourceRange;
    if (text !== undefined && !/^bytes=\d+-\d+$/.test(text)) {
      throw invalidArgument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        "x-amz-copy-source-range",
        text,
      );
    }
    const range = rangeOf(text, row.size);
    if (text !== undefined && Number(text.split("-")[1]) >= row.size) {
      throw invalidArgument(`Range specified is not valid for source object of size: ${row.size}`, "x-amz-copy-source-range", text);
    }
    const checks = { expected: partChecksum(options, undefined), md5: undefined, inline: false };
    const stored = await storePart(ctx, { input, number }, streamOf(ctx, row, range), checks);
    const { ChecksumType: _, ...checksum } = checksumMembers(stored.checksum);
    return {
      CopyPartResult: { ETag: `"${stored.md5}"`, LastModified: new Date(ctx.now), ...checksum },
      ...encryptionMembers(options.meta.encryption),
      ...(bucket.versioning === null ? {} : { CopySourceVersionId: row.version }),
    };
  },
} satisfies Operations<"s3">;
