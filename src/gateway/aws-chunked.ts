import { createHash, type Hash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { AwsException } from "../aws/exception.ts";
import { EMPTY_SHA256, type Scope, sameSignature, scopeText, sha256Hex, signingKey } from "../aws/sigv4.ts";

/** What the signature of the first chunk is made from: the signature of the request's own headers. */
export interface ChunkSeed {
  readonly signature: string;
  readonly secret: string;
  readonly scope: Scope;
  readonly amzDate: string;
}

/** Chunk headers and trailers are short; a line that is not is garbage. */
const LONGEST_LINE = 16 * 1024;

type State = "size" | "data" | "data-end" | "trailers" | "done";

/**
 * Decodes `Content-Encoding: aws-chunked`: chunks `<hex size>[;chunk-signature=…]\r\n<data>\r\n`, then trailers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export class AwsChunked extends Transform {
  readonly trailers: Record<string, string> = {};
  readonly #seed: ChunkSeed | undefined;
  readonly #expectedLength: number | undefined;
  #state: State = "size";
  #line = "";
  #left = 0;
  #length = 0;
  #previous: string;
  #chunkSignature = "";
  #hash: Hash | undefined;
  #trailerText = "";
  #trailerSignature: string | undefined;

  /** `decodedLength` is the header `x-amz-decoded-content-length`. */
  constructor(seed: ChunkSeed | undefined, decodedLength: string | undefined) {
    super();
    this.#seed = seed;
    this.#previous = seed?.signature ?? "";
    const length = Number(decodedLength);
    this.#expectedLength = decodedLength === undefined || Number.isNaN(length) ? undefined : length;
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let at = 0;
      while (at < bytes.length && this.#state !== "done")
        at = this.#state === "data" ? this.#takeData(bytes, at) : this.#takeLine(bytes, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    // Some clients leave out the empty line that closes the trailers.
    const complete = this.#state === "done" || this.#state === "trailers";
    const right = complete && (this.#expectedLength === undefined || this.#expectedLength === this.#length);
    if (!right) {
      done(new AwsException("IncompleteBody", "The request body terminated unexpectedly", { status: 400 }));
      return;
    }
    try {
      this.#checkTrailers();
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  #takeData(bytes: Buffer, at: number): number {
    const data = bytes.subarray(at, at + this.#left);
    this.#left -= data.length;
    this.#length += data.length;
    this.#hash?.update(data);
    this.push(data);
    if (this.#left === 0) {
      this.#checkChunk();
      this.#state = "data-end";
    }
    return at + data.length;
  }

  #takeLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at);
    const stop = end < 0 ? bytes.length : end + 1;
    this.#line += bytes.toString("latin1", at, stop);
    if (this.#line.length > LONGEST_LINE) throw malformed();
    if (end >= 0) {
      const line = this.#line.trimEnd();
      this.#line = "";
      this.#endLine(line);
    }
    return stop;
  }

  #endLine(line: string): void {
    if (this.#state === "data-end") {
      if (line !== "") throw malformed();
      this.#state = "size";
    } else if (this.#state === "size") this.#beginChunk(line);
    else if (line !== "") this.#addTrailer(line);
    else this.#state = "done";
  }

  #beginChunk(line: string): void {
    const [size = "", ...extensions] = line.split(";");
    if (!/^[0-9a-fA-F]{1,12}$/.test(size.trim())) throw malformed();
    this.#left = Number.parseInt(size, 16);
    this.#chunkSignature = extensions.find((text) => text.startsWith("chunk-signature="))?.slice("chunk-signature=".length) ?? "";
    this.#hash = this.#seed === undefined ? undefined : createHash("sha256");
    if (this.#left > 0) this.#state = "data";
    else {
      this.#checkChunk();
      this.#state = "trailers";
    }
  }

  #addTrailer(line: string): void {
    const colon = line.indexOf(":");
    if (colon <= 0) throw malformed();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "x-amz-trailer-signature") this.#trailerSignature = value;
    else {
      this.trailers[name] = value;
      this.#trailerText += `${name}:${value}\n`;
    }
  }

  #checkChunk(): void {
    if (this.#seed === undefined || this.#hash === undefined) return;
    this.#checkSignature(`AWS4-HMAC-SHA256-PAYLOAD`, `${EMPTY_SHA256}\n${this.#hash.digest("hex")}`, this.#chunkSignature);
  }

  #checkTrailers(): void {
    if (this.#seed === undefined || this.#trailerText === "") return;
    this.#checkSignature("AWS4-HMAC-SHA256-TRAILER", sha256Hex(this.#trailerText), this.#trailerSignature ?? "");
  }

  #checkSignature(algorithm: string, hashes: string, given: string): void {
    const seed = this.#seed;
    if (seed === undefined) return;
    const text = `${algorithm}\n${seed.amzDate}\n${scopeText(seed.scope)}\n${this.#previous}\n${hashes}`;
    const computed = signingKey(seed.secret, seed.scope).sign(text).toString("hex");
    if (!sameSignature(computed, given)) {
      const message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
      throw new AwsException("SignatureDoesNotMatch", message, { status: 403 });
    }
    this.#previous = computed;
  }
}

function malformed(): AwsException {
  return new AwsException("InvalidRequest", "The body is not well-formed aws-chunked encoding", { status: 400 });
}
