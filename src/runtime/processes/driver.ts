/** What one kind of execution environment is made of. */
export interface EnvironmentSpec {
  /** Environments of one id are interchangeable: it changes with the code and with every setting. */
  readonly id: string;
  /** What replaces what: environments of a group whose id is no longer asked for are ended. */
  readonly group: string;
  readonly language: "node" | "python";
  /** `file.function`, the file relative to the code folder. */
  readonly handler: string;
  /** Read-only folder with the code. */
  readonly codeDir: string;
  /** Folder that stands for `/opt`, if there are layers. */
  readonly optDir: string | undefined;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  /** Called at each start of a process: its place for logs, and its variables. */
  open(): EnvironmentHost;
}

/** What the owner keeps for each process. */
export interface EnvironmentHost {
  /** Variables beside those that every environment has. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * One message of the workload, without a final line feed. Answers what is to be waited for before more of the workload's
   * output is read, when there is more of it than can be taken in.
   */
  log(text: string): Promise<void> | undefined;
  /** How the start went; called once, before the first invocation's `started` where it succeeded. */
  initialised(report: InitReport): void;
}

export interface InitReport {
  /** `invoke` for the second try, which is made in the time of the invocation. */
  readonly phase: "init" | "invoke";
  readonly durationMs: number;
  readonly status: "success" | "error" | "timeout";
  readonly errorType?: string;
}

export interface InvocationRequest {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** Headers of the Runtime API's answer to `next`, beside request id and deadline. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called when a process takes it, before the process sees it. */
  started(host: EnvironmentHost): void;
  /** Called with each part of a response that is sent while it is made; the outcome has all of it. */
  readonly chunk?: ((data: Buffer, contentType: string) => void) | undefined;
}

export interface InvocationOutcome {
  readonly status: "success" | "error" | "timeout";
  /** What the function answered, or the error document. */
  readonly payload: Buffer;
  /** Set when status is not `success`. */
  readonly errorType?: string;
  /** Set when the process itself ended, as the text after `Error: `. */
  readonly crash?: string;
  readonly durationMs: number;
  /** Set at the first invocation of a process. */
  readonly initMs?: number;
  readonly maxMemoryMb: number;
  readonly host: EnvironmentHost;
}

/** Runs functions. */
export interface FunctionDriver {
  invoke(spec: EnvironmentSpec, request: InvocationRequest): Promise<InvocationOutcome>;
  /** Ends the idle environments of the groups that match, and the busy ones after what they do now. */
  retire(matches: (group: string) => boolean): void;
  /** Ends all of them at once. */
  stop(): Promise<void>;
}

/** The error document of a failure that the function did not report itself. */
export function errorDocument(errorType: string, errorMessage: string): Buffer {
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}
