import { statement } from "../../../kernel/store.ts";

export const INSIGHTS_TABLES = `CREATE TABLE cloudwatch_query_watches (
     account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, alarm TEXT NOT NULL, cadence INTEGER NOT NULL,
     PRIMARY KEY (account, region, namespace, name, alarm)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX cloudwatch_query_watches_by_alarm ON cloudwatch_query_watches (account, region, alarm);
   CREATE TABLE cloudwatch_contributors (
     account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL, id TEXT NOT NULL, attributes TEXT NOT NULL, reason TEXT NOT NULL,
     transitioned INTEGER NOT NULL, PRIMARY KEY (account, region, alarm, id)
   ) STRICT, WITHOUT ROWID;
   ALTER TABLE cloudwatch_history ADD COLUMN contributor TEXT;`;

const SCOPE = "account = :account AND region = :region";

export const insertQueryWatch = statement<{ namespace: string; name: string; alarm: string; cadence: number }>(
  `INSERT OR IGNORE INTO cloudwatch_query_watches (account, region, namespace, name, alarm, cadence)
   VALUES (:account, :region, :namespace, :name, :alarm, :cadence)`,
);
export const deleteQueryWatches = statement<{ alarm: string }>(`DELETE FROM cloudwatch_query_watches WHERE ${SCOPE} AND alarm = :alarm`);
/** Alarms on queries, but for the named one. */
export const countQueryAlarms = statement<{ alarm: string }, { count: number }>(
  `SELECT count(DISTINCT alarm) AS count FROM cloudwatch_query_watches WHERE ${SCOPE} AND alarm <> :alarm`,
);
/** The newest data point of all metrics of a name. */
export const selectLast = statement<{ namespace: string; name: string }, { last: number | null }>(
  `SELECT max(last) AS last FROM cloudwatch_metrics WHERE ${SCOPE} AND namespace = :namespace AND name = :name`,
);

/** A time series that makes its alarm go off: those that are well are not kept. */
export interface ContributorRow {
  readonly id: string;
  /** JSON object of its labels. */
  readonly attributes: string;
  readonly reason: string;
  readonly transitioned: number;
}
export const upsertContributor = statement<{ alarm: string } & { [K in keyof ContributorRow]: ContributorRow[K] }>(
  `INSERT OR REPLACE INTO cloudwatch_contributors (account, region, alarm, id, attributes, reason, transitioned)
   VALUES (:account, :region, :alarm, :id, :attributes, :reason, :transitioned)`,
);
export const selectContributors = statement<{ alarm: string; after: string }, ContributorRow>(
  `SELECT id, attributes, reason, transitioned FROM cloudwatch_contributors WHERE ${SCOPE} AND alarm = :alarm AND id > :after ORDER BY id`,
);
export const selectContributor = statement<{ alarm: string; id: string }, ContributorRow>(
  `SELECT id, attributes, reason, transitioned FROM cloudwatch_contributors WHERE ${SCOPE} AND alarm = :alarm AND id = :id`,
);
export const deleteContributor = statement<{ alarm: string; id: string }>(
  `DELETE FROM cloudwatch_contributors WHERE ${SCOPE} AND alarm = :alarm AND id = :id`,
);
export const deleteContributors = statement<{ alarm: string }>(`DELETE FROM cloudwatch_contributors WHERE ${SCOPE} AND alarm = :alarm`);
