import { ALGORITHM } from "../aws/sigv4.ts";
import type { Exchange } from "./exchange.ts";

/** The claim of a request about who signed it, not yet checked. */
export interface Credential {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** Undefined when the request carries neither `X-Amz-Date` nor `Date`. */
  readonly amzDate: string | undefined;
  readonly sessionToken: string | undefined;
  /** Seconds; present on presigned requests alone. */
  readonly expires: string | undefined;
  readonly presigned: boolean;
}

/** `malformed` says what could not be read; `foreign` is an algorithm or scheme that is not AWS4-HMAC-SHA256. */
export type ClaimedCredential =
  | { readonly kind: "none" }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "foreign" }
  | { readonly kind: "signed"; readonly credential: Credential }
  | { readonly kind: "presigned-v2"; readonly credential: CredentialV2 };

/** Signature Version 2 in a query, which boto3 and the command line still make for S3's oldest regions. */
export interface CredentialV2 {
  readonly accessKeyId: string;
  readonly signature: string;
  /** Seconds since the epoch. */
  readonly expires: string;
  readonly sessionToken: string | undefined;
}

const NONE = { kind: "none" } as const;

export function credentialOf(exchange: Exchange): ClaimedCredential {
  const authorization = exchange.headers.authorization;
  if (typeof authorization === "string") return fromHeader(exchange, authorization);
  if (exchange.query.pairs.length === 0) return NONE;
  if (exchange.query.has("X-Amz-Algorithm")) return fromQuery(exchange);
  return exchange.query.has("AWSAccessKeyId") ? fromQueryV2(exchange) : NONE;
}

function fromQueryV2({ query }: Exchange): ClaimedCredential {
  const accessKeyId = query.get("AWSAccessKeyId");
  const signature = query.get("Signature");
  const expires = query.get("Expires");
  if (accessKeyId === undefined || signature === undefined || expires === undefined) {
    return { kind: "malformed", reason: "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters" };
  }
  return { kind: "presigned-v2", credential: { accessKeyId, signature, expires, sessionToken: query.get("x-amz-security-token") } };
}

function fromHeader(exchange: Exchange, authorization: string): ClaimedCredential {
  if (!authorization.startsWith("AWS")) return NONE;
  if (!authorization.startsWith(ALGORITHM)) return { kind: "foreign" };
  const scope = part(authorization, "Credential=")?.split("/");
  const signedHeaders = part(authorization, "SignedHeaders=");
  const signature = part(authorization, "Signature=");
  if (scope === undefined) return { kind: "malformed", reason: "Authorization header requires 'Credential' parameter." };
  if (signedHeaders === undefined) return { kind: "malformed", reason: "Authorization header requires 'SignedHeaders' parameter." };
  if (signature === undefined) return { kind: "malformed", reason: "Authorization header requires 'Signature' parameter." };
  return withScope(scope, {
    signedHeaders: signedHeaders.split(";"),
    signature,
    amzDate: exchange.header("x-amz-date") ?? httpDate(exchange.header("date")),
    sessionToken: exchange.header("x-amz-security-token"),
    expires: undefined,
    presigned: false,
  });
}

/** Value of `name` in `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. */
function part(authorization: string, name: string): string | undefined {
  const start = authorization.indexOf(name);
  if (start < 0) return undefined;
  const end = authorization.indexOf(",", start);
  return (end < 0 ? authorization.slice(start + name.length) : authorization.slice(start + name.length, end)).trim();
}

function fromQuery(exchange: Exchange): ClaimedCredential {
  const { query } = exchange;
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) return { kind: "foreign" };
  const scope = query.get("X-Amz-Credential")?.split("/");
  const signature = query.get("X-Amz-Signature");
  if (scope === undefined || signature === undefined || !query.has("X-Amz-Date")) {
    return {
      kind: "malformed",
      reason:
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    };
  }
  return withScope(scope, {
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature,
    amzDate: query.get("X-Amz-Date"),
    sessionToken: query.get("X-Amz-Security-Token"),
    expires: query.get("X-Amz-Expires"),
    presigned: true,
  });
}

function withScope(scope: string[], rest: Omit<Credential, "accessKeyId" | "date" | "region" | "service">): ClaimedCredential {
  // An access key id of another product might hold slashes; the scope is always the last four parts.
  const [date, region, service, terminator] = scope.slice(-4);
  const accessKeyId = scope.slice(0, -4).join("/");
  if (!accessKeyId || !date || !region || !service || terminator !== "aws4_request") {
    return {
      kind: "malformed",
      reason: `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${scope.join("/")}'`,
    };
  }
  return { kind: "signed", credential: { ...rest, accessKeyId, date, region, service } };
}

function httpDate(text: string | undefined): string | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}
