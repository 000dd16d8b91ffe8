import { statement, unscoped } from "../../kernel/store.ts";

export interface AlarmRow {
  readonly name: string;
  readonly type: "MetricAlarm" | "CompositeAlarm";
  /** JSON: the input that made it, without name and tags. */
  readonly config: string;
  readonly tags: string;
  readonly state: string;
  readonly reason: string;
  readonly reason_data: string | null;
  readonly configured: number;
  readonly updated: number;
  readonly transitioned: number;
  /** JSON: what keeps a composite alarm's actions back; null when nothing does. */
  readonly suppression: string | null;
  /** `EVALUATION_ERROR` while it cannot be evaluated; null when it can. */
  readonly evaluation: string | null;
}

const SCOPE = "account = :account AND region = :region";

export const upsertAlarm = statement<{ [K in keyof AlarmRow]: AlarmRow[K] }>(
  `INSERT OR REPLACE INTO cloudwatch_alarms
   (account, region, name, type, config, tags, state, reason, reason_data, configured, updated, transitioned, suppression,
    evaluation) VALUES
   (:account, :region, :name, :type, :config, :tags, :state, :reason, :reason_data, :configured, :updated, :transitioned, :suppression,
    :evaluation)`,
);
export const selectAlarm = statement<{ name: string }, AlarmRow>(`SELECT * FROM cloudwatch_alarms WHERE ${SCOPE} AND name = :name`);
export const selectAlarms = statement<{ after: string }, AlarmRow>(
  `SELECT * FROM cloudwatch_alarms WHERE ${SCOPE} AND name > :after ORDER BY name`,
);
export const deleteAlarm = statement<{ name: string }>(`DELETE FROM cloudwatch_alarms WHERE ${SCOPE} AND name = :name`);
export const updateState = statement<{
  name: string;
  state: string;
  reason: string;
  reason_data: string | null;
  updated: number;
  transitioned: number;
}>(
  `UPDATE cloudwatch_alarms SET state = :state, reason = :reason, reason_data = :reason_data, updated = :updated,
   transitioned = :transitioned WHERE ${SCOPE} AND name = :name`,
);
export const updateTags = statement<{ name: string; tags: string }>(
  `UPDATE cloudwatch_alarms SET tags = :tags WHERE ${SCOPE} AND name = :name`,
);
export const updateConfig = statement<{ name: string; config: string }>(
  `UPDATE cloudwatch_alarms SET config = :config WHERE ${SCOPE} AND name = :name`,
);
export const updateEvaluation = statement<{ name: string; evaluation: string | null; reason: string; now: number }>(
  `UPDATE cloudwatch_alarms SET evaluation = :evaluation, reason = :reason, updated = :now WHERE ${SCOPE} AND name = :name`,
);
/** Metric alarms that nothing wakes: those of a data folder from before there were evaluations. */
export const selectUnwatched = unscoped<Record<never, never>, AlarmRow & { readonly account: string; readonly region: string }>(
  `SELECT * FROM cloudwatch_alarms AS alarms WHERE type = 'MetricAlarm' AND NOT EXISTS (
     SELECT 1 FROM cloudwatch_watches AS w WHERE w.account = alarms.account AND w.region = alarms.region AND w.alarm = alarms.name)
   AND NOT EXISTS (
     SELECT 1 FROM cloudwatch_query_watches AS q WHERE q.account = alarms.account AND q.region = alarms.region AND q.alarm = alarms.name)
   AND NOT EXISTS (
     SELECT 1 FROM cloudwatch_awake AS a WHERE a.account = alarms.account AND a.region = alarms.region AND a.alarm = alarms.name)`,
);
export const updateSuppression = statement<{ name: string; suppression: string | null }>(
  `UPDATE cloudwatch_alarms SET suppression = :suppression WHERE ${SCOPE} AND name = :name`,
);

export const insertWatch = statement<{ metric: number; alarm: string; cadence: number }>(
  "INSERT OR IGNORE INTO cloudwatch_watches (metric, account, region, alarm, cadence) VALUES (:metric, :account, :region, :alarm, :cadence)",
);
export const deleteWatches = statement<{ alarm: string }>(`DELETE FROM cloudwatch_watches WHERE ${SCOPE} AND alarm = :alarm`);
/** Alarms that look at a metric and are asleep. */
export const selectSleeping = unscoped<{ metric: number }, { alarm: string; cadence: number }>(
  `SELECT w.alarm, w.cadence FROM cloudwatch_watches w LEFT JOIN cloudwatch_awake a
   ON a.account = w.account AND a.region = w.region AND a.cadence = w.cadence AND a.alarm = w.alarm
   WHERE w.metric = :metric AND a.alarm IS NULL
   UNION SELECT q.alarm, q.cadence FROM cloudwatch_metrics m JOIN cloudwatch_query_watches q
   ON q.account = m.account AND q.region = m.region AND q.namespace = m.namespace AND q.name = m.name
   LEFT JOIN cloudwatch_awake a ON a.account = q.account AND a.region = q.region AND a.cadence = q.cadence AND a.alarm = q.alarm
   WHERE m.id = :metric AND a.alarm IS NULL`,
);
export const insertAwake = statement<{ cadence: number; alarm: string }>(
  "INSERT OR IGNORE INTO cloudwatch_awake (account, region, cadence, alarm) VALUES (:account, :region, :cadence, :alarm)",
);
export const deleteAwake = statement<{ alarm: string }>(`DELETE FROM cloudwatch_awake WHERE ${SCOPE} AND alarm = :alarm`);
export const selectAwake = statement<{ cadence: number }, AlarmRow>(
  `SELECT alarms.* FROM cloudwatch_awake AS awake JOIN cloudwatch_alarms AS alarms
   ON alarms.account = awake.account AND alarms.region = awake.region AND alarms.name = awake.alarm
   WHERE awake.account = :account AND awake.region = :region AND awake.cadence = :cadence ORDER BY awake.alarm`,
);
export const selectAnyAwake = statement<{ cadence: number }, { alarm: string }>(
  `SELECT alarm FROM cloudwatch_awake WHERE ${SCOPE} AND cadence = :cadence LIMIT 1`,
);
export const selectTick = statement<{ cadence: number }, { generation: number; running: number }>(
  `SELECT generation, running FROM cloudwatch_ticks WHERE ${SCOPE} AND cadence = :cadence`,
);
export const upsertTick = statement<{ cadence: number; generation: number; running: number }>(
  `INSERT OR REPLACE INTO cloudwatch_ticks (account, region, cadence, generation, running)
   VALUES (:account, :region, :cadence, :generation, :running)`,
);

/** How a composite alarm depends on another one. */
export type Dependence = "rule" | "suppressor";
export const insertChild = statement<{ child: string; parent: string; kind: Dependence }>(
  "INSERT OR IGNORE INTO cloudwatch_children (account, region, child, parent, kind) VALUES (:account, :region, :child, :parent, :kind)",
);
export const deleteChildren = statement<{ parent: string }>(`DELETE FROM cloudwatch_children WHERE ${SCOPE} AND parent = :parent`);
export const selectParents = statement<{ child: string }, { parent: string; kind: Dependence }>(
  `SELECT parent, kind FROM cloudwatch_children WHERE ${SCOPE} AND child = :child ORDER BY parent, kind`,
);
export const selectChildren = statement<{ parent: string }, { child: string; kind: Dependence }>(
  `SELECT child, kind FROM cloudwatch_children WHERE ${SCOPE} AND parent = :parent ORDER BY child, kind`,
);
