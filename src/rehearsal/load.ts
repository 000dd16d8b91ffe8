import { Agent, type IncomingMessage, request } from "node:http";
import type { Clock } from "../kernel/clock.ts";
import { OrreryError } from "../kernel/errors.ts";
import { Ids } from "../kernel/ids.ts";
import { type Answered, Tally } from "./tally.ts";

/** One kind of request; `weight` is its share among the others. */
export interface LoadRequest {
  readonly method: string;
  /** Added to the URL of the load. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly weight: number;
}

export interface LoadSpec {
  readonly url: string;
  /** Requests per virtual second. */
  readonly rate: number;
  /** Virtual ms; without it the load goes on until it is stopped. */
  readonly durationMs?: number;
  readonly requests: readonly LoadRequest[];
  readonly seed: string;
  /** The response header in which the target says which version answered. */
  readonly versionHeader: string;
}

/** What Lambda's own API says it with. */
const EXECUTED_VERSION = "x-amz-executed-version";
const MAX_RATE = 10_000;
/** Wall ms after which a request counts as one without an answer. */
const ANSWER_BUDGET_MS = 30_000;
const MAX_SOCKETS = 256;

/**
 * An open-loop load: requests leave at their moments on the clock, exponentially spaced around the rate, whether or not
 * earlier ones were answered. The same seed sends the same requests at the same virtual instants.
 */
export class Load {
  readonly id: string;
  readonly spec: LoadSpec;
  readonly tally: Tally;
  readonly #clock: Clock;
  readonly #dice: Ids;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  readonly #base: URL;
  readonly #weights: number;
  #inFlight = 0;
  #cancel: (() => void) | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #isSending = true;

  /** @throws OrreryError UsageError */
  constructor(id: string, spec: LoadSpec, clock: Clock) {
    check(spec);
    this.id = id;
    this.spec = spec;
    this.#base = localUrl(spec.url);
    this.#clock = clock;
    this.#dice = new Ids(spec.seed);
    this.#weights = spec.requests.reduce((sum, { weight }) => sum + weight, 0);
    this.tally = new Tally(clock.now(), clock.measure());
    this.#plan(clock.now());
  }

  get isRunning(): boolean {
    return this.#isSending || this.#inFlight > 0;
  }

  /** Resolves once nothing is sent any more and all that was sent is answered. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  stop(): void {
    this.#isSending = false;
    this.#cancel?.();
    this.#settle();
  }

  report(): ReturnType<Tally["report"]> {
    return this.tally.report(this.#clock.now(), this.#clock.measure());
  }

  #plan(from: number): void {
    const gap = Math.round((-Math.log(1 - this.#dice.random()) / this.spec.rate) * 1_000);
    const due = from + gap;
    const end = this.tally.startedAt + (this.spec.durationMs ?? Number.POSITIVE_INFINITY);
    // Somebody waits for a load's end, if it has one.
    const quiet = this.spec.durationMs === undefined;
    const fire = (): void => {
      if (due >= end) this.stop();
      else {
        this.#plan(due);
        this.#send(this.#choose());
      }
    };
    const timer = this.#clock.at(Math.min(due, end), `load ${this.id}`, fire, { quiet });
    this.#cancel = () => timer.cancel();
  }

  #choose(): LoadRequest | undefined {
    let dice = this.#dice.random() * this.#weights;
    for (const one of this.spec.requests) {
      if (dice < one.weight) return one;
      dice -= one.weight;
    }
    return this.spec.requests.at(-1);
  }

  #send(one: LoadRequest | undefined): void {
    if (one === undefined) return;
    this.#inFlight++;
    const release = this.#clock.busy(`load ${this.id}`);
    const started = this.#clock.measure();
    const at = this.#clock.now();
    void this.#exchange(one).then((answer) => {
      this.tally.add({ ...answer, at, ms: this.#clock.measure() - started });
      this.#inFlight--;
      release();
      this.#settle();
    });
  }

  #settle(): void {
    if (this.isRunning) return;
    this.#agent.destroy();
    this.tally.end(this.#clock.now(), this.#clock.measure());
    this.#ended.resolve();
  }

  #exchange(one: LoadRequest): Promise<Pick<Answered, "status" | "version">> {
    const { hostname, port, host, pathname } = this.#base;
    const path = `${pathname.replace(/\/$/, "")}${one.path}` || "/";
    return new Promise((resolve) => {
      const none = (): void => resolve({ status: 0, version: undefined });
      const sent = request(
        {
          agent: this.#agent,
          // Names under localhost do not resolve everywhere.
          host: hostname.endsWith("localhost") ? "127.0.0.1" : hostname.replace(/^\[|\]$/g, ""),
          port: port || 80,
          method: one.method,
          path,
          headers: { host, ...one.headers, "content-length": Buffer.byteLength(one.body) },
        },
        (response) => {
          response.once("end", () => resolve({ status: response.statusCode ?? 0, version: this.#versionOf(response) }));
          response.once("error", none);
          response.resume();
        },
      );
      const forget = this.#clock.wallTimeout(ANSWER_BUDGET_MS, () => sent.destroy());
      sent.once("close", forget);
      sent.once("error", none);
      sent.end(one.body);
    });
  }

  #versionOf(response: IncomingMessage): string | undefined {
    const value = response.headers[this.spec.versionHeader] ?? response.headers[EXECUTED_VERSION];
    return typeof value === "string" ? value : undefined;
  }
}

function check(spec: LoadSpec): void {
  if (!(spec.rate > 0 && spec.rate <= MAX_RATE))
    throw new OrreryError("UsageError", `a rate of ${spec.rate} requests per virtual second: give more than 0 and up to ${MAX_RATE}`);
  if (spec.requests.length === 0) throw new OrreryError("UsageError", "the load has no request to send");
  const bad = spec.requests.find(({ weight }) => !(weight > 0));
  if (bad !== undefined) throw new OrreryError("UsageError", `the weight ${bad.weight} of ${bad.method} ${bad.path}: give a number over 0`);
}

/** Load is for what runs on this machine: nothing that is not loopback is ever sent to. @throws OrreryError UsageError */
function localUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "http:") throw new OrreryError("UsageError", `"${text}" is no http:// URL`);
  if (!/^(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)$/.test(url.hostname))
    throw new OrreryError("UsageError", `"${text}" is not on this machine: load is sent to localhost only`);
  return url;
}
