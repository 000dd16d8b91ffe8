import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** A real server as users start it: a process of its own, which can be killed and started again on the same folder. */
export interface Server {
  readonly endpoint: string;
  readonly port: number;
  readonly dataDir: string;
  /** What clients on this machine need, and nothing else of the host's AWS settings. */
  readonly env: Record<string, string>;
  /** kill -9. */
  kill(): Promise<void>;
  /** After `kill`: on the same port and folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const START_BUDGET_MS = 20_000;

export async function startServer(options: readonly string[] = []): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), "orrery-journey-"));
  let { child, endpoint } = await launch(dataDir, 0, options);
  const port = Number(new URL(endpoint).port);
  return {
    endpoint,
    port,
    dataDir,
    env: environment(endpoint, dataDir),
    kill: () => end(child, "SIGKILL"),
    restart: async () => {
      ({ child, endpoint } = await launch(dataDir, port, options));
    },
    stop: async () => {
      await end(child, "SIGTERM");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function launch(dataDir: string, port: number, options: readonly string[]): Promise<{ child: ChildProcess; endpoint: string }> {
  const args = [join(ROOT, "dist/orrery.mjs"), "up", "--port", String(port), "--data", dataDir, "--log-level", "warn", ...options];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  const started = performance.now();
  for (;;) {
    const endpoint = await answering(dataDir, child.pid ?? 0);
    if (endpoint !== undefined) return { child, endpoint };
    if (child.exitCode !== null || performance.now() - started > START_BUDGET_MS)
      throw new RangeError(`the server did not start: ${errors}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

async function answering(dataDir: string, pid: number): Promise<string | undefined> {
  try {
    const record = JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")) as { pid: number; endpoint: string };
    if (record.pid !== pid) return undefined;
    return (await fetch(`${record.endpoint}/_orrery/health`)).ok ? record.endpoint : undefined;
  } catch {
    return undefined;
  }
}

function end(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once("exit", () => done());
    child.kill(signal);
  });
}

function environment(endpoint: string, home: string): Record<string, string> {
  return {
    PATH: `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`,
    HOME: home,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_REGION: "us-east-1",
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    AWS_PAGER: "",
    AWS_MAX_ATTEMPTS: "1",
    CDK_DISABLE_CLI_TELEMETRY: "1",
    CI: "1",
    // pyenv finds its Pythons by it, where Python comes from there.
    ...(process.env["PYENV_ROOT"] === undefined ? {} : { PYENV_ROOT: process.env["PYENV_ROOT"] }),
  };
}

/** True where a command can be run. Tests of clients that are not there say so and skip. */
export function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs a client to its end; never throws for its exit code. */
export async function client(
  server: Server,
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: string } = {},
): Promise<Ran> {
  const started = run(command, [...args], { env: server.env, cwd: options.cwd ?? server.dataDir, maxBuffer: 64 * 1024 * 1024 });
  if (options.stdin !== undefined) started.child.stdin?.end(options.stdin);
  try {
    const { stdout, stderr } = await started;
    return { code: 0, out: stdout + stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: typeof code === "number" ? code : 1, out: stdout + stderr };
  }
}

/** The AWS CLI with its answer as JSON; throws with what it printed when it fails. */
export async function aws(server: Server, ...args: string[]): Promise<Record<string, unknown>> {
  // The CLI's table of endpoints wins over AWS_ENDPOINT_URL for SQS, but not over the option.
  const { code, out } = await client(server, "aws", ["--endpoint-url", server.endpoint, "--output", "json", ...args]);
  if (code !== 0) throw new RangeError(`aws ${args.join(" ")} ended with ${code}: ${out}`);
  return out.trim() === "" ? {} : (JSON.parse(out) as Record<string, unknown>);
}
