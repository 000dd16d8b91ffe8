import { AwsException } from "../../aws/exception.ts";
import {
  canonicalRequest,
  EMPTY_SHA256,
  type Scope,
  type SignableRequest,
  sameSignature,
  sha256Hex,
  signature,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from "../../aws/sigv4.ts";
import type { Credential } from "../credential.ts";
import type { Exchange } from "../exchange.ts";
import { PayloadHash, payloadMismatch } from "../payload-hash.ts";
import { type AuthStyle, authError } from "./auth-errors.ts";

/** A credential whose key, token and times hold: what is left is the signature itself. */
export interface Checked {
  readonly credential: Credential;
  readonly secret: string;
  readonly amzDate: string;
  readonly style: AuthStyle;
}

/** Bodies up to this are checked before their handler runs, larger ones while it reads. */
const SHORT_BODY_BYTES = 128 * 1024;
const STREAMING = "STREAMING-";
const SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

/**
 * Checks the signature, and sets up the checks of the body: one that is streamed is checked while it is read.
 * @throws AwsException
 */
export async function verifySignature(exchange: Exchange, checked: Checked): Promise<void> {
  const { credential, style } = checked;
  if (style === "s3") checkHeadersSigned(exchange, credential);
  const payloadHash = style === "s3" ? s3PayloadHash(exchange, credential) : await payloadHashOf(exchange, credential);
  const canonical = canonicalRequest(signable(exchange, credential, payloadHash), credential.service);
  const text = stringToSign(canonical, checked.amzDate, scopeOf(credential));
  if (!sameSignature(signature(checked.secret, scopeOf(credential), text), credential.signature)) {
    throw authError(style, "mismatch", undefined, style === "s3" ? mismatchMembers(credential, canonical, text) : {});
  }
  if (style === "s3") await checkBody(exchange, checked, payloadHash);
}

function scopeOf({ date, region, service }: Credential): Scope {
  return { date, region, service };
}

function signable(exchange: Exchange, credential: Credential, payloadHash: string): SignableRequest {
  const query = credential.presigned ? exchange.query.pairs.filter(([key]) => key !== "X-Amz-Signature") : exchange.query.pairs;
  const headers = credential.signedHeaders.map((name) => [name, headerOf(exchange, name)] as const);
  return { method: exchange.method, path: exchange.path, query, headers, payloadHash };
}

function headerOf(exchange: Exchange, name: string): string {
  return name === "host" ? exchange.host : (exchange.header(name) ?? "");
}

/** All but S3 sign the body that they send, whatever the header says; the body is short enough to be held. */
async function payloadHashOf(exchange: Exchange, credential: Credential): Promise<string> {
  if (credential.presigned) return EMPTY_SHA256;
  const declared = exchange.header("x-amz-content-sha256");
  if (declared === UNSIGNED_PAYLOAD || declared?.startsWith(STREAMING)) return declared;
  const body = await exchange.body.raw();
  return body.length === 0 ? EMPTY_SHA256 : sha256Hex(body);
}

function s3PayloadHash(exchange: Exchange, credential: Credential): string {
  const declared = exchange.header("x-amz-content-sha256") ?? exchange.query.get("X-Amz-Content-Sha256");
  if (declared !== undefined) return declared;
  if (credential.presigned) return UNSIGNED_PAYLOAD;
  throw new AwsException("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", { status: 400 });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html: host and every x-amz-* header. */
function checkHeadersSigned(exchange: Exchange, credential: Credential): void {
  const signed = new Set(credential.signedHeaders);
  const left = Object.keys(exchange.headers).filter(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-content-sha256" && !signed.has(name),
  );
  if (!signed.has("host")) left.unshift("host");
  if (left.length === 0) return;
  throw new AwsException("AccessDenied", "There were headers present in the request which were not signed", {
    status: 403,
    members: { HeadersNotSigned: left.join(", ") },
  });
}

function mismatchMembers(credential: Credential, canonical: string, text: string): Record<string, unknown> {
  return {
    AWSAccessKeyId: credential.accessKeyId,
    StringToSign: text,
    SignatureProvided: credential.signature,
    CanonicalRequest: canonical,
  };
}

async function checkBody(exchange: Exchange, checked: Checked, payloadHash: string): Promise<void> {
  if (payloadHash.startsWith(STREAMING)) {
    const { credential, secret, amzDate } = checked;
    const seed = { signature: credential.signature, secret, scope: scopeOf(credential), amzDate };
    exchange.decodeChunks(payloadHash.startsWith(SIGNED_CHUNKS) ? seed : undefined);
    return;
  }
  if (payloadHash === UNSIGNED_PAYLOAD || exchange.body.started) return;
  if (Number(exchange.header("content-length") ?? Number.NaN) <= SHORT_BODY_BYTES) {
    const computed = sha256Hex(await exchange.body.preread());
    if (computed !== payloadHash.toLowerCase()) throw payloadMismatch(payloadHash, computed);
  } else exchange.body.through = new PayloadHash(payloadHash);
}
