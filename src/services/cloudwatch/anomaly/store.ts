import { statement, unscoped } from "../../../kernel/store.ts";

export type DetectorState = "PENDING_TRAINING" | "TRAINED_INSUFFICIENT_DATA" | "TRAINED";

export interface DetectorRow {
  readonly id: number;
  readonly kind: "SINGLE_METRIC" | "METRIC_MATH";
  /** What it is told apart by: JSON of what it looks at, without what only names it. */
  readonly key: string;
  /** JSON: SingleMetricAnomalyDetector or MetricMathAnomalyDetector as it was put. */
  readonly target: string;
  /** JSON: Configuration and MetricCharacteristics as they were put. */
  readonly settings: string;
  readonly state: DetectorState;
  /** When it was put last. */
  readonly put: number;
}

/** Step of the service's migrations. */
export const DETECTORS = `CREATE TABLE cloudwatch_anomaly_detectors (
   id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
   target TEXT NOT NULL, settings TEXT NOT NULL, state TEXT NOT NULL, put INTEGER NOT NULL, UNIQUE (account, region, kind, key)
 ) STRICT;`;

const SCOPE = "account = :account AND region = :region";

type New = Omit<{ [K in keyof DetectorRow]: DetectorRow[K] }, "id">;
export const upsertDetector = statement<New, DetectorRow>(
  `INSERT INTO cloudwatch_anomaly_detectors (account, region, kind, key, target, settings, state, put)
   VALUES (:account, :region, :kind, :key, :target, :settings, :state, :put)
   ON CONFLICT DO UPDATE SET target = :target, settings = :settings, state = :state, put = :put RETURNING *`,
);
export const selectDetector = statement<{ kind: DetectorRow["kind"]; key: string }, DetectorRow>(
  `SELECT * FROM cloudwatch_anomaly_detectors WHERE ${SCOPE} AND kind = :kind AND key = :key`,
);
export const selectDetectorById = statement<{ id: number }, DetectorRow>(
  `SELECT * FROM cloudwatch_anomaly_detectors WHERE ${SCOPE} AND id = :id`,
);
export const selectDetectors = statement<{ after: number }, DetectorRow>(
  `SELECT * FROM cloudwatch_anomaly_detectors WHERE ${SCOPE} AND id > :after ORDER BY id`,
);
export const updateDetectorState = statement<{ id: number; state: DetectorState }>(
  `UPDATE cloudwatch_anomaly_detectors SET state = :state WHERE ${SCOPE} AND id = :id`,
);
/** What simple statistics need, without distributions: two weeks of minutes are read in a few tens of ms. */
export const selectSums = unscoped<
  { metric: number; from: number; to: number; unit: string | null },
  { time: number; count: number; sum: number; min: number; max: number }
>(
  `SELECT time, count, sum, min, max FROM cloudwatch_buckets
   WHERE metric = :metric AND time >= :from AND time < :to AND (:unit IS NULL OR unit = :unit) ORDER BY time`,
);
export const deleteDetector = statement<{ id: number }>(`DELETE FROM cloudwatch_anomaly_detectors WHERE ${SCOPE} AND id = :id`);
