import { statement } from "../../kernel/store.ts";

/** The tables of jobs, of the account's own action types and of webhooks: the second step of the service's migrations. */
export const JOB_TABLES = `CREATE TABLE codepipeline_jobs (
   number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, run TEXT NOT NULL,
   type TEXT NOT NULL, status TEXT NOT NULL, nonce TEXT, data TEXT NOT NULL, role TEXT NOT NULL, token TEXT, due INTEGER,
   offered INTEGER, result TEXT
 ) STRICT;
 CREATE UNIQUE INDEX codepipeline_jobs_by_id ON codepipeline_jobs (account, region, id);
 CREATE INDEX codepipeline_jobs_by_run ON codepipeline_jobs (account, region, run, number);
 CREATE INDEX codepipeline_jobs_by_type ON codepipeline_jobs (account, region, type, status, number);
 CREATE TABLE codepipeline_action_types (
   account TEXT NOT NULL, region TEXT NOT NULL, category TEXT NOT NULL, provider TEXT NOT NULL, version TEXT NOT NULL,
   body TEXT NOT NULL, tags TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (account, region, category, provider, version)
 ) STRICT, WITHOUT ROWID;
 CREATE TABLE codepipeline_webhooks (
   account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, definition TEXT NOT NULL, tags TEXT NOT NULL,
   triggered INTEGER, registered INTEGER NOT NULL, PRIMARY KEY (account, region, name)
 ) STRICT, WITHOUT ROWID;
 CREATE UNIQUE INDEX codepipeline_webhooks_by_path ON codepipeline_webhooks (path);`;

const SCOPE = "account = :account AND region = :region";

export type JobStatus = "Queued" | "Dispatched" | "InProgress" | "TimedOut" | "Succeeded" | "Failed";

export interface JobRow {
  readonly number: number;
  readonly id: string;
  /** The run of the action or rule that it is for. */
  readonly run: string;
  /** `category/owner/provider/version` */
  readonly type: string;
  readonly status: JobStatus;
  readonly nonce: string | null;
  /** JSON of `JobData` without credentials and continuation token. */
  readonly data: string;
  readonly role: string;
  /** The continuation token that the job before it gave. */
  readonly token: string | null;
  /** Virtual ms at which it has to be answered; null where only the action's own time-out counts. */
  readonly due: number | null;
  /** When a worker got it last. */
  readonly offered: number | null;
  /** JSON of `JobResult`. */
  readonly result: string | null;
}

export const insertJob = statement<{ [K in keyof Omit<JobRow, "number">]: JobRow[K] }>(
  `INSERT INTO codepipeline_jobs (account, region, id, run, type, status, nonce, data, role, token, due, offered, result)
   VALUES (:account, :region, :id, :run, :type, :status, :nonce, :data, :role, :token, :due, :offered, :result)`,
);
export const selectJob = statement<{ id: string }, JobRow>(`SELECT * FROM codepipeline_jobs WHERE ${SCOPE} AND id = :id`);
export const selectLastJob = statement<{ run: string }, JobRow>(
  `SELECT * FROM codepipeline_jobs WHERE ${SCOPE} AND run = :run ORDER BY number DESC LIMIT 1`,
);
/** What waits for a worker, and what a worker got long ago and did not acknowledge. */
export const selectOffers = statement<{ type: string; before: number }, JobRow>(
  `SELECT * FROM codepipeline_jobs WHERE ${SCOPE} AND type = :type
   AND (status = 'Queued' OR (status = 'Dispatched' AND offered <= :before)) ORDER BY number`,
);
export const updateJob = statement<Pick<JobRow, "id" | "status" | "nonce" | "offered" | "result">>(
  `UPDATE codepipeline_jobs SET status = :status, nonce = :nonce, offered = :offered, result = :result WHERE ${SCOPE} AND id = :id`,
);
export const endOpenJobs = statement<{ run: string }>(
  `UPDATE codepipeline_jobs SET status = 'TimedOut' WHERE ${SCOPE} AND run = :run AND status IN ('Queued', 'Dispatched', 'InProgress')`,
);

export interface ActionTypeRow {
  readonly category: string;
  readonly provider: string;
  readonly version: string;
  /** JSON of the definition as it was given. */
  readonly body: string;
  /** JSON of `TagList`. */
  readonly tags: string;
  readonly deleted: number;
}

export const upsertActionType = statement<{ [K in keyof ActionTypeRow]: ActionTypeRow[K] }>(
  `INSERT INTO codepipeline_action_types (account, region, category, provider, version, body, tags, deleted)
   VALUES (:account, :region, :category, :provider, :version, :body, :tags, :deleted)
   ON CONFLICT DO UPDATE SET body = :body, tags = :tags, deleted = :deleted`,
);
export const selectActionType = statement<{ category: string; provider: string; version: string }, ActionTypeRow>(
  `SELECT * FROM codepipeline_action_types WHERE ${SCOPE} AND category = :category AND provider = :provider AND version = :version`,
);
export const selectActionTypes = statement<Record<never, never>, ActionTypeRow>(
  `SELECT * FROM codepipeline_action_types WHERE ${SCOPE} AND deleted = 0 ORDER BY category, provider, version`,
);

/** Runs in progress whose configuration mentions a text, in any region of the account. */
export const selectRunsMentioning = statement<{ provider: string; text: string }, { id: string; region: string }>(
  `SELECT id, region FROM codepipeline_runs
   WHERE account = :account AND provider = :provider AND status = 'InProgress' AND instr(input, :text) > 0 ORDER BY number`,
);
