import { statement } from "../../kernel/store.ts";

const SCOPE = "account = :account AND region = :region";

export type RunStatus = "InProgress" | "Succeeded" | "Failed" | "Abandoned";
export type ConditionKind = "beforeEntry" | "onSuccess" | "onFailure";

/** One run of an action, or of a rule of a condition. */
export interface RunRow {
  readonly number: number;
  readonly region: string;
  readonly id: string;
  readonly execution: string;
  readonly pipeline: string;
  readonly version: number;
  readonly parallel: number;
  readonly stage: string;
  /** Of the action or the rule. */
  readonly name: string;
  /** Of a rule: the condition it belongs to. */
  readonly condition: ConditionKind | null;
  /** Grows when all actions of the stage are retried. */
  readonly round: number;
  readonly run_order: number;
  readonly provider: string;
  readonly status: RunStatus;
  readonly summary: string | null;
  /** JSON of `RunInput`. */
  readonly input: string;
  /** JSON of `RunOutput`. */
  readonly output: string;
  readonly memory: string | null;
  readonly external_id: string | null;
  readonly external_url: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  /** Of an approval. */
  readonly token: string | null;
  /** Virtual ms at which it times out. */
  readonly deadline: number;
  /** When the provider wants to be asked next; other requests for that are old. */
  readonly asked: number | null;
  readonly updated_by: string | null;
  readonly started: number;
  readonly updated: number;
  readonly because: string | null;
}

export const selectRunHome = statement<{ id: string }, { region: string; status: RunStatus; because: string | null }>(
  "SELECT region, status, because FROM codepipeline_runs WHERE account = :account AND id = :id",
);
export const selectRunByExternalId = statement<
  { provider: string; external_id: string },
  { id: string; pipeline: string; execution: string; region: string }
>(
  `SELECT id, pipeline, execution, region FROM codepipeline_runs
   WHERE account = :account AND external_id = :external_id AND provider = :provider AND status = 'InProgress' ORDER BY number DESC LIMIT 1`,
);
export const selectRun = statement<{ id: string }, RunRow>(`SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND id = :id`);

type All<T> = { [K in keyof T]: T[K] };

export const insertRun = statement<All<Omit<RunRow, "number" | "region">>>(
  `INSERT INTO codepipeline_runs (account, region, id, execution, pipeline, version, parallel, stage, name, condition, round, run_order,
     provider, status, summary, input, output, memory, external_id, external_url, error_code, error_message, token, deadline, asked,
     updated_by, started, updated, because)
   VALUES (:account, :region, :id, :execution, :pipeline, :version, :parallel, :stage, :name, :condition, :round, :run_order,
     :provider, :status, :summary, :input, :output, :memory, :external_id, :external_url, :error_code, :error_message, :token, :deadline,
     :asked, :updated_by, :started, :updated, :because)`,
);
type Changing =
  | "id"
  | "status"
  | "summary"
  | "output"
  | "memory"
  | "external_id"
  | "external_url"
  | "error_code"
  | "error_message"
  | "asked"
  | "updated_by"
  | "updated"
  | "because";
export const updateRun = statement<All<Pick<RunRow, Changing>>>(
  `UPDATE codepipeline_runs SET status = :status, summary = :summary, output = :output, memory = :memory, external_id = :external_id,
     external_url = :external_url, error_code = :error_code, error_message = :error_message, asked = :asked, updated_by = :updated_by,
     updated = :updated, because = :because
   WHERE ${SCOPE} AND id = :id`,
);
export const selectStageRuns = statement<{ execution: string; stage: string }, RunRow>(
  `SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND execution = :execution AND stage = :stage ORDER BY number`,
);
/** What failed or was abandoned in a round counts as never started: it is about to be retried. */
export const forgetFailures = statement<{ execution: string; stage: string; round: number }>(
  `UPDATE codepipeline_runs SET round = 0 WHERE ${SCOPE} AND execution = :execution AND stage = :stage AND round = :round
   AND condition IS NULL AND status IN ('Failed', 'Abandoned')`,
);
/** Of an action or a rule in a stage, over all executions but those of mode PARALLEL. */
export const selectLatestRun = statement<{ pipeline: string; stage: string; name: string }, RunRow>(
  `SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND pipeline = :pipeline AND stage = :stage AND name = :name AND parallel = 0
   AND condition IS NULL ORDER BY number DESC LIMIT 1`,
);
export const selectApproval = statement<{ pipeline: string; stage: string; name: string; token: string }, RunRow>(
  `SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND token = :token AND pipeline = :pipeline AND stage = :stage AND name = :name`,
);
/** Newest first. `rules` 1 gives those of conditions, 0 those of actions. */
export const selectRuns = statement<{ pipeline: string; rules: number; before: number; limit: number }, RunRow>(
  `SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND pipeline = :pipeline AND (condition IS NOT NULL) = :rules AND number < :before
   ORDER BY number DESC LIMIT :limit`,
);
export const selectRunsOf = statement<{ execution: string; rules: number; before: number; limit: number }, RunRow>(
  `SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND execution = :execution AND (condition IS NOT NULL) = :rules AND number < :before
   ORDER BY number DESC LIMIT :limit`,
);
