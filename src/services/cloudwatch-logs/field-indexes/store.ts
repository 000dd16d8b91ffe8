import { unscoped } from "../../../kernel/store.ts";

/** `fields` and `indexes` are JSON: when each field's index was made, in virtual ms, and of which type it is. */
export const INDEX_TABLES = `
  CREATE TABLE logs_index_policies (group_id INTEGER PRIMARY KEY, document TEXT NOT NULL, fields TEXT NOT NULL, updated INTEGER NOT NULL) STRICT;
  ALTER TABLE logs_account_policies ADD COLUMN fields TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE logs_query_definitions ADD COLUMN parameters TEXT NOT NULL DEFAULT '[]';`;

export interface IndexPolicyRow {
  readonly document: string;
  readonly fields: string;
  readonly updated: number;
}

export const indexPolicies = {
  get: unscoped<{ group: number }, IndexPolicyRow>("SELECT document, fields, updated FROM logs_index_policies WHERE group_id = :group"),
  put: unscoped<{ group: number; document: string; fields: string; now: number }>(
    "INSERT OR REPLACE INTO logs_index_policies (group_id, document, fields, updated) VALUES (:group, :document, :fields, :now)",
  ),
  remove: unscoped<{ group: number }>("DELETE FROM logs_index_policies WHERE group_id = :group"),
};
