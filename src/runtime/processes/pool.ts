import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import type { EnvironmentHost, EnvironmentSpec, FunctionDriver, InvocationOutcome, InvocationRequest } from "./driver.ts";
import { Environment, type InitOutcome } from "./environment.ts";
import { exposeModules } from "./launch.ts";
import { killGroup, namesIn, startOf } from "./memory.ts";
import { endStrays } from "./strays.ts";

export interface ProcessDriverOptions {
  readonly clock: Clock;
  /** Folder for the processes' own folders. */
  readonly folder: string;
  /** A `node_modules` whose `scopes` are shown to functions. */
  readonly modules: { readonly from: string; readonly scopes: readonly string[] };
  /** Wall ms after which an idle process is ended. Default 5 minutes. */
  readonly idleMs?: number;
  /** Processes at one time; beyond them, calls wait for a free one. Default 100. */
  readonly maxProcesses?: number;
}

const IDLE_MS = 5 * 60_000;
/** Credentials are handed to a process once; it is replaced long before they expire. */
const OLDEST_MS = 4 * 3_600_000;
const HOUSEKEEPING_MS = 10_000;
const MAX_PROCESSES = 100;
const SETTLE_MS = 25;

/** Runs functions as processes of this machine: warm ones again, more of them as calls overlap. */
export class ProcessDriver implements FunctionDriver {
  readonly #options: ProcessDriverOptions;
  readonly #modulesDir: string;
  readonly #all = new Set<Environment>();
  readonly #idle = new Map<string, Environment[]>();
  readonly #settling = new Set<Environment>();
  readonly #queue: (() => void)[] = [];
  readonly #endHousekeeping: () => void;
  /** Folders of environments whose strays are still to be ended. */
  readonly #ended: string[] = [];
  #clearing: Promise<void> | undefined;

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    endOrphans(options.folder);
    this.#modulesDir = join(options.folder, "runtime", "node_modules");
    exposeModules(this.#modulesDir, options.modules.from, options.modules.scopes);
    this.#endHousekeeping = options.clock.wallInterval(HOUSEKEEPING_MS, () => this.#sweep());
  }

  async invoke(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome> {
    const environment = this.#takeIdle(spec) ?? (await this.#takeSettling(spec)) ?? (await this.#startNew(spec, request));
    if (!(environment instanceof Environment)) return environment;
    const outcome = await environment.invoke(request);
    this.#settle(environment);
    return outcome;
  }

  retire(matches: (group: string) => boolean): void {
    this.#retire((spec) => matches(spec.group));
  }

  async stop(): Promise<void> {
    this.#endHousekeeping();
    await this.endAll();
  }

  /** Ends every process; new ones may be started after. */
  async endAll(): Promise<void> {
    this.#idle.clear();
    // Those that were starting are not started a second time.
    for (const environment of this.#all) environment.retired = true;
    await Promise.all([...this.#all].map((environment) => environment.kill()));
    await this.#clearing;
  }

  /** Number of processes now. */
  get size(): number {
    return this.#all.size;
  }

  #retire(matches: (spec: EnvironmentSpec) => boolean): void {
    for (const environment of this.#all) if (matches(environment.spec)) environment.retired = true;
    for (const environments of [...this.#idle.values()]) {
      for (const environment of [...environments]) if (environment.retired) this.#discard(environment);
    }
  }

  #takeIdle(spec: EnvironmentSpec): Environment | undefined {
    const environments = this.#idle.get(spec.id);
    // The one used last is the warmest; the others grow old and go.
    for (let next = environments?.pop(); next !== undefined; next = environments?.pop()) {
      if (!next.dead && !next.retired) return next;
    }
    return undefined;
  }

  /** A process that has answered is about to ask for more work: worth a moment's wait. */
  async #takeSettling(spec: EnvironmentSpec): Promise<Environment | undefined> {
    const environment = [...this.#settling].find((candidate) => candidate.spec.id === spec.id && !candidate.retired);
    if (environment === undefined) return undefined;
    this.#settling.delete(environment);
    const late = this.#options.clock.wallPause(SETTLE_MS).then(() => "late");
    const reached = await Promise.race([environment.settled(), late]);
    if (reached !== "late" && !environment.dead) return environment;
    this.#settle(environment);
    return undefined;
  }

  #settle(environment: Environment): void {
    this.#settling.add(environment);
    void environment.settled().then(() => {
      if (this.#settling.delete(environment)) this.#giveBack(environment);
    });
  }

  async #startNew(spec: EnvironmentSpec, request: InvocationRequest): Promise<Environment | InvocationOutcome> {
    this.#retire((other) => other.group === spec.group && other.id !== spec.id);
    while (this.#isFull) await this.#vacancy();
    let environment = this.#create(spec);
    let init = await environment.start();
    if (init.status !== "success" && !environment.retired) {
      // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: once more, in the time of the invocation.
      environment = this.#create(spec, environment.host);
      init = await environment.start("invoke");
    }
    if (init.status === "success") return environment;
    return this.#failedInit(environment, init, request);
  }

  #failedInit(environment: Environment, init: InitOutcome, request: InvocationRequest): InvocationOutcome {
    const { host, spec } = environment;
    request.started(host);
    const base = { host, durationMs: init.durationMs, maxMemoryMb: environment.peakMb };
    if (init.status === "timeout") {
      const text = `RequestId: ${request.requestId} Error: Task timed out after ${(spec.timeoutMs / 1000).toFixed(2)} seconds`;
      const payload = Buffer.from(JSON.stringify({ errorType: "Sandbox.Timedout", errorMessage: text }));
      return { ...base, status: "timeout", errorType: "Sandbox.Timedout", payload };
    }
    const failure = init.failure;
    const crash = failure?.crash;
    const payload =
      crash === undefined
        ? (failure?.payload ?? Buffer.from("null"))
        : Buffer.from(JSON.stringify({ errorType: "Runtime.ExitError", errorMessage: `RequestId: ${request.requestId} Error: ${crash}` }));
    const errorType = failure?.type ?? "Runtime.Unknown";
    return { ...base, status: "error", errorType, payload, ...(crash === undefined ? {} : { crash }) };
  }

  #create(spec: EnvironmentSpec, host?: EnvironmentHost): Environment {
    const environment = new Environment(spec, {
      clock: this.#options.clock,
      folder: join(this.#options.folder, `e-${randomUUID()}`),
      modulesDir: this.#modulesDir,
      host,
      ended: (gone) => {
        this.#all.delete(gone);
        this.#endStraysOf(gone);
        this.#queue.shift()?.();
      },
    });
    this.#all.add(environment);
    return environment;
  }

  /** Of all that end at the same time at once: it is a look at every process of the machine. */
  #endStraysOf(gone: Environment): void {
    this.#ended.push(gone.folder);
    this.#clearing ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#clearing = undefined;
        endStrays(this.#ended.splice(0));
        resolve();
      }),
    );
  }

  get #isFull(): boolean {
    return this.#all.size >= (this.#options.maxProcesses ?? MAX_PROCESSES);
  }

  /** Resolves when a process has ended; ends an idle one of another function where there is one. */
  #vacancy(): Promise<void> {
    const oldest = [...this.#idle.values()].flat().sort((a, b) => a.idleSince - b.idleSince)[0];
    return new Promise((resolve) => {
      this.#queue.push(resolve);
      if (oldest !== undefined) this.#discard(oldest);
    });
  }

  #giveBack(environment: Environment): void {
    if (environment.dead) return;
    if (environment.retired || this.#isOld(environment)) {
      this.#discard(environment);
      return;
    }
    const environments = this.#idle.get(environment.spec.id) ?? [];
    this.#idle.set(environment.spec.id, environments);
    environments.push(environment);
    // Somebody may be waiting for a place: this process is one that can make room.
    if (this.#queue.length > 0) this.#discard(environment);
  }

  #discard(environment: Environment): void {
    const environments = this.#idle.get(environment.spec.id);
    const at = environments?.indexOf(environment) ?? -1;
    if (at >= 0) environments?.splice(at, 1);
    if (environments?.length === 0) this.#idle.delete(environment.spec.id);
    void environment.kill();
  }

  #isOld(environment: Environment): boolean {
    return this.#options.clock.measure() - environment.startedAt > OLDEST_MS;
  }

  #sweep(): void {
    const oldest = this.#options.clock.measure() - (this.#options.idleMs ?? IDLE_MS);
    for (const environments of [...this.#idle.values()]) {
      for (const environment of [...environments]) {
        if (environment.idleSince < oldest || this.#isOld(environment)) this.#discard(environment);
      }
    }
  }
}

/** Ends what an earlier server, killed without warning, left running. The start time tells its processes from strangers. */
function endOrphans(folder: string): void {
  const names = namesIn(folder).filter((name) => name.startsWith("e-"));
  endStrays(names.map((name) => join(folder, name)));
  for (const name of names) {
    const place = join(folder, name);
    try {
      const [pid = "", started] = readFileSync(join(place, "pid"), "utf8").split(" ");
      if (started !== undefined && started !== "" && startOf(Number(pid)) === started) killGroup(Number(pid));
    } catch {
      // It had not got so far as to start a process.
    }
    rmSync(place, { recursive: true, force: true });
  }
}
