import type { IncomingHttpHeaders } from "node:http";
import { callerFacts, type Principal } from "../../aws/identity.ts";

/** One request to a function URL. */
export interface UrlRequest {
  readonly account: string;
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly urlId: string;
  readonly requestId: string;
  readonly principal: Principal;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly host: string;
  readonly sourceIp: string;
  readonly body: Buffer;
  /** Virtual ms. */
  readonly now: number;
}

export interface UrlAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)\b|application\/[^;]*\+(json|xml)\b)/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
export function eventOf(request: UrlRequest): Record<string, unknown> {
  const mark = `${request.target}?`.indexOf("?");
  const [path, query] = [request.target.slice(0, mark), request.target.slice(mark + 1)];
  const { cookie, ...others } = request.headers;
  const isText = TEXT.test(request.headers["content-type"] ?? "");
  const parameters = joined([...new URLSearchParams(query)]);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: decodePath(path),
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; */) }),
    headers: headersOf(others),
    ...(query === "" ? {} : { queryStringParameters: parameters }),
    requestContext: contextOf(request, decodePath(path)),
    ...(request.body.length === 0 ? {} : { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

function contextOf(request: UrlRequest, path: string): Record<string, unknown> {
  const { principal } = request;
  const domainName = request.host.replace(/:\d+$/, "");
  const isSigned = principal.type !== "anonymous";
  const iam = callerFacts(principal);
  return {
    accountId: isSigned ? principal.account : "anonymous",
    apiId: request.urlId,
    ...(isSigned ? { authorizer: { iam } } : {}),
    domainName,
    domainPrefix: request.urlId,
    http: {
      method: request.method,
      path,
      protocol: "HTTP/1.1",
      sourceIp: request.sourceIp,
      userAgent: request.headers["user-agent"] ?? "",
    },
    requestId: request.requestId,
    routeKey: "$default",
    stage: "$default",
    time: clfTime(request.now),
    timeEpoch: request.now,
  };
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  const plain = Object.entries(headers).filter(([name, value]) => value !== undefined && !name.startsWith(":"));
  return Object.fromEntries(plain.map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : String(value)]));
}

function joined(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of pairs) all[name] = name in all ? `${all[name]},${value}` : value;
  return all;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** `12/Mar/2020:19:03:58 +0000`. */
function clfTime(ms: number): string {
  const at = new Date(ms).toISOString();
  return `${at.slice(8, 10)}/${MONTHS[Number(at.slice(5, 7)) - 1]}/${at.slice(0, 4)}:${at.slice(11, 19)} +0000`;
}

/**
 * What a function's answer means: an object with `statusCode` is taken apart, all else is the body of a 200.
 * Undefined when it cannot be an answer.
 */
export function answerOf(payload: Buffer): UrlAnswer | undefined {
  const text = payload.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const type = { "content-type": "application/json" };
  if (typeof value !== "object" || value === null || !("statusCode" in value)) {
    return { status: 200, headers: type, body: Buffer.from(typeof value === "string" ? value : text) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = value as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const content = typeof body === "string" ? body : body === undefined || body === null ? "" : JSON.stringify(body);
  const own = Object.entries((headers ?? {}) as Record<string, unknown>).map(([name, one]) => [name.toLowerCase(), String(one)]);
  return {
    status,
    headers: {
      ...type,
      ...(Object.fromEntries(own) as Record<string, string>),
      ...(Array.isArray(cookies) ? { "set-cookie": cookies.map(String) } : {}),
    },
    body: Buffer.from(content, isBase64Encoded === true ? "base64" : "utf8"),
  };
}
