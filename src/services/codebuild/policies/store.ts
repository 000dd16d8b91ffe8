import { statement, unscoped } from "../../../kernel/store.ts";

export interface PolicyRow {
  /** Of the project or report group. */
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly policy: string;
  readonly modified: number;
}

export const POLICY_TABLES = `
  CREATE TABLE codebuild_policies (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, policy TEXT NOT NULL, modified INTEGER NOT NULL
  ) STRICT;`;

const HERE = "account = :account AND region = :region";

export const policies = {
  put: statement<{ arn: string; policy: string; modified: number }>(
    `INSERT INTO codebuild_policies (arn, account, region, policy, modified) VALUES (:arn, :account, :region, :policy, :modified)
     ON CONFLICT (arn) DO UPDATE SET policy = :policy, modified = :modified`,
  ),
  get: statement<{ arn: string }, PolicyRow>(`SELECT * FROM codebuild_policies WHERE ${HERE} AND arn = :arn`),
  remove: statement<{ arn: string }>(`DELETE FROM codebuild_policies WHERE ${HERE} AND arn = :arn`),
  /** Whoever's it is: what a policy shares is for other accounts. */
  ofAnyone: unscoped<{ arn: string }, PolicyRow>("SELECT * FROM codebuild_policies WHERE arn = :arn"),
  ofOthers: statement<Record<never, never>, PolicyRow>(
    "SELECT * FROM codebuild_policies WHERE account <> :account AND region = :region ORDER BY arn",
  ),
};
