import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a runtime says through its API. */
export interface RuntimeListener {
  /** It is ready for an invocation. */
  next(): void;
  response(requestId: string, body: Buffer): void;
  error(requestId: string, body: Buffer, type: string | undefined): void;
  initError(body: Buffer, type: string | undefined): void;
  tooLarge(requestId: string): void;
  /** A part of a response that is sent while it is made; `response` or `error` follows with all of it. */
  chunk(requestId: string, data: Buffer, contentType: string): void;
}

const PREFIX = "/2018-06-01/runtime/";
/** 6 MB and the 100 bytes that Lambda allows beside them. */
const LARGEST_RESPONSE = 6 * 1024 * 1024 + 100;

/**
 * The Runtime API of one execution environment on a loopback port of its own:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #listener: RuntimeListener;
  #waiting: ServerResponse | undefined;

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
  }

  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${(this.#server.address() as AddressInfo).port}`));
    });
  }

  /** Answers the open `next`; false when the runtime is not waiting. */
  send(headers: Record<string, string>, payload: Uint8Array): boolean {
    const response = this.#waiting;
    if (response === undefined) return false;
    this.#waiting = undefined;
    response.writeHead(200, { "content-type": "application/json", "content-length": payload.byteLength, ...headers });
    response.end(payload);
    return true;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").slice(PREFIX.length);
    if (!request.url?.startsWith(PREFIX)) return accept(response, 404, "");
    if (path === "invocation/next" && request.method === "GET") {
      this.#waiting = response;
      response.on("close", () => {
        if (this.#waiting === response) this.#waiting = undefined;
      });
      this.#listener.next();
      return;
    }
    try {
      if (request.headers["lambda-runtime-function-response-mode"] === "streaming") {
        await this.#stream(path.split("/")[1] ?? "", request, response);
        return;
      }
      const body = await readBody(request);
      this.#dispatch(path, body, request, response);
    } catch {
      // The connection broke: the process is gone, and its exit tells the rest.
      response.destroy();
    }
  }

  async #stream(requestId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    const type = request.headers["content-type"] ?? "application/octet-stream";
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      this.#listener.chunk(requestId, chunk, type);
    }
    accept(response, 202, '{"status":"OK"}');
    const errorType = request.trailers["lambda-runtime-function-error-type"];
    if (errorType === undefined) {
      this.#listener.response(requestId, Buffer.concat(chunks));
      return;
    }
    const body = Buffer.from(request.trailers["lambda-runtime-function-error-body"] ?? "", "base64");
    this.#listener.error(requestId, body, errorType);
  }

  #dispatch(path: string, body: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
    const header = request.headers["lambda-runtime-function-error-type"];
    const type = typeof header === "string" ? header : undefined;
    if (path === "init/error") {
      accept(response, 202, '{"status":"OK"}');
      this.#listener.initError(body ?? Buffer.alloc(0), type);
      return;
    }
    const [, requestId = "", kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (kind === undefined) {
      accept(response, 404, "");
      return;
    }
    if (body === undefined) {
      accept(
        response,
        413,
        '{"errorType":"RequestEntityTooLarge","errorMessage":"Exceeded maximum allowed payload size (6291556 bytes)."}',
      );
      this.#listener.tooLarge(requestId);
      return;
    }
    accept(response, 202, '{"status":"OK"}');
    if (kind === "response") this.#listener.response(requestId, body);
    else this.#listener.error(requestId, body, type);
  }
}

function accept(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** The whole body, or undefined when it is larger than Lambda takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_RESPONSE) chunks.push(chunk);
  }
  return size <= LARGEST_RESPONSE ? Buffer.concat(chunks) : undefined;
}
