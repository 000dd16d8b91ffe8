import { statement } from "../../../kernel/store.ts";

export const BATCH_TABLES = `
  CREATE TABLE codebuild_batches (
    id TEXT NOT NULL, arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, project TEXT NOT NULL, started INTEGER NOT NULL,
    status TEXT NOT NULL, ending TEXT, token TEXT, record TEXT NOT NULL, plan TEXT NOT NULL, because TEXT
  ) STRICT;
  CREATE INDEX codebuild_batches_by_id ON codebuild_batches (account, region, id);
  CREATE INDEX codebuild_batches_by_project ON codebuild_batches (account, region, project, started);
  CREATE INDEX codebuild_batches_by_start ON codebuild_batches (account, region, started);
  CREATE UNIQUE INDEX codebuild_batches_by_token ON codebuild_batches (account, region, project, token) WHERE token IS NOT NULL;
  ALTER TABLE codebuild_projects ADD COLUMN batches INTEGER NOT NULL DEFAULT 0;`;

export interface BatchRow {
  readonly id: string;
  readonly arn: string;
  readonly project: string;
  readonly started: number;
  /** As the API shows it. */
  readonly status: string;
  /** STOPPED or TIMED_OUT once it is to end; FAILED once a failure ends it at once. */
  readonly ending: "STOPPED" | "TIMED_OUT" | "FAILED" | null;
  readonly token: string | null;
  /** JSON: BatchRecord and BatchPlan of records.ts. */
  readonly record: string;
  readonly plan: string;
  /** The event that last decided about it. */
  readonly because: string | null;
}

const SCOPE = "account = :account AND region = :region";
const OF_BATCH = `${SCOPE} AND id = :id`;

export const batches = {
  nextNumber: statement<{ name: string }, { batches: number }>(
    `UPDATE codebuild_projects SET batches = batches + 1 WHERE ${SCOPE} AND name = :name RETURNING batches`,
  ),
  insert: statement<{
    id: string;
    arn: string;
    project: string;
    started: number;
    token: string | null;
    record: string;
    plan: string;
    because: string;
  }>(
    `INSERT INTO codebuild_batches (id, arn, account, region, project, started, status, token, record, plan, because)
     VALUES (:id, :arn, :account, :region, :project, :started, 'IN_PROGRESS', :token, :record, :plan, :because)`,
  ),
  get: statement<{ id: string }, BatchRow>(`SELECT * FROM codebuild_batches WHERE ${OF_BATCH}`),
  byToken: statement<{ project: string; token: string }, BatchRow>(
    `SELECT * FROM codebuild_batches WHERE ${SCOPE} AND project = :project AND token = :token`,
  ),
  put: statement<{ id: string; status: string; ending: string | null; record: string; plan: string; because: string | null }>(
    `UPDATE codebuild_batches SET status = :status, ending = :ending, record = :record, plan = :plan, because = :because WHERE ${OF_BATCH}`,
  ),
  /** In order of start, those of one instant in order of their rows. */
  page: statement<
    { project: string | null; status: string | null; order: number; after: number; afterSequence: number; limit: number },
    { id: string; started: number; sequence: number }
  >(
    `SELECT id, started, rowid AS sequence FROM codebuild_batches
     WHERE ${SCOPE} AND (:project IS NULL OR project = :project) AND (:status IS NULL OR status = :status)
       AND (started * :order > :after * :order OR (started = :after AND rowid * :order > :afterSequence * :order))
     ORDER BY started * :order, rowid * :order LIMIT :limit`,
  ),
  buildsOf: statement<{ batch: string }, { id: string; arn: string; state: string }>(
    `SELECT id, arn, state FROM codebuild_builds WHERE ${SCOPE} AND batch = :batch ORDER BY started, number`,
  ),
  remove: statement<{ id: string }>(`DELETE FROM codebuild_batches WHERE ${OF_BATCH}`),
};
