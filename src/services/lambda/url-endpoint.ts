import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Cloud, Context } from "../../aws/context.ts";
import { AwsException } from "../../aws/exception.ts";
import type { Principal } from "../../aws/identity.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { type SentRequest, signerOf } from "../../aws/signed-request.ts";
import { parseTraceHeader } from "../../aws/tracing.ts";
import { execute } from "./execution.ts";
import { route } from "./invoke.ts";
import { functionArn, resolve } from "./names.ts";
import { policyText } from "./permissions.ts";
import type { UrlRecord } from "./records.ts";
import { getPart, selectUrl } from "./store.ts";
import { corsHeaders, isPreflight } from "./url-cors.ts";
import { answerOf, eventOf, type UrlRequest } from "./url-payload.ts";
import { UrlStream } from "./url-stream.ts";

const HOST = /^([a-z0-9]+)\.lambda-url\.[a-z0-9-]+\./;
const PATH = /^\/_lambda-url\/([a-z0-9]+)(\/.*)?$/;
const LARGEST_BODY = 6 * 1024 * 1024;
const FORBIDDEN =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/** Function URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export const functionUrls: HttpEndpoint = {
  name: "function urls",
  matches: (host, path) => HOST.test(host) || PATH.test(path),
  handle: async (cloud, request, response) => {
    const found = findUrl(cloud, request);
    if (found === undefined) return send(response, 404, { Message: null });
    const body = await readBody(request);
    if (body === undefined) return send(response, 413, { Message: "Request Entity Too Large" });
    await serve(cloud, { ...found, body }, request, response);
  },
};

interface Found {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly urlId: string;
  /** Path and query as the function sees them. */
  readonly target: string;
}

function findUrl(cloud: Cloud, request: IncomingMessage): Found | undefined {
  const url = request.url ?? "/";
  const byHost = HOST.exec(hostOf(request))?.[1];
  const [path = "/", ...query] = url.split("?");
  const [, byPath, rest = "/"] = PATH.exec(path) ?? [];
  const urlId = byHost ?? byPath;
  if (urlId === undefined) return undefined;
  const row = cloud.store.get(selectUrl, { url_id: urlId });
  if (row === undefined) return undefined;
  const target = byHost === undefined ? [rest, ...query].join("?") : url;
  return { ...row, qualifier: row.qualifier === "" ? undefined : row.qualifier, urlId, target };
}

function hostOf(request: IncomingMessage): string {
  const host = request.headers.host ?? request.headers[":authority"];
  return (typeof host === "string" ? host : "").toLowerCase();
}

async function serve(cloud: Cloud, found: Found & { body: Buffer }, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const anonymous: Principal = { type: "anonymous", account: found.account, arn: "*", userId: "*" };
  const requestId = randomUUID();
  const { generation } = cloud.store;
  const { account, region } = found;
  const trace = parseTraceHeader(request.headers["x-amzn-trace-id"]);
  const ctx = new Context(cloud, { account, region, principal: anonymous, requestId, generation, trace });
  const record = getPart(ctx, "url", found.name, found.qualifier ?? "");
  if (record === undefined) return send(response, 404, { Message: null });
  const cors = corsHeaders(record.cors, request.headers.origin);
  if (record.cors !== undefined && isPreflight(request)) {
    response.writeHead(200, { ...cors, "content-length": 0 }).end();
    return;
  }
  const principal = admit(ctx, found, record, request);
  if (principal === undefined) return send(response, 403, { Message: FORBIDDEN }, { "x-amzn-errortype": "AccessDeniedException" });
  const call: UrlRequest = {
    ...found,
    requestId,
    principal,
    method: request.method ?? "GET",
    headers: request.headers,
    host: hostOf(request),
    sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
    now: ctx.now,
  };
  const stream = record.invokeMode === "RESPONSE_STREAM" ? new UrlStream(response, { ...cors, "x-amzn-requestid": requestId }) : undefined;
  await invokeUrl(ctx.with({ principal }), call, response, { cors, stream });
}

interface Reply {
  readonly cors: Record<string, string>;
  readonly stream: UrlStream | undefined;
}

async function invokeUrl(ctx: Context, call: UrlRequest, response: ServerResponse, { cors, stream }: Reply): Promise<void> {
  const { name, qualifier } = call;
  const chunk = stream === undefined ? undefined : (data: Buffer, type: string): void => stream.write(data, type);
  try {
    const record = route(ctx, resolve(ctx, { name, qualifier }));
    const payload = Buffer.from(JSON.stringify(eventOf(call)));
    const { outcome } = await execute(ctx, { record, qualifier, payload, requestId: call.requestId, chunk });
    if (stream?.hasBegun) return endStream(response, outcome.status === "success");
    const answer = outcome.status === "success" ? answerOf(outcome.payload) : undefined;
    if (answer === undefined) return send(response, 502, "Internal Server Error", cors);
    response.writeHead(answer.status, {
      ...answer.headers,
      ...cors,
      "x-amzn-requestid": call.requestId,
      "content-length": answer.body.length,
    });
    response.end(call.method === "HEAD" ? undefined : answer.body);
  } catch (error) {
    if (!(error instanceof AwsException)) throw error;
    send(response, error.code === "TooManyRequestsException" ? 429 : 502, { Message: error.message }, cors);
  }
}

/** A failure in the middle can only be told by breaking off. */
function endStream(response: ServerResponse, isWhole: boolean): void {
  if (isWhole) response.end();
  else response.destroy();
}

function sentRequest(request: IncomingMessage, body: Buffer): SentRequest {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const header = (name: string): string | undefined => {
    const value = name === "host" ? hostOf(request) : request.headers[name];
    return Array.isArray(value) ? value.join(",") : value;
  };
  return {
    method: request.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? [] : [...new URLSearchParams(url.slice(mark + 1))],
    body,
    header,
  };
}

/** Who calls, when they may: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
function admit(ctx: Context, found: Found & { body: Buffer }, record: UrlRecord, request: IncomingMessage): Principal | undefined {
  if (record.authType === "AWS_IAM") return signerOf(ctx.cloud, "lambda", sentRequest(request, found.body))?.key.principal;
  const policy = getPart(ctx, "policy", found.name, found.qualifier ?? "");
  if (policy === undefined) return undefined;
  const judgement = ctx.cloud.identity.judge(policyText(policy), {
    principal: ctx.principal,
    action: "lambda:InvokeFunctionUrl",
    resource: functionArn(ctx, found.name, found.qualifier),
    conditions: { "lambda:FunctionUrlAuthType": ["NONE"] },
  });
  return judgement === "allow" || judgement === "delegate" ? ctx.principal : undefined;
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
