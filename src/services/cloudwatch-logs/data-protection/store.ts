import { remembered, statement, unscoped } from "../../../kernel/store.ts";

/** A policy that was deleted stays as a row without a document: groups tell that they had one. */
export const PROTECTION_TABLES = `
  CREATE TABLE logs_data_protection (group_id INTEGER PRIMARY KEY, document TEXT, updated INTEGER NOT NULL) STRICT;
  CREATE TABLE logs_account_policies (
    account TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, criteria TEXT,
    updated INTEGER NOT NULL, PRIMARY KEY (account, region, type, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE logs_findings (
    group_id INTEGER NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL, stream INTEGER NOT NULL, findings TEXT NOT NULL,
    PRIMARY KEY (group_id, time, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX logs_findings_stream ON logs_findings (stream);
  ALTER TABLE logs_groups ADD COLUMN masked INTEGER NOT NULL DEFAULT 0;`;

export interface ProtectionRow {
  readonly document: string | null;
  readonly updated: number;
}

type Event = { readonly group: number; readonly time: number; readonly seq: number };

export const protection = {
  /** Asked for with every batch that comes in. */
  get: remembered(
    unscoped<{ group: number }, ProtectionRow>("SELECT document, updated FROM logs_data_protection WHERE group_id = :group"),
    ["logs_data_protection"],
  ),
  put: unscoped<{ group: number; document: string | null; now: number }>(
    "INSERT OR REPLACE INTO logs_data_protection (group_id, document, updated) VALUES (:group, :document, :now)",
  ),
  remove: unscoped<{ group: number }>("DELETE FROM logs_data_protection WHERE group_id = :group"),
};

export const findings = {
  insert: unscoped<Event & { stream: number; findings: string }>(
    "INSERT OR REPLACE INTO logs_findings (group_id, time, seq, stream, findings) VALUES (:group, :time, :seq, :stream, :findings)",
  ),
  get: unscoped<Event, { findings: string }>("SELECT findings FROM logs_findings WHERE group_id = :group AND time = :time AND seq = :seq"),
  /** Groups without any need not be asked about their events. */
  mark: unscoped<{ group: number }>("UPDATE logs_groups SET masked = 1 WHERE id = :group AND masked = 0"),
  removeGroup: unscoped<{ group: number }>("DELETE FROM logs_findings WHERE group_id = :group"),
  removeStream: unscoped<{ stream: number }>("DELETE FROM logs_findings WHERE stream = :stream"),
  removeBefore: unscoped<{ group: number; before: number }>("DELETE FROM logs_findings WHERE group_id = :group AND time < :before"),
};

export interface AccountPolicyRow {
  readonly type: string;
  readonly name: string;
  readonly document: string;
  readonly criteria: string | null;
  /** JSON: the field indexes of a policy that makes some. */
  readonly fields: string;
  readonly updated: number;
}

const SCOPE = "account = :account AND region = :region";
const ofType = statement<{ type: string }, AccountPolicyRow>(
  `SELECT * FROM logs_account_policies WHERE ${SCOPE} AND type = :type ORDER BY name`,
);

export const accountPolicies = {
  ofType,
  /** The one of types that an account has one of; asked for with every batch that comes in. */
  first: remembered(ofType, ["logs_account_policies"]),
  put: statement<{ type: string; name: string; document: string; criteria: string | null; fields: string; now: number }>(
    `INSERT OR REPLACE INTO logs_account_policies (account, region, type, name, document, criteria, fields, updated)
     VALUES (:account, :region, :type, :name, :document, :criteria, :fields, :now)`,
  ),
  remove: statement<{ type: string; name: string }>(`DELETE FROM logs_account_policies WHERE ${SCOPE} AND type = :type AND name = :name`),
};
