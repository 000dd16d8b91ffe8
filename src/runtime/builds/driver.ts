/** Where a build's commands run, and with what. */
export interface SandboxSpec {
  /** The build's own folder; `src`, `home` and `tmp` are made in it. */
  readonly folder: string;
  /** Where the first command begins, e.g. CODEBUILD_SRC_DIR. */
  readonly directory: string;
  /** All variables that the commands see, beside PATH, HOME, TMPDIR and what the host lets through. */
  readonly variables: Readonly<Record<string, string>>;
  /** `sh-bash` is a bash that behaves as sh, which is what `/bin/sh` is on Amazon Linux. */
  readonly shell: "bash" | "sh" | "sh-bash";
  readonly memoryMb: number;
  readonly cpus: number;
  /** Folders that come before the host's in PATH. */
  readonly path?: readonly string[];
  /**
   * One line of output, without its line feed. Answers what is to be waited for before more is read, when there is more
   * of it than can be taken in.
   */
  output(line: string): Promise<void> | undefined;
}

export interface CommandOutcome {
  readonly exitCode: number;
  /** `exit status 1`, or `signal: killed` with what killed it. */
  readonly reason: string;
}

/** One build's environment. One command runs at a time; what commands leave running in the background goes on until `close`. */
export interface Sandbox {
  /**
   * Runs a command in the shell that ran the ones before it, so that directory and variables stay; `fresh` gives it a shell
   * of its own, from which nothing stays.
   */
  run(command: string, options?: { readonly fresh?: boolean }): Promise<CommandOutcome>;
  /** What a piece of shell prints, in the state that the commands left; nothing of it stays, and nothing goes to the output. */
  evaluate(script: string): Promise<string>;
  /** Sets a variable for all commands from now on. */
  set(name: string, value: string): Promise<void>;
  /** Ends all that was started, children of children included. Commands under way end with `signal: killed`. */
  close(): Promise<void>;
}

/** What builds run in: processes of this machine, or containers. */
export interface BuildDriver {
  open(spec: SandboxSpec): Sandbox;
  /** Ends what an earlier server left running in a folder. */
  endLeftovers(folders: readonly string[]): void;
}
