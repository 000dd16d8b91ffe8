import { hash, timingSafeEqual } from "node:crypto";

/** AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export const ALGORITHM = "AWS4-HMAC-SHA256";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface Scope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** A request in the form in which it is signed. */
export interface SignableRequest {
  readonly method: string;
  /** As sent: percent-encoded. */
  readonly path: string;
  /** Decoded, in any order. */
  readonly query: readonly (readonly [string, string])[];
  /** Signed headers in the order in which they are signed, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly payloadHash: string;
}

/** The most that the cache of signing keys keeps; one is used per credential, day, region and service. */
const MOST_KEYS = 1_000;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * HMAC-SHA256 (https://www.rfc-editor.org/rfc/rfc2104) with its padded keys prepared: with the one-shot `hash` it takes a
 * sixth of the time of `createHmac`, which is the dearest call in checking a signature.
 */
export class SigningKey {
  readonly #inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK_BYTES ? hash("sha256", key, "buffer") : key;
    for (const [index, byte] of short.entries()) {
      this.#inner[index] = 0x36 ^ byte;
      this.#outer[index] = 0x5c ^ byte;
    }
  }

  sign(text: string): Buffer {
    const inner = hash("sha256", Buffer.concat([this.#inner, Buffer.from(text)]), "buffer");
    inner.copy(this.#outer, BLOCK_BYTES);
    return hash("sha256", this.#outer, "buffer");
  }
}

const keys = new Map<string, SigningKey>();

export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** Derived keys are kept, as four of the five hashes of a signature go into them. */
export function signingKey(secret: string, scope: Scope): SigningKey {
  const id = `${scope.date}/${scope.region}/${scope.service}/${secret}`;
  let key = keys.get(id);
  if (key === undefined) {
    let bytes: Uint8Array = Buffer.from(`AWS4${secret}`);
    for (const part of [scope.date, scope.region, scope.service, "aws4_request"]) bytes = new SigningKey(bytes).sign(part);
    key = new SigningKey(bytes);
    if (keys.size >= MOST_KEYS) keys.clear();
    keys.set(id, key);
  }
  return key;
}

export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

export function canonicalRequest(request: SignableRequest, service: string): string {
  let headers = "";
  let names = "";
  for (const [name, value] of request.headers) {
    headers += `${name}:${trimmed(value)}\n`;
    names += names === "" ? name : `;${name}`;
  }
  const query = request.query.length === 0 ? "" : canonicalQuery(request.query);
  return `${request.method}\n${canonicalPath(request.path, service)}\n${query}\n${headers}\n${names}\n${request.payloadHash}`;
}

export function stringToSign(canonical: string, amzDate: string, scope: Scope): string {
  return `${ALGORITHM}\n${amzDate}\n${scopeText(scope)}\n${sha256Hex(canonical)}`;
}

export function signature(secret: string, scope: Scope, text: string): string {
  return signingKey(secret, scope).sign(text).toString("hex");
}

export function sameSignature(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** S3 encodes the path once, all others encode it again. */
function canonicalPath(path: string, service: string): string {
  if (path === "/" || path === "") return "/";
  if (!isS3(service)) return path.split("/").map(encode).join("/");
  return path
    .split("/")
    .map((part) => encode(decodeSafe(part)))
    .join("/");
}

function isS3(service: string): boolean {
  return service.startsWith("s3");
}

function canonicalQuery(query: SignableRequest["query"]): string {
  const encoded = query.map(([key, value]) => [encode(key), encode(value)] as const);
  encoded.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  return encoded.map(([key, value]) => `${key}=${value}`).join("&");
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function trimmed(value: string): string {
  const text = value.trim();
  return text.includes("  ") ? text.replaceAll(/ +/g, " ") : text;
}

/** Lone surrogates, which cannot be encoded, become U+FFFD. */
export function encode(text: string): string {
  if (/^[A-Za-z0-9_.~-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodeSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `YYYYMMDDTHHMMSSZ` of an instant in ms. */
export function amzDateOf(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}

/** The instant, in ms, of `YYYYMMDDTHHMMSSZ`; undefined when it is not of that form. */
export function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface PresignRequest {
  readonly method: string;
  /** Path percent-encoded as it will be sent. */
  readonly url: string | URL;
  readonly credentials: Signer;
  readonly region: string;
  readonly service: string;
  /** Seconds, 1 to 604800. */
  readonly expires: number;
  /** Wall-clock ms. */
  readonly now: number;
}

/** A URL that carries its signature: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
export function presign(request: PresignRequest): string {
  const url = new URL(request.url);
  const amzDate = amzDateOf(request.now);
  const scope: Scope = { date: amzDate.slice(0, 8), region: request.region, service: request.service };
  const { accessKeyId, secretAccessKey, sessionToken } = request.credentials;
  const query: [string, string][] = [
    ...url.searchParams,
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${accessKeyId}/${scopeText(scope)}`],
    ["X-Amz-Date", amzDate],
    ["X-Amz-Expires", String(request.expires)],
    ["X-Amz-SignedHeaders", "host"],
  ];
  if (sessionToken !== undefined) query.push(["X-Amz-Security-Token", sessionToken]);
  const payloadHash = isS3(request.service) ? UNSIGNED_PAYLOAD : EMPTY_SHA256;
  const signable = { method: request.method, path: url.pathname, query, headers: [["host", url.host]] as const, payloadHash };
  const canonical = canonicalRequest(signable, request.service);
  query.push(["X-Amz-Signature", signature(secretAccessKey, scope, stringToSign(canonical, amzDate, scope))]);
  url.search = query.map(([key, value]) => `${encode(key)}=${encode(value)}`).join("&");
  return url.href;
}

export interface SignRequest {
  readonly method: string;
  readonly url: string | URL;
  /** Names in any case; `host` is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly credentials: Signer;
  readonly region: string;
  readonly service: string;
  /** Wall-clock ms. */
  readonly now: number;
}

/** The headers to send, `Authorization` among them. */
export function sign(request: SignRequest): Record<string, string> {
  const url = new URL(request.url);
  const amzDate = amzDateOf(request.now);
  const scope: Scope = { date: amzDate.slice(0, 8), region: request.region, service: request.service };
  const { accessKeyId, secretAccessKey, sessionToken } = request.credentials;
  const payloadHash = sha256Hex(request.body);
  const headers: Record<string, string> = { host: url.host, "x-amz-date": amzDate, "x-amz-content-sha256": payloadHash };
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
  if (sessionToken !== undefined) headers["x-amz-security-token"] = sessionToken;
  const signed = Object.entries(headers).sort(([a], [b]) => order(a, b));
  const signable = { method: request.method, path: url.pathname, query: [...url.searchParams], headers: signed, payloadHash };
  const text = stringToSign(canonicalRequest(signable, request.service), amzDate, scope);
  const names = signed.map(([name]) => name).join(";");
  headers["authorization"] =
    `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, SignedHeaders=${names}, Signature=${signature(secretAccessKey, scope, text)}`;
  return headers;
}
