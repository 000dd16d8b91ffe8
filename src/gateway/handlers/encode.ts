import { Readable } from "node:stream";
import type { AwsException } from "../../aws/exception.ts";
import type { Values } from "../../models/schema.ts";
import type { Exchange } from "../exchange.ts";
import { protocols } from "../protocols/index.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import { hostId } from "../protocols/rest-xml.ts";
import type { Routed, RouteProgress } from "./route.ts";

export async function encode(exchange: Exchange, target: Routed, output: Values): Promise<void> {
  const encoded = target.protocol.encode(target, output, exchange.requestId);
  send(exchange, encoded instanceof Promise ? await encoded : encoded, target.service.meta.id === "s3");
}

export function encodeError(exchange: Exchange, progress: RouteProgress, error: AwsException): void {
  const { response } = exchange;
  // What was begun cannot become an error any more: the client sees a body that ends too early.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const encoded = protocols[progress.protocolName].encodeError(progress.service, error, exchange);
  Object.assign(encoded.headers, error.headers);
  send(exchange, encoded, progress.service?.meta.id === "s3");
  exchange.body.discard();
}

function send(exchange: Exchange, { status, headers, body }: WireResponse, s3: boolean): void {
  const { response, request } = exchange;
  if (s3) {
    headers["x-amz-id-2"] = hostId(exchange.requestId);
    headers["server"] = "AmazonS3";
  }
  if (body instanceof Readable) {
    stream(exchange, status, headers, body);
    return;
  }
  // HTTP forbids a length here, and HTTP/2 frames need none.
  const counted = status !== 204 && status !== 304 && request.httpVersionMajor < 2 && headers["content-length"] === undefined;
  if (counted && request.method !== "HEAD") headers["content-length"] = String(body === undefined ? 0 : Buffer.byteLength(body));
  response.writeHead(status, headers);
  if (body === undefined || request.method === "HEAD") response.end();
  else response.end(body);
}

function stream({ response, request }: Exchange, status: number, headers: Record<string, string>, body: Readable): void {
  response.writeHead(status, headers);
  if (request.method === "HEAD") {
    body.destroy();
    response.end();
    return;
  }
  body.on("error", () => response.destroy());
  response.on("close", () => body.destroy());
  body.pipe(response);
}
