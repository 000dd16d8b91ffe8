import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsChunked, type ChunkSeed } from "./aws-chunked.ts";
import { RequestBody } from "./body.ts";
import type { Headers } from "./protocols/protocol.ts";
import { Query } from "./query.ts";

/** One request and its response, with what each stage of the chain needs of them. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId = randomUUID();
  readonly method: string;
  /** Percent-encoded, without query. */
  readonly path: string;
  readonly query: Query;
  readonly headers: Headers;
  /** As the client sent it, with its port. */
  readonly host: string;
  /** Without port, lower case. */
  readonly hostName: string;
  readonly body: RequestBody;
  /** `<service>:<operation>`, once it is known. */
  operation = "";
  #chunks: AwsChunked | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    this.request = request;
    this.response = response;
    this.method = request.method ?? "GET";
    const url = pathOf(request.url ?? "/");
    const mark = url.indexOf("?");
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? Query.empty : Query.parse(url.slice(mark + 1));
    this.headers = request.headers;
    this.host = request.headers.host ?? text(request.headers[":authority"]) ?? "localhost";
    this.hostName = withoutPort(this.host);
    this.body = new RequestBody(request, expectsContinue ? () => response.writeContinue() : undefined);
  }

  /** Trailing headers of a chunked body, once it has ended. */
  get trailers(): Readonly<Record<string, string>> {
    return this.#chunks?.trailers ?? {};
  }

  get isChunked(): boolean {
    return (
      this.header("content-encoding")?.includes("aws-chunked") || this.header("x-amz-content-sha256")?.startsWith("STREAMING-") || false
    );
  }

  /** From here on the body is read freed of `aws-chunked`; with a seed, every chunk's signature is checked. */
  decodeChunks(seed: ChunkSeed | undefined): void {
    if (this.#chunks !== undefined || this.body.started) return;
    this.#chunks = new AwsChunked(seed, this.header("x-amz-decoded-content-length"));
    this.body.through = this.#chunks;
  }

  /** A header's value; those that came several times are joined. */
  header(name: string): string | undefined {
    return text(this.headers[name]);
  }
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}

/** A proxy's request names the whole URL. */
function pathOf(url: string): string {
  if (url.startsWith("/")) return url;
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? "/" : url.slice(start);
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  const bare = colon > host.lastIndexOf("]") ? host.slice(0, colon) : host;
  return bare.toLowerCase();
}
