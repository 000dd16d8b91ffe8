import type { IncomingMessage, ServerResponse } from "node:http";
import { type Cloud, Context } from "../aws/context.ts";
import { AwsException, notImplemented } from "../aws/exception.ts";
import type { AnyService, HttpEndpoint } from "../aws/service.ts";
import { messageOf, OrreryError } from "../kernel/errors.ts";
import type { Values } from "../models/schema.ts";
import { type ClaimedCredential, credentialOf } from "./credential.ts";
import type { Dispatcher } from "./dispatch.ts";
import { Exchange } from "./exchange.ts";
import { audit } from "./handlers/authorise.ts";
import { bodyLimitOf, decode } from "./handlers/decode.ts";
import { encode, encodeError } from "./handlers/encode.ts";
import { type Caller, identify } from "./handlers/identify.ts";
import { type Routed, type RouteProgress, route } from "./handlers/route.ts";
import { validate } from "./handlers/validate.ts";
import { Listener } from "./listener.ts";
import { type Answered, Meter } from "./meter.ts";
import { otlpEndpoint } from "./otlp/endpoint.ts";
import { Hold, HttpRequestInfo } from "./request-info.ts";
import { beginCall, type TracedCall } from "./traced-call.ts";
import { watchInput } from "./watch-input.ts";

/** HTTP of the product's own, asked before everything else. It does not count as work in flight. */
export type ExtraEndpoint = HttpEndpoint;

export interface GatewayOptions {
  /** Requests that come before it wait. */
  readonly ready: Promise<void>;
  readonly cloud: Cloud;
  readonly services: readonly AnyService[];
  readonly dispatcher: Dispatcher;
  readonly auth: "on" | "off";
  readonly authorisation: "off" | "audit";
  /** Fails requests that carry an input member which their handler did not read. */
  readonly strict?: boolean;
  readonly endpoints?: readonly ExtraEndpoint[];
}

export interface Gateway {
  /** Port 0 takes any. @throws OrreryError PortInUse */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  close(): Promise<void>;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export function createGateway(options: GatewayOptions): Gateway {
  const app = new App(options);
  const listener = new Listener(options.cloud, (request, response, expectsContinue) => app.handle(request, response, expectsContinue));
  return {
    listen: (port, host) => listener.listen(port, host),
    close: () => {
      app.close();
      return listener.close();
    },
    handle: (request, response) => app.handle(request, response, false),
  };
}

class App {
  readonly #options: GatewayOptions;
  readonly #services: ReadonlyMap<string, AnyService>;
  readonly #endpoints: readonly HttpEndpoint[];
  readonly #meter: Meter;
  #isReady = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#meter = new Meter(options.cloud);
    void options.ready.then(() => {
      this.#isReady = true;
    });
    this.#services = new Map(options.services.map((service) => [service.id, service]));
    this.#endpoints = [...options.services.flatMap((service) => service.endpoints ?? []), otlpEndpoint];
  }

  close(): void {
    this.#meter.close();
  }

  handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const trace = (): Promise<void> => this.#trace(request, response, expectsContinue);
    const answered = this.#isReady ? trace() : this.#options.ready.then(trace);
    answered.catch((error: unknown) => {
      // Each stage answers for itself; what comes here would otherwise end the server.
      this.#options.cloud.log.error("a request could not be answered", { url: request.url, reason: stackOf(error) });
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  }

  /** Every request is work in flight until its answer is out, its client has gone, or its handler waits for something. */
  async #trace(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const exchange = new Exchange(request, response, expectsContinue);
    const own = this.#options.endpoints?.find((endpoint) => endpoint.matches(exchange.hostName, exchange.path, request));
    if (own !== undefined) {
      await this.#endpoint(exchange, own);
      return;
    }
    const { clock } = this.#options.cloud;
    const hold = new Hold((label) => clock.busy(label), `${exchange.method} ${exchange.path}`);
    response.once("close", () => {
      hold.end();
      exchange.body.discard();
    });
    const endpoint = this.#endpoints.find((candidate) => candidate.matches(exchange.hostName, exchange.path, request));
    if (endpoint !== undefined) await this.#endpoint(exchange, endpoint);
    else await this.#operation(exchange, hold);
  }

  async #endpoint(exchange: Exchange, endpoint: HttpEndpoint): Promise<void> {
    exchange.body.accept();
    try {
      await endpoint.handle(this.#options.cloud, exchange.request, exchange.response);
    } catch (error) {
      this.#options.cloud.log.error("an endpoint failed", { endpoint: endpoint.name, path: exchange.path, reason: stackOf(error) });
      if (!exchange.response.headersSent) exchange.response.writeHead(500, { "content-type": "application/json" });
      exchange.response.end('{"message":"Internal Server Error"}');
    }
  }

  /** The chain. Each stage throws an AwsException to end it. */
  async #operation(exchange: Exchange, hold: Hold): Promise<void> {
    const { cloud, auth, authorisation, dispatcher, strict } = this.#options;
    const progress: RouteProgress = { protocolName: "restXml", service: undefined };
    const { generation } = cloud.store;
    const mark = cloud.store.mark();
    const began = cloud.clock.measure();
    let place: Pick<Answered, "account" | "region"> | undefined;
    let tracedCall: TracedCall | undefined;
    try {
      const claimed: ClaimedCredential = credentialOf(exchange);
      const target = await route(exchange, claimed, progress);
      exchange.body.limit = bodyLimitOf(target.service.meta.id);
      const caller = await identify({ cloud, auth }, exchange, claimed, target);
      place = caller;
      if (!dispatcher.handles(target.service.meta.id, target.operation.name)) throw refusal(target);
      const input = await decode(exchange, target);
      validate(target.service, target.operation, input);
      const ctx = this.#context(exchange, caller, hold, generation);
      if (authorisation === "audit") audit(ctx, this.#services.get(target.service.meta.id), target, input);
      if (cloud.faults.active.length > 0) await strike(ctx, target);
      const watch = strict ? watchInput(input) : undefined;
      tracedCall = beginCall(ctx, target, input);
      const within = tracedCall === undefined ? ctx : ctx.with({ trace: tracedCall.onward });
      const output = await dispatcher.invoke(within, target.service.meta.id, target.operation.name, watch?.input ?? input);
      if (watch !== undefined) this.#refuseUnread(exchange, target, watch.unread());
      // An answer is an acknowledgement: what it tells of must survive a kill -9.
      const committed = cloud.store.committed(mark);
      if (committed !== undefined) await committed;
      if (target.operation.eventStream !== undefined) hold.end();
      await encode(exchange, target, (output ?? {}) as Values);
    } catch (error) {
      encodeError(exchange, progress, this.#asException(exchange, progress, error));
    }
    tracedCall?.end(exchange.response.statusCode);
    const service = progress.service?.meta.id;
    if (place === undefined || service === undefined) return;
    const latency = cloud.clock.measure() - began;
    this.#meter.record({ account: place.account, region: place.region, service, status: exchange.response.statusCode, latency });
  }

  /** Strict mode: what a handler did not look at, it cannot have done. */
  #refuseUnread(exchange: Exchange, target: Routed, unread: readonly string[]): void {
    if (unread.length === 0) return;
    const members = unread.join(", ");
    const service = target.service.meta.id;
    const operation = target.operation.name;
    exchange.response.setHeader("x-orrery-ignored", members);
    this.#options.cloud.log.warn("input members were not read", { service, operation, members });
    throw notImplemented(service, operation, members);
  }

  #context(exchange: Exchange, caller: Caller, hold: Hold, generation: number): Context {
    return new Context(this.#options.cloud, {
      account: caller.account,
      region: caller.region,
      principal: caller.principal,
      requestId: exchange.requestId,
      generation,
      request: new HttpRequestInfo(exchange, caller.accessKeyId, hold),
    });
  }

  #asException(exchange: Exchange, progress: RouteProgress, error: unknown): AwsException {
    if (error instanceof AwsException) return error;
    if (error instanceof OrreryError && error.code === "StateReplaced")
      return new AwsException("ServiceUnavailable", error.message, { status: 503, cause: error });
    const service = progress.service?.meta.id;
    this.#options.cloud.log.error("a request failed", { service, method: exchange.method, path: exchange.path, reason: stackOf(error) });
    const code = service === "s3" ? "InternalError" : "InternalFailure";
    return new AwsException(code, `Orrery failed: ${messageOf(error)}`, { status: 500, cause: error });
  }
}

/** What a drill injects into the calls of clients; what services ask of each other is spared. */
async function strike(ctx: Context, { service, operation }: Routed): Promise<void> {
  const { faults, clock } = ctx.cloud;
  const fault = faults.strike("api", { service: service.meta.id, operation: operation.name, principal: ctx.principal.arn });
  if (fault?.delayMs !== undefined) await clock.wallPause(fault.delayMs);
  if (fault?.error !== undefined) throw new AwsException(fault.error.code, fault.error.message, { status: fault.error.status });
}

function refusal(target: Routed): AwsException {
  return notImplemented(target.service.meta.id, target.operation.name);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
