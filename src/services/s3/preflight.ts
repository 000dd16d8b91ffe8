import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CORSRule } from "@aws-sdk/client-s3";
import type { Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import { s3Location } from "../../aws/s3-host.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { type CorsRequest, corsHeaders, requestedHeaders } from "./cors-rules.ts";
import { buckets, configs } from "./store.ts";

const METHODS = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/** Browsers' preflight requests, which are never signed: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html */
export const preflight: HttpEndpoint = {
  name: "s3-preflight",
  matches: (host, path, request) => request.method === "OPTIONS" && locationOf(host, path)?.bucket !== undefined,
  handle: (cloud, request, response) => {
    const { bucket = "", path = "/" } = locationOf(hostOf(request), (request.url ?? "/").split("?")[0] ?? "/") ?? {};
    try {
      response.writeHead(200, { ...idsOf(), ...answer(cloud, bucket, path, request) });
      response.end();
    } catch (error) {
      if (!(error instanceof AwsException)) throw error;
      refuse(response, error);
    }
    return Promise.resolve();
  },
};

function locationOf(host: string, path: string): { readonly bucket: string | undefined; readonly path: string } | undefined {
  try {
    return s3Location(host, path);
  } catch {
    return undefined;
  }
}

function hostOf(request: IncomingMessage): string {
  return (request.headers.host ?? "localhost").replace(/:\d+$/, "").toLowerCase();
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : value;
};

/** @throws AwsException BadRequest (400), AccessForbidden (403) */
function answer(cloud: Cloud, bucket: string, path: string, request: IncomingMessage): Record<string, string> {
  const origin = header(request, "origin");
  const method = header(request, "access-control-request-method");
  if (origin === undefined) throw badRequest("Insufficient information. Origin request header needed.");
  if (method === undefined || !METHODS.includes(method)) throw badRequest(`Invalid Access-Control-Request-Method: ${method ?? "null"}`);
  const members = { Method: method, ResourceType: path === "/" ? "BUCKET" : "OBJECT" };
  if (cloud.store.get(buckets.get, { name: bucket }) === undefined) throw forbidden("Bucket not found", members);
  const rules = rulesOf(cloud, bucket);
  if (rules === undefined) throw forbidden("CORS is not enabled for this bucket.", members);
  const asked: CorsRequest = { origin, method, headers: requestedHeaders(header(request, "access-control-request-headers")) };
  const headers = corsHeaders(rules, asked);
  if (headers !== undefined) return { ...headers, "content-length": "0" };
  throw forbidden(
    "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    members,
  );
}

function rulesOf(cloud: Cloud, bucket: string): CORSRule[] | undefined {
  const row = cloud.store.get(configs.get, { bucket, kind: "cors" });
  return row === undefined ? undefined : (JSON.parse(row.body) as CORSRule[]);
}

function badRequest(message: string): AwsException {
  return new AwsException("BadRequest", message, { status: 400 });
}

function forbidden(reason: string, members: Record<string, unknown>): AwsException {
  return new AwsException("AccessForbidden", `CORSResponse: ${reason}`, { status: 403, members });
}

function idsOf(): Record<string, string> {
  const id = randomUUID();
  return { "x-amz-request-id": id, "x-amz-id-2": Buffer.from(`orrery/${id}`).toString("base64"), server: "AmazonS3" };
}

function refuse(response: ServerResponse, { code, message, members, status }: AwsException): void {
  const ids = idsOf();
  const text = (value: unknown): string => String(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const more = Object.entries(members).map(([name, value]) => `<${name}>${text(value)}</${name}>`);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text(message)}</Message>${more.join("")}<RequestId>${ids["x-amz-request-id"] ?? ""}</RequestId><HostId>${ids["x-amz-id-2"] ?? ""}</HostId></Error>`;
  response.writeHead(status ?? 403, { ...ids, "content-type": "application/xml", "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
}

/** Puts on the answer, be it an error, what lets the page of a browser read it. */
export function allowOrigin(ctx: Context, bucket: string): void {
  const { request } = ctx;
  const origin = request?.headers["origin"];
  if (request === undefined || typeof origin !== "string") return;
  const rules = rulesOf(ctx.cloud, bucket);
  if (rules === undefined) return;
  for (const [name, value] of Object.entries(corsHeaders(rules, { origin, method: request.method, headers: [] }) ?? {})) {
    request.setResponseHeader(name, value);
  }
}
