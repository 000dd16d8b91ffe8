import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type Cloud, Context } from "../../../aws/context.ts";
import { servicePrincipal } from "../../../aws/identity.ts";
import type { HttpEndpoint } from "../../../aws/service.ts";
import { fromBitbucket } from "./bitbucket.ts";
import { withContent } from "./content.ts";
import { ignored, Payload, type Received } from "./delivery.ts";
import { wantsContent } from "./filters.ts";
import { fromGitHub } from "./github.ts";
import { fromGitLab } from "./gitlab.ts";
import { type WebhookRow, webhooks } from "./store.ts";
import { approve, receive, targetOf } from "./trigger.ts";
import { WEBHOOK_PATH } from "./webhooks.ts";

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads: GitHub's own limit of a delivery. */
const LARGEST_BODY = 25 * 1024 * 1024;
const STATUS = { ok: 200, malformed: 400, forbidden: 403, unknown: 404, method: 405, large: 413 };

/** The payload URL of webhooks, which source hosts call. */
export const webhookPayloads: HttpEndpoint = {
  name: "build webhooks",
  matches: (_host, path) => path === WEBHOOK_PATH,
  handle: async (cloud, request, response) => {
    const body = await readBody(request);
    const token = new URL(request.url ?? "", "http://localhost").searchParams.get("t") ?? "";
    const row = cloud.store.get(webhooks.byToken, { token });
    if (row === undefined) return send(response, STATUS.unknown, "no project has this webhook");
    if (request.method !== "POST") return send(response, STATUS.method, "webhooks are posted");
    if (body === undefined) return send(response, STATUS.large, "the delivery is too large");
    if (!isGenuine(request.headers, body, row.secret)) return send(response, STATUS.forbidden, "the signature does not match the secret");
    const payload = parsed(request.headers, body);
    if (payload === undefined) return send(response, STATUS.malformed, "the body is no JSON");
    const mark = cloud.store.mark();
    const answer = await handle(cloud, row, received(request.headers, payload), request.headers["user-agent"] ?? "webhook");
    // A host does not deliver again what was answered.
    await cloud.store.committed(mark);
    send(response, STATUS.ok, answer);
  },
};

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY) chunks.push(chunk);
  }
  return size > LARGEST_BODY ? undefined : Buffer.concat(chunks);
}

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
};

/**
 * GitHub signs with the secret, GitLab sends it, Bitbucket has none: there the URL is what nobody else knows.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
function isGenuine(headers: IncomingHttpHeaders, body: Buffer, secret: string): boolean {
  if (header(headers, "x-event-key") !== undefined) return true;
  if (header(headers, "x-gitlab-event") !== undefined) return areEqual(header(headers, "x-gitlab-token") ?? "", secret);
  const long = header(headers, "x-hub-signature-256");
  const algorithm = long === undefined ? "sha1" : "sha256";
  const wanted = `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
  return areEqual(long ?? header(headers, "x-hub-signature") ?? "", wanted);
}

function areEqual(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** GitHub may send JSON as a form too. */
function parsed(headers: IncomingHttpHeaders, body: Buffer): Payload | undefined {
  const isForm = header(headers, "content-type")?.startsWith("application/x-www-form-urlencoded") === true;
  const text = body.toString("utf8");
  try {
    return new Payload(JSON.parse(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text));
  } catch {
    return undefined;
  }
}

function received(headers: IncomingHttpHeaders, payload: Payload): Received {
  const [github, gitlab, bitbucket] = ["x-github-event", "x-gitlab-event", "x-event-key"].map((name) => header(headers, name));
  if (github !== undefined) return fromGitHub(github, payload);
  if (gitlab !== undefined) return fromGitLab(gitlab, payload);
  return bitbucket === undefined ? ignored("no header tells which event it is") : fromBitbucket(bitbucket, payload);
}

async function handle(
  cloud: Cloud,
  row: WebhookRow,
  { deliveries, approval, ignored: nothing }: Received,
  initiator: string,
): Promise<string> {
  const { account, region } = row;
  const principal = servicePrincipal(account, "codebuild.amazonaws.com");
  const ctx = new Context(cloud, { account, region, principal, generation: cloud.store.generation });
  const target = targetOf(ctx, row);
  if (target === undefined) return "the project is gone";
  if (approval !== undefined) return ctx.tx(() => approve(ctx, target, approval, { initiator }));
  const whys: string[] = [];
  for (const delivery of deliveries) {
    const full = wantsContent(target.settings, delivery) ? await withContent(ctx, target.source, delivery) : delivery;
    whys.push(ctx.tx(() => receive(ctx, target, full, { initiator })));
  }
  return nothing ?? whys.join("; ");
}

function send(response: ServerResponse, status: number, message: string): void {
  const text = JSON.stringify({ message });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
