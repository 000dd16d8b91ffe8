import { type Migrations, statement } from "../../kernel/store.ts";
import { JOB_TABLES } from "./jobs-store.ts";

export const migrations: Migrations = {
  name: "codepipeline",
  steps: [
    `CREATE TABLE codepipeline_pipelines (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, mode TEXT NOT NULL, type TEXT NOT NULL,
       created INTEGER NOT NULL, updated INTEGER NOT NULL, tags TEXT NOT NULL, because TEXT, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codepipeline_definitions (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, declaration TEXT NOT NULL,
       PRIMARY KEY (account, region, name, version)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codepipeline_sources (
       account TEXT NOT NULL, region TEXT NOT NULL, pipeline TEXT NOT NULL, action TEXT NOT NULL, provider TEXT NOT NULL,
       configuration TEXT NOT NULL, PRIMARY KEY (account, region, pipeline, action)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX codepipeline_sources_by_provider ON codepipeline_sources (account, region, provider, pipeline, action);
     CREATE TABLE codepipeline_transitions (
       account TEXT NOT NULL, region TEXT NOT NULL, pipeline TEXT NOT NULL, stage TEXT NOT NULL, enabled INTEGER NOT NULL,
       reason TEXT, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (account, region, pipeline, stage)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codepipeline_executions (
       number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, pipeline TEXT NOT NULL,
       version INTEGER NOT NULL, mode TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, summary TEXT, place TEXT, stage TEXT,
       arrived INTEGER NOT NULL, ending TEXT, attempt INTEGER NOT NULL, trigger TEXT NOT NULL, variables TEXT NOT NULL,
       overrides TEXT NOT NULL, started INTEGER NOT NULL, updated INTEGER NOT NULL, stop_reason TEXT, target TEXT, token TEXT, because TEXT
     ) STRICT;
     CREATE UNIQUE INDEX codepipeline_executions_by_id ON codepipeline_executions (account, region, id);
     CREATE INDEX codepipeline_executions_by_pipeline ON codepipeline_executions (account, region, pipeline, number);
     CREATE INDEX codepipeline_executions_by_place ON codepipeline_executions (account, region, pipeline, place, stage, arrived)
       WHERE place IS NOT NULL;
     CREATE INDEX codepipeline_executions_live ON codepipeline_executions (account, region, pipeline, number)
       WHERE status IN ('InProgress', 'Stopping');
     CREATE UNIQUE INDEX codepipeline_executions_by_token ON codepipeline_executions (account, region, pipeline, token)
       WHERE token IS NOT NULL;
     CREATE TABLE codepipeline_stages (
       number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, execution TEXT NOT NULL,
       pipeline TEXT NOT NULL, stage TEXT NOT NULL, version INTEGER NOT NULL, parallel INTEGER NOT NULL, type TEXT NOT NULL,
       status TEXT NOT NULL, phase TEXT NOT NULL, round INTEGER NOT NULL, automatic INTEGER NOT NULL, manual INTEGER NOT NULL,
       retry_trigger TEXT, retried INTEGER, conditions TEXT NOT NULL, started INTEGER NOT NULL, because TEXT
     ) STRICT;
     CREATE UNIQUE INDEX codepipeline_stages_by_execution ON codepipeline_stages (account, region, execution, stage);
     CREATE INDEX codepipeline_stages_by_pipeline ON codepipeline_stages (account, region, pipeline, stage, parallel, number);
     CREATE INDEX codepipeline_stages_succeeded ON codepipeline_stages (account, region, pipeline, stage, version, number)
       WHERE status = 'Succeeded';
     CREATE TABLE codepipeline_runs (
       number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, execution TEXT NOT NULL,
       pipeline TEXT NOT NULL, version INTEGER NOT NULL, parallel INTEGER NOT NULL, stage TEXT NOT NULL, name TEXT NOT NULL,
       condition TEXT, round INTEGER NOT NULL, run_order INTEGER NOT NULL, provider TEXT NOT NULL, status TEXT NOT NULL,
       summary TEXT, input TEXT NOT NULL, output TEXT NOT NULL, memory TEXT, external_id TEXT, external_url TEXT, error_code TEXT,
       error_message TEXT, token TEXT, deadline INTEGER NOT NULL, asked INTEGER, updated_by TEXT, started INTEGER NOT NULL,
       updated INTEGER NOT NULL, because TEXT
     ) STRICT;
     CREATE UNIQUE INDEX codepipeline_runs_by_id ON codepipeline_runs (account, id);
     CREATE INDEX codepipeline_runs_by_execution ON codepipeline_runs (account, region, execution, stage, number);
     CREATE INDEX codepipeline_runs_of_pipeline ON codepipeline_runs (account, region, pipeline, number);
     CREATE INDEX codepipeline_runs_by_pipeline ON codepipeline_runs (account, region, pipeline, stage, name, parallel, number);
     CREATE INDEX codepipeline_runs_by_token ON codepipeline_runs (account, region, token) WHERE token IS NOT NULL;
     CREATE INDEX codepipeline_runs_by_external_id ON codepipeline_runs (account, external_id, provider) WHERE external_id IS NOT NULL;
     CREATE TABLE codepipeline_artifacts (
       account TEXT NOT NULL, region TEXT NOT NULL, execution TEXT NOT NULL, name TEXT NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL,
       revision TEXT, PRIMARY KEY (account, region, execution, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codepipeline_variables (
       account TEXT NOT NULL, region TEXT NOT NULL, execution TEXT NOT NULL, namespace TEXT NOT NULL, vars TEXT NOT NULL,
       PRIMARY KEY (account, region, execution, namespace)
     ) STRICT, WITHOUT ROWID;`,
    JOB_TABLES,
  ],
};

const SCOPE = "account = :account AND region = :region";

export interface PipelineRow {
  readonly name: string;
  readonly version: number;
  readonly mode: Mode;
  readonly type: string;
  readonly created: number;
  readonly updated: number;
  readonly tags: string;
  /** The event of its creation or last change. */
  readonly because: string | null;
}

export type Mode = "SUPERSEDED" | "QUEUED" | "PARALLEL";

export const insertPipeline = statement<{ [K in keyof PipelineRow]: PipelineRow[K] }>(
  `INSERT INTO codepipeline_pipelines (account, region, name, version, mode, type, created, updated, tags, because)
   VALUES (:account, :region, :name, :version, :mode, :type, :created, :updated, :tags, :because)`,
);
export const updatePipelineRow = statement<{ [K in keyof Omit<PipelineRow, "created" | "tags">]: PipelineRow[K] }>(
  `UPDATE codepipeline_pipelines SET version = :version, mode = :mode, type = :type, updated = :updated, because = :because
   WHERE ${SCOPE} AND name = :name`,
);
export const selectPipeline = statement<{ name: string }, PipelineRow>(
  `SELECT * FROM codepipeline_pipelines WHERE ${SCOPE} AND name = :name`,
);
export const selectPipelines = statement<{ after: string; limit: number }, PipelineRow>(
  `SELECT * FROM codepipeline_pipelines WHERE ${SCOPE} AND name > :after ORDER BY name LIMIT :limit`,
);
export const countPipelines = statement<Record<never, never>, { count: number }>(
  `SELECT count(*) AS count FROM codepipeline_pipelines WHERE ${SCOPE}`,
);
export const updateTags = statement<{ name: string; tags: string }>(
  `UPDATE codepipeline_pipelines SET tags = :tags WHERE ${SCOPE} AND name = :name`,
);
export const insertDefinition = statement<{ name: string; version: number; declaration: string }>(
  `INSERT INTO codepipeline_definitions (account, region, name, version, declaration)
   VALUES (:account, :region, :name, :version, :declaration)`,
);
export const selectDefinition = statement<{ name: string; version: number }, { declaration: string }>(
  `SELECT declaration FROM codepipeline_definitions WHERE ${SCOPE} AND name = :name AND version = :version`,
);
/** Everything of a pipeline that ends with it, one statement each. */
export const deletePipelineRows = [
  statement<{ name: string }>(`DELETE FROM codepipeline_pipelines WHERE ${SCOPE} AND name = :name`),
  statement<{ name: string }>(`DELETE FROM codepipeline_definitions WHERE ${SCOPE} AND name = :name`),
  statement<{ name: string }>(`DELETE FROM codepipeline_sources WHERE ${SCOPE} AND pipeline = :name`),
  statement<{ name: string }>(`DELETE FROM codepipeline_transitions WHERE ${SCOPE} AND pipeline = :name`),
  statement<{ name: string }>(
    `DELETE FROM codepipeline_artifacts WHERE ${SCOPE} AND execution IN
     (SELECT id FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :name)`,
  ),
  statement<{ name: string }>(
    `DELETE FROM codepipeline_variables WHERE ${SCOPE} AND execution IN
     (SELECT id FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :name)`,
  ),
  statement<{ name: string }>(`DELETE FROM codepipeline_executions WHERE ${SCOPE} AND pipeline = :name`),
  statement<{ name: string }>(`DELETE FROM codepipeline_stages WHERE ${SCOPE} AND pipeline = :name`),
  statement<{ name: string }>(`DELETE FROM codepipeline_runs WHERE ${SCOPE} AND pipeline = :name`),
];

export interface SourceRow {
  readonly pipeline: string;
  readonly action: string;
  readonly provider: string;
  readonly configuration: string;
}

export const insertSource = statement<{ [K in keyof SourceRow]: string }>(
  `INSERT INTO codepipeline_sources (account, region, pipeline, action, provider, configuration)
   VALUES (:account, :region, :pipeline, :action, :provider, :configuration)`,
);
export const deleteSources = statement<{ pipeline: string }>(`DELETE FROM codepipeline_sources WHERE ${SCOPE} AND pipeline = :pipeline`);
export const selectSources = statement<{ provider: string }, SourceRow>(
  `SELECT pipeline, action, provider, configuration FROM codepipeline_sources WHERE ${SCOPE} AND provider = :provider ORDER BY pipeline, action`,
);

export interface TransitionRow {
  readonly stage: string;
  readonly enabled: number;
  readonly reason: string | null;
  readonly changed_by: string;
  readonly changed_at: number;
}

export const upsertTransition = statement<{ [K in keyof TransitionRow]: TransitionRow[K] } & { pipeline: string }>(
  `INSERT INTO codepipeline_transitions (account, region, pipeline, stage, enabled, reason, changed_by, changed_at)
   VALUES (:account, :region, :pipeline, :stage, :enabled, :reason, :changed_by, :changed_at)
   ON CONFLICT DO UPDATE SET enabled = :enabled, reason = :reason, changed_by = :changed_by, changed_at = :changed_at`,
);
export const selectTransition = statement<{ pipeline: string; stage: string }, TransitionRow>(
  `SELECT * FROM codepipeline_transitions WHERE ${SCOPE} AND pipeline = :pipeline AND stage = :stage`,
);
