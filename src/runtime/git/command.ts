import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { gitEnvironment, gitProgram } from "./environment.ts";

/** A git command that ended with another code than 0, or could not be run. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly exitCode: number;
  /** What it printed to its standard error. */
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number, stderr: string) {
    super(`git ${args[0] ?? ""} ended with ${exitCode}: ${stderr.trim()}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

export interface GitOptions {
  readonly input?: string | Uint8Array | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The most bytes of output that are taken; more ends the process. */
  readonly maxBytes?: number;
  /** Exit codes beside 0 that are answers, not failures. */
  readonly allow?: readonly number[];
}

export interface GitResult {
  readonly code: number;
  readonly out: Buffer;
}

const MOST_BYTES = 1024 * 1024 * 1024;
/** Wall ms: no plumbing command takes so long unless it hangs. */
const TIME_LIMIT_MS = 10 * 60_000;
const LONGEST_COMPLAINT = 16 * 1024;

/** Starts git on a repository without the host's environment. The caller handles its pipes. */
export function startGit(repository: string | undefined, args: readonly string[], options: GitOptions = {}): ChildProcess {
  const place = repository === undefined ? [] : [`--git-dir=${repository}`];
  return spawn(gitProgram(), [...place, ...args], {
    env: gitEnvironment(options.env),
    cwd: options.cwd ?? "/",
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/**
 * Runs git to its end. `repository` is the bare repository's folder, undefined for commands that need none.
 * @throws GitError
 */
export function runGit(repository: string | undefined, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const { promise, resolve, reject } = Promise.withResolvers<GitResult>();
  const child = startGit(repository, args, options);
  const chunks: Buffer[] = [];
  let size = 0;
  let complaint = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > (options.maxBytes ?? MOST_BYTES)) child.kill("SIGKILL");
    else chunks.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    if (complaint.length < LONGEST_COMPLAINT) complaint += chunk.toString("utf8");
  });
  child.on("error", (error) => reject(new GitError(args, -1, error.message)));
  child.on("close", (code, signal) => {
    const exit = code ?? -1;
    if (exit === 0 || options.allow?.includes(exit) === true) resolve({ code: exit, out: Buffer.concat(chunks) });
    else reject(new GitError(args, exit, signal === null ? complaint : `${complaint} (${signal})`));
  });
  feed(child, options.input);
  return promise;
}

/** The output as text, without the final line feed. @throws GitError */
export async function gitText(repository: string | undefined, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await runGit(repository, args, options)).out.toString("utf8").replace(/\n$/, "");
}

function feed(child: ChildProcess, input: GitOptions["input"]): void {
  const { stdin } = child;
  // A process that ends before it has read all is judged by its exit code.
  stdin?.on("error", () => undefined);
  if (stdin === null) return;
  if (input === undefined || typeof input === "string" || input instanceof Uint8Array) stdin.end(input ?? "");
  else input.pipe(stdin);
}
