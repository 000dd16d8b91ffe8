import { type Migrations, remembered, statement, unscoped } from "../../kernel/store.ts";
import { DETECTORS } from "./anomaly/store.ts";
import { INSIGHTS_TABLES } from "./insights-sql/store.ts";
import { MUTE_TABLES } from "./mute-rules/store.ts";
import { RETENTION_TABLES } from "./retention/store.ts";

export const migrations: Migrations = {
  name: "cloudwatch",
  steps: [
    `CREATE TABLE cloudwatch_metrics (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
       dimensions TEXT NOT NULL, last INTEGER NOT NULL, UNIQUE (account, region, namespace, name, dimensions)
     ) STRICT;
     CREATE TABLE cloudwatch_buckets (
       metric INTEGER NOT NULL, time INTEGER NOT NULL, resolution INTEGER NOT NULL, unit TEXT NOT NULL, count REAL NOT NULL, sum REAL NOT NULL,
       min REAL NOT NULL, max REAL NOT NULL, histogram TEXT, PRIMARY KEY (metric, time, resolution, unit)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cloudwatch_alarms (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, config TEXT NOT NULL, tags TEXT NOT NULL,
       state TEXT NOT NULL, reason TEXT NOT NULL, reason_data TEXT, configured INTEGER NOT NULL, updated INTEGER NOT NULL,
       transitioned INTEGER NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cloudwatch_history (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
       time INTEGER NOT NULL, item TEXT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL
     ) STRICT;
     CREATE INDEX cloudwatch_history_by_alarm ON cloudwatch_history (account, region, name, id);
     CREATE TABLE cloudwatch_dashboards (
       account TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, tags TEXT NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (account, name)
     ) STRICT, WITHOUT ROWID;`,
    // Which alarms look at which metric, and which of them have something to look at.
    `ALTER TABLE cloudwatch_alarms ADD COLUMN suppression TEXT;
     CREATE TABLE cloudwatch_watches (
       metric INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL, cadence INTEGER NOT NULL,
       PRIMARY KEY (metric, alarm)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX cloudwatch_watches_by_alarm ON cloudwatch_watches (account, region, alarm);
     CREATE TABLE cloudwatch_awake (
       account TEXT NOT NULL, region TEXT NOT NULL, cadence INTEGER NOT NULL, alarm TEXT NOT NULL,
       PRIMARY KEY (account, region, cadence, alarm)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cloudwatch_ticks (
       account TEXT NOT NULL, region TEXT NOT NULL, cadence INTEGER NOT NULL, generation INTEGER NOT NULL, running INTEGER NOT NULL,
       PRIMARY KEY (account, region, cadence)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cloudwatch_children (
       account TEXT NOT NULL, region TEXT NOT NULL, child TEXT NOT NULL, parent TEXT NOT NULL, kind TEXT NOT NULL,
       PRIMARY KEY (account, region, child, parent, kind)
     ) STRICT, WITHOUT ROWID;`,
    "ALTER TABLE cloudwatch_alarms ADD COLUMN evaluation TEXT;",
    DETECTORS,
    `${INSIGHTS_TABLES}
     ${MUTE_TABLES}
     ${RETENTION_TABLES}`,
  ],
};

export interface MetricRow {
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  /** JSON list of [name, value], sorted by name. */
  readonly dimensions: string;
  /** Newest data point's time. */
  readonly last: number;
}

export interface BucketRow {
  /** Start, ms. */
  readonly time: number;
  /** Seconds. */
  readonly resolution: number;
  readonly unit: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** JSON list of [value, count]; null when a part came as a statistic set. */
  readonly histogram: string | null;
}

const SCOPE = "account = :account AND region = :region";

export const upsertMetric = statement<{ namespace: string; name: string; dimensions: string; last: number }, { id: number }>(
  `INSERT INTO cloudwatch_metrics (account, region, namespace, name, dimensions, last) VALUES (:account, :region, :namespace, :name, :dimensions, :last)
   ON CONFLICT DO UPDATE SET last = max(last, :last) RETURNING id`,
);
export const selectMetric = remembered(
  statement<{ namespace: string; name: string; dimensions: string }, MetricRow>(
    `SELECT * FROM cloudwatch_metrics WHERE ${SCOPE} AND namespace = :namespace AND name = :name AND dimensions = :dimensions`,
  ),
  ["cloudwatch_metrics"],
);
export const selectMetrics = statement<{ after: number; namespace: string | null; name: string | null }, MetricRow>(
  `SELECT * FROM cloudwatch_metrics WHERE ${SCOPE} AND id > :after AND (:namespace IS NULL OR namespace = :namespace)
   AND (:name IS NULL OR name = :name) ORDER BY id`,
);
export const selectNamed = statement<{ namespace: string; name: string; from: number }, MetricRow>(
  `SELECT * FROM cloudwatch_metrics WHERE ${SCOPE} AND namespace = :namespace AND name = :name AND last >= :from ORDER BY id`,
);
export const selectBucket = unscoped<{ metric: number; time: number; resolution: number; unit: string }, BucketRow>(
  "SELECT * FROM cloudwatch_buckets WHERE metric = :metric AND time = :time AND resolution = :resolution AND unit = :unit",
);
export const upsertBucket = unscoped<{
  metric: number;
  time: number;
  resolution: number;
  unit: string;
  count: number;
  sum: number;
  min: number;
  max: number;
  histogram: string | null;
}>(
  `INSERT OR REPLACE INTO cloudwatch_buckets (metric, time, resolution, unit, count, sum, min, max, histogram)
   VALUES (:metric, :time, :resolution, :unit, :count, :sum, :min, :max, :histogram)`,
);
export const selectBuckets = unscoped<{ metric: number; from: number; to: number }, BucketRow>(
  "SELECT * FROM cloudwatch_buckets WHERE metric = :metric AND time >= :from AND time < :to ORDER BY time",
);

export interface HistoryRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly time: number;
  readonly item: string;
  readonly summary: string;
  readonly data: string;
  /** JSON: id and attributes of the contributor that it is about; null for the alarm itself. */
  readonly contributor: string | null;
}
export const insertHistory = statement<Omit<{ [K in keyof HistoryRow]: HistoryRow[K] }, "id">>(
  `INSERT INTO cloudwatch_history (account, region, name, type, time, item, summary, data, contributor)
   VALUES (:account, :region, :name, :type, :time, :item, :summary, :data, :contributor)`,
);
export const selectHistory = statement<{ name: string | null; from: number; to: number }, HistoryRow>(
  `SELECT * FROM cloudwatch_history WHERE ${SCOPE} AND (:name IS NULL OR name = :name) AND time >= :from AND time <= :to ORDER BY id`,
);

export interface DashboardRow {
  readonly name: string;
  readonly body: string;
  readonly tags: string;
  readonly modified: number;
}
/** Dashboards belong to the account, not to a region. */
export const upsertDashboard = statement<{ name: string; body: string; tags: string; now: number }>(
  "INSERT OR REPLACE INTO cloudwatch_dashboards (account, name, body, tags, modified) VALUES (:account, :name, :body, :tags, :now)",
);
export const selectDashboard = statement<{ name: string }, DashboardRow>(
  "SELECT * FROM cloudwatch_dashboards WHERE account = :account AND name = :name",
);
export const selectDashboards = statement<{ after: string }, DashboardRow>(
  "SELECT * FROM cloudwatch_dashboards WHERE account = :account AND name > :after ORDER BY name",
);
export const deleteDashboard = statement<{ name: string }>("DELETE FROM cloudwatch_dashboards WHERE account = :account AND name = :name");
