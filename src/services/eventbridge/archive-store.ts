import { statement } from "../../kernel/store.ts";

export interface ArchiveRow {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly bus: string;
  readonly pattern: string | null;
  readonly description: string | null;
  /** 0 keeps events for ever. */
  readonly retention_days: number;
  /** Virtual ms. */
  readonly created: number;
}

export interface ArchivedEvent {
  readonly id: number;
  readonly body: string;
}

export type ReplayState = "STARTING" | "RUNNING" | "CANCELLING" | "COMPLETED" | "CANCELLED" | "FAILED";

export interface ReplayRow {
  readonly name: string;
  readonly archive: string;
  readonly bus: string;
  readonly description: string | null;
  /** JSON list of rule ARNs; null for all rules. */
  readonly rules: string | null;
  readonly state: ReplayState;
  /** Virtual ms, like the three below. */
  readonly from_time: number;
  readonly to_time: number;
  readonly started: number;
  readonly ended: number | null;
  /** The last event that was replayed, and its time. */
  readonly cursor: number;
  readonly last_time: number | null;
}

export const ARCHIVE_TABLES = `CREATE TABLE eventbridge_archives (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, bus TEXT NOT NULL, pattern TEXT, description TEXT,
       retention_days INTEGER NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE eventbridge_archived (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, archive TEXT NOT NULL,
       received INTEGER NOT NULL, body TEXT NOT NULL
     ) STRICT;
     CREATE INDEX eventbridge_archived_by_time ON eventbridge_archived (account, region, archive, received);
     CREATE TABLE eventbridge_replays (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, archive TEXT NOT NULL, bus TEXT NOT NULL, description TEXT,
       rules TEXT, state TEXT NOT NULL, from_time INTEGER NOT NULL, to_time INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER,
       cursor INTEGER NOT NULL, last_time INTEGER, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;`;

const SCOPE = "account = :account AND region = :region";

interface ArchiveValues {
  readonly [name: string]: string | number | null;
  readonly name: string;
  readonly bus: string;
  readonly pattern: string | null;
  readonly description: string | null;
  readonly days: number;
  readonly now: number;
}
export const upsertArchive = statement<ArchiveValues>(
  `INSERT INTO eventbridge_archives (account, region, name, bus, pattern, description, retention_days, created)
   VALUES (:account, :region, :name, :bus, :pattern, :description, :days, :now)
   ON CONFLICT (account, region, name) DO UPDATE SET pattern = :pattern, description = :description, retention_days = :days`,
);
export const selectArchive = statement<{ name: string }, ArchiveRow>(`SELECT * FROM eventbridge_archives WHERE ${SCOPE} AND name = :name`);
export const selectArchives = statement<{ prefix: string; bus: string | null; after: string; limit: number }, ArchiveRow>(
  `SELECT * FROM eventbridge_archives WHERE ${SCOPE} AND substr(name, 1, length(:prefix)) = :prefix AND (:bus IS NULL OR bus = :bus)
   AND name > :after ORDER BY name LIMIT :limit`,
);
export const deleteArchive = statement<{ name: string }>(`DELETE FROM eventbridge_archives WHERE ${SCOPE} AND name = :name`);

export const insertArchived = statement<{ archive: string; received: number; body: string }>(
  `INSERT INTO eventbridge_archived (account, region, archive, received, body) VALUES (:account, :region, :archive, :received, :body)`,
);
/** Events that came before `before`; all of them with the largest number. */
export const deleteArchived = statement<{ archive: string; before: number }>(
  `DELETE FROM eventbridge_archived WHERE ${SCOPE} AND archive = :archive AND received < :before`,
);
export const countArchived = statement<{ archive: string }, { events: number; bytes: number }>(
  `SELECT count(*) AS events, coalesce(sum(length(body)), 0) AS bytes FROM eventbridge_archived WHERE ${SCOPE} AND archive = :archive`,
);
export const selectArchived = statement<
  { archive: string; from: number; to: number; cursor: number; limit: number },
  ArchivedEvent & { received: number }
>(
  `SELECT id, body, received FROM eventbridge_archived WHERE ${SCOPE} AND archive = :archive AND received >= :from AND received < :to
   AND id > :cursor ORDER BY id LIMIT :limit`,
);

interface ReplayValues {
  readonly [name: string]: string | number | null;
  readonly name: string;
  readonly archive: string;
  readonly bus: string;
  readonly description: string | null;
  readonly rules: string | null;
  readonly from: number;
  readonly to: number;
  readonly now: number;
}
export const insertReplay = statement<ReplayValues>(
  `INSERT INTO eventbridge_replays
     (account, region, name, archive, bus, description, rules, state, from_time, to_time, started, ended, cursor, last_time)
   VALUES (:account, :region, :name, :archive, :bus, :description, :rules, 'STARTING', :from, :to, :now, NULL, 0, NULL)`,
);
export const selectReplay = statement<{ name: string }, ReplayRow>(`SELECT * FROM eventbridge_replays WHERE ${SCOPE} AND name = :name`);
export const selectReplays = statement<
  { prefix: string; archive: string | null; state: string | null; after: string; limit: number },
  ReplayRow
>(
  `SELECT * FROM eventbridge_replays WHERE ${SCOPE} AND substr(name, 1, length(:prefix)) = :prefix
   AND (:archive IS NULL OR archive = :archive) AND (:state IS NULL OR state = :state) AND name > :after ORDER BY name LIMIT :limit`,
);
export const updateReplay = statement<{ name: string; state: ReplayState; cursor: number; last: number | null; ended: number | null }>(
  `UPDATE eventbridge_replays SET state = :state, cursor = :cursor, last_time = :last, ended = :ended WHERE ${SCOPE} AND name = :name`,
);
