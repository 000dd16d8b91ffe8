import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { settingOf } from "./bucket.ts";
import type { Checksum } from "./checksums.ts";
import { checksumMembers } from "./checksums.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import type { BucketRow, HeadRow } from "./store.ts";

export interface Encryption {
  readonly algorithm: "AES256" | "aws:kms" | "aws:kms:dsse";
  readonly kmsKeyId?: string;
  readonly bucketKey?: boolean;
}

/** What is kept of an object beside its bytes; JSON in the column `meta`. */
export interface ObjectMeta {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  /** As the client wrote it. */
  readonly expires?: string;
  readonly redirect?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly encryption?: Encryption;
  readonly checksum?: Checksum;
  /** Number of parts, of objects that were uploaded in parts. */
  readonly parts?: number;
}

/** The members that PutObject, CopyObject and CreateMultipartUpload share. */
export interface MetaInput {
  readonly ContentType?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly Expires?: Date | string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
}

export interface EncryptionInput {
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

const MAX_METADATA_BYTES = 2048;

export function metaOf(ctx: Context, input: MetaInput): ObjectMeta {
  const { Metadata } = input;
  checkMetadata(Metadata);
  const expires = input.Expires instanceof Date ? input.Expires.toUTCString() : input.Expires;
  const sentExpires = ctx.request?.headers["expires"];
  return compact({
    contentType: input.ContentType,
    cacheControl: input.CacheControl,
    contentDisposition: input.ContentDisposition,
    contentEncoding: withoutChunked(input.ContentEncoding),
    contentLanguage: input.ContentLanguage,
    expires: typeof sentExpires === "string" ? sentExpires : expires,
    redirect: input.WebsiteRedirectLocation,
    metadata: Metadata !== undefined && Object.keys(Metadata).length > 0 ? lowered(Metadata) : undefined,
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
function checkMetadata(metadata: Readonly<Record<string, string>> = {}): void {
  let size = 0;
  for (const [key, value] of Object.entries(metadata)) size += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (size <= MAX_METADATA_BYTES) return;
  const message = "Your metadata headers exceed the maximum allowed metadata size";
  throw new AwsException("MetadataTooLarge", message, { status: 400, members: { Size: size, MaxSizeAllowed: MAX_METADATA_BYTES } });
}

function lowered(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value]));
}

/** `aws-chunked` describes the transfer, not the object. */
function withoutChunked(encoding: string | undefined): string | undefined {
  if (encoding === undefined || !encoding.includes("aws-chunked")) return encoding;
  const rest = encoding
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "aws-chunked" && part !== "");
  return rest.length === 0 ? undefined : rest.join(",");
}

function compact<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

interface EncryptionRule {
  readonly ApplyServerSideEncryptionByDefault?: { readonly SSEAlgorithm?: string; readonly KMSMasterKeyID?: string };
  readonly BucketKeyEnabled?: boolean;
}

/**
 * What the request asks for, or the bucket's default, or AES256. The bytes on disk are not encrypted.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
 */
export function encryptionOf(ctx: Context, bucket: BucketRow, input: EncryptionInput, operation: string): Encryption {
  if (input.SSECustomerAlgorithm !== undefined) throw notImplemented("s3", operation, "SSECustomerAlgorithm");
  if (input.ServerSideEncryption !== undefined) {
    return encryption(input.ServerSideEncryption, input.SSEKMSKeyId, input.BucketKeyEnabled, ctx);
  }
  if (input.SSEKMSKeyId !== undefined) {
    throw invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms");
  }
  const rule = settingOf<{ Rules?: EncryptionRule[] }>(ctx, bucket, "encryption")?.Rules?.[0];
  const defaults = rule?.ApplyServerSideEncryptionByDefault;
  if (defaults?.SSEAlgorithm === undefined) return { algorithm: "AES256" };
  return encryption(defaults.SSEAlgorithm, defaults.KMSMasterKeyID, rule?.BucketKeyEnabled, ctx);
}

function encryption(algorithm: string, key: string | undefined, bucketKey: boolean | undefined, ctx: Context): Encryption {
  if (algorithm === "AES256") {
    if (key !== undefined)
      throw invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms");
    return { algorithm };
  }
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") throw invalidRequest("The encryption method specified is not supported");
  const kmsKeyId =
    key === undefined || key.startsWith("arn:")
      ? (key ?? ctx.arn("kms", "alias/aws/s3"))
      : ctx.arn("kms", key.startsWith("alias/") ? key : `key/${key}`);
  return { algorithm, kmsKeyId, ...(bucketKey === true ? { bucketKey: true } : {}) };
}

export function encryptionMembers(encryption: Encryption | undefined) {
  if (encryption === undefined) return {};
  const { algorithm, kmsKeyId, bucketKey } = encryption;
  return {
    ServerSideEncryption: algorithm,
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    ...(bucketKey === true ? { BucketKeyEnabled: true } : {}),
  };
}

export function parsedMeta(row: Pick<HeadRow, "meta">): ObjectMeta {
  return JSON.parse(row.meta) as ObjectMeta;
}

/** Members of HeadObject and GetObject that come from the metadata. */
export function metaMembers(meta: ObjectMeta, withChecksum: boolean) {
  return {
    ContentType: meta.contentType ?? "binary/octet-stream",
    CacheControl: meta.cacheControl,
    ContentDisposition: meta.contentDisposition,
    ContentEncoding: meta.contentEncoding,
    ContentLanguage: meta.contentLanguage,
    Expires: meta.expires,
    WebsiteRedirectLocation: meta.redirect,
    Metadata: meta.metadata ?? {},
    ...encryptionMembers(meta.encryption),
    ...(withChecksum ? checksumMembers(meta.checksum) : {}),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
const STORAGE_CLASSES = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
]);

export function storageClassOf(given: string | undefined): string {
  const storage = given ?? "STANDARD";
  if (STORAGE_CLASSES.has(storage)) return storage;
  throw new AwsException("InvalidStorageClass", "The storage class you specified is not valid", {
    status: 400,
    members: { StorageClassRequested: storage },
  });
}
