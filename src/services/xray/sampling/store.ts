import { statement } from "../../../kernel/store.ts";

const SCOPE = "account = :account AND region = :region";

export interface RuleRow {
  readonly name: string;
  readonly priority: number;
  /** JSON of a Rule. */
  readonly rule: string;
  readonly tags: string;
  /** Virtual ms. */
  readonly created: number;
  readonly modified: number;
}

export const upsertRule = statement<{ [K in keyof RuleRow]: RuleRow[K] }>(
  `INSERT OR REPLACE INTO xray_rules (account, region, name, priority, rule, tags, created, modified)
   VALUES (:account, :region, :name, :priority, :rule, :tags, :created, :modified)`,
);
export const selectRules = statement<Record<never, never>, RuleRow>(`SELECT * FROM xray_rules WHERE ${SCOPE} ORDER BY priority, name`);
export const selectRule = statement<{ name: string }, RuleRow>(`SELECT * FROM xray_rules WHERE ${SCOPE} AND name = :name`);
export const deleteRule = statement<{ name: string }>(`DELETE FROM xray_rules WHERE ${SCOPE} AND name = :name`);

export const upsertStatistics = statement<{
  rule: string;
  client: string;
  time: number;
  requests: number;
  sampled: number;
  borrowed: number;
}>(
  `INSERT INTO xray_statistics (account, region, rule, client, time, requests, sampled, borrowed)
   VALUES (:account, :region, :rule, :client, :time, :requests, :sampled, :borrowed)
   ON CONFLICT DO UPDATE SET requests = requests + :requests, sampled = sampled + :sampled, borrowed = borrowed + :borrowed`,
);
export const deleteOldStatistics = statement<{ before: number }>(`DELETE FROM xray_statistics WHERE ${SCOPE} AND time < :before`);
export const countClients = statement<{ rule: string; after: number }, { count: number }>(
  `SELECT count(DISTINCT client) AS count FROM xray_statistics WHERE ${SCOPE} AND rule = :rule AND time > :after`,
);
export const selectSummaries = statement<
  { after: number },
  { rule: string; time: number; requests: number; sampled: number; borrowed: number }
>(
  `SELECT rule, time, sum(requests) AS requests, sum(sampled) AS sampled, sum(borrowed) AS borrowed FROM xray_statistics
   WHERE ${SCOPE} AND time > :after GROUP BY rule, time ORDER BY time, rule`,
);
