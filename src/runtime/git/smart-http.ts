import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { startGit } from "./command.ts";

export type GitService = "git-upload-pack" | "git-receive-pack";

/** The part of a repository's URL after its name that git asks for: https://git-scm.com/docs/http-protocol */
export type GitAction =
  | { readonly kind: "advertise" | "exchange"; readonly service: GitService }
  | { readonly kind: "lfs" }
  | { readonly kind: "other" };

/** The most bytes of one request, unpacked: a push of a history as large as CodeCommit takes it in one go. */
const LARGEST_REQUEST = 2 * 1024 * 1024 * 1024;
/** Git processes for clients at one time; others wait. */
const MOST_AT_ONCE = 16;

/** What a request for a repository wants; `rest` is the path after the repository's name, e.g. `/info/refs`. */
export function actionOf(method: string, rest: string, query: string): GitAction {
  const asked = new URLSearchParams(query).get("service");
  const service = (text: string | null): GitService | undefined =>
    text === "git-upload-pack" || text === "git-receive-pack" ? text : undefined;
  const advertised = service(asked);
  if (method === "GET" && rest === "/info/refs" && advertised !== undefined) return { kind: "advertise", service: advertised };
  const exchanged = service(rest.slice(1));
  if (method === "POST" && exchanged !== undefined) return { kind: "exchange", service: exchanged };
  return { kind: rest.startsWith("/info/lfs") ? "lfs" : "other" };
}

/** What ends once the last of those before it has ended. */
const waiting: (() => void)[] = [];
let running = 0;

async function turn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

/** The protocol's version that a client asks for; nothing else gets into git's environment. */
function protocolOf(request: IncomingMessage): Record<string, string> {
  const wanted = request.headers["git-protocol"];
  return typeof wanted === "string" && /^[a-z0-9=:.-]{1,64}$/.test(wanted) ? { GIT_PROTOCOL: wanted } : {};
}

function noCache(type: string): Record<string, string> {
  return { "content-type": type, "cache-control": "no-cache, max-age=0, must-revalidate", pragma: "no-cache" };
}

/** Answers which refs there are, or under protocol 2 what the server is able to do. */
export function advertise(repository: string, service: GitService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return turn(async () => {
    const env = protocolOf(request);
    const args = [service.slice("git-".length), "--stateless-rpc", "--http-backend-info-refs", repository];
    const child = startGit(undefined, args, { env });
    child.stdin?.end();
    response.writeHead(200, noCache(`application/x-${service}-advertisement`));
    if (env["GIT_PROTOCOL"]?.includes("version=2") !== true || service === "git-receive-pack") {
      const line = `# service=${service}\n`;
      response.write(`${(line.length + 4).toString(16).padStart(4, "0")}${line}0000`);
    }
    await piped(child.stdout as NodeJS.ReadableStream, response);
  });
}

/**
 * Answers a fetch or takes a push. Before the answer to a push ends, `pushed` is awaited: what the client is told must
 * be stored already.
 */
export function exchange(
  repository: string,
  service: GitService,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  pushed: () => Promise<void>,
): Promise<void> {
  return turn(async () => {
    const child = startGit(undefined, [service.slice("git-".length), "--stateless-rpc", repository], { env: protocolOf(request) });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.stdin?.on("error", () => undefined);
    response.once("close", () => child.kill("SIGTERM"));
    const source = request.headers["content-encoding"] === "gzip" ? [request, createGunzip()] : [request];
    const input = [...source, limited(LARGEST_REQUEST), child.stdin] as const;
    pipeline(input as unknown as NodeJS.ReadWriteStream[], (error) => {
      if (error !== undefined && error !== null) child.kill("SIGTERM");
    });
    if (service === "git-upload-pack") {
      response.writeHead(200, noCache(`application/x-${service}-result`));
      await piped(child.stdout as NodeJS.ReadableStream, response);
      return;
    }
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    await ended;
    await pushed();
    response.writeHead(200, noCache(`application/x-${service}-result`));
    response.end(Buffer.concat(chunks));
  });
}

function piped(from: NodeJS.ReadableStream, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    pipeline(from, response, () => resolve());
  });
}

function limited(most: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > most) done(new RangeError(`a request of more than ${most} bytes`));
      else done(null, chunk);
    },
  });
}

/** Refuses Git LFS in words that its client prints: https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md */
export function refuseLfs(response: ServerResponse, message: string): void {
  response.writeHead(501, { "content-type": "application/vnd.git-lfs+json" });
  response.end(JSON.stringify({ message }));
}

/** A refusal as git prints it. */
export function refuse(response: ServerResponse, status: number, message: string, realm?: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    ...(realm === undefined ? {} : { "www-authenticate": `Basic realm="${realm}"` }),
  });
  response.end(`${message}\n`);
}
