import type {
  BuildBatch,
  BuildBatchPhase,
  BuildBatchPhaseType,
  BuildGroup,
  BuildSummary,
  ProjectArtifacts,
  ProjectBuildBatchConfig,
  StartBuildInput,
  StatusType,
} from "@aws-sdk/client-codebuild";
import type { BuildRecord } from "../records.ts";
import type { GroupPlan } from "./groups.ts";

/** A phase of a batch as it is kept, with virtual ms. */
export interface BatchPhaseRecord {
  readonly phaseType: BuildBatchPhaseType;
  readonly phaseStatus?: StatusType;
  readonly startTime: number;
  readonly endTime?: number;
  readonly durationInSeconds?: number;
  readonly contexts?: readonly { readonly statusCode: string; readonly message: string }[];
}

export interface SummaryRecord extends Omit<BuildSummary, "requestedOn" | "arn"> {
  readonly arn: string;
  readonly requestedOn: number;
}

export interface GroupRecord extends Omit<BuildGroup, "currentBuildSummary" | "priorBuildSummaryList" | "identifier"> {
  readonly identifier: string;
  /** Absent while it waits, and when it never ran. */
  readonly currentBuildSummary?: SummaryRecord;
  readonly priorBuildSummaryList: readonly SummaryRecord[];
}

/** A batch as it is kept: the API's shape with virtual ms as instants. */
export interface BatchRecord extends Omit<BuildBatch, "startTime" | "endTime" | "phases" | "buildGroups" | "id" | "arn" | "projectName"> {
  readonly id: string;
  readonly arn: string;
  readonly projectName: string;
  readonly startTime: number;
  readonly endTime?: number;
  readonly phases: readonly BatchPhaseRecord[];
  readonly buildGroups: readonly GroupRecord[];
}

/** What runs a batch and the API does not show. */
export interface BatchPlan {
  /** What StartBuildBatch was asked for, for its idempotency token. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What each of its builds is asked for, before what is its own. */
  readonly input: StartBuildInput;
  readonly config: ProjectBuildBatchConfig;
  readonly artifacts: ProjectArtifacts;
  readonly secondaryArtifacts: readonly ProjectArtifacts[];
  /** A build of the project as this batch asks for it: where its source, its role and its artifacts are. */
  readonly model: BuildRecord;
  /** From the buildspec, once that is read. */
  readonly fastFail: boolean;
  readonly groups: readonly GroupPlan[];
  /** Of a webhook: go into every build. */
  readonly variables: Readonly<Record<string, string>>;
  /** The last RetryBuildBatch that had a token. */
  readonly retry?: { readonly token: string; readonly all: boolean; readonly at: number };
}

/** As the API gives it. */
export function batchOf(record: BatchRecord): BuildBatch {
  const { startTime, endTime, phases, buildGroups, ...rest } = record;
  return {
    ...rest,
    startTime: new Date(startTime),
    ...(endTime === undefined ? {} : { endTime: new Date(endTime) }),
    phases: phases.map(phaseOf),
    buildGroups: buildGroups.map(groupOf),
  };
}

function phaseOf({ startTime, endTime, contexts, ...rest }: BatchPhaseRecord): BuildBatchPhase {
  return {
    ...rest,
    startTime: new Date(startTime),
    ...(endTime === undefined ? {} : { endTime: new Date(endTime) }),
    ...(contexts === undefined ? {} : { contexts: contexts.map((context) => ({ ...context })) }),
  };
}

const summaryOf = ({ requestedOn, ...rest }: SummaryRecord): BuildSummary => ({ ...rest, requestedOn: new Date(requestedOn) });

function groupOf({ currentBuildSummary, priorBuildSummaryList, ...rest }: GroupRecord): BuildGroup {
  return {
    ...rest,
    ...(currentBuildSummary === undefined ? {} : { currentBuildSummary: summaryOf(currentBuildSummary) }),
    priorBuildSummaryList: priorBuildSummaryList.map(summaryOf),
  };
}
