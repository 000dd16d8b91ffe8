import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "../../kernel/clock.ts";
import type { EnvironmentHost, EnvironmentSpec, InvocationOutcome, InvocationRequest } from "./driver.ts";
import { errorDocument } from "./driver.ts";
import { LOG_FD, launchOf } from "./launch.ts";
import { killGroup, memoryOf, startOf } from "./memory.ts";
import { FrameReader, LineSplitter } from "./output.ts";
import { RuntimeApi } from "./runtime-api.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: "The Init phase is limited to 10 seconds". */
const INIT_LIMIT_MS = 10_000;
const MEMORY_CHECK_MS = 100;

/** How a process came up, or why it did not. */
export interface InitOutcome {
  readonly status: "success" | "error" | "timeout";
  readonly durationMs: number;
  /** The error document and its type, where the runtime told them or the process ended. */
  readonly failure?: Failure;
}

interface Failure {
  readonly type: string;
  readonly payload: Buffer;
  readonly crash?: string;
}

interface Answer {
  readonly status: "success" | "error" | "timeout";
  readonly payload: Buffer;
  readonly errorType?: string;
  readonly crash?: string;
}

export interface EnvironmentParts {
  readonly clock: Clock;
  readonly folder: string;
  readonly modulesDir: string;
  /** Of the environment whose start failed, where this one is the second try. */
  readonly host?: EnvironmentHost | undefined;
  /** Called when the process is gone, whatever the reason. */
  readonly ended: (environment: Environment) => void;
}

/**
 * One process that runs one function, one invocation at a time.
 *
 *     starting ──next──▶ idle ⇄ busy        any ──exit, time-out, memory, kill──▶ dead
 */
export class Environment {
  readonly spec: EnvironmentSpec;
  readonly host: EnvironmentHost;
  readonly startedAt: number;
  /** Steady clock, ms: when it was last given back. */
  idleSince: number;
  retired = false;
  dead = false;
  readonly #parts: EnvironmentParts;
  readonly #api: RuntimeApi;
  #child: ChildProcess | undefined;
  #ready: () => void = () => undefined;
  #answered: ((answer: Answer) => void) | undefined;
  #initFailed: ((failure: Failure) => void) | undefined;
  #onChunk: InvocationRequest["chunk"];
  #requestId: string | undefined;
  #isWaiting = false;
  #exit: string | undefined;
  #killed: string | undefined;
  #initError: Failure | undefined;
  #initMs: number | undefined;

  constructor(spec: EnvironmentSpec, parts: EnvironmentParts) {
    this.spec = spec;
    this.#parts = parts;
    this.host = parts.host ?? spec.open();
    this.startedAt = parts.clock.measure();
    this.idleSince = this.startedAt;
    this.#api = new RuntimeApi({
      next: () => this.#onNext(),
      response: (id, body) => this.#onAnswer(id, { status: "success", payload: body }),
      error: (id, body, type) => this.#onAnswer(id, { status: "error", payload: body, errorType: type ?? "Unhandled" }),
      initError: (body, type) => this.#onInitError({ type: type ?? "Runtime.Unknown", payload: body }),
      tooLarge: (id) => this.#onAnswer(id, tooLarge()),
      chunk: (id, data, type) => {
        if (id === this.#requestId) this.#onChunk?.(data, type);
      },
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Its own folder, whose name no other environment has. */
  get folder(): string {
    return this.#parts.folder;
  }

  /** The most resident memory that was seen, in MB. */
  get peakMb(): number {
    return this.#peakMb;
  }

  /** Starts the process and waits until it asks for work, fails, or is over its time: 10 s, or the function's own in `invoke`. */
  async start(phase: "init" | "invoke" = "init"): Promise<InitOutcome> {
    const { clock } = this.#parts;
    const began = clock.measure();
    const tmpDir = join(this.#parts.folder, "tmp");
    mkdirSync(tmpDir, { recursive: true, mode: 0o700 });
    const api = await this.#api.listen();
    // Ended before it had a process.
    if (this.dead) return { status: "error", durationMs: clock.measure() - began, failure: crashFailure("signal: killed") };
    const launch = launchOf(this.spec, this.host.variables, { api, tmpDir, modulesDir: this.#parts.modulesDir });
    const outcome = await new Promise<InitOutcome>((resolve) => {
      const done = (status: InitOutcome["status"], failure?: Failure): void => {
        cancel();
        stopWatch();
        resolve({ status, durationMs: clock.measure() - began, ...(failure === undefined ? {} : { failure }) });
      };
      const cancel = clock.wallTimeout(phase === "init" ? INIT_LIMIT_MS : this.spec.timeoutMs, () => done("timeout"));
      const stopWatch = clock.wallInterval(MEMORY_CHECK_MS, () => this.#watchMemory());
      this.#ready = () => done("success");
      this.#initFailed = (failure) => done("error", failure);
      this.#spawn(launch.command, launch.args, launch.variables);
    });
    this.#initFailed = undefined;
    // What is tried again in the time of the invocation is part of its duration.
    if (outcome.status !== "success") await this.kill();
    else if (phase === "init") this.#initMs = outcome.durationMs;
    else this.#spentMs = outcome.durationMs;
    const type = outcome.failure?.type;
    this.host.initialised({ ...outcome, phase, ...(type === undefined ? {} : { errorType: type }) });
    return outcome;
  }

  /** Runs one invocation. The environment must be idle. */
  async invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    const { clock } = this.#parts;
    const initMs = this.#initMs;
    const spentMs = this.#spentMs;
    this.#initMs = undefined;
    this.#spentMs = 0;
    request.started(this.host);
    const began = clock.measure() - spentMs;
    const answer = await this.#exchange(request, this.spec.timeoutMs - spentMs);
    const durationMs = Math.min(clock.measure() - began, answer.status === "timeout" ? this.spec.timeoutMs : Number.POSITIVE_INFINITY);
    await this.#drained();
    if (!this.dead) this.#flush();
    this.idleSince = clock.measure();
    return { ...answer, durationMs, ...(initMs === undefined ? {} : { initMs }), maxMemoryMb: this.#peakMb, host: this.host };
  }

  /** Resolves when the process asks for work again, or is gone. */
  async settled(): Promise<void> {
    if (this.#isWaiting || this.dead) return;
    await new Promise<void>((resolve) => {
      this.#settling.push(resolve);
    });
  }

  /** Ends the process and its children, and resolves when they are gone. */
  kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid !== undefined && !this.dead) killGroup(child.pid);
    if (this.dead || child === undefined) {
      this.#end();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#gone.push(resolve);
    });
  }

  #peakMb = 0;
  /** Of the invocation's time, by a second try to start. */
  #spentMs = 0;
  /** Set while what was written is waited for to be stored. */
  #holding: Promise<void> | undefined;
  readonly #gone: (() => void)[] = [];
  readonly #settling: (() => void)[] = [];
  #flush: () => void = () => undefined;

  /** What the process wrote before it answered is in the pipes already: a turn of the event loop reads as much as may be read. */
  async #drained(): Promise<void> {
    do {
      await this.#holding;
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#holding !== undefined);
  }

  #exchange(request: InvocationRequest, leftMs: number): Promise<Answer> {
    const { clock } = this.#parts;
    return new Promise((resolve) => {
      const stopTimer = clock.wallTimeout(Math.max(0, leftMs), () => {
        this.#answered = undefined;
        finish({ status: "timeout", errorType: "Sandbox.Timedout", payload: timedOut(request.requestId, this.spec.timeoutMs) });
        void this.kill();
      });
      const stopWatch = clock.wallInterval(MEMORY_CHECK_MS, () => this.#watchMemory());
      const finish = (answer: Answer): void => {
        stopTimer();
        stopWatch();
        this.#watchMemory();
        this.#requestId = undefined;
        this.#answered = undefined;
        resolve(answer);
      };
      this.#requestId = request.requestId;
      this.#onChunk = request.chunk;
      this.#answered = finish;
      this.#isWaiting = false;
      const headers = { ...request.headers, "lambda-runtime-aws-request-id": request.requestId };
      const deadline = { "lambda-runtime-deadline-ms": String(clock.wall() + Math.round(leftMs)) };
      if (!this.#api.send({ ...headers, ...deadline }, request.payload)) finish(crashed(request.requestId, this.#exit ?? "exit status 1"));
    });
  }

  #spawn(command: string, args: readonly string[], variables: Record<string, string>): void {
    const child = spawn(command, args, {
      cwd: this.spec.codeDir,
      env: variables,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.#read(child);
    child.on("error", (error) => this.#onClose(`fork/exec ${command}: ${error.message}`));
    child.on("exit", () => {
      // Children that hold the pipes open would keep `close` from coming.
      if (child.pid !== undefined) killGroup(child.pid);
    });
    child.on("close", (code, signal) => this.#onClose(exitText(code, signal)));
    if (child.pid !== undefined) writeFileSync(join(this.#parts.folder, "pid"), `${child.pid} ${startOf(child.pid) ?? ""}`);
  }

  #read(child: ChildProcess): void {
    const pipes = [child.stdout, child.stderr, child.stdio[LOG_FD] as Readable];
    const log = (text: string): void => {
      const room = this.host.log(text);
      if (room === undefined || this.#holding !== undefined) return;
      // A process that writes faster than its lines are stored waits, as its pipes are full.
      for (const pipe of pipes) pipe?.pause();
      this.#holding = room.finally(() => {
        this.#holding = undefined;
        for (const pipe of pipes) pipe?.resume();
      });
    };
    const lines = [new LineSplitter(log), new LineSplitter(log)] as const;
    const frames = new FrameReader(log);
    this.#flush = () => {
      for (const splitter of lines) splitter.flush();
    };
    for (const [i, reader] of [...lines, frames].entries()) pipes[i]?.on("data", (chunk: Buffer) => reader.push(chunk));
  }

  #onNext(): void {
    this.#isWaiting = true;
    this.#ready();
    for (const resolve of this.#settling.splice(0)) resolve();
  }

  #onInitError(failure: Failure): void {
    this.#initError = failure;
  }

  #onAnswer(requestId: string, answer: Answer): void {
    if (requestId !== this.#requestId) return;
    this.#answered?.(answer);
  }

  #onClose(exit: string): void {
    if (this.dead) return;
    this.#exit = this.#killed ?? exit;
    this.#flush();
    this.#initFailed?.(this.#initError ?? crashFailure(this.#exit));
    if (this.#requestId !== undefined) this.#answered?.(crashed(this.#requestId, this.#exit));
    this.#end();
  }

  #end(): void {
    if (!this.dead) {
      this.dead = true;
      this.#api.close();
      rmSync(this.#parts.folder, { recursive: true, force: true });
      this.#parts.ended(this);
      for (const resolve of this.#settling.splice(0)) resolve();
    }
    for (const resolve of this.#gone.splice(0)) resolve();
  }

  /** Over its limit the process is killed, as Lambda does it. */
  #watchMemory(): void {
    const memory = this.#child?.pid === undefined || this.dead ? undefined : memoryOf(this.#child.pid);
    if (memory === undefined) return;
    this.#peakMb = Math.max(this.#peakMb, Math.min(memory.peak, this.spec.memoryMb));
    if (memory.now <= this.spec.memoryMb) return;
    this.#killed = "signal: killed";
    void this.kill();
  }
}

function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGKILL") return "signal: killed";
  if (signal === "SIGABRT") return "signal: aborted";
  if (signal !== null) return `signal: ${signal.slice(3).toLowerCase()}`;
  return `exit status ${code ?? 1}`;
}

/** Texts as in https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html and the Runtime API's docs. */
function crashText(exit: string): string {
  return exit === "exit status 0" ? "Runtime exited without providing a reason" : `Runtime exited with error: ${exit}`;
}

function crashed(requestId: string, exit: string): Answer {
  const text = crashText(exit);
  const payload = errorDocument("Runtime.ExitError", `RequestId: ${requestId} Error: ${text}`);
  return { status: "error", errorType: "Runtime.ExitError", payload, crash: text };
}

function crashFailure(exit: string): Failure {
  const text = crashText(exit);
  return { type: "Runtime.ExitError", payload: errorDocument("Runtime.ExitError", `Error: ${text}`), crash: text };
}

function timedOut(requestId: string, timeoutMs: number): Buffer {
  const text = `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
  return errorDocument("Sandbox.Timedout", text);
}

function tooLarge(): Answer {
  const type = "Function.ResponseSizeTooLarge";
  const text = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
  return { status: "error", errorType: type, payload: errorDocument(type, text) };
}
