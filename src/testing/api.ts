// What `orrery/testing` gives. Types alone, without imports: the build publishes this file as the package's declarations.

export interface StartOptions {
  /** Kept when it is given; else a folder of its own that `stop` removes. */
  readonly dataDir?: string;
  /** `hold` (default): time stands still until the test advances it. `skip`: it jumps to what is due, up to the wall clock. */
  readonly clock?: "hold" | "skip" | "real";
  /** Virtual ms since the epoch at which it starts; default: now. */
  readonly startAt?: number;
  /** The same seed gives the same ids and random choices. */
  readonly seed?: string;
}

export interface TestClock {
  /** Virtual now, ms since the epoch. */
  now(): number;
  /** Moves on, e.g. by "7d", "1h30m" or a number of ms; resolves when all that became due has come to rest. */
  advance(by: string | number): Promise<void>;
  /** Moves to the next thing that is due; says what it was. */
  next(): Promise<{ readonly due: number; readonly label: string } | undefined>;
  /** Resolves when nothing is running and nothing that was due is left. */
  idle(): Promise<void>;
}

/** How an action ends: `after` so many virtual ms, with its output variables, or with an error. "InProgress" never ends by itself. */
export type ActionOutcome =
  | "Succeeded"
  | "Failed"
  | "InProgress"
  | { readonly status: "Succeeded"; readonly after?: number; readonly variables?: Readonly<Record<string, string>> }
  | { readonly status: "Failed"; readonly after?: number; readonly code?: string; readonly message?: string };

/** Outcomes of one action's runs in order; the last one holds for all that follow. */
export type ActionOutcomes = ActionOutcome | readonly ActionOutcome[];

export interface TimelineEvent {
  readonly id: string;
  /** Virtual ms since the epoch. */
  readonly time: number;
  readonly source: string;
  readonly type: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  readonly cause?: string;
  readonly rule?: string;
}

export interface FaultSpec {
  readonly id: string;
  /** Calls that clients and functions make, by service, operation and principal; or a function's invocations, by function and version. */
  readonly point: "api" | "function";
  readonly where?: Readonly<Record<string, string>>;
  /** 0–100, default 100. */
  readonly percent?: number;
  readonly error?: { readonly code: string; readonly message?: string; readonly status?: number };
  readonly delayMs?: number;
}

export interface TestCloud {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** What every client of an AWS SDK is made with: `new S3Client(cloud.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** What the AWS CLI, the CDK and other processes need to reach it. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: TestClock;
  /**
   * From now on actions and rules of pipelines that the script names end as it says, and do nothing else. Keys are
   * `<pipeline>/<stage>/<action>`, else `<category>/<provider>` such as `Build/CodeBuild`, else `*` for all but approvals.
   * Without a script they do their work again.
   */
  scriptActions(script?: Readonly<Record<string, ActionOutcomes>>): void;
  /** Injects a fault, or ends the one of that id. */
  inject(fault: FaultSpec): void;
  heal(id: string): void;
  /** What happened, oldest first. */
  timeline(filter?: { readonly source?: string; readonly type?: string; readonly resource?: string }): TimelineEvent[];
  /** The chain of causes of a thing, newest first: an ARN, a part of one, or an event's id. */
  why(of: string): TimelineEvent[];
  /** Empties every service. */
  reset(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
