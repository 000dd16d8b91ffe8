import { statement } from "../../../kernel/store.ts";

export interface CredentialsRow {
  readonly arn: string;
  readonly server_type: string;
  readonly auth_type: string;
  readonly username: string | null;
  /** A token or password, or the ARN of a connection or secret. */
  readonly token: string;
}

export const CREDENTIALS_TABLES = `
  CREATE TABLE codebuild_credentials (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, server_type TEXT NOT NULL, auth_type TEXT NOT NULL, username TEXT,
    token TEXT NOT NULL, UNIQUE (account, region, server_type)
  ) STRICT;`;

const HERE = "account = :account AND region = :region";

export const credentials = {
  put: statement<{ arn: string; serverType: string; authType: string; username: string | null; token: string }>(
    `INSERT INTO codebuild_credentials (arn, account, region, server_type, auth_type, username, token)
     VALUES (:arn, :account, :region, :serverType, :authType, :username, :token)
     ON CONFLICT (arn) DO UPDATE SET auth_type = :authType, username = :username, token = :token`,
  ),
  ofServer: statement<{ serverType: string }, CredentialsRow>(
    `SELECT * FROM codebuild_credentials WHERE ${HERE} AND server_type = :serverType`,
  ),
  all: statement<Record<never, never>, CredentialsRow>(`SELECT * FROM codebuild_credentials WHERE ${HERE} ORDER BY server_type`),
  remove: statement<{ arn: string }>(`DELETE FROM codebuild_credentials WHERE ${HERE} AND arn = :arn`),
};
