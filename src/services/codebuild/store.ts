import { type Migrations, statement, unscoped } from "../../kernel/store.ts";
import { BATCH_TABLES } from "./batch/store.ts";
import { CREDENTIALS_TABLES } from "./credentials/store.ts";
import { POLICY_TABLES } from "./policies/store.ts";
import { REPORT_TABLES } from "./reports/store.ts";
import { SANDBOX_TABLES } from "./sandboxes/store.ts";
import { WEBHOOK_TABLES } from "./webhooks/store.ts";

export interface ProjectRow {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Virtual ms. */
  readonly created: number;
  readonly modified: number;
  /** JSON: ProjectSettings of records.ts. */
  readonly settings: string;
  /** JSON: key to value. */
  readonly tags: string;
  /** The number of the latest build. */
  readonly builds: number;
  readonly cache_version: number;
  /** JSON: visibility, alias and role; null while it is private. */
  readonly visibility: string | null;
}

export type BuildState = "QUEUED" | "RUNNING" | "OVER";

export interface BuildRow {
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly project: string;
  readonly number: number;
  /** What the machinery does with it; what the API shows is in the record. */
  readonly state: BuildState;
  readonly started: number;
  /** 1 when it was asked to stop. */
  readonly stopping: number;
  /** How often it was begun: more than once when a server died under it. */
  readonly attempts: number;
  readonly token: string | null;
  readonly batch: string | null;
  /** JSON: BuildRecord and BuildPlan of records.ts. */
  readonly record: string;
  readonly plan: string;
  /** The event that last decided about it. */
  readonly because: string | null;
}

export const migrations: Migrations = {
  name: "codebuild",
  steps: [
    `CREATE TABLE codebuild_projects (
       arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
       modified INTEGER NOT NULL, settings TEXT NOT NULL, tags TEXT NOT NULL, builds INTEGER NOT NULL DEFAULT 0,
       cache_version INTEGER NOT NULL DEFAULT 0, visibility TEXT, UNIQUE (account, region, name)
     ) STRICT;
     CREATE TABLE codebuild_builds (
       id TEXT NOT NULL, arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, project TEXT NOT NULL, number INTEGER NOT NULL,
       state TEXT NOT NULL, started INTEGER NOT NULL, stopping INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
       token TEXT, batch TEXT, record TEXT NOT NULL, plan TEXT NOT NULL, because TEXT
     ) STRICT;
     CREATE INDEX codebuild_builds_by_id ON codebuild_builds (account, region, id);
     CREATE INDEX codebuild_builds_by_project ON codebuild_builds (account, region, project, started, number);
     CREATE INDEX codebuild_builds_by_start ON codebuild_builds (account, region, started, arn);
     CREATE INDEX codebuild_builds_by_state ON codebuild_builds (state, started) WHERE state <> 'OVER';
     CREATE UNIQUE INDEX codebuild_builds_by_token ON codebuild_builds (account, region, project, token) WHERE token IS NOT NULL;`,
    REPORT_TABLES,
    POLICY_TABLES,
    CREDENTIALS_TABLES,
    WEBHOOK_TABLES,
    BATCH_TABLES,
    SANDBOX_TABLES,
  ],
};

const OF_PROJECT = "account = :account AND region = :region AND name = :name";

export const projects = {
  insert: statement<{ arn: string; name: string; created: number; settings: string; tags: string }>(
    `INSERT INTO codebuild_projects (arn, account, region, name, created, modified, settings, tags)
     VALUES (:arn, :account, :region, :name, :created, :created, :settings, :tags)`,
  ),
  get: statement<{ name: string }, ProjectRow>(`SELECT * FROM codebuild_projects WHERE ${OF_PROJECT}`),
  all: statement<Record<never, never>, Pick<ProjectRow, "name" | "created" | "modified">>(
    "SELECT name, created, modified FROM codebuild_projects WHERE account = :account AND region = :region",
  ),
  update: statement<{ name: string; modified: number; settings: string; tags: string }>(
    `UPDATE codebuild_projects SET settings = :settings, tags = :tags, modified = :modified WHERE ${OF_PROJECT}`,
  ),
  setVisibility: statement<{ name: string; visibility: string | null; modified: number }>(
    `UPDATE codebuild_projects SET visibility = :visibility, modified = :modified WHERE ${OF_PROJECT}`,
  ),
  nextNumber: statement<{ name: string }, { builds: number }>(
    `UPDATE codebuild_projects SET builds = builds + 1 WHERE ${OF_PROJECT} RETURNING builds`,
  ),
  invalidateCache: statement<{ name: string }>(`UPDATE codebuild_projects SET cache_version = cache_version + 1 WHERE ${OF_PROJECT}`),
  remove: statement<{ name: string }>(`DELETE FROM codebuild_projects WHERE ${OF_PROJECT}`),
};

const OF_BUILD = "account = :account AND region = :region AND id = :id";

export const builds = {
  insert: statement<{
    id: string;
    arn: string;
    project: string;
    number: number;
    started: number;
    token: string | null;
    batch: string | null;
    record: string;
    plan: string;
    because: string;
  }>(
    `INSERT INTO codebuild_builds (id, arn, account, region, project, number, state, started, token, batch, record, plan, because)
     VALUES (:id, :arn, :account, :region, :project, :number, 'QUEUED', :started, :token, :batch, :record, :plan, :because)`,
  ),
  get: statement<{ id: string }, BuildRow>(`SELECT * FROM codebuild_builds WHERE ${OF_BUILD}`),
  byToken: statement<{ project: string; token: string }, BuildRow>(
    "SELECT * FROM codebuild_builds WHERE account = :account AND region = :region AND project = :project AND token = :token",
  ),
  /** In order of start, those of one instant in order of their rows. */
  page: statement<
    { project: string | null; order: number; after: number; afterSequence: number; limit: number },
    { id: string; started: number; sequence: number }
  >(
    `SELECT id, started, rowid AS sequence FROM codebuild_builds
     WHERE account = :account AND region = :region AND (:project IS NULL OR project = :project)
       AND (started * :order > :after * :order OR (started = :after AND rowid * :order > :afterSequence * :order))
     ORDER BY started * :order, rowid * :order LIMIT :limit`,
  ),
  setRecord: statement<{ id: string; record: string }>(`UPDATE codebuild_builds SET record = :record WHERE ${OF_BUILD}`),
  setState: statement<{ id: string; state: BuildState; record: string; because: string }>(
    `UPDATE codebuild_builds SET state = :state, record = :record, because = :because WHERE ${OF_BUILD}`,
  ),
  begin: statement<{ id: string; because: string }>(
    `UPDATE codebuild_builds SET state = 'RUNNING', attempts = attempts + 1, because = :because WHERE ${OF_BUILD}`,
  ),
  setBecause: statement<{ id: string; record: string; because: string }>(
    `UPDATE codebuild_builds SET record = :record, because = :because WHERE ${OF_BUILD}`,
  ),
  askToStop: statement<{ id: string }>(`UPDATE codebuild_builds SET stopping = 1 WHERE ${OF_BUILD}`),
  /** Those of the project that run, for its limit. */
  running: statement<{ project: string }, { count: number }>(
    `SELECT count(*) AS count FROM codebuild_builds WHERE account = :account AND region = :region AND project = :project AND state = 'RUNNING'`,
  ),
  unfinished: statement<{ project: string }, { count: number }>(
    `SELECT count(*) AS count FROM codebuild_builds WHERE account = :account AND region = :region AND project = :project AND state <> 'OVER'`,
  ),
  /** Over all accounts: they share one machine. */
  runningHere: unscoped<Record<never, never>, { count: number }>("SELECT count(*) AS count FROM codebuild_builds WHERE state = 'RUNNING'"),
  queuedHere: unscoped<Record<never, never>, Pick<BuildRow, "id" | "account" | "region" | "project" | "because">>(
    "SELECT id, account, region, project, because FROM codebuild_builds WHERE state = 'QUEUED' ORDER BY started, number",
  ),
  remove: statement<{ id: string }>(`DELETE FROM codebuild_builds WHERE ${OF_BUILD}`),
};
