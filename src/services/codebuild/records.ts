import type { Build, BuildPhase, BuildPhaseType, LogsConfig, Project, ProjectArtifacts, StatusType } from "@aws-sdk/client-codebuild";

/** What of a project is set by its owner; kept as it was given, with AWS's defaults filled in. */
export type ProjectSettings = Omit<
  Project,
  | "name"
  | "arn"
  | "created"
  | "lastModified"
  | "tags"
  | "webhook"
  | "badge"
  | "projectVisibility"
  | "publicProjectAlias"
  | "resourceAccessRole"
> & { readonly badgeEnabled?: boolean };

/** A phase as it is kept: instants are virtual ms, durations are those of the wall where work was done. */
export interface PhaseRecord {
  readonly phaseType: BuildPhaseType;
  readonly phaseStatus?: StatusType;
  readonly startTime: number;
  readonly endTime?: number;
  readonly durationInSeconds?: number;
  readonly contexts?: readonly { readonly statusCode: string; readonly message: string }[];
}

/** A build as it is kept: the API's shape with virtual ms as instants. */
export interface BuildRecord extends Omit<Build, "startTime" | "endTime" | "phases" | "id" | "arn" | "projectName"> {
  readonly id: string;
  readonly arn: string;
  readonly projectName: string;
  readonly startTime: number;
  readonly endTime?: number;
  readonly phases: readonly PhaseRecord[];
}

/** What runs a build and the API does not show. */
export interface BuildPlan {
  readonly artifacts: ProjectArtifacts;
  readonly secondaryArtifacts: readonly ProjectArtifacts[];
  readonly logsConfig: LogsConfig;
  /** What StartBuild was asked for, so that a retry asks for the same. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Variables of whoever started it: a batch's identifier, what a webhook tells. They come over all others. */
  readonly variables: Readonly<Record<string, string>>;
  /** Grows by InvalidateProjectCache. */
  readonly cacheVersion: number;
  /** Of `on-failure: RETRY`: how many builds of the chain went before. */
  readonly retries?: number;
}

/** Who or what starts a build. */
export interface BuildOrigin {
  /** As `CODEBUILD_INITIATOR` and the API show it; the caller's own when absent. */
  readonly initiator?: string;
  readonly batch?: { readonly arn: string; readonly identifier: string };
  /** `CODEBUILD_WEBHOOK_*`, and what a batch sets. They win over all others. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The build that is tried again, and the number of this try where it is an automatic one. */
  readonly retryOf?: { readonly id: string; readonly arn: string; readonly automatic?: number };
  /** Of `on-failure: RETRY`. */
  readonly retries?: number;
}

export const isOver = (build: Pick<BuildRecord, "buildComplete">): boolean => build.buildComplete === true;

/** As the API gives it. */
export function buildOf(record: BuildRecord): Build {
  const { startTime, endTime, phases, ...rest } = record;
  return {
    ...rest,
    startTime: new Date(startTime),
    ...(endTime === undefined ? {} : { endTime: new Date(endTime) }),
    phases: phases.map(phaseOf),
  };
}

function phaseOf({ startTime, endTime, contexts, ...rest }: PhaseRecord): BuildPhase {
  return {
    ...rest,
    startTime: new Date(startTime),
    ...(endTime === undefined ? {} : { endTime: new Date(endTime) }),
    ...(contexts === undefined ? {} : { contexts: contexts.map((context) => ({ ...context })) }),
  };
}
