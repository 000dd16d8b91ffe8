import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import type { Cloud } from "../../aws/context.ts";

/** A key of a JWKS document. */
type PublishedKey = JsonWebKey & { readonly kid?: string; readonly alg?: string };

interface Published {
  readonly keys: readonly PublishedKey[];
  /** Wall ms. */
  readonly read: number;
}

/** API Gateway keeps public keys for two hours. http-api-jwt-authorizer.html */
const KEEP_MS = 2 * 60 * 60 * 1_000;
/** An unknown key id is looked for anew, though not more often than this. */
const AGAIN_MS = 5_000;
const FETCH_MS = 1_500;

const published = new WeakMap<Cloud, Map<string, Published>>();

/** The signature algorithms that AWS takes: RSA alone. */
const DIGESTS: Readonly<Record<string, string>> = { RS256: "sha256", RS384: "sha384", RS512: "sha512" };

export function forgetKeys(cloud: Cloud): void {
  published.delete(cloud);
}

export type Claims = Readonly<Record<string, unknown>>;

/** Why a token is refused, as the `www-authenticate` header says it. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

export interface JwtRules {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/**
 * Checks signature and claims. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 * @throws TokenRefused
 */
export async function verifyToken(cloud: Cloud, token: string, rules: JwtRules): Promise<Claims> {
  const [headPart = "", bodyPart = "", signaturePart = "", ...more] = token.split(".");
  const head = decodePart(headPart);
  const claims = decodePart(bodyPart);
  if (head === undefined || claims === undefined || more.length > 0) throw new TokenRefused("the token is not a valid JWT");
  const digest = DIGESTS[String(head["alg"])];
  if (digest === undefined) throw new TokenRefused("signing method is invalid");
  if (typeof head["kid"] !== "string") throw new TokenRefused("the token has no kid");
  const key = await findKey(cloud, rules.issuer, head["kid"]);
  if (key === undefined) throw new TokenRefused("unable to find the public key of the token");
  const signed = verify(
    digest,
    Buffer.from(`${headPart}.${bodyPart}`),
    createPublicKey({ key, format: "jwk" }),
    Buffer.from(signaturePart, "base64url"),
  );
  if (!signed) throw new TokenRefused("the token has an invalid signature");
  checkClaims(claims, rules, cloud.clock.wall() / 1_000);
  return claims;
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `now` in seconds. */
function checkClaims(claims: Claims, { issuer, audience }: JwtRules, now: number): void {
  const { iss, aud, client_id: client, exp, nbf, iat } = claims;
  if (iss !== issuer) throw new TokenRefused("the token has an invalid issuer");
  const given = aud === undefined ? [client] : [aud].flat();
  if (!given.some((item) => typeof item === "string" && audience.includes(item)))
    throw new TokenRefused("the token has an invalid audience");
  if (typeof exp !== "number" || exp <= now) throw new TokenRefused("the token has expired");
  if (typeof nbf === "number" && nbf > now) throw new TokenRefused("the token is not yet valid");
  if (typeof iat === "number" && iat > now + 1) throw new TokenRefused("the token was issued in the future");
}

async function findKey(cloud: Cloud, issuer: string, kid: string): Promise<PublishedKey | undefined> {
  let issuers = published.get(cloud);
  if (issuers === undefined) {
    issuers = new Map();
    published.set(cloud, issuers);
  }
  const known = issuers.get(issuer);
  const age = known === undefined ? Number.POSITIVE_INFINITY : cloud.clock.wall() - known.read;
  const found = known?.keys.find((key) => key.kid === kid);
  if (found !== undefined && age < KEEP_MS) return found;
  if (found === undefined && age < AGAIN_MS) return undefined;
  const keys = await fetchKeys(cloud, issuer);
  issuers.set(issuer, { keys, read: cloud.clock.wall() });
  return keys.find((key) => key.kid === kid);
}

async function fetchKeys(cloud: Cloud, issuer: string): Promise<readonly PublishedKey[]> {
  const abort = new AbortController();
  const cancel = cloud.clock.wallTimeout(FETCH_MS, () => abort.abort());
  try {
    const configuration = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, abort.signal);
    const { keys } = await fetchJson(String(configuration["jwks_uri"]), abort.signal);
    return Array.isArray(keys) ? (keys as PublishedKey[]) : [];
  } catch {
    throw new TokenRefused("OIDC discovery endpoint communication error");
  } finally {
    cancel();
  }
}

async function fetchJson(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal });
  return (await response.json()) as Record<string, unknown>;
}
