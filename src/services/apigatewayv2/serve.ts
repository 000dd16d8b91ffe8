import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Cloud } from "../../aws/context.ts";
import { recordServed } from "../../aws/golden-signals.ts";
import { type MetricPoint, putMetrics } from "../../aws/metrics.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { logAccess } from "./access-log.ts";
import { authorize } from "./authorize.ts";
import { type Answer, type Call, gatewayAnswer, header, type RoutedCall } from "./call.ts";
import { preflightHeaders, withCors } from "./cors.ts";
import { integrate } from "./integrate.ts";
import { gatewayContext, type LiveRoute, type LiveStage, liveStage } from "./live.ts";
import type { RouteMatch } from "./routing.ts";
import { admit } from "./throttle.ts";
import { beginTrace, endTrace, servedPlace } from "./trace.ts";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_BODY = 10 * 1024 * 1024;

const HOST = /^([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.(localhost|amazonaws\.com)$/;
const PATH = /^\/_apigw\/([a-z0-9]{10})(\/.*)?$/;

/**
 * Requests of an API's own clients, by host `<api>.execute-api.<region>.localhost` (or `.amazonaws.com`), or by path
 * `/_apigw/<api>/…`. What follows is the same: a stage's name or nothing for `$default`, then the path.
 */
export const executeApi: HttpEndpoint = {
  name: "execute-api",
  matches: (host, path) => path.startsWith("/_apigw/") || host.includes(".execute-api."),
  handle: serve,
};

interface Address {
  readonly apiId: string;
  /** Percent-encoded, without the path form's prefix. */
  readonly path: string;
  readonly rawQuery: string;
  readonly domainName: string;
}

function addressOf(request: IncomingMessage): Address | undefined {
  const [target = "/", rawQuery = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const host = (request.headers.host ?? String(request.headers[":authority"] ?? "")).replace(/:\d+$/, "").toLowerCase();
  const byHost = HOST.exec(host)?.[1];
  if (byHost !== undefined) return { apiId: byHost, path: target, rawQuery, domainName: host };
  const [, apiId, path = "/"] = PATH.exec(target) ?? [];
  return apiId === undefined ? undefined : { apiId, path, rawQuery, domainName: host };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The first segment when it names a stage, else `$default`. http-api-develop-routes.html#http-api-develop-routes.evaluation */
function stageOf(cloud: Cloud, { apiId, path }: Address): { readonly live: LiveStage; readonly rest: string } | undefined {
  const [, first = "", rest = ""] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
  const named = first === "" || first === "$default" ? undefined : liveStage(cloud, apiId, decode(first));
  if (named !== undefined) return { live: named, rest: rest === "" ? "/" : rest };
  const live = liveStage(cloud, apiId, "$default");
  return live === undefined ? undefined : { live, rest: path };
}

async function serve(cloud: Cloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = cloud.clock.measure();
  const address = addressOf(request);
  const found = address === undefined ? undefined : stageOf(cloud, address);
  if (address === undefined || found === undefined || found.live.api.DisableExecuteApiEndpoint === true) {
    request.resume();
    write(response, gatewayAnswer(404, "Not Found", "NOT_FOUND"), undefined);
    return;
  }
  const body = await readBody(request);
  const { live, rest } = found;
  const call = callOf({ cloud, request, address, live, rest, body: body ?? Buffer.alloc(0) });
  const finished: { call: Call | RoutedCall } = { call };
  const answer =
    body === undefined ? gatewayAnswer(413, "Request Entity Too Large", "REQUEST_TOO_LARGE") : await answerCall(call, finished);
  const { CorsConfiguration: cors } = live.api;
  const headers = cors === undefined || isPreflight(call) ? answer.headers : withCors(cors, header(call, "origin"), answer.headers);
  write(response, { ...answer, headers }, call);
  report(finished.call, answer, cloud.clock.measure() - started);
}

/** From the request to the answer; `progress.call` is left as far as it came, for log and metrics. */
async function answerCall(call: Call, progress: { call: Call | RoutedCall }): Promise<Answer> {
  const match = call.live.router.match(call.method, call.path);
  const preflight = preflightAnswer(call, match?.route);
  if (preflight !== undefined) return preflight;
  if (match === undefined) return gatewayAnswer(404, "Not Found", "NOT_FOUND");
  const matched = withMatch(call, match);
  progress.call = { ...matched, authorization: { kind: "none" } };
  if (!admit(call.ctx.cloud, call.live, match.route.body.RouteKey ?? "")) return gatewayAnswer(429, "Too Many Requests", "THROTTLED");
  const verdict = await authorize(matched);
  if ("refused" in verdict) return verdict.refused;
  const routed: RoutedCall = { ...matched, authorization: verdict.granted };
  progress.call = routed;
  return await integrate(routed);
}

function withMatch(call: Call, match: RouteMatch<LiveRoute>) {
  return { ...call, route: match.route, pathParameters: match.pathParameters };
}

function isPreflight(call: Call): boolean {
  return call.method === "OPTIONS" && header(call, "origin") !== undefined && header(call, "access-control-request-method") !== undefined;
}

/**
 * API Gateway answers preflights of an API with a CORS configuration by itself, save where the API has an OPTIONS route for
 * the path, or where its `$default` route wants an authorizer. http-api-cors.html
 */
function preflightAnswer(call: Call, route: LiveRoute | undefined): Answer | undefined {
  const { CorsConfiguration: cors } = call.live.api;
  if (cors === undefined || !isPreflight(call)) return undefined;
  const { RouteKey = "", AuthorizationType = "NONE" } = route?.body ?? {};
  if (RouteKey.startsWith("OPTIONS ") || (RouteKey === "$default" && AuthorizationType !== "NONE")) return undefined;
  const method = header(call, "access-control-request-method") ?? "";
  const headers = preflightHeaders(cors, header(call, "origin") ?? "", method, header(call, "access-control-request-headers"));
  return { status: 204, headers, body: Buffer.alloc(0) };
}

interface CallParts {
  readonly cloud: Cloud;
  readonly request: IncomingMessage;
  readonly address: Address;
  readonly live: LiveStage;
  /** The path without the stage, percent-encoded. */
  readonly rest: string;
  readonly body: Buffer;
}

function callOf({ cloud, request, address, live, rest, body }: CallParts): Call {
  const headers = new Map<string, string[]>();
  const { rawHeaders } = request;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    if (name.startsWith(":")) continue;
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[i + 1] ?? ""]);
  }
  // HTTP/2 has the host in its :authority.
  if (!headers.has("host")) headers.set("host", [address.domainName]);
  // Not from the seeded ids: how many requests arrive is the clients' business.
  const requestId = `${randomBytes(11).toString("base64url")}=`;
  const method = request.method ?? "GET";
  const path = decode(rest);
  const own = gatewayContext(cloud, live, requestId);
  const trace = beginTrace(own, live, { header: headers.get("x-amzn-trace-id")?.[0], host: address.domainName, method, path });
  return {
    ctx: own.with({ trace: trace.onward }),
    trace,
    live,
    method,
    path,
    rawPath: live.name === "$default" ? path : `/${live.name}${path}`,
    wirePath: (request.url ?? "/").replace(/\?.*$/s, ""),
    rawQuery: address.rawQuery,
    query: [...new URLSearchParams(address.rawQuery)],
    headers,
    body,
    sourceIp: (request.socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, ""),
    scheme: (request.socket as Partial<TLSSocket>).encrypted === true ? "https" : "http",
    protocol: "HTTP/1.1",
    domainName: address.domainName,
    requestId,
    time: cloud.clock.now(),
  };
}

/** Undefined when there is more than API Gateway takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size <= MOST_BODY) chunks.push(bytes);
  }
  return size > MOST_BODY ? undefined : Buffer.concat(chunks);
}

function write(response: ServerResponse, answer: Answer, call: Call | undefined): void {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of answer.headers) {
    const key = name.toLowerCase();
    grouped.set(key, [...(grouped.get(key) ?? []), value]);
  }
  response.statusCode = answer.status;
  for (const [name, values] of grouped) response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
  if (call !== undefined) response.setHeader("apigw-requestid", call.requestId);
  if (answer.status !== 204 && answer.status !== 304) response.setHeader("content-length", answer.body.length);
  response.end(call?.method === "HEAD" ? undefined : answer.body);
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
function report(call: Call | RoutedCall, answer: Answer, latency: number): void {
  const { live } = call;
  const dataProcessed = call.body.length + answer.body.length;
  logAccess(call, { answer, latency, dataProcessed });
  endTrace(call, answer);
  const outcome = answer.status >= 500 ? "fault" : answer.status >= 400 ? "error" : "ok";
  recordServed(call.ctx, { service: live.apiId, outcome, latency, place: servedPlace(call) });
  const api = { ApiId: live.apiId };
  const sets: Record<string, string>[] = [api, { ...api, Stage: live.name }];
  const routeKey = "route" in call ? (call.route.body.RouteKey ?? "") : "";
  const settings = { ...live.stage.DefaultRouteSettings, ...live.stage.RouteSettings?.[routeKey] };
  if (settings.DetailedMetricsEnabled === true && routeKey !== "") {
    const [Method = "", Resource = Method] = routeKey.split(" ");
    sets.push({ ...api, Stage: live.name, Method, Resource });
  }
  const values: Omit<MetricPoint, "dimensions">[] = [
    { name: "Count", value: 1, unit: "Count" },
    { name: "4xx", value: answer.status >= 400 && answer.status < 500 ? 1 : 0, unit: "Count" },
    { name: "5xx", value: answer.status >= 500 ? 1 : 0, unit: "Count" },
    { name: "Latency", value: Math.round(latency), unit: "Milliseconds" },
    { name: "DataProcessed", value: dataProcessed, unit: "Bytes" },
  ];
  if (answer.integration !== undefined)
    values.push({ name: "IntegrationLatency", value: Math.round(answer.integration.latency), unit: "Milliseconds" });
  putMetrics(
    call.ctx,
    "AWS/ApiGateway",
    sets.flatMap((dimensions) => values.map((value) => ({ ...value, dimensions }))),
  );
}
