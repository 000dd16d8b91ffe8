import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { OrreryError } from "../../kernel/errors.ts";
import { killGroup, startOf } from "../processes/memory.ts";
import { endStrays } from "../processes/strays.ts";
import {
  type AgentDriver,
  type Machine,
  type MachineSpec,
  ROOT_VARIABLE,
  type RunOutcome,
  type RunRequest,
  SYSTEM_PATH,
} from "./driver.ts";
import { runProgram } from "./program.ts";

const GROUPS = "groups";

/** An instance whose `/` is a folder, for machines on which it cannot be more. Its scripts see the whole of this machine. */
class MappedMachine implements Machine {
  isUp = false;
  #ended = false;
  readonly #clock: Clock;
  readonly #folder: string;

  constructor(clock: Clock, { folder }: MachineSpec) {
    this.#clock = clock;
    this.#folder = folder;
  }

  root(): Promise<string> {
    if (this.#ended) return Promise.reject(new OrreryError("WorkloadFailed", "the instance was ended"));
    if (!this.isUp) {
      // What a killed server left running.
      endLeftovers(this.#folder);
      mkdirSync(join(this.#root, "tmp"), { recursive: true, mode: 0o755 });
      mkdirSync(join(this.#root, "opt/codedeploy-agent"), { recursive: true, mode: 0o755 });
      this.isUp = true;
    }
    return Promise.resolve(this.#root);
  }

  async run(request: RunRequest): Promise<RunOutcome> {
    const root = await this.root();
    const { argv, user, variables } = request;
    const [program = "", ...rest] = argv;
    const mapped = program.startsWith("/") && existsSync(join(root, program)) ? join(root, program) : program;
    const [command = "", ...args] = user === undefined ? [mapped, ...rest] : ["su", user, "-s", "/bin/sh", "-c", mapped];
    const cwd = existsSync(join(root, request.cwd)) ? join(root, request.cwd) : root;
    // The folder with a slash at its end is what tells the instance's processes from all others.
    const marks = { [ROOT_VARIABLE]: root, TMPDIR: join(root, "tmp"), HOME: `${root}/` };
    const env = { PATH: SYSTEM_PATH, LANG: "C.UTF-8", ...marks, ...variables };
    return runProgram(this.#clock, { command, args, cwd, variables: env }, request, (pid) => this.#note(pid));
  }

  stop(): Promise<void> {
    endLeftovers(this.#folder);
    this.isUp = false;
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.#ended = true;
    return this.stop();
  }

  get #root(): string {
    return join(this.#folder, "root");
  }

  /** Groups of processes that were started on it, each with the start of its first: on systems without /proc, all that is known. */
  #note(pid: number): void {
    appendFileSync(join(this.#folder, GROUPS), `${pid} ${startOf(pid) ?? ""}\n`);
  }
}

/** Ends what was started on a mapped instance, be it by a server that was killed. Nothing for other instances. */
export function endLeftovers(folder: string): void {
  const groups = join(folder, GROUPS);
  if (!existsSync(groups)) return;
  for (const text of readFileSync(groups, "utf8").trim().split("\n")) {
    const [pid = "", start = ""] = text.split(" ");
    // A number that was given to another process since belongs to it.
    const now = startOf(Number(pid));
    if (now === undefined ? process.platform !== "linux" : now === start) killGroup(Number(pid));
  }
  rmSync(groups, { force: true });
  endStrays([join(folder, "root")]);
}

export function mappedDriver(clock: Clock): AgentDriver {
  return {
    kind: "mapped",
    about: `each instance is a folder: destinations of AppSpec files lie under it, and scripts find it in ${ROOT_VARIABLE}`,
    machine: (spec) => new MappedMachine(clock, spec),
  };
}
