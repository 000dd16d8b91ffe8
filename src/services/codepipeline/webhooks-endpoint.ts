import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { WebhookDefinition } from "@aws-sdk/client-codepipeline";
import { type Cloud, Context } from "../../aws/context.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import type { HttpEndpoint } from "../../aws/service.ts";
import { findDeclaration } from "./engine/live.ts";
import { selectPipeline } from "./store.ts";
import { startFor } from "./triggers.ts";
import { webhookArn } from "./webhooks.ts";
import { isInRange } from "./webhooks-ip.ts";
import { valuesAt } from "./webhooks-json-path.ts";
import { markTriggered, selectWebhookByPath, type WebhookRow } from "./webhooks-store.ts";

const PATH = /^\/_webhook\/([a-z0-9]+)$/;
const LARGEST_BODY = 1024 * 1024;

/** What source hosts call when something was pushed: the URL that PutWebhook answers. */
export const webhookUrls: HttpEndpoint = {
  name: "pipeline webhooks",
  matches: (_host, path) => PATH.test(path),
  handle: async (cloud, request, response) => {
    const body = await readBody(request);
    const [, path = ""] = PATH.exec((request.url ?? "").split("?")[0] ?? "") ?? [];
    const row = cloud.store.get(selectWebhookByPath, { path });
    if (row === undefined || body === undefined) return send(response, row === undefined ? 404 : 413);
    if (request.method !== "POST") return send(response, 405);
    const definition = JSON.parse(row.definition) as WebhookDefinition;
    const refusal = refusalOf(definition, request, body);
    if (refusal !== undefined) return send(response, 403, refusal);
    send(response, 200, receive(cloud, row, definition, body));
  },
};

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

function refusalOf(definition: WebhookDefinition, request: IncomingMessage, body: Buffer): string | undefined {
  const { SecretToken: secret = "", AllowedIPRange: range = "" } = definition.authenticationConfiguration ?? {};
  if (definition.authentication === "IP") {
    const address = request.socket.remoteAddress ?? "";
    return isInRange(address, range) ? undefined : `${address} is not within the allowed range`;
  }
  if (definition.authentication !== "GITHUB_HMAC") return undefined;
  return isSigned(request, body, secret) ? undefined : "the signature does not match";
}

/** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
function isSigned({ headers }: IncomingMessage, body: Buffer, secret: string): boolean {
  const long = headers["x-hub-signature-256"];
  const given = String(long ?? headers["x-hub-signature"] ?? "");
  const algorithm = long === undefined ? "sha1" : "sha256";
  const wanted = Buffer.from(`${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`);
  const actual = Buffer.from(given);
  return actual.length === wanted.length && timingSafeEqual(actual, wanted);
}

/** Looks at the filters and starts the pipeline; what was decided is the answer. */
function receive(cloud: Cloud, row: WebhookRow, definition: WebhookDefinition, body: Buffer): string {
  const principal = servicePrincipal(row.account, "codepipeline.amazonaws.com");
  const ctx = new Context(cloud, { account: row.account, region: row.region, principal, generation: cloud.store.generation });
  const { targetPipeline = "", targetAction = "", name = "" } = definition;
  const unmet = unmetFilter(definition, parsed(body), configurationOf(ctx, targetPipeline, targetAction));
  const rule =
    unmet === undefined ? `the request passes the filters of the webhook ${name}` : `the request does not pass the filter ${unmet}`;
  ctx.tx(() => {
    const resources = [webhookArn(ctx, name), ctx.arn("codepipeline", targetPipeline)];
    const detail = { webhook: name, pipeline: targetPipeline, accepted: unmet === undefined };
    const cause = ctx.emit({ source: "aws.codepipeline", type: "Webhook called", resources, detail, rule });
    if (unmet !== undefined) return;
    ctx.run(markTriggered, { name, triggered: ctx.now });
    startFor(ctx.with({ cause }), { pipelineName: targetPipeline, trigger: { type: "Webhook", detail: webhookArn(ctx, name) }, rule });
  });
  return rule;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function configurationOf(ctx: Context, pipeline: string, action: string): Readonly<Record<string, string>> {
  const row = ctx.get(selectPipeline, { name: pipeline });
  const stages = row === undefined ? [] : (findDeclaration(ctx, row.name, row.version)?.stages ?? []);
  return stages[0]?.actions.find((one) => one.name === action)?.configuration ?? {};
}

/** The first filter that a body does not pass; `{Branch}` in what it must equal is the action's configuration. */
function unmetFilter(
  { filters = [] }: Pick<WebhookDefinition, "filters">,
  body: unknown,
  configuration: Readonly<Record<string, string>>,
): string | undefined {
  for (const { jsonPath = "", matchEquals } of filters) {
    const values = valuesAt(body, jsonPath);
    const wanted = matchEquals?.replace(/\{(\w+)\}/g, (whole, key: string) => configuration[key] ?? whole);
    const isMet = wanted === undefined ? values.length > 0 : values.some((value) => String(value) === wanted);
    if (!isMet) return wanted === undefined ? jsonPath : `${jsonPath} = ${wanted}`;
  }
  return undefined;
}

function send(response: ServerResponse, status: number, message = ""): void {
  const text = JSON.stringify(message === "" ? {} : { message });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
