import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type Http2SecureServer, type Http2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Cloud } from "../aws/context.ts";
import { messageOf, OrreryError } from "../kernel/errors.ts";

export type RequestListener = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;

const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0");
const TLS_HANDSHAKE = 0x16;
const HEADERS_TIMEOUT_MS = 20_000;
/** For a whole request: 5 GiB at a few megabytes a second. */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** A connection on which nothing was ever sent. */
const SILENT_TIMEOUT_MS = 60_000;
/** What a request under way has left when the server stops. */
const GRACE_MS = 500;

/**
 * One TCP port for HTTP/1.1, HTTP/2 without TLS and with prior knowledge, and TLS with either: the first bytes tell.
 * The HTTP/1.1 server is the one that listens, so that its own time-outs hold.
 */
export class Listener {
  readonly #cloud: Cloud;
  readonly #handle: RequestListener;
  readonly #http1: Server;
  readonly #serveHttp1: (socket: Socket) => void;
  readonly #sockets = new Set<Socket>();
  /** Those that have sent nothing yet: no server knows them. */
  readonly #silent = new Set<Socket>();
  #http2: Http2Server | undefined;
  #tls: Promise<Http2SecureServer> | undefined;

  constructor(cloud: Cloud, handle: RequestListener) {
    this.#cloud = cloud;
    this.#handle = handle;
    this.#http1 = createServer(
      { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 65_000, maxHeaderSize: 64 * 1024 },
      (request, response) => handle(request, response, false),
    );
    this.#http1.on("checkContinue", (request, response) => handle(request, response, true));
    const [serve] = this.#http1.listeners("connection");
    this.#serveHttp1 = (socket) => serve?.call(this.#http1, socket);
    this.#http1.removeAllListeners("connection");
    this.#http1.on("connection", (socket: Socket) => this.#sniff(socket));
  }

  listen(port: number, host: string): Promise<{ readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.#http1.once("error", (error: NodeJS.ErrnoException) => {
        const taken = error.code === "EADDRINUSE";
        const message = taken ? `port ${port} is taken by another process: give another one with --port` : messageOf(error);
        reject(new OrreryError("PortInUse", message, { cause: error }));
      });
      this.#http1.listen(port, host, () => {
        // A connection that could not be taken, for want of file descriptors, is no reason to end.
        this.#http1.on("error", (error) => this.#cloud.log.error("a connection was not taken", { reason: messageOf(error) }));
        resolve({ port: (this.#http1.address() as AddressInfo).port });
      });
    });
  }

  /** Takes no new connection and lets requests that are under way come to their end, for a moment. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#http1.close(() => resolve());
    });
    for (const socket of this.#silent) socket.destroy();
    const cancel = this.#cloud.clock.wallTimeout(GRACE_MS, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await closed;
    cancel();
    (await this.#tls?.catch(() => undefined))?.close();
  }

  #sniff(socket: Socket): void {
    this.#sockets.add(socket);
    this.#silent.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#silent.delete(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.setTimeout(SILENT_TIMEOUT_MS, () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      this.#silent.delete(socket);
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.pause();
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) void this.#serveTls(socket);
      // HTTP/2 and TLS take what was read already out of the paused socket, and then its handle.
      else if (isHttp2(first)) this.#serveHttp2(socket);
      else {
        this.#serveHttp1(socket);
        socket.resume();
      }
    });
  }

  #serveHttp2(socket: Socket): void {
    this.#http2 ??= createHttp2Server({}, (request, response) => this.#handleHttp2(request, response));
    this.#http2.emit("connection", socket);
  }

  async #serveTls(socket: Socket): Promise<void> {
    try {
      this.#tls ??= this.#createTls();
      (await this.#tls).emit("connection", socket);
    } catch (error) {
      this.#cloud.log.error("no TLS", { reason: messageOf(error) });
      // The next connection tries again.
      this.#tls = undefined;
      socket.destroy();
    }
  }

  async #createTls(): Promise<Http2SecureServer> {
    const { ensureCertificate } = await import("./certificate.ts");
    const { certPem, keyPem } = await ensureCertificate(this.#cloud.dataDir);
    const server = createSecureServer({ cert: certPem, key: keyPem, allowHTTP1: true }, (request, response) =>
      this.#handleHttp2(request, response),
    );
    server.on("tlsClientError", () => undefined);
    return server;
  }

  /** HTTP/2's compatibility objects have the members of HTTP/1.1's that are used here. */
  #handleHttp2(request: unknown, response: unknown): void {
    this.#handle(request as IncomingMessage, response as ServerResponse, false);
  }
}

function isHttp2(first: Buffer): boolean {
  const length = Math.min(first.length, HTTP2_PREFACE.length);
  return length > 2 && first.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length));
}
