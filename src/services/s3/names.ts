import { createHash } from "node:crypto";
import { AwsException } from "../../aws/exception.ts";

const LABELS = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/;
const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html @throws AwsException InvalidBucketName */
export function checkBucketName(name: string): void {
  const bad =
    !LABELS.test(name) ||
    name.includes("..") ||
    /^\d+\.\d+\.\d+\.\d+$/.test(name) ||
    RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) ||
    RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  if (bad)
    throw new AwsException("InvalidBucketName", "The specified bucket is not valid.", { status: 400, members: { BucketName: name } });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html: up to 1,024 bytes of UTF-8. */
export function checkKey(key: string | undefined): string {
  const text = key ?? "";
  if (text === "") throw new AwsException("InvalidArgument", "Object key must not be empty", { status: 400 });
  if (text.length > 341 && Buffer.byteLength(text) > 1024) {
    const members = { Size: Buffer.byteLength(text), MaxSizeAllowed: 1024 };
    throw new AwsException("KeyTooLongError", "Your key is too long", { status: 400, members });
  }
  return text;
}

/** The canonical user id of an account: opaque, 64 hex digits, always the same. */
export function canonicalId(account: string): string {
  return createHash("sha256").update(`canonical user ${account}`).digest("hex");
}

/** The first text after all that begin with `prefix`, in the order of UTF-8; a blob, which sorts last, when there is none. */
export function endOfPrefix(prefix: string): string | Uint8Array {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return LAST;
}

const LAST = new Uint8Array([0xff]);

/** The first text after `key`. */
export function after(key: string): string {
  return `${key}\0`;
}
