import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:http";
import { type Cloud, Context } from "../../../aws/context.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, rootPrincipal } from "../../../aws/identity.ts";
import { tracingOf } from "../../../aws/tracing.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { storeDocuments } from "../segments/put.ts";
import { answerProxy } from "./proxy.ts";

/** Loopback only: whoever reaches it may write traces. */
const HOST = "127.0.0.1";
const HEADER = /^\s*\{[^{}]*"format"\s*:\s*"json"[^{}]*\}\s*\n/;
const TRACE = /"trace_id"\s*:\s*"([^"]+)"/;
/** Of one port, so that UDP and TCP have the same. */
const TRIES = 20;

/**
 * The protocol of the X-Ray daemon: documents over UDP, and over TCP of the same port the two calls by which SDKs sample.
 * Where the port is taken there is no daemon. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
 */
export async function startDaemon(cloud: Cloud): Promise<void> {
  const { xrayPort: wanted } = cloud.options;
  if (wanted === undefined) return;
  const bound = await bind(cloud, wanted);
  if (bound === undefined) {
    cloud.log.info("no X-Ray daemon: its port is taken; programs' own segments over UDP are not received", { port: wanted });
    return;
  }
  const { udp, tcp, port } = bound;
  tracingOf(cloud).daemon = `${HOST}:${port}`;
  const inbox = new Inbox(cloud);
  udp.on("message", (datagram) => inbox.receive(datagram.toString("utf8")));
  udp.on("error", (error) => cloud.log.warn("the X-Ray daemon failed", { reason: messageOf(error) }));
  cloud.lifecycle.onStop("X-Ray daemon", async () => {
    await new Promise<void>((done) => udp.close(() => done()));
    tcp.closeAllConnections();
    await new Promise<void>((done) => tcp.close(() => done()));
  });
}

interface Bound {
  readonly udp: Socket;
  readonly tcp: Server;
  readonly port: number;
}

/** Both sockets on one port; with 0 any that is free for both. */
async function bind(cloud: Cloud, wanted: number): Promise<Bound | undefined> {
  for (let attempt = 0; attempt < (wanted === 0 ? TRIES : 1); attempt++) {
    const udp = createSocket("udp4");
    const isBound = await new Promise<boolean>((done) => {
      udp.once("error", () => done(false));
      udp.bind(wanted, HOST, () => done(true));
    });
    if (!isBound) {
      udp.close();
      continue;
    }
    const { port } = udp.address();
    const tcp = createServer({ requestTimeout: 10_000 }, (request, response) => void answerProxy(daemonContext(cloud), request, response));
    const listens = await new Promise<boolean>((done) => {
      tcp.once("error", () => done(false));
      tcp.listen(port, HOST, () => done(true));
    });
    if (listens) return { udp, tcp, port };
    udp.close();
  }
  return undefined;
}

function daemonContext(cloud: Cloud, scope = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION }): Context {
  return new Context(cloud, { ...scope, principal: rootPrincipal(scope.account), generation: cloud.store.generation });
}

/** Stores together what came in one turn of the event loop. A document belongs to whose trace it is, as far as that is known. */
class Inbox {
  readonly #cloud: Cloud;
  #waiting: string[] = [];

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  receive(datagram: string): void {
    const header = HEADER.exec(datagram);
    if (header === null) {
      this.#cloud.log.debug("the X-Ray daemon got something that is no segment", { bytes: datagram.length });
      return;
    }
    if (this.#waiting.length === 0) setImmediate(() => void this.#flush());
    this.#waiting.push(datagram.slice(header[0].length));
  }

  async #flush(): Promise<void> {
    const cloud = this.#cloud;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (cloud.lifecycle.stopping) return;
    const tracing = tracingOf(cloud);
    const scopes = Map.groupBy(waiting, (text) => JSON.stringify(tracing.scopeOf(TRACE.exec(text)?.[1] ?? "") ?? null));
    for (const [scope, texts] of scopes) {
      const ctx = daemonContext(cloud, (JSON.parse(scope) as { account: string; region: string } | null) ?? undefined);
      try {
        const unprocessed = await storeDocuments(ctx, texts, { foreign: true });
        if (unprocessed.length > 0)
          cloud.log.info("segments were refused", { first: unprocessed[0]?.ErrorCode, count: unprocessed.length });
      } catch (error) {
        cloud.log.warn("segments were lost", { reason: messageOf(error) });
      }
    }
  }
}
