import { createHmac } from "node:crypto";
import { AwsException } from "../../aws/exception.ts";
import { bucketOfHost } from "../../aws/s3-host.ts";
import { sameSignature } from "../../aws/sigv4.ts";
import type { CredentialV2 } from "../credential.ts";
import type { Exchange } from "../exchange.ts";
import { authError } from "./auth-errors.ts";

/** Keys of a query that belong to the resource: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html */
const RESOURCE_KEYS = new Set([
  "accelerate",
  "acl",
  "analytics",
  "cors",
  "delete",
  "inventory",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "partNumber",
  "policy",
  "replication",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "select",
  "select-type",
  "storageClass",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

/**
 * A URL presigned with Signature Version 2.
 * @throws AwsException AccessDenied when it has expired, SignatureDoesNotMatch
 */
export function verifySignatureV2(exchange: Exchange, credential: CredentialV2, secret: string, wall: number): void {
  const expires = Number(credential.expires);
  if (!Number.isInteger(expires))
    throw new AwsException("AccessDenied", `Invalid date (should be seconds since epoch): ${credential.expires}`, { status: 403 });
  if (expires * 1000 < wall) {
    const times = { Expires: new Date(expires * 1000).toISOString().replace(".000Z", "Z"), ServerTime: new Date(wall).toISOString() };
    throw new AwsException("AccessDenied", "Request has expired", { status: 403, members: times });
  }
  const text = stringToSign(exchange, credential);
  if (sameSignature(createHmac("sha1", secret).update(text).digest("base64"), credential.signature)) return;
  throw authError("s3", "mismatch", undefined, {
    AWSAccessKeyId: credential.accessKeyId,
    StringToSign: text,
    SignatureProvided: credential.signature,
  });
}

function stringToSign(exchange: Exchange, credential: CredentialV2): string {
  const header = (name: string): string => exchange.header(name) ?? exchange.query.get(name) ?? "";
  const lines = [exchange.method, header("content-md5"), header("content-type"), credential.expires, ...amzHeaders(exchange)];
  return `${lines.join("\n")}\n${resource(exchange)}`;
}

/** A presigned URL carries them in its query. */
function amzHeaders(exchange: Exchange): string[] {
  const fromHeaders = Object.keys(exchange.headers).map((name) => [name, exchange.header(name) ?? ""] as const);
  const all = new Map([...exchange.query.pairs, ...fromHeaders].filter(([name]) => name.startsWith("x-amz-")));
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value.trim()}`);
}

function resource({ hostName, path, query }: Exchange): string {
  const bucket = bucketOfHost(hostName);
  const pairs = query.pairs.filter(([key]) => RESOURCE_KEYS.has(key));
  const keys = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  return `${bucket === undefined ? "" : `/${bucket}`}${path}${keys.length === 0 ? "" : `?${keys.join("&")}`}`;
}
