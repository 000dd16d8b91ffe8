import { AwsException } from "../../aws/exception.ts";
import { noSuchKey, preconditionFailed } from "./errors.ts";
import type { HeadRow } from "./store.ts";

export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

function sameEtag(list: string, etag: string): boolean {
  return list.split(",").some((text) => {
    const bare = text.trim().replace(/^W\//, "").replaceAll('"', "");
    return bare === "*" || bare === etag;
  });
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/**
 * Of the pairs, the ETag's condition wins: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws AwsException PreconditionFailed, or NotModified (304)
 */
export function checkRead(input: ReadConditions, row: HeadRow, headers: Readonly<Record<string, string>>): void {
  const modified = seconds(row.modified);
  if (input.IfMatch !== undefined) {
    if (!sameEtag(input.IfMatch, row.etag)) throw preconditionFailed("If-Match");
  } else if (input.IfUnmodifiedSince !== undefined && modified > seconds(input.IfUnmodifiedSince.getTime())) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  if (input.IfNoneMatch !== undefined) {
    if (sameEtag(input.IfNoneMatch, row.etag)) throw notModified(headers);
  } else if (input.IfModifiedSince !== undefined && modified <= seconds(input.IfModifiedSince.getTime())) {
    throw notModified(headers);
  }
}

function notModified(headers: Readonly<Record<string, string>>): AwsException {
  return new AwsException("NotModified", "Not Modified", { status: 304, headers });
}

/** @throws AwsException PreconditionFailed: copies answer 412 where reads answer 304 */
export function checkCopySource(input: ReadConditions, row: HeadRow): void {
  try {
    checkRead(input, row, {});
  } catch (error) {
    if (!(error instanceof AwsException) || error.code !== "NotModified") throw error;
    throw preconditionFailed(input.IfNoneMatch === undefined ? "x-amz-copy-source-If-Modified-Since" : "x-amz-copy-source-If-None-Match");
  }
}

/**
 * Conditions of a write on what is there before it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws AwsException PreconditionFailed, NoSuchKey; NotImplemented (501) as AWS for If-None-Match of an ETag
 */
export function checkWrite(
  input: { IfMatch?: string | undefined; IfNoneMatch?: string | undefined },
  key: string,
  latest: HeadRow | undefined,
): void {
  const present = latest !== undefined && latest.marker === 0 ? latest : undefined;
  if (input.IfNoneMatch !== undefined) {
    if (input.IfNoneMatch !== "*") {
      throw new AwsException("NotImplemented", "A header you provided implies functionality that is not implemented", {
        status: 501,
        members: { Header: "If-None-Match" },
      });
    }
    if (present !== undefined) throw preconditionFailed("If-None-Match");
  }
  if (input.IfMatch === undefined) return;
  if (present === undefined) throw noSuchKey(key);
  if (!sameEtag(input.IfMatch, present.etag)) throw preconditionFailed("If-Match");
}
