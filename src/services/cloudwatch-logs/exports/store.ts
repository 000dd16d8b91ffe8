import { statement, unscoped } from "../../../kernel/store.ts";
import type { EventRow } from "../store.ts";

export const EXPORT_TABLES = `
  CREATE TABLE logs_exports (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT, group_name TEXT NOT NULL, stream_prefix TEXT NOT NULL,
    from_time INTEGER NOT NULL, to_time INTEGER NOT NULL, bucket TEXT NOT NULL, prefix TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT NOT NULL, created INTEGER NOT NULL, completed INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX logs_exports_recent ON logs_exports (account, region, created);`;

export type ExportStatus = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "PENDING_CANCEL";

export interface ExportRow {
  readonly id: string;
  readonly name: string | null;
  readonly group_name: string;
  readonly stream_prefix: string;
  /** Ms, both inclusive. */
  readonly from_time: number;
  readonly to_time: number;
  readonly bucket: string;
  readonly prefix: string;
  readonly status: ExportStatus;
  readonly message: string;
  readonly created: number;
  readonly completed: number | null;
}

const SCOPE = "account = :account AND region = :region";

export const exportTasks = {
  insert: statement<{
    id: string;
    name: string | null;
    group: string;
    streams: string;
    from: number;
    to: number;
    bucket: string;
    prefix: string;
    now: number;
  }>(
    `INSERT INTO logs_exports (id, account, region, name, group_name, stream_prefix, from_time, to_time, bucket, prefix, status, message, created)
     VALUES (:id, :account, :region, :name, :group, :streams, :from, :to, :bucket, :prefix, 'PENDING', '', :now)`,
  ),
  get: statement<{ id: string }, ExportRow>(`SELECT * FROM logs_exports WHERE ${SCOPE} AND id = :id`),
  all: statement<Record<never, never>, ExportRow>(`SELECT * FROM logs_exports WHERE ${SCOPE} ORDER BY created DESC, id`),
  active: statement<Record<never, never>, { id: string }>(
    `SELECT id FROM logs_exports WHERE ${SCOPE} AND status IN ('PENDING', 'RUNNING', 'PENDING_CANCEL') LIMIT 1`,
  ),
  setStatus: statement<{ id: string; status: ExportStatus; message: string; completed: number | null }>(
    `UPDATE logs_exports SET status = :status, message = :message, completed = :completed WHERE ${SCOPE} AND id = :id`,
  ),
};

/** Events of one stream in `[from, to]`, behind (time, seq). */
export const selectExported = unscoped<{ stream: number; from: number; to: number; time: number; seq: number; limit: number }, EventRow>(
  `SELECT * FROM logs_events WHERE stream = :stream AND time >= :from AND time <= :to AND (time, seq) > (:time, :seq)
   ORDER BY time, seq LIMIT :limit`,
);
