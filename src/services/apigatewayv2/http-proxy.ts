import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Answer, gatewayAnswer, type RoutedCall } from "./call.ts";
import type { IntegrationBody } from "./parts.ts";
import { forwardedHeaders } from "./payload.ts";

const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"]);
const MOST_ANSWER = 10 * 1024 * 1024;

/** The integration's URI with the path variables and stage variables filled in. */
function targetUrl(call: RoutedCall & { readonly newPath?: string }, uri: string): URL {
  const filled = uri
    .replace(/\$\{stageVariables\.([^}]+)\}/g, (_, name: string) => call.live.stage.StageVariables?.[name] ?? "")
    .replace(/\{([\w.:-]+)\+?\}/g, (_, name: string) => encodePath(call.pathParameters[name] ?? ""));
  const url = new URL(filled);
  if (call.newPath !== undefined) url.pathname = encodePath(call.newPath);
  // The $default route passes the whole path on. http-api-develop-routes.html
  else if (call.route.body.RouteKey === "$default") url.pathname = url.pathname.replace(/\/$/, "") + encodePath(call.path);
  if (call.rawQuery !== "") url.search = url.search === "" ? `?${call.rawQuery}` : `${url.search}&${call.rawQuery}`;
  return url;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Passes the request on and its answer back. */
export async function proxyHttp(
  call: RoutedCall & { readonly newPath?: string },
  integration: IntegrationBody,
  signal: AbortSignal,
): Promise<Answer> {
  const url = targetUrl(call, integration.IntegrationUri ?? "");
  const wanted = integration.IntegrationMethod ?? "ANY";
  const headers: Record<string, string | string[]> = {};
  for (const [name, values] of forwardedHeaders(call))
    if (!/^(host|x-forwarded-.*)$/.test(name)) headers[name] = values.length === 1 ? (values[0] ?? "") : [...values];
  headers["host"] = url.host;
  headers["forwarded"] = `by=${call.sourceIp};for=${call.sourceIp};host=${call.domainName};proto=${call.scheme}`;
  headers["content-length"] = String(call.body.length);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const make = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = make(url, { method: wanted === "ANY" ? call.method : wanted, headers, signal }, resolve);
    request.on("error", reject);
    request.end(call.body);
  });
  const body = await readAll(response);
  if (body === undefined)
    return gatewayAnswer(500, "Internal Server Error", "INTEGRATION_FAILURE", { error: "the answer is larger than 10 MB" });
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i] ?? "";
    if (!HOP_BY_HOP.has(name.toLowerCase()) && name.toLowerCase() !== "content-length")
      pairs.push([name, response.rawHeaders[i + 1] ?? ""]);
  }
  return { status: response.statusCode ?? 500, headers: pairs, body };
}

async function readAll(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MOST_ANSWER) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
