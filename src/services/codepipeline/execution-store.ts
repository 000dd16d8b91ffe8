import { statement } from "../../kernel/store.ts";
import type { Ending, Phase } from "./engine/states.ts";
import type { Mode } from "./store.ts";

const SCOPE = "account = :account AND region = :region";
type All<T> = { [K in keyof T]: T[K] };

export type ExecutionStatus = "InProgress" | "Stopping" | "Stopped" | "Succeeded" | "Superseded" | "Failed" | "Cancelled";

export interface ExecutionRow {
  /** Grows with every execution that is started. */
  readonly number: number;
  readonly id: string;
  readonly pipeline: string;
  readonly version: number;
  readonly mode: Mode;
  readonly type: "STANDARD" | "ROLLBACK";
  readonly status: ExecutionStatus;
  readonly summary: string | null;
  /** In front of `stage`, or in it and holding its lock. Executions of mode PARALLEL hold none. */
  readonly place: "waiting" | "inside" | null;
  /** The stage that it waits for, is in, or ended in. */
  readonly stage: string | null;
  /** Its place in the queue in front of the stage. */
  readonly arrived: number;
  readonly ending: Ending | null;
  /** 1, and one more with each retry. */
  readonly attempt: number;
  /** JSON of `Trigger`. */
  readonly trigger: string;
  /** JSON: pipeline variables with their values. */
  readonly variables: string;
  /** JSON list of source revisions that it was started for. */
  readonly overrides: string;
  readonly started: number;
  readonly updated: number;
  readonly stop_reason: string | null;
  /** Of a rollback: the execution that it rolls back to. */
  readonly target: string | null;
  readonly token: string | null;
  /** The event that last decided about it. */
  readonly because: string | null;
}

export interface Trigger {
  readonly type: string;
  readonly detail?: string | undefined;
  readonly facts?: Readonly<Record<string, string>> | undefined;
}

type Mutable = "status" | "summary" | "place" | "stage" | "arrived" | "ending" | "attempt" | "updated" | "stop_reason" | "because";

export const insertExecution = statement<All<Omit<ExecutionRow, "number">>, { number: number }>(
  `INSERT INTO codepipeline_executions (account, region, id, pipeline, version, mode, type, status, summary, place, stage, arrived, ending,
     attempt, trigger, variables, overrides, started, updated, stop_reason, target, token, because)
   VALUES (:account, :region, :id, :pipeline, :version, :mode, :type, :status, :summary, :place, :stage, :arrived, :ending,
     :attempt, :trigger, :variables, :overrides, :started, :updated, :stop_reason, :target, :token, :because) RETURNING number`,
);
export const updateExecution = statement<All<Pick<ExecutionRow, Mutable | "id">>>(
  `UPDATE codepipeline_executions SET status = :status, summary = :summary, place = :place, stage = :stage, arrived = :arrived,
     ending = :ending, attempt = :attempt, updated = :updated, stop_reason = :stop_reason, because = :because
   WHERE ${SCOPE} AND id = :id`,
);
export const selectExecution = statement<{ id: string }, ExecutionRow>(`SELECT * FROM codepipeline_executions WHERE ${SCOPE} AND id = :id`);
export const selectExecutionByToken = statement<{ pipeline: string; token: string }, ExecutionRow>(
  `SELECT * FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :pipeline AND token = :token`,
);
export const selectExecutions = statement<{ pipeline: string; before: number; limit: number }, ExecutionRow>(
  `SELECT * FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :pipeline AND number < :before ORDER BY number DESC LIMIT :limit`,
);
/** Newest first; `entry` is what the next page begins before. */
export const selectSucceededIn = statement<
  { pipeline: string; stage: string; version: number; type: string | null; before: number; limit: number },
  ExecutionRow & { readonly entry: number }
>(
  `SELECT e.*, s.number AS entry FROM codepipeline_stages s
   JOIN codepipeline_executions e ON e.account = s.account AND e.region = s.region AND e.id = s.execution
   WHERE s.account = :account AND s.region = :region AND s.pipeline = :pipeline AND s.stage = :stage AND s.status = 'Succeeded'
     AND s.version = :version AND (:type IS NULL OR s.type = :type) AND s.number < :before ORDER BY s.number DESC LIMIT :limit`,
);
/** Not PARALLEL: those have no queue. */
export const selectWaiting = statement<{ pipeline: string; stage: string; limit: number }, ExecutionRow>(
  `SELECT * FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :pipeline AND place = 'waiting' AND stage = :stage
   ORDER BY arrived LIMIT :limit`,
);
export const selectInside = statement<{ pipeline: string; stage: string }, { id: string }>(
  `SELECT id FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :pipeline AND place = 'inside' AND stage = :stage`,
);
export const selectLastArrival = statement<{ pipeline: string; stage: string }, { last: number | null }>(
  `SELECT max(arrived) AS last FROM codepipeline_executions
   WHERE ${SCOPE} AND pipeline = :pipeline AND place = 'waiting' AND stage = :stage`,
);
export const selectLive = statement<{ pipeline: string }, ExecutionRow>(
  `SELECT * FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :pipeline AND status IN ('InProgress', 'Stopping') ORDER BY number`,
);
export const countLive = statement<{ pipeline: string }, { count: number }>(
  `SELECT count(*) AS count FROM codepipeline_executions
   WHERE ${SCOPE} AND pipeline = :pipeline AND status IN ('InProgress', 'Stopping')`,
);

export type StageStatus = "InProgress" | "Stopping" | "Stopped" | "Succeeded" | "Failed" | "Skipped" | "Cancelled";

/** What an execution did in one stage. */
export interface StageRow {
  readonly number: number;
  readonly execution: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly version: number;
  readonly parallel: number;
  readonly type: "STANDARD" | "ROLLBACK";
  readonly status: StageStatus;
  readonly phase: Phase;
  /** Grows when all actions are retried: what ran in earlier rounds counts no more. */
  readonly round: number;
  /** Retries made by itself and by hand. */
  readonly automatic: number;
  readonly manual: number;
  readonly retry_trigger: "AutomatedStageRetry" | "ManualStageRetry" | null;
  /** When it was retried last. */
  readonly retried: number | null;
  /** JSON of `Conditions`. */
  readonly conditions: string;
  readonly started: number;
  readonly because: string | null;
}

export const insertStage = statement<All<Omit<StageRow, "number">>>(
  `INSERT INTO codepipeline_stages (account, region, execution, pipeline, stage, version, parallel, type, status, phase, round, automatic,
     manual, retry_trigger, retried, conditions, started, because)
   VALUES (:account, :region, :execution, :pipeline, :stage, :version, :parallel, :type, :status, :phase, :round, :automatic,
     :manual, :retry_trigger, :retried, :conditions, :started, :because)`,
);
export const updateStage = statement<All<Omit<StageRow, "number" | "pipeline" | "version" | "parallel" | "type" | "started">>>(
  `UPDATE codepipeline_stages SET status = :status, phase = :phase, round = :round, automatic = :automatic, manual = :manual,
     retry_trigger = :retry_trigger, retried = :retried, conditions = :conditions, because = :because
   WHERE ${SCOPE} AND execution = :execution AND stage = :stage`,
);
export const selectStage = statement<{ execution: string; stage: string }, StageRow>(
  `SELECT * FROM codepipeline_stages WHERE ${SCOPE} AND execution = :execution AND stage = :stage`,
);
/** Of executions that hold stages: mode PARALLEL has no state of the pipeline. */
export const selectLatestStage = statement<{ pipeline: string; stage: string }, StageRow>(
  `SELECT * FROM codepipeline_stages WHERE ${SCOPE} AND pipeline = :pipeline AND stage = :stage AND parallel = 0
   ORDER BY number DESC LIMIT 1`,
);

export interface ArtifactRow {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  /** JSON of `SourceRevision`, of what a source action made. */
  readonly revision: string | null;
}

export interface SourceRevision {
  readonly action: string;
  readonly id: string;
  readonly summary?: string | undefined;
  readonly url?: string | undefined;
  readonly created?: number | undefined;
}

export const upsertArtifact = statement<All<ArtifactRow> & { execution: string }>(
  `INSERT INTO codepipeline_artifacts (account, region, execution, name, bucket, key, revision)
   VALUES (:account, :region, :execution, :name, :bucket, :key, :revision)
   ON CONFLICT DO UPDATE SET bucket = :bucket, key = :key, revision = :revision`,
);
export const selectArtifacts = statement<{ execution: string }, ArtifactRow>(
  `SELECT name, bucket, key, revision FROM codepipeline_artifacts WHERE ${SCOPE} AND execution = :execution ORDER BY name`,
);
export const copyArtifacts = statement<{ from: string; to: string }>(
  `INSERT INTO codepipeline_artifacts (account, region, execution, name, bucket, key, revision)
   SELECT account, region, :to, name, bucket, key, revision FROM codepipeline_artifacts WHERE ${SCOPE} AND execution = :from`,
);
export const upsertVariables = statement<{ execution: string; namespace: string; vars: string }>(
  `INSERT INTO codepipeline_variables (account, region, execution, namespace, vars)
   VALUES (:account, :region, :execution, :namespace, :vars) ON CONFLICT DO UPDATE SET vars = :vars`,
);
export const selectVariables = statement<{ execution: string }, { namespace: string; vars: string }>(
  `SELECT namespace, vars FROM codepipeline_variables WHERE ${SCOPE} AND execution = :execution`,
);
export const copyVariables = statement<{ from: string; to: string }>(
  `INSERT INTO codepipeline_variables (account, region, execution, namespace, vars)
   SELECT account, region, :to, namespace, vars FROM codepipeline_variables WHERE ${SCOPE} AND execution = :from`,
);
/** Which of a condition's checks is the latest one, and how it stands. */
export interface ConditionRecord {
  readonly attempt: number;
  readonly status: "InProgress" | "Failed" | "Errored" | "Succeeded" | "Cancelled" | "Abandoned" | "Overridden";
  readonly summary?: string;
  readonly changed: number;
}
export type Conditions = { readonly [K in "beforeEntry" | "onSuccess" | "onFailure"]?: ConditionRecord };
