import { statement } from "../../../kernel/store.ts";

export interface SandboxRow {
  readonly sequence: number;
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly project: string;
  /** As the API shows it. */
  readonly status: string;
  readonly token: string | null;
  /** JSON: SandboxRecord and SandboxPlan of records.ts. */
  readonly record: string;
  readonly plan: string;
  readonly because: string | null;
}

export interface CommandRow {
  readonly sequence: number;
  readonly id: string;
  readonly sandbox: string;
  /** JSON: CommandRecord of records.ts. */
  readonly record: string;
}

export const SANDBOX_TABLES = `
  CREATE TABLE codebuild_sandboxes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
    project TEXT NOT NULL, status TEXT NOT NULL, token TEXT, record TEXT NOT NULL, plan TEXT NOT NULL, because TEXT
  ) STRICT;
  CREATE INDEX codebuild_sandboxes_by_id ON codebuild_sandboxes (account, region, id);
  CREATE UNIQUE INDEX codebuild_sandboxes_by_token ON codebuild_sandboxes (account, region, token) WHERE token IS NOT NULL;
  CREATE TABLE codebuild_commands (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL, sandbox TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX codebuild_commands_by_sandbox ON codebuild_commands (sandbox, sequence);`;

const HERE = "account = :account AND region = :region";
const PAGED = "sequence * :order > :after ORDER BY sequence * :order LIMIT :limit";

export const sandboxes = {
  insert: statement<{
    id: string;
    arn: string;
    project: string;
    status: string;
    token: string | null;
    record: string;
    plan: string;
    because: string;
  }>(
    `INSERT INTO codebuild_sandboxes (id, arn, account, region, project, status, token, record, plan, because)
     VALUES (:id, :arn, :account, :region, :project, :status, :token, :record, :plan, :because)`,
  ),
  get: statement<{ id: string }, SandboxRow>(`SELECT * FROM codebuild_sandboxes WHERE ${HERE} AND id = :id`),
  byToken: statement<{ token: string }, SandboxRow>(`SELECT * FROM codebuild_sandboxes WHERE ${HERE} AND token = :token`),
  /** Newest first with `order` -1. */
  page: statement<{ project: string | null; order: number; after: number; limit: number }, Pick<SandboxRow, "sequence" | "id">>(
    `SELECT sequence, id FROM codebuild_sandboxes WHERE ${HERE} AND (:project IS NULL OR project = :project) AND ${PAGED}`,
  ),
  put: statement<{ id: string; status: string; record: string; because: string | null }>(
    `UPDATE codebuild_sandboxes SET status = :status, record = :record, because = :because WHERE ${HERE} AND id = :id`,
  ),
};

export const commands = {
  insert: statement<{ id: string; sandbox: string; record: string }>(
    "INSERT INTO codebuild_commands (id, account, region, sandbox, record) VALUES (:id, :account, :region, :sandbox, :record)",
  ),
  get: statement<{ id: string }, CommandRow>(`SELECT * FROM codebuild_commands WHERE ${HERE} AND id = :id`),
  page: statement<{ sandbox: string; order: number; after: number; limit: number }, CommandRow>(
    `SELECT * FROM codebuild_commands WHERE ${HERE} AND sandbox = :sandbox AND ${PAGED}`,
  ),
  put: statement<{ id: string; record: string }>(`UPDATE codebuild_commands SET record = :record WHERE ${HERE} AND id = :id`),
};
