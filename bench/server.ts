import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { amzDateOf, canonicalRequest, scopeText, sha256Hex, signature, stringToSign } from "../src/aws/sigv4.ts";

const root = join(import.meta.dirname, "..");
/** Linux counts CPU time in ticks of 10 ms. */
const MS_PER_TICK = 10;

export interface Server {
  readonly port: number;
  readonly pid: number;
  /** From spawn to the first good answer, ms. */
  readonly startMs: number;
  stop(): Promise<void>;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** A server that answers every request with the body it got: what node:http itself costs. */
const BARE = `
  const http = require("node:http");
  http.createServer((req, res) => {
    const chunks = [];
    req.on("data", (c) => chunks.push(c)).on("end", () => { const b = Buffer.concat(chunks); res.writeHead(200, { "content-length": b.length }); res.end(b); });
  }).listen(Number(process.argv[1]), "127.0.0.1");`;

/** Streams PUT bodies to a file and GETs from it: what node:http and the disk cost. */
const FILES = `
  const http = require("node:http"), fs = require("node:fs"), file = process.argv[2];
  http.createServer((req, res) => {
    if (req.method === "PUT") req.pipe(fs.createWriteStream(file)).on("finish", () => res.end());
    else { res.writeHead(200, { "content-length": fs.statSync(file).size }); fs.createReadStream(file).pipe(res); }
  }).listen(Number(process.argv[1]), "127.0.0.1");`;

export async function startBare(firstCall: (port: number) => Promise<Call>): Promise<Server> {
  return start((port) => ["-e", BARE, String(port)], firstCall);
}

export async function startFileServer(file: string): Promise<Server> {
  return start(
    (port) => ["-e", FILES, String(port), file],
    async () => ({ method: "PUT", path: "/", headers: {}, body: "x" }),
  );
}

export async function startOrrery(firstCall: (port: number) => Promise<Call>): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-bench-"));
  const server = await start(
    (port) => [join(root, "dist/orrery.mjs"), "up", "--port", String(port), "--data", dataDir, "--log-level", "error"],
    firstCall,
  );
  return {
    ...server,
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function start(argumentsFor: (port: number) => string[], firstCall: (port: number) => Promise<Call>): Promise<Server> {
  const port = await freePort();
  const call = await firstCall(port);
  const started = performance.now();
  const child = spawn(process.execPath, argumentsFor(port), { stdio: ["ignore", "ignore", "inherit"] });
  for (;;) {
    try {
      if ((await send(port, call)).status === 200) break;
    } catch {
      // Not listening yet.
    }
    if (child.exitCode !== null) throw new RangeError("the server ended by itself");
    await new Promise((next) => setTimeout(next, 2));
  }
  return { port, pid: child.pid ?? 0, startMs: performance.now() - started, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once("exit", () => done());
    child.kill("SIGTERM");
  });
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** CPU that a process has used, ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Resident memory, MB. */
export function memoryMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

export function send(port: number, call: Call): Promise<{ status: number; body: Buffer }> {
  return new Promise((done, failed) => {
    const request = httpRequest(
      { host: "127.0.0.1", port, method: call.method, path: call.path, headers: call.headers, agent },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
        response.on("error", failed);
      },
    );
    request.on("error", failed);
    request.end(call.body);
  });
}

/** A request signed with the built-in credentials. */
export function signed(port: number, service: string, call: Call): Call {
  const now = Date.now();
  const amzDate = amzDateOf(now);
  const scope = { date: amzDate.slice(0, 8), region: "us-east-1", service };
  const payloadHash = sha256Hex(call.body);
  const all: Record<string, string> = {
    ...call.headers,
    host: `127.0.0.1:${port}`,
    "x-amz-content-sha256": payloadHash,
    "x-amz-date": amzDate,
  };
  const headers = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  const [path = "", search = ""] = call.path.split("?");
  const query = [...new URLSearchParams(search)];
  const canonical = canonicalRequest({ method: call.method, path, query, headers, payloadHash }, service);
  const proof = signature("test", scope, stringToSign(canonical, amzDate, scope));
  const names = headers.map(([name]) => name).join(";");
  const authorization = `AWS4-HMAC-SHA256 Credential=test/${scopeText(scope)}, SignedHeaders=${names}, Signature=${proof}`;
  return { ...call, headers: { ...all, authorization, "content-length": String(Buffer.byteLength(call.body)) } };
}
