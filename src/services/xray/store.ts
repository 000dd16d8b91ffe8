import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "xray",
  steps: [
    `CREATE TABLE xray_traces (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, updated INTEGER NOT NULL,
       revision INTEGER NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX xray_traces_by_start ON xray_traces (account, region, started, id);
     CREATE INDEX xray_traces_by_end ON xray_traces (ended);
     CREATE TABLE xray_segments (
       account TEXT NOT NULL, region TEXT NOT NULL, trace TEXT NOT NULL, id TEXT NOT NULL, open INTEGER NOT NULL, document TEXT NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX xray_segments_by_id ON xray_segments (account, region, trace, id);
     CREATE TABLE xray_rules (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, priority INTEGER NOT NULL, rule TEXT NOT NULL, tags TEXT NOT NULL,
       created INTEGER NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE xray_statistics (
       account TEXT NOT NULL, region TEXT NOT NULL, rule TEXT NOT NULL, client TEXT NOT NULL, time INTEGER NOT NULL,
       requests INTEGER NOT NULL, sampled INTEGER NOT NULL, borrowed INTEGER NOT NULL, PRIMARY KEY (account, region, rule, client, time)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE xray_groups (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, filter TEXT NOT NULL, insights TEXT NOT NULL,
       tags TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE xray_policies (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, revision TEXT NOT NULL, updated INTEGER NOT NULL,
       PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE xray_settings (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE xray_insights (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, grp TEXT NOT NULL, service TEXT NOT NULL, state TEXT NOT NULL,
       started INTEGER NOT NULL, ended INTEGER, updated INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE xray_retrievals (
       account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, ids TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
       created INTEGER NOT NULL, status TEXT NOT NULL, PRIMARY KEY (account, region, token)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

const SCOPE = "account = :account AND region = :region";

export interface TraceRow {
  readonly id: string;
  /** Virtual ms of its first segment's start and its last one's end, as far as they are known. */
  readonly started: number;
  readonly ended: number;
  /** Virtual ms at which its newest document came. */
  readonly updated: number;
  /** Grows with each document. */
  readonly revision: number;
}

export const upsertTrace = statement<{ id: string; started: number; ended: number; now: number }>(
  `INSERT INTO xray_traces (account, region, id, started, ended, updated, revision) VALUES (:account, :region, :id, :started, :ended, :now, 1)
   ON CONFLICT DO UPDATE SET started = min(started, :started), ended = max(ended, :ended), updated = :now, revision = revision + 1`,
);
/** A document of work under way never replaces the one of work that is done. */
export const upsertSegment = statement<{ trace: string; id: string; open: number; document: string }>(
  `INSERT INTO xray_segments (account, region, trace, id, open, document) VALUES (:account, :region, :trace, :id, :open, :document)
   ON CONFLICT (account, region, trace, id) DO UPDATE SET open = :open, document = :document WHERE open = 1 OR :open = 0`,
);
export const selectTrace = statement<{ id: string }, TraceRow>(`SELECT * FROM xray_traces WHERE ${SCOPE} AND id = :id`);
export const selectDocuments = statement<{ trace: string }, { document: string }>(
  `SELECT document FROM xray_segments WHERE ${SCOPE} AND trace = :trace ORDER BY rowid`,
);
type Range = { readonly from: number; readonly to: number; readonly time: number; readonly after: string; readonly limit: number };
/** Started in [from, to), the newest first, after the one at (time, after). */
export const selectTracesByStart = statement<Range, TraceRow>(
  `SELECT * FROM xray_traces WHERE ${SCOPE} AND started >= :from AND started < :to AND (started, id) < (:time, :after)
   ORDER BY started DESC, id DESC LIMIT :limit`,
);
/** Under way at some time in [from, to). */
export const selectTracesActive = statement<Range, TraceRow>(
  `SELECT * FROM xray_traces WHERE ${SCOPE} AND started < :to AND ended >= :from AND (started, id) < (:time, :after)
   ORDER BY started DESC, id DESC LIMIT :limit`,
);
/** Ended in [from, to). */
export const selectTracesByEnd = statement<Range, TraceRow>(
  `SELECT * FROM xray_traces WHERE ${SCOPE} AND ended >= :from AND ended < :to AND (started, id) < (:time, :after)
   ORDER BY started DESC, id DESC LIMIT :limit`,
);
export const selectOldest = unscoped<Record<never, never>, { ended: number | null }>("SELECT min(ended) AS ended FROM xray_traces");
export const deleteOldSegments = unscoped<{ before: number }>(
  `DELETE FROM xray_segments WHERE (account, region, trace) IN (SELECT account, region, id FROM xray_traces WHERE ended < :before)`,
);
export const deleteOldTraces = unscoped<{ before: number }>("DELETE FROM xray_traces WHERE ended < :before");

export interface RetrievalRow {
  readonly token: string;
  /** JSON: trace ids of 32 hexadecimal digits. */
  readonly ids: string;
  /** Virtual ms. */
  readonly started: number;
  readonly ended: number;
  readonly created: number;
  readonly status: "COMPLETE" | "CANCELLED" | "TIMEOUT";
}

export const insertRetrieval = statement<{ token: string; ids: string; started: number; ended: number; now: number }>(
  `INSERT INTO xray_retrievals (account, region, token, ids, started, ended, created, status)
   VALUES (:account, :region, :token, :ids, :started, :ended, :now, 'COMPLETE')`,
);
export const selectRetrieval = statement<{ token: string }, RetrievalRow>(
  `SELECT * FROM xray_retrievals WHERE ${SCOPE} AND token = :token`,
);
export const updateRetrieval = statement<{ token: string; status: string }>(
  `UPDATE xray_retrievals SET status = :status WHERE ${SCOPE} AND token = :token`,
);
/** A day's grace, in which a token is known to have timed out. */
export const deleteRetrievals = statement<{ before: number }>(
  `DELETE FROM xray_retrievals WHERE ${SCOPE} AND created < :before - 86400000`,
);

const upsertSetting = statement<{ name: string; value: string }>(
  "INSERT OR REPLACE INTO xray_settings (account, region, name, value) VALUES (:account, :region, :name, :value)",
);
const selectSetting = statement<{ name: string }, { value: string }>(`SELECT value FROM xray_settings WHERE ${SCOPE} AND name = :name`);
/** What there is one of in an account and region: encryption, indexing, destination. JSON. */
export const setting = { put: upsertSetting, get: selectSetting };

export interface GroupRow {
  readonly name: string;
  readonly arn: string;
  /** Empty for none: every trace. */
  readonly filter: string;
  /** JSON of the InsightsConfiguration. */
  readonly insights: string;
  readonly tags: string;
}

export const insertGroup = statement<{ [K in keyof GroupRow]: GroupRow[K] }>(
  `INSERT INTO xray_groups (account, region, name, arn, filter, insights, tags) VALUES (:account, :region, :name, :arn, :filter, :insights, :tags)`,
);
export const updateGroupRow = statement<{ name: string; filter: string; insights: string }>(
  `UPDATE xray_groups SET filter = :filter, insights = :insights WHERE ${SCOPE} AND name = :name`,
);
export const deleteGroupRow = statement<{ name: string }>(`DELETE FROM xray_groups WHERE ${SCOPE} AND name = :name`);
export const selectGroup = statement<{ name: string }, GroupRow>(`SELECT * FROM xray_groups WHERE ${SCOPE} AND name = :name`);
export const selectGroupByArn = statement<{ arn: string }, GroupRow>(`SELECT * FROM xray_groups WHERE ${SCOPE} AND arn = :arn`);
export const selectGroupsAfter = statement<{ after: string; limit: number }, GroupRow>(
  `SELECT * FROM xray_groups WHERE ${SCOPE} AND name > :after ORDER BY name LIMIT :limit`,
);
export const countGroups = statement<Record<never, never>, { count: number }>(`SELECT count(*) AS count FROM xray_groups WHERE ${SCOPE}`);
export const updateGroupTags = statement<{ arn: string; tags: string }>(
  `UPDATE xray_groups SET tags = :tags WHERE ${SCOPE} AND arn = :arn`,
);

export interface PolicyRow {
  readonly name: string;
  readonly document: string;
  readonly revision: string;
  readonly updated: number;
}

export const upsertPolicy = statement<{ [K in keyof PolicyRow]: PolicyRow[K] }>(
  `INSERT OR REPLACE INTO xray_policies (account, region, name, document, revision, updated)
   VALUES (:account, :region, :name, :document, :revision, :updated)`,
);
export const selectPolicy = statement<{ name: string }, PolicyRow>(`SELECT * FROM xray_policies WHERE ${SCOPE} AND name = :name`);
export const selectPolicies = statement<Record<never, never>, PolicyRow>(`SELECT * FROM xray_policies WHERE ${SCOPE} ORDER BY name`);
export const deletePolicy = statement<{ name: string }>(`DELETE FROM xray_policies WHERE ${SCOPE} AND name = :name`);
