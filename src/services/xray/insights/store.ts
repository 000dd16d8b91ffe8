import { statement } from "../../../kernel/store.ts";

export interface InsightRow {
  readonly id: string;
  /** The group's ARN. */
  readonly grp: string;
  /** JSON of the root cause's ServiceName. */
  readonly service: string;
  readonly state: "ACTIVE" | "CLOSED";
  readonly started: number;
  readonly ended: number | null;
  readonly updated: number;
  /** JSON of InsightMoments, oldest first. */
  readonly events: string;
}

const SCOPE = "account = :account AND region = :region";
export const upsertInsight = statement<{ [K in keyof InsightRow]: InsightRow[K] }>(
  `INSERT OR REPLACE INTO xray_insights (account, region, id, grp, service, state, started, ended, updated, events)
   VALUES (:account, :region, :id, :grp, :service, :state, :started, :ended, :updated, :events)`,
);
export const selectActive = statement<{ grp: string }, InsightRow>(
  `SELECT * FROM xray_insights WHERE ${SCOPE} AND grp = :grp AND state = 'ACTIVE'`,
);
export const selectInsight = statement<{ id: string }, InsightRow>(`SELECT * FROM xray_insights WHERE ${SCOPE} AND id = :id`);
export const selectInsights = statement<{ grp: string; from: number; to: number }, InsightRow>(
  `SELECT * FROM xray_insights WHERE ${SCOPE} AND grp = :grp AND started < :to AND coalesce(ended, :to) >= :from ORDER BY started DESC, id`,
);
