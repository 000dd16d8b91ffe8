import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { SETPRIV } from "../processes/host.ts";
import { killGroup, memoryOf } from "../processes/memory.ts";
import { LineSplitter } from "../processes/output.ts";
import { endStrays } from "../processes/strays.ts";
import type { BuildDriver, CommandOutcome, Sandbox, SandboxSpec } from "./driver.ts";
import { sandboxVariables } from "./environment.ts";
import { endOf, SHELL_PROGRAM } from "./shell.ts";

const MEMORY_CHECK_MS = 500;
const EVALUATION_MS = 60_000;
const EVALUATION_BYTES = 1024 * 1024;
/** Builds leave the processor to the server that serves them. */
const NICENESS = "5";
const KILLED = 137;

/** Builds as processes of this machine, each build with groups of processes of its own. */
export class ProcessBuildDriver implements BuildDriver {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(spec: SandboxSpec): Sandbox {
    return new ProcessSandbox(this.#clock, spec);
  }

  endLeftovers(folders: readonly string[]): void {
    endStrays(folders);
  }
}

interface Shell {
  readonly child: ChildProcess;
  /** Of the command under way. */
  ended: ((outcome: CommandOutcome) => void) | undefined;
  killed: string | undefined;
}

class ProcessSandbox implements Sandbox {
  readonly #spec: SandboxSpec;
  readonly #variables: Record<string, string>;
  readonly #mark = randomUUID();
  readonly #groups = new Set<number>();
  readonly #work: string;
  readonly #stopWatch: () => void;
  #shell: Shell | undefined;
  #files = 0;
  #closed = false;

  constructor(clock: Clock, spec: SandboxSpec) {
    this.#spec = spec;
    this.#variables = sandboxVariables(spec);
    this.#work = join(spec.folder, "shell");
    mkdirSync(this.#work, { recursive: true, mode: 0o700 });
    this.#stopWatch = clock.wallInterval(MEMORY_CHECK_MS, () => this.#watchMemory());
  }

  async run(command: string, { fresh = false } = {}): Promise<CommandOutcome> {
    if (this.#closed) return { exitCode: KILLED, reason: "signal: killed" };
    const shell = fresh ? this.#start(join(this.#work, `state-${randomUUID()}`)) : this.#lasting();
    const file = join(this.#work, `command-${this.#files++}`);
    writeFileSync(file, `${command}\n`, { mode: 0o600 });
    const outcome = await new Promise<CommandOutcome>((resolve) => {
      shell.ended = resolve;
      shell.child.stdin?.write(`${file}\n`);
    });
    shell.ended = undefined;
    if (fresh) shell.child.stdin?.end();
    rmSync(file, { force: true });
    return outcome;
  }

  #lasting(): Shell {
    this.#shell ??= this.#start(join(this.#work, "state"));
    return this.#shell;
  }

  async set(name: string, value: string): Promise<void> {
    this.#variables[name] = value;
    if (this.#shell !== undefined || existsSync(join(this.#work, "state"))) await this.run(`export ${name}=${quoted(value)}`);
  }

  evaluate(script: string): Promise<string> {
    const state = join(this.#work, "state");
    const restored = existsSync(state) ? `. ${quoted(state)}; cd "$(cat ${quoted(`${state}.cwd`)})"; ` : "";
    const [command = "", ...args] = [...this.#prefix(), ...this.#interpreter(), "-c", `${restored}${script}`];
    return new Promise((resolve) => {
      const options = { cwd: this.#spec.directory, env: this.#variables, timeout: EVALUATION_MS, maxBuffer: EVALUATION_BYTES };
      execFile(command, args, options, (_error, stdout) => resolve(stdout.replace(/\n+$/, "")));
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopWatch();
    for (const pid of this.#groups) killGroup(pid);
    endStrays([this.#spec.folder]);
    const left = this.#shell;
    if (left !== undefined && left.child.exitCode === null && left.child.signalCode === null) {
      await new Promise<void>((resolve) => left.child.once("exit", () => resolve()));
    }
  }

  #interpreter(): string[] {
    if (this.#spec.shell === "bash") return ["bash"];
    return this.#spec.shell === "sh-bash" ? ["bash", "--posix"] : ["/bin/sh"];
  }

  /** Set-user-id programs give a build no more rights than the server has, and it gets no more processors than its type has. */
  #prefix(): string[] {
    if (process.platform !== "linux") return [];
    const few = this.#spec.cpus < availableParallelism() && existsSync("/usr/bin/taskset");
    return [
      ...(SETPRIV === undefined ? [] : [SETPRIV, "--no-new-privs"]),
      ...(few ? ["/usr/bin/taskset", "-c", `0-${this.#spec.cpus - 1}`] : []),
      ...["nice", "-n", NICENESS],
    ];
  }

  #start(state: string): Shell {
    const [command = "", ...args] = [...this.#prefix(), ...this.#interpreter(), "-c", SHELL_PROGRAM, "sh", this.#mark, state];
    const child = spawn(command, args, {
      cwd: this.#spec.directory,
      env: this.#variables,
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const shell: Shell = { child, ended: undefined, killed: undefined };
    if (child.pid !== undefined) this.#groups.add(child.pid);
    const lines = new LineSplitter((line) => this.#onLine(shell, line));
    child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
    // A shell that is gone takes no more commands: its exit tells.
    child.stdin?.on("error", () => undefined);
    child.on("error", (error) => this.#onExit(shell, 127, error.message));
    child.on("exit", (code, signal) => {
      void drained().then(() => {
        lines.flush();
        this.#onExit(shell, code ?? KILLED, code === null ? `signal: ${signal === "SIGKILL" ? "killed" : signal}` : `exit status ${code}`);
      });
    });
    return shell;
  }

  #onLine(shell: Shell, line: string): void {
    const end = endOf(line, this.#mark);
    const text = end === undefined ? line : end.before;
    if (end === undefined || text !== "") this.#put(shell, text);
    if (end === undefined) return;
    if (end.gone && this.#shell === shell) this.#shell = undefined;
    shell.ended?.({ exitCode: end.code, reason: `exit status ${end.code}` });
  }

  #put(shell: Shell, line: string): void {
    const room = this.#spec.output(line);
    if (room === undefined) return;
    // A command that writes faster than its lines are stored waits, as its pipe is full.
    shell.child.stdout?.pause();
    void room.finally(() => shell.child.stdout?.resume());
  }

  #onExit(shell: Shell, exitCode: number, reason: string): void {
    if (this.#shell === shell) this.#shell = undefined;
    shell.ended?.({ exitCode, reason: shell.killed ?? reason });
  }

  /** Over the limit of its compute type the build's processes are killed, as the kernel does it in a container. */
  #watchMemory(): void {
    for (const pid of this.#groups) {
      const memory = memoryOf(pid);
      if (memory === undefined || memory.now <= this.#spec.memoryMb) continue;
      if (this.#shell?.child.pid === pid)
        this.#shell.killed = `signal: killed (out of memory: ${Math.round(memory.now)} MB of ${this.#spec.memoryMb} MB)`;
      killGroup(pid);
    }
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What was written before the end is in the pipe already: a turn of the event loop reads as much as may be read. */
async function drained(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}
