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

export const selectRunHome = statement<{ id: string }, { region: string; status: RunStatus }>(
  "SELECT region, status FROM codepipeline_runs WHERE account = :account AND id = :id",
);
export const selectRunByExternalId = statement<
  { provider: string; external_id: string },
  { id: string; pipeline: string; execution: string; region: string }
>(
  `SELECT id, pipeline, execution, region FROM codepipeline_runs
   WHERE account = :account AND external_id = :external_id AND provider = :provider AND status = 'InProgress' ORDER BY number DESC LIMIT 1`,
);
export const selectRun = statement<{ id: string }, RunRow>(`SELECT * FROM codepipeline_runs WHERE ${SCOPE} AND id = :id`);
