/** One instance: a root folder of its own, and the processes that were started on it. */
export interface Machine {
  /** The folder of this machine that is the instance's `/`. Boots the instance if it is not up. */
  root(): Promise<string>;
  /** True once it was booted, until it ends. */
  readonly isUp: boolean;
  /** Runs a program on the instance to its end. Boots the instance if it is not up. @throws OrreryError WorkloadFailed */
  run(request: RunRequest): Promise<RunOutcome>;
  /** Ends all that runs on it. What is on its disk stays, and it may be booted again. */
  stop(): Promise<void>;
  /** Stops it for good: whoever is at work on it and asks for more is refused. */
  end(): Promise<void>;
}

export interface MachineSpec {
  /** Where its disk is kept. */
  readonly folder: string;
  /** Its host name. */
  readonly name: string;
}

export interface RunRequest {
  /** The program and its arguments; a path is one of the instance. */
  readonly argv: readonly string[];
  /** All of its variables beside PATH, HOME, LANG and ORRERY_INSTANCE_ROOT. */
  readonly variables: Readonly<Record<string, string>>;
  /** A folder of the instance. */
  readonly cwd: string;
  readonly user?: string | undefined;
  /** Wall time. */
  readonly timeoutMs: number;
  /** One line of output, without its line feed. */
  readonly line: (stream: "stdout" | "stderr", text: string) => void;
}

/** `left-open`: the program has ended, but something that it started keeps its output open until the time is over. */
export type RunOutcome = { readonly end: "exit"; readonly code: number } | { readonly end: "timeout" };

/** How instances are kept apart from this machine. */
export interface AgentDriver {
  readonly kind: "namespace" | "mapped";
  /** For people: what this means for AppSpec files and scripts. */
  readonly about: string;
  machine(spec: MachineSpec): Machine;
}

/** Names the folder that is the instance's `/`: empty where paths are the instance's own. */
export const ROOT_VARIABLE = "ORRERY_INSTANCE_ROOT";

export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
