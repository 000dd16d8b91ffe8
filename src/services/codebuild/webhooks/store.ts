import { statement, unscoped } from "../../../kernel/store.ts";

export interface WebhookRow {
  readonly account: string;
  readonly region: string;
  readonly project: string;
  /** What its URL is known by. */
  readonly token: string;
  readonly secret: string;
  readonly secret_modified: number;
  /** JSON: WebhookSettings of settings.ts. */
  readonly settings: string;
  /** What it was told last of a repository served here: `<instant> <ref> <commit>`. */
  readonly told: string | null;
}

export const WEBHOOK_TABLES = `
  CREATE TABLE codebuild_webhooks (
    account TEXT NOT NULL, region TEXT NOT NULL, project TEXT NOT NULL, token TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
    secret_modified INTEGER NOT NULL, settings TEXT NOT NULL, told TEXT, PRIMARY KEY (account, region, project)
  ) STRICT;
  CREATE TABLE codebuild_unapproved (
    account TEXT NOT NULL, region TEXT NOT NULL, project TEXT NOT NULL, number TEXT NOT NULL, delivery TEXT NOT NULL,
    PRIMARY KEY (account, region, project, number)
  ) STRICT;`;

const HERE = "account = :account AND region = :region";

export const webhooks = {
  insert: statement<{ project: string; token: string; secret: string; now: number; settings: string }>(
    `INSERT INTO codebuild_webhooks (account, region, project, token, secret, secret_modified, settings)
     VALUES (:account, :region, :project, :token, :secret, :now, :settings)`,
  ),
  get: statement<{ project: string }, WebhookRow>(`SELECT * FROM codebuild_webhooks WHERE ${HERE} AND project = :project`),
  all: statement<Record<never, never>, WebhookRow>(`SELECT * FROM codebuild_webhooks WHERE ${HERE} ORDER BY project`),
  byToken: unscoped<{ token: string }, WebhookRow>("SELECT * FROM codebuild_webhooks WHERE token = :token"),
  setSettings: statement<{ project: string; settings: string }>(
    `UPDATE codebuild_webhooks SET settings = :settings WHERE ${HERE} AND project = :project`,
  ),
  setSecret: statement<{ project: string; secret: string; now: number }>(
    `UPDATE codebuild_webhooks SET secret = :secret, secret_modified = :now WHERE ${HERE} AND project = :project`,
  ),
  setTold: statement<{ project: string; told: string }>(`UPDATE codebuild_webhooks SET told = :told WHERE ${HERE} AND project = :project`),
  remove: statement<{ project: string }>(`DELETE FROM codebuild_webhooks WHERE ${HERE} AND project = :project`),
};

/** Pull requests that wait for somebody's comment, as they were last delivered. */
export const unapproved = {
  put: statement<{ project: string; number: string; delivery: string }>(
    `INSERT INTO codebuild_unapproved (account, region, project, number, delivery)
     VALUES (:account, :region, :project, :number, :delivery)
     ON CONFLICT (account, region, project, number) DO UPDATE SET delivery = :delivery`,
  ),
  get: statement<{ project: string; number: string }, { delivery: string }>(
    `SELECT delivery FROM codebuild_unapproved WHERE ${HERE} AND project = :project AND number = :number`,
  ),
  removeOf: statement<{ project: string }>(`DELETE FROM codebuild_unapproved WHERE ${HERE} AND project = :project`),
};
