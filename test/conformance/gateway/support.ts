import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../../../src/aws/context.ts";
import type { Identity } from "../../../src/aws/identity.ts";
import type { AnyService } from "../../../src/aws/service.ts";
import { sign } from "../../../src/aws/sigv4.ts";
import { compose, type Orrery, type OrreryOptions } from "../../../src/compose.ts";
import { serviceMetas } from "../../../src/models/services.ts";

export type Handler = (input: Record<string, unknown>, ctx: Context) => unknown;

/** A service whose operations are given by the test; the others are declared not implemented. */
export function serviceOf(id: string, handlers: Readonly<Record<string, Handler>>, more: Partial<AnyService> = {}): AnyService {
  const notImplemented = (serviceMetas()[id]?.operations ?? []).filter((name) => handlers[name] === undefined);
  return { id, operations: handlers as AnyService["operations"], notImplemented, ...more };
}

export interface TestGateway extends Orrery {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly clientConfig: object;
}

/** The gateway alone, before services that the test makes. */
export async function startGateway(services: readonly AnyService[], options: Partial<OrreryOptions> = {}): Promise<TestGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-gateway-"));
  const orrery = await compose(
    services,
    { port: 0, clockMode: { mode: "hold" }, logLevel: "error", logWrite: () => undefined, ...options, dataDir },
    () => [],
  );
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return Object.assign(Object.create(orrery) as Orrery, {
    cloud: orrery.cloud,
    snapshots: orrery.snapshots,
    reset: () => orrery.reset(),
    credentials,
    clientConfig: { endpoint: orrery.endpoint, region: "us-east-1", credentials, maxAttempts: 1 },
    stop: async () => {
      await orrery.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  });
}

/** An identity that knows the keys given, for tests of what the gateway does with them. */
export function identityOf(identity: Partial<Identity>): Partial<AnyService> {
  const nobody = { find: () => undefined, judge: () => "none", decide: () => ({ allowed: true, reason: "" }) };
  return { identity: () => ({ ...nobody, ...identity }) as Identity };
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly service: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent in place of the body that was signed. */
  readonly sentBody?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly region?: string;
  /** Wall-clock ms. */
  readonly now?: number;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A request that is signed here and sent by Node's own fetch. */
export async function send(gateway: Orrery, request: RawRequest): Promise<RawResponse> {
  const url = `${gateway.endpoint}${request.path ?? "/"}`;
  const method = request.method ?? "POST";
  const body = request.body ?? "";
  const { accessKeyId = "test", secretAccessKey = "test", sessionToken } = request;
  const headers = sign({
    method,
    url,
    headers: request.headers ?? {},
    body,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    region: request.region ?? "us-east-1",
    service: request.service,
    now: request.now ?? gateway.cloud.clock.wall(),
  });
  const { host: _host, ...sent } = headers;
  const hasBody = method !== "GET" && method !== "HEAD";
  const response = await fetch(url, { method, headers: sent, ...(hasBody ? { body: (request.sentBody ?? body) as string } : {}) });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends bytes as they are and gives back all that comes until the server closes or `until` is seen. */
export function exchangeBytes(gateway: Orrery, bytes: string | Uint8Array, until: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, "127.0.0.1", () => socket.write(bytes));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      if (!got.includes(until)) return;
      socket.destroy();
      resolve(got);
    });
    socket.on("end", () => resolve(got));
    socket.on("error", reject);
  });
}
