import type { Context } from "../../../aws/context.ts";

/** An artifact as it lies in the pipeline's artifact store. */
export interface Artifact {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  /** What it was made from: a commit, an object's version, a build's id. */
  readonly revision?: string | undefined;
}

/**
 * What a provider is told about the run of one action. Configuration values have their variables resolved. The context
 * acts for the action's role, or the pipeline's; its cause is the event that started the action.
 */
export interface ActionRun {
  readonly ctx: Context;
  /** The pipeline's own account and region with its own authority: for tables of this service, never for other services. */
  readonly home: Context;
  readonly pipelineName: string;
  readonly pipelineVersion: number;
  readonly pipelineExecutionId: string;
  readonly stageName: string;
  readonly actionName: string;
  readonly actionExecutionId: string;
  readonly roleArn: string;
  readonly region: string;
  readonly configuration: Readonly<Record<string, string>>;
  /** Of a `Commands` action, or of a rule with commands. */
  readonly commands?: readonly string[];
  readonly environmentVariables?: readonly { readonly name: string; readonly value: string; readonly type?: string }[];
  readonly outputVariables?: readonly string[];
  readonly inputs: readonly Artifact[];
  /** Where the outputs are to be put; they exist once the provider has written them. `files` is of a `Commands` action. */
  readonly outputs: readonly (Artifact & { readonly files?: readonly string[] })[];
  readonly encryptionKey?: string | undefined;
  /** The revision that a source action must take, when the execution was started for one. */
  readonly sourceRevision?: { readonly type: string; readonly value: string } | undefined;
  /** All of them: an S3 source may be given a key and a version together. The one above is the first of these. */
  readonly sourceRevisions?: readonly { readonly type: string; readonly value: string }[] | undefined;
  /** What the provider answered last as its memory; undefined at the first call. */
  readonly memory: Readonly<Record<string, unknown>> | undefined;
  /** Virtual ms at which the action started. */
  readonly startedAt: number;
}

interface Told {
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  readonly externalExecutionSummary?: string;
}

/**
 * Where an action stands. `InProgress` is asked again at `again` (virtual ms) and whenever somebody wakes the action;
 * `memory` holds ids only and is kept durably. `Failed` carries AWS's error code and message.
 */
export type ActionProgress =
  | (Told & { readonly status: "InProgress"; readonly again?: number; readonly memory?: Readonly<Record<string, unknown>> })
  | (Told & {
      readonly status: "Succeeded";
      readonly variables?: Readonly<Record<string, string>>;
      /** The revision that a source action took; `summary` and `url` are shown with it. */
      readonly revision?: { readonly id: string; readonly summary?: string; readonly url?: string; readonly created?: number };
    })
  | (Told & { readonly status: "Failed"; readonly code: string; readonly message: string });

/** What the rules of the pipeline's structure ask about a provider. */
export interface ConfigurationKey {
  readonly name: string;
  readonly required?: boolean;
  readonly secret?: boolean;
}

/**
 * One provider of actions, e.g. Build / AWS / CodeBuild. `advance` is called at least once and is idempotent: what it
 * starts in another service it starts under a token or a name derived from `actionExecutionId`, so that a call repeated
 * after a crash finds what the first one made. It keeps no state but what it answers as `memory`.
 */
export interface ActionProvider {
  readonly category: "Source" | "Build" | "Test" | "Deploy" | "Invoke" | "Approval" | "Compute";
  readonly owner: "AWS" | "ThirdParty" | "Custom";
  readonly provider: string;
  readonly version: string;
  /** Only in pipelines of type V2. */
  readonly v2Only?: boolean;
  readonly inputs: { readonly minimum: number; readonly maximum: number };
  readonly outputs: { readonly minimum: number; readonly maximum: number };
  readonly configuration: readonly ConfigurationKey[];
  /** Takes keys that `configuration` does not name: providers whose keys nobody here reads. */
  readonly anyConfiguration?: boolean;
  /** Minutes; 60 where AWS names no other. */
  readonly timeoutMinutes?: number;
  advance(run: ActionRun): Promise<ActionProgress>;
  /**
   * The execution was stopped and abandoned, or the action timed out. On AWS what was started in another service goes on
   * then: this is for what is the pipeline's own, such as a job that nobody may take any more.
   */
  stop?(run: ActionRun): Promise<void>;
}

/**
 * One provider of rules of stage conditions, e.g. CloudWatchAlarm. Its run is like an action's: `actionName` is the rule's
 * name and `actionExecutionId` the rule execution's id, which `wake` takes as well. `Succeeded` means that the rule is met,
 * `Failed` that it is not.
 */
export interface RuleProvider {
  readonly provider: string;
  readonly version: string;
  /** A condition whose result is SKIP takes only rules that say so. */
  readonly maySkip?: boolean;
  readonly inputs: { readonly minimum: number; readonly maximum: number };
  readonly configuration: readonly ConfigurationKey[];
  /** Minutes; 60 where AWS names no other, and less or more where the rule itself says it (`timeoutInMinutes`). */
  readonly timeoutMinutes?: number;
  advance(run: RuleRun): Promise<ActionProgress>;
  stop?(run: RuleRun): Promise<void>;
}

export interface RuleRun extends ActionRun {
  readonly condition: "beforeEntry" | "onSuccess" | "onFailure";
}
