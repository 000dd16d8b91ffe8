import { remembered, statement, unscoped } from "../../../kernel/store.ts";
import type { BucketRow } from "../store.ts";

export const RETENTION_TABLES = `CREATE TABLE cloudwatch_retention (
     account TEXT NOT NULL, region TEXT NOT NULL, fine INTEGER NOT NULL, cursor INTEGER NOT NULL, due INTEGER NOT NULL,
     done INTEGER NOT NULL,
     PRIMARY KEY (account, region)
   ) STRICT, WITHOUT ROWID;`;

const SCOPE = "account = :account AND region = :region";

export interface RetentionRow {
  /** 1 while there may be data of less than a minute. */
  readonly fine: number;
  /** The last metric that this round has seen; 0 between rounds. */
  readonly cursor: number;
  /** When the next round begins, ms: a message of another instant is an old one. */
  readonly due: number;
  /** When the last whole round was, ms: what was too old by then is rolled up. */
  readonly done: number;
}
export const selectRetention = remembered(
  statement<Record<never, never>, RetentionRow>(`SELECT fine, cursor, due, done FROM cloudwatch_retention WHERE ${SCOPE}`),
  ["cloudwatch_retention"],
);
export const upsertRetention = statement<{ [K in keyof RetentionRow]: RetentionRow[K] }>(
  "INSERT OR REPLACE INTO cloudwatch_retention (account, region, fine, cursor, due, done) VALUES (:account, :region, :fine, :cursor, :due, :done)",
);
export const deleteRetention = statement(`DELETE FROM cloudwatch_retention WHERE ${SCOPE}`);
export const selectMetricIds = statement<{ after: number; limit: number }, { id: number }>(
  `SELECT id FROM cloudwatch_metrics WHERE ${SCOPE} AND id > :after ORDER BY id LIMIT :limit`,
);
/** Places that have data and no round to come: those of a data folder from before there were rounds. */
export const selectUnkept = unscoped<Record<never, never>, { account: string; region: string }>(
  `SELECT DISTINCT account, region FROM cloudwatch_metrics AS m WHERE last > 0 AND NOT EXISTS (
     SELECT 1 FROM cloudwatch_retention AS r WHERE r.account = m.account AND r.region = m.region)`,
);
export const selectFiner = unscoped<{ metric: number; from: number; before: number; resolution: number }, BucketRow>(
  `SELECT * FROM cloudwatch_buckets WHERE metric = :metric AND time >= :from AND time < :before AND resolution < :resolution ORDER BY time`,
);
export const deleteFiner = unscoped<{ metric: number; from: number; before: number; resolution: number }>(
  "DELETE FROM cloudwatch_buckets WHERE metric = :metric AND time >= :from AND time < :before AND resolution < :resolution",
);
export const deleteOlder = unscoped<{ metric: number; before: number }>(
  "DELETE FROM cloudwatch_buckets WHERE metric = :metric AND time < :before",
);
export const selectAnyFine = unscoped<{ metric: number; from: number }, { time: number }>(
  "SELECT time FROM cloudwatch_buckets WHERE metric = :metric AND time >= :from AND resolution < 60 LIMIT 1",
);
/** Metrics that have no data any more and that no alarm looks at. */
export const deleteForgotten = statement<{ before: number }>(
  `DELETE FROM cloudwatch_metrics WHERE ${SCOPE} AND last > 0 AND last < :before AND id NOT IN (SELECT metric FROM cloudwatch_watches)`,
);
export const selectAnyBucket = unscoped<{ metric: number }, { time: number }>(
  "SELECT time FROM cloudwatch_buckets WHERE metric = :metric LIMIT 1",
);
