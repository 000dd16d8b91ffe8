import { type Migrations, statement } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "codestar-notifications",
  steps: [
    `CREATE TABLE codestar_notification_rules (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL, resource TEXT NOT NULL,
       detail_type TEXT NOT NULL, status TEXT NOT NULL, event_types TEXT NOT NULL, tags TEXT NOT NULL, created_by TEXT NOT NULL,
       created INTEGER NOT NULL, modified INTEGER NOT NULL, token TEXT, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX codestar_notification_rules_by_resource ON codestar_notification_rules (account, region, resource);
     CREATE TABLE codestar_notification_targets (
       account TEXT NOT NULL, region TEXT NOT NULL, rule TEXT NOT NULL, address TEXT NOT NULL, type TEXT NOT NULL,
       PRIMARY KEY (account, region, rule, address)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codestar_notification_addresses (
       account TEXT NOT NULL, region TEXT NOT NULL, address TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
       PRIMARY KEY (account, region, address)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

export interface RuleRow {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** ARN of what it tells about. */
  readonly resource: string;
  readonly detail_type: "BASIC" | "FULL";
  readonly status: "ENABLED" | "DISABLED";
  /** JSON: ids. */
  readonly event_types: string;
  /** JSON object. */
  readonly tags: string;
  readonly created_by: string;
  readonly created: number;
  readonly modified: number;
  readonly token: string | null;
}

export interface TargetRow {
  readonly rule: string;
  readonly address: string;
  readonly type: string;
  readonly status: string;
}

const SCOPE = "account = :account AND region = :region";

type RowValues = { readonly [K in keyof RuleRow]: string | number | null };

export const rules = {
  insert: statement<RowValues>(
    `INSERT INTO codestar_notification_rules
       (account, region, id, arn, name, resource, detail_type, status, event_types, tags, created_by, created, modified, token)
     VALUES (:account, :region, :id, :arn, :name, :resource, :detail_type, :status, :event_types, :tags, :created_by, :created, :modified, :token)`,
  ),
  update: statement<RowValues>(
    `UPDATE codestar_notification_rules SET arn = :arn, name = :name, resource = :resource, detail_type = :detail_type, status = :status,
       event_types = :event_types, tags = :tags, created_by = :created_by, created = :created, modified = :modified, token = :token
     WHERE ${SCOPE} AND id = :id`,
  ),
  get: statement<{ id: string }, RuleRow>(`SELECT * FROM codestar_notification_rules WHERE ${SCOPE} AND id = :id`),
  all: statement<Record<never, never>, RuleRow>(`SELECT * FROM codestar_notification_rules WHERE ${SCOPE} ORDER BY id`),
  ofResource: statement<{ resource: string }, RuleRow>(
    `SELECT * FROM codestar_notification_rules WHERE ${SCOPE} AND resource = :resource ORDER BY created, id`,
  ),
  remove: statement<{ id: string }>(`DELETE FROM codestar_notification_rules WHERE ${SCOPE} AND id = :id`),
};

export const targets = {
  put: statement<{ rule: string; address: string; type: string }>(
    `INSERT OR IGNORE INTO codestar_notification_targets (account, region, rule, address, type) VALUES (:account, :region, :rule, :address, :type)`,
  ),
  ofRule: statement<{ rule: string }, TargetRow>(
    `SELECT t.rule, t.address, t.type, a.status FROM codestar_notification_targets t
     JOIN codestar_notification_addresses a USING (account, region, address)
     WHERE t.account = :account AND t.region = :region AND t.rule = :rule ORDER BY t.address`,
  ),
  remove: statement<{ rule: string; address: string }>(
    `DELETE FROM codestar_notification_targets WHERE ${SCOPE} AND rule = :rule AND address = :address`,
  ),
  removeOfRule: statement<{ rule: string }>(`DELETE FROM codestar_notification_targets WHERE ${SCOPE} AND rule = :rule`),
  rulesOf: statement<{ address: string }, { rule: string }>(
    `SELECT rule FROM codestar_notification_targets WHERE ${SCOPE} AND address = :address`,
  ),
  removeAll: statement<{ address: string }>(`DELETE FROM codestar_notification_targets WHERE ${SCOPE} AND address = :address`),
};

/** A target outlives its rules until it is deleted. */
export const addresses = {
  put: statement<{ address: string; type: string; status: string }>(
    `INSERT INTO codestar_notification_addresses (account, region, address, type, status) VALUES (:account, :region, :address, :type, :status)
     ON CONFLICT DO UPDATE SET status = :status`,
  ),
  all: statement<Record<never, never>, Omit<TargetRow, "rule">>(
    `SELECT address, type, status FROM codestar_notification_addresses WHERE ${SCOPE} ORDER BY address`,
  ),
  remove: statement<{ address: string }>(`DELETE FROM codestar_notification_addresses WHERE ${SCOPE} AND address = :address`),
};
