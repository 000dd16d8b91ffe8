import type { RequestInfo } from "../aws/context.ts";
import type { Exchange } from "./exchange.ts";

/** What a handler may know of the request behind its call, and the request's hold on the clock. */
export class HttpRequestInfo implements RequestInfo {
  readonly headers: RequestInfo["headers"];
  readonly host: string;
  readonly accessKeyId: string | undefined;
  readonly #exchange: Exchange;
  readonly #hold: Hold;

  constructor(exchange: Exchange, accessKeyId: string | undefined, hold: Hold) {
    this.#exchange = exchange;
    this.#hold = hold;
    this.headers = exchange.headers;
    this.host = exchange.host;
    this.accessKeyId = accessKeyId;
  }

  get sourceIp(): string {
    return this.#exchange.request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1";
  }

  get protocol(): "http" | "https" {
    return "encrypted" in this.#exchange.request.socket ? "https" : "http";
  }

  get method(): string {
    return this.#exchange.method;
  }

  get operation(): string {
    return this.#exchange.operation;
  }

  payload(): Promise<Uint8Array> {
    return this.#exchange.body.raw();
  }

  trailers(): Readonly<Record<string, string>> {
    return this.#exchange.trailers;
  }

  setResponseHeader(name: string, value: string): void {
    this.#exchange.response.setHeader(name, value);
  }

  onClose(listener: () => void): void {
    this.#exchange.response.once("close", listener);
  }

  async idle<T>(wait: Promise<T>): Promise<T> {
    this.#hold.release();
    try {
      return await wait;
    } finally {
      this.#hold.take();
    }
  }
}

/** Says that a request is work in flight, and may be given up and taken again while it lasts. */
export class Hold {
  readonly #busy: (label: string) => () => void;
  readonly #label: string;
  #release: (() => void) | undefined;
  #ended = false;
  /** A request may wait in several places at once. */
  #waits = 0;

  constructor(busy: (label: string) => () => void, label: string) {
    this.#busy = busy;
    this.#label = label;
    this.#release = busy(label);
  }

  release(): void {
    this.#waits++;
    this.#release?.();
    this.#release = undefined;
  }

  take(): void {
    if (--this.#waits === 0 && !this.#ended) this.#release = this.#busy(this.#label);
  }

  /** For good. */
  end(): void {
    this.#ended = true;
    this.#release?.();
    this.#release = undefined;
  }
}
