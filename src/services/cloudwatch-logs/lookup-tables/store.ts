import { statement } from "../../../kernel/store.ts";

export const LOOKUP_TABLES = `
  CREATE TABLE logs_lookup_tables (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, description TEXT, body TEXT NOT NULL, records INTEGER NOT NULL,
    fields TEXT NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (account, region, name)
  ) STRICT, WITHOUT ROWID;`;

/** `fields` is a JSON list of the names of columns; `size` is in bytes. */
export interface LookupTableSummary {
  readonly name: string;
  readonly description: string | null;
  readonly records: number;
  readonly fields: string;
  readonly size: number;
  readonly updated: number;
}

export interface LookupTableRow extends LookupTableSummary {
  readonly body: string;
}

const SUMMARY = "name, description, records, fields, length(CAST(body AS BLOB)) AS size, updated";

export const lookupTables = {
  get: statement<{ name: string }, LookupTableRow>(
    `SELECT ${SUMMARY}, body FROM logs_lookup_tables WHERE account = :account AND region = :region AND name = :name`,
  ),
  all: statement<{ after: string }, LookupTableSummary>(
    `SELECT ${SUMMARY} FROM logs_lookup_tables WHERE account = :account AND region = :region AND name > :after ORDER BY name`,
  ),
  put: statement<{ name: string; description: string | null; body: string; records: number; fields: string; now: number }>(
    `INSERT OR REPLACE INTO logs_lookup_tables (account, region, name, description, body, records, fields, updated)
     VALUES (:account, :region, :name, :description, :body, :records, :fields, :now)`,
  ),
  remove: statement<{ name: string }>("DELETE FROM logs_lookup_tables WHERE account = :account AND region = :region AND name = :name"),
};
