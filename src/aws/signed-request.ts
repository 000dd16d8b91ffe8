import type { Cloud } from "./context.ts";
import { builtInKey, type KnownKey } from "./identity.ts";
import {
  canonicalRequest,
  parseAmzDate,
  type Scope,
  sameSignature,
  sha256Hex,
  signature,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from "./sigv4.ts";

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html: five minutes. */
const MOST_SKEW_MS = 5 * 60_000;

/** A request to the data plane of a service, which no schema describes, as it was sent. */
export interface SentRequest {
  readonly method: string;
  /** Percent-encoded, without query. */
  readonly path: string;
  /** Decoded. */
  readonly query: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** By its name in lower case; undefined when it was not sent. */
  header(name: string): string | undefined;
}

export interface Signer {
  readonly key: KnownKey;
  /** That the request was signed for. */
  readonly region: string;
}

/**
 * Who signed a request for a service by its headers; undefined when nobody did, or not well, or with a key that is not good any
 * more. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signerOf(
  { clock, identity }: Pick<Cloud, "clock" | "identity">,
  service: string,
  request: SentRequest,
): Signer | undefined {
  const claim = AUTHORIZATION.exec(request.header("authorization") ?? "");
  if (claim === null || claim[4] !== service) return undefined;
  const [, accessKeyId = "", date = "", region = "", , names = "", given = ""] = claim;
  const key = builtInKey(accessKeyId) ?? identity.find(accessKeyId);
  if (key === undefined || !isGood(key, request.header("x-amz-security-token"), clock.wall())) return undefined;
  const amzDate = request.header("x-amz-date") ?? "";
  const signedAt = parseAmzDate(amzDate);
  if (signedAt === undefined || !amzDate.startsWith(date) || Math.abs(clock.wall() - signedAt) > MOST_SKEW_MS) return undefined;
  const signed = names.split(";");
  const payloadHash = request.header("x-amz-content-sha256") ?? sha256Hex(request.body);
  // What is not signed may have been put there by anybody: a request for another host, with another body.
  if (!signed.includes("host") || (payloadHash !== UNSIGNED_PAYLOAD && payloadHash !== sha256Hex(request.body))) return undefined;
  const { method, path, query } = request;
  const headers = signed.map((name) => [name, request.header(name) ?? ""] as const);
  const scope: Scope = { date, region, service };
  const text = stringToSign(canonicalRequest({ method, path, query, headers, payloadHash }, service), amzDate, scope);
  return sameSignature(signature(key.secretAccessKey, scope, text), given) ? { key, region } : undefined;
}

function isGood(key: KnownKey, token: string | undefined, wall: number): boolean {
  if (!key.active || (key.expiration !== undefined && key.expiration <= wall)) return false;
  // Clients that have `test` for everything send a token with it.
  return key.sessionToken === undefined || key.sessionToken === token;
}
