import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf, OrreryError } from "../kernel/errors.ts";
import type { Body } from "./body.ts";

/** The requests of a load are the largest that is sent here. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * A page of another site can make a browser send requests here. It cannot fake `Origin`, nor reach us under another
 * name than its own without it showing in `Host`.
 */
export function isForeign(request: IncomingMessage): boolean {
  const host = (request.headers.host ?? "localhost").replace(/:\d+$/, "");
  if (!/^(localhost|127\.0\.0\.1|\[::1\]|.+\.localhost)$/.test(host) && !isIpAddress(host)) return true;
  const { origin } = request.headers;
  return origin !== undefined && origin.replace(/^https?:\/\//, "") !== request.headers.host;
}

function isIpAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.startsWith("[");
}

/** A body's JSON object; `{}` for none. @throws OrreryError UsageError */
export async function readJson(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new OrreryError("UsageError", `the request body is over ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return typeof body === "object" && body !== null ? (body as Body) : {};
  } catch (error) {
    throw new OrreryError("UsageError", `the request body is not JSON: ${messageOf(error)}`);
  }
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}
