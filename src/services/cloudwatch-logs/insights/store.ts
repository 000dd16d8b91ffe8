import { statement, unscoped } from "../../../kernel/store.ts";
import type { EventRow } from "../store.ts";

export const INSIGHTS_TABLES = `
  CREATE TABLE logs_queries (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, query TEXT NOT NULL, groups TEXT NOT NULL, from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL, most INTEGER, status TEXT NOT NULL, created INTEGER NOT NULL, principal TEXT NOT NULL,
    results TEXT NOT NULL DEFAULT '[]', statistics TEXT NOT NULL DEFAULT '{}'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX logs_queries_recent ON logs_queries (account, region, created);
  CREATE TABLE logs_query_definitions (
    account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, groups TEXT NOT NULL,
    modified INTEGER NOT NULL, PRIMARY KEY (account, region, id)
  ) STRICT, WITHOUT ROWID;`;

export type Status = "Scheduled" | "Running" | "Complete" | "Failed" | "Cancelled";

export interface QueryRow {
  readonly id: string;
  readonly query: string;
  /** JSON: ids of log groups. */
  readonly groups: string;
  /** Virtual ms, `[from, to)`. */
  readonly from_time: number;
  readonly to_time: number;
  readonly most: number | null;
  readonly status: Status;
  readonly created: number;
  readonly principal: string;
  /** JSON: rows of fields. */
  readonly results: string;
  /** JSON: as the API gives it. */
  readonly statistics: string;
}

const SCOPE = "account = :account AND region = :region";

export const queries = {
  insert: statement<{
    id: string;
    query: string;
    groups: string;
    from: number;
    to: number;
    most: number | null;
    created: number;
    principal: string;
  }>(
    `INSERT INTO logs_queries (id, account, region, query, groups, from_time, to_time, most, status, created, principal)
     VALUES (:id, :account, :region, :query, :groups, :from, :to, :most, 'Scheduled', :created, :principal)`,
  ),
  get: statement<{ id: string }, QueryRow>(`SELECT * FROM logs_queries WHERE ${SCOPE} AND id = :id`),
  all: statement<{ limit: number }, QueryRow>(`SELECT * FROM logs_queries WHERE ${SCOPE} ORDER BY created DESC, id LIMIT :limit`),
  setStatus: statement<{ id: string; status: Status }>(`UPDATE logs_queries SET status = :status WHERE ${SCOPE} AND id = :id`),
  finish: statement<{ id: string; status: Status; results: string; statistics: string }>(
    `UPDATE logs_queries SET status = :status, results = :results, statistics = :statistics WHERE ${SCOPE} AND id = :id AND status <> 'Cancelled'`,
  ),
  remove: statement<{ id: string }>(`DELETE FROM logs_queries WHERE ${SCOPE} AND id = :id`),
};

export interface DefinitionRow {
  readonly id: string;
  readonly name: string;
  readonly query: string;
  /** JSON: names. */
  readonly groups: string;
  /** JSON: as the API gives them. */
  readonly parameters: string;
  readonly modified: number;
}

export const definitions = {
  put: statement<{ id: string; name: string; query: string; groups: string; parameters: string; modified: number }>(
    `INSERT OR REPLACE INTO logs_query_definitions (account, region, id, name, query, groups, parameters, modified)
     VALUES (:account, :region, :id, :name, :query, :groups, :parameters, :modified)`,
  ),
  get: statement<{ id: string }, DefinitionRow>(`SELECT * FROM logs_query_definitions WHERE ${SCOPE} AND id = :id`),
  all: statement<Record<never, never>, DefinitionRow>(`SELECT * FROM logs_query_definitions WHERE ${SCOPE} ORDER BY name, id`),
  remove: statement<{ id: string }>(`DELETE FROM logs_query_definitions WHERE ${SCOPE} AND id = :id`),
};

/** Of one group in `[from, …)`, newest first, behind (time, seq). */
type Page = { readonly group: number; readonly from: number; readonly time: number; readonly seq: number; readonly limit: number };
const RANGE = "WHERE group_id = :group AND time >= :from AND (time, seq) < (:time, :seq) ORDER BY time DESC, seq DESC LIMIT :limit";

export type BareRow = Omit<EventRow, "message"> & { readonly bytes: number; readonly message?: string };
export const selectWhole = unscoped<Page, BareRow>(
  `SELECT time, seq, stream, ingested, message, octet_length(message) AS bytes FROM logs_events ${RANGE}`,
);
/** Without the messages, which most of the time goes into. */
export const selectBare = unscoped<Page, BareRow>(
  `SELECT time, seq, stream, ingested, octet_length(message) AS bytes FROM logs_events ${RANGE}`,
);
export const selectOne = unscoped<{ group: number; time: number; seq: number }, EventRow>(
  "SELECT * FROM logs_events WHERE group_id = :group AND time = :time AND seq = :seq",
);
