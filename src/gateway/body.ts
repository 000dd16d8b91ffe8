import type { IncomingMessage } from "node:http";
import { Readable, type Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { AwsException } from "../aws/exception.ts";

/** Buffered bodies are no larger than this unless their operation's documentation allows more. */
export const DEFAULT_BODY_LIMIT = 16 * 1024 * 1024;

/** A body of which nothing comes for this long will not come. */
const SILENCE_MS = 120_000;

/** The body of one request, read once: either whole or as a stream. */
export class RequestBody {
  readonly #source: IncomingMessage;
  /** Asks a client that sent `Expect: 100-continue` to go on. */
  readonly #proceed: (() => void) | undefined;
  #raw: Promise<Buffer> | undefined;
  #decoded: Promise<Buffer> | undefined;
  #transform: Transform | undefined;
  #whole: Buffer | undefined;
  #started = false;
  limit = DEFAULT_BODY_LIMIT;

  constructor(source: IncomingMessage, proceed: (() => void) | undefined) {
    this.#source = source;
    this.#proceed = proceed;
  }

  /** What every byte passes through on its way: removal of `aws-chunked`, check of hashes. Set before the first read. */
  set through(transform: Transform) {
    this.#transform = transform;
  }

  get started(): boolean {
    return this.#started;
  }

  /** Fails as the checks on its way tell. */
  stream(): Readable {
    if (this.#whole !== undefined) return readableOf(this.#whole);
    const source = this.#begin();
    const transform = this.#transform;
    if (transform === undefined) return source;
    // By hand: `pipeline` costs as much as all the rest of a small request.
    source.on("error", (error) => transform.destroy(error));
    // Whoever reads it is told by its own listener; a body that nobody reads may be wrong.
    transform.on("error", () => undefined);
    source.on("aborted", () => transform.destroy(aborted()));
    return source.pipe(transform);
  }

  /** Bytes as sent, freed of `aws-chunked` only: what signatures are made over. @throws AwsException when over the limit */
  raw(): Promise<Buffer> {
    this.#raw ??= collect(this.stream(), this.limit);
    return this.#raw;
  }

  /** For endpoints, which read the request themselves: lets a client that waits to be asked go on. */
  accept(): void {
    this.#proceed?.();
  }

  /** Reads a short body now: `stream` then gives what is there, which costs less than a stream of checks. */
  async preread(): Promise<Buffer> {
    this.#whole = await this.raw();
    return this.#whole;
  }

  /** Bytes freed of `Content-Encoding: gzip` too. */
  bytes(): Promise<Buffer> {
    this.#decoded ??= this.#source.headers["content-encoding"]?.includes("gzip") ? this.#gunzipped() : this.raw();
    return this.#decoded;
  }

  /** An upload that nobody reads any more would keep the connection from its next request. */
  discard(): void {
    if (this.#source.complete && this.#source.readableEnded) return;
    this.#source.unpipe();
    this.#source.resume();
  }

  async #gunzipped(): Promise<Buffer> {
    const raw = await this.raw();
    if (raw.length === 0) return raw;
    const gunzip = createGunzip();
    gunzip.end(raw);
    try {
      return await collect(gunzip, this.limit);
    } catch (error) {
      if (error instanceof AwsException) throw error;
      throw new AwsException("SerializationException", "the body is not valid gzip", { status: 400 });
    }
  }

  #begin(): IncomingMessage {
    if (this.#started) return this.#source;
    this.#started = true;
    this.#proceed?.();
    const source = this.#source;
    // Most bodies are here already, and need no timer.
    if (!source.complete) {
      source.setTimeout(SILENCE_MS, () => source.destroy(silent()));
      source.once("end", () => source.setTimeout(0));
    }
    return source;
  }
}

function readableOf(bytes: Buffer): Readable {
  return new Readable({
    read() {
      if (bytes.length > 0) this.push(bytes);
      this.push(null);
    },
  });
}

/** By events: an async iterator costs several times as much per request. */
function collect(stream: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        chunks.length = 0;
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    stream.on("end", () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.on("aborted", () =>
      reject(new AwsException("RequestTimeout", "the client closed the connection before the body ended", { status: 400 })),
    );
  });
}

function aborted(): AwsException {
  return new AwsException("RequestTimeout", "the client closed the connection before the body ended", { status: 400 });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: RequestTimeout */
function silent(): AwsException {
  const message =
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
  return new AwsException("RequestTimeout", message, { status: 400 });
}

function tooLarge(limit: number): AwsException {
  return new AwsException("RequestEntityTooLargeException", `Request must be smaller than ${limit} bytes`, { status: 413 });
}
