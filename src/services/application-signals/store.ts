import { type Migrations, statement } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "application-signals",
  steps: [
    `CREATE TABLE application_signals_scopes (
       account TEXT NOT NULL, region TEXT NOT NULL, enabled INTEGER NOT NULL, PRIMARY KEY (account, region)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE application_signals_seen (
       account TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL, environment TEXT NOT NULL, operation TEXT NOT NULL,
       remote TEXT NOT NULL, hour INTEGER NOT NULL, platform TEXT NOT NULL,
       PRIMARY KEY (account, region, service, environment, operation, remote, hour)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX application_signals_seen_by_hour ON application_signals_seen (account, region, hour);
     CREATE TABLE application_signals_spans (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX application_signals_spans_by_time ON application_signals_spans (account, region, time);
     CREATE TABLE application_signals_slos (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, exclusions TEXT NOT NULL,
       tags TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, since INTEGER NOT NULL, measured INTEGER NOT NULL,
       status TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE application_signals_periods (
       account TEXT NOT NULL, region TEXT NOT NULL, slo TEXT NOT NULL, time INTEGER NOT NULL, total REAL NOT NULL, bad REAL NOT NULL,
       excluded INTEGER NOT NULL, PRIMARY KEY (account, region, slo, time)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

const SCOPE = "account = :account AND region = :region";

export const upsertScope = statement<Record<never, never>>(
  "INSERT OR REPLACE INTO application_signals_scopes (account, region, enabled) VALUES (:account, :region, 1)",
);
export const selectScope = statement<Record<never, never>, { enabled: number }>(
  `SELECT enabled FROM application_signals_scopes WHERE ${SCOPE}`,
);

/** One operation, or one call of another by it, that was seen within an hour. */
export interface SeenRow {
  readonly service: string;
  readonly environment: string;
  readonly operation: string;
  /** JSON of a Remote; empty for the operation itself. */
  readonly remote: string;
  /** Virtual ms, the hour's beginning. */
  readonly hour: number;
  /** `AWS::Lambda`, `Generic`. */
  readonly platform: string;
}

export const insertSeen = statement<{ [K in keyof SeenRow]: SeenRow[K] }>(
  `INSERT OR IGNORE INTO application_signals_seen (account, region, service, environment, operation, remote, hour, platform)
   VALUES (:account, :region, :service, :environment, :operation, :remote, :hour, :platform)`,
);
export const selectSeen = statement<{ from: number; to: number }, SeenRow>(
  `SELECT DISTINCT service, environment, operation, remote, platform, 0 AS hour FROM application_signals_seen
   WHERE ${SCOPE} AND hour >= :from AND hour < :to ORDER BY service, environment, operation, remote`,
);
export const selectEverSeen = statement<{ service: string; environment: string }, SeenRow>(
  `SELECT DISTINCT service, environment, operation, remote, platform, 0 AS hour FROM application_signals_seen
   WHERE ${SCOPE} AND service = :service AND environment = :environment`,
);
export const deleteOldSeen = statement<{ before: number }>(`DELETE FROM application_signals_seen WHERE ${SCOPE} AND hour < :before`);

/** 1 row changed where the span had not been counted yet. */
export const insertSpan = statement<{ id: string; time: number }>(
  "INSERT OR IGNORE INTO application_signals_spans (account, region, id, time) VALUES (:account, :region, :id, :time)",
);
export const deleteOldSpans = statement<{ before: number }>(`DELETE FROM application_signals_spans WHERE ${SCOPE} AND time < :before`);

export interface SloRow {
  readonly name: string;
  /** Of what was measured: a new one where the indicator is another. */
  readonly id: string;
  /** JSON of an SloBody. */
  readonly body: string;
  /** JSON of its exclusion windows. */
  readonly exclusions: string;
  readonly tags: string;
  /** Virtual ms. */
  readonly created: number;
  readonly updated: number;
  /** Virtual ms from which it is measured, and up to which it has been. */
  readonly since: number;
  readonly measured: number;
  /** The budget's status when it was last looked at. */
  readonly status: string;
}

export const insertSlo = statement<{ [K in keyof SloRow]: SloRow[K] }>(
  `INSERT INTO application_signals_slos (account, region, name, id, body, exclusions, tags, created, updated, since, measured, status)
   VALUES (:account, :region, :name, :id, :body, :exclusions, :tags, :created, :updated, :since, :measured, :status)`,
);
export const updateSlo = statement<{ name: string; id: string; body: string; updated: number; since: number; measured: number }>(
  `UPDATE application_signals_slos SET id = :id, body = :body, updated = :updated, since = :since, measured = :measured
   WHERE ${SCOPE} AND name = :name`,
);
export const updateTags = statement<{ name: string; tags: string }>(
  `UPDATE application_signals_slos SET tags = :tags WHERE ${SCOPE} AND name = :name`,
);
export const updateExclusions = statement<{ name: string; exclusions: string }>(
  `UPDATE application_signals_slos SET exclusions = :exclusions WHERE ${SCOPE} AND name = :name`,
);
export const updateMeasured = statement<{ id: string; measured: number }>(
  `UPDATE application_signals_slos SET measured = :measured WHERE ${SCOPE} AND id = :id`,
);
export const updateStatus = statement<{ id: string; status: string }>(
  `UPDATE application_signals_slos SET status = :status WHERE ${SCOPE} AND id = :id`,
);
export const deleteSlo = statement<{ name: string }>(`DELETE FROM application_signals_slos WHERE ${SCOPE} AND name = :name`);
export const selectSlo = statement<{ name: string }, SloRow>(`SELECT * FROM application_signals_slos WHERE ${SCOPE} AND name = :name`);
export const selectSlos = statement<{ after: string }, SloRow>(
  `SELECT * FROM application_signals_slos WHERE ${SCOPE} AND name > :after ORDER BY name`,
);
export const countSlos = statement<Record<never, never>, { count: number }>(
  `SELECT count(*) AS count FROM application_signals_slos WHERE ${SCOPE}`,
);

/** What was measured in one period, or for requests in one minute; `slo` is the SloRow's id. */
export interface PeriodRow {
  readonly time: number;
  readonly total: number;
  readonly bad: number;
  readonly excluded: number;
}

/** What was excluded once stays so: windows only ever begin in the future. */
export const upsertPeriod = statement<{ slo: string } & { [K in keyof PeriodRow]: PeriodRow[K] }>(
  `INSERT INTO application_signals_periods (account, region, slo, time, total, bad, excluded) VALUES (:account, :region, :slo, :time, :total, :bad, :excluded)
   ON CONFLICT DO UPDATE SET total = :total, bad = :bad, excluded = max(excluded, :excluded)`,
);
/** Sums of what is not excluded in [from, to), and how many rows there are of either kind. */
export interface Sums {
  readonly total: number;
  readonly bad: number;
  readonly measured: number;
  readonly excluded: number;
}
export const selectSums = statement<{ slo: string; from: number; to: number }, Sums>(
  `SELECT coalesce(sum(CASE WHEN excluded = 0 THEN total END), 0) AS total, coalesce(sum(CASE WHEN excluded = 0 THEN bad END), 0) AS bad,
     count(CASE WHEN total > 0 THEN 1 END) AS measured, coalesce(sum(excluded), 0) AS excluded
   FROM application_signals_periods WHERE ${SCOPE} AND slo = :slo AND time >= :from AND time < :to`,
);
export const deletePeriods = statement<{ slo: string; before: number }>(
  `DELETE FROM application_signals_periods WHERE ${SCOPE} AND slo = :slo AND time < :before`,
);
