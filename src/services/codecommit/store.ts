import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "codecommit",
  steps: [
    `CREATE TABLE codecommit_repositories (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT, default_branch TEXT,
       kms_key_id TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, tags TEXT NOT NULL, triggers TEXT NOT NULL,
       configuration_id TEXT, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codecommit_refs (
       repository_id TEXT NOT NULL REFERENCES codecommit_repositories (id) ON DELETE CASCADE, name TEXT NOT NULL, target TEXT NOT NULL,
       commit_id TEXT NOT NULL, PRIMARY KEY (repository_id, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codecommit_pull_requests (
       account TEXT NOT NULL, region TEXT NOT NULL, id INTEGER NOT NULL, repository_id TEXT NOT NULL, status TEXT NOT NULL,
       author TEXT NOT NULL, token TEXT, body TEXT NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX codecommit_pull_requests_by_repository ON codecommit_pull_requests (repository_id, status);
     CREATE TABLE codecommit_pull_request_events (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, pull_request_id INTEGER NOT NULL,
       type TEXT NOT NULL, actor TEXT NOT NULL, time INTEGER NOT NULL, metadata TEXT NOT NULL
     ) STRICT;
     CREATE INDEX codecommit_events_by_pull_request ON codecommit_pull_request_events (account, region, pull_request_id, sequence);
     CREATE TABLE codecommit_comments (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, repository_id TEXT NOT NULL,
       pull_request_id INTEGER, thread TEXT NOT NULL, in_reply_to TEXT, author TEXT NOT NULL, content TEXT NOT NULL,
       deleted INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, token TEXT, place TEXT NOT NULL,
       PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX codecommit_comments_by_repository ON codecommit_comments (repository_id, sequence);
     CREATE TABLE codecommit_reactions (
       account TEXT NOT NULL, region TEXT NOT NULL, comment_id TEXT NOT NULL, user TEXT NOT NULL, reaction TEXT NOT NULL,
       PRIMARY KEY (account, region, comment_id, user)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codecommit_templates (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, description TEXT, content TEXT NOT NULL,
       created INTEGER NOT NULL, modified INTEGER NOT NULL, modified_by TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codecommit_associations (
       account TEXT NOT NULL, region TEXT NOT NULL, template_id TEXT NOT NULL, repository_id TEXT NOT NULL,
       PRIMARY KEY (account, region, template_id, repository_id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codecommit_unreferenced (
       repository_id TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL, commit_id TEXT NOT NULL,
       PRIMARY KEY (repository_id, source, destination)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

export interface RepositoryRow {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly default_branch: string | null;
  readonly kms_key_id: string;
  readonly created: number;
  readonly modified: number;
  /** JSON object. */
  readonly tags: string;
  /** JSON list of RepositoryTrigger. */
  readonly triggers: string;
  readonly configuration_id: string | null;
}

/** A ref as it was last told of: what differs from it in the repository is news. */
export interface RefRow {
  readonly name: string;
  readonly target: string;
  readonly commit_id: string;
}

const SCOPE = "account = :account AND region = :region";

export const insertRepository = statement<{
  id: string;
  name: string;
  description: string | null;
  kms_key_id: string;
  now: number;
  tags: string;
}>(
  `INSERT INTO codecommit_repositories (account, region, id, name, description, kms_key_id, created, modified, tags, triggers)
   VALUES (:account, :region, :id, :name, :description, :kms_key_id, :now, :now, :tags, '[]')`,
);
export const selectRepository = statement<{ name: string }, RepositoryRow>(
  `SELECT * FROM codecommit_repositories WHERE ${SCOPE} AND name = :name`,
);
/** A repository by its id, which is unique everywhere. */
export const selectRepositoryById = unscoped<{ id: string }, RepositoryRow>("SELECT * FROM codecommit_repositories WHERE id = :id");
export const selectRepositories = statement<Record<never, never>, RepositoryRow>(
  `SELECT * FROM codecommit_repositories WHERE ${SCOPE} ORDER BY name`,
);
/** For git, whose URLs need not name a region. */
export const selectInAccount = unscoped<{ owner: string; name: string }, RepositoryRow>(
  "SELECT * FROM codecommit_repositories WHERE account = :owner AND name = :name ORDER BY region",
);
/** Repositories of one name in all accounts and regions: whose they may be is known by the signature. */
export const selectNamed = unscoped<{ name: string }, RepositoryRow>(
  "SELECT * FROM codecommit_repositories WHERE name = :name ORDER BY account, region",
);
export const selectAllRepositories = unscoped<Record<never, never>, RepositoryRow>("SELECT * FROM codecommit_repositories");
export const deleteRepositoryRow = statement<{ name: string }>(`DELETE FROM codecommit_repositories WHERE ${SCOPE} AND name = :name`);
export const updateRepository = statement<{
  id: string;
  name: string;
  description: string | null;
  default_branch: string | null;
  kms_key_id: string;
  modified: number;
  tags: string;
  triggers: string;
  configuration_id: string | null;
}>(
  `UPDATE codecommit_repositories SET name = :name, description = :description, default_branch = :default_branch,
   kms_key_id = :kms_key_id, modified = :modified, tags = :tags, triggers = :triggers, configuration_id = :configuration_id
   WHERE ${SCOPE} AND id = :id`,
);

export const selectRefs = unscoped<{ repository_id: string }, RefRow>(
  "SELECT name, target, commit_id FROM codecommit_refs WHERE repository_id = :repository_id ORDER BY name",
);
export const selectRef = unscoped<{ repository_id: string; name: string }, RefRow>(
  "SELECT name, target, commit_id FROM codecommit_refs WHERE repository_id = :repository_id AND name = :name",
);
export const upsertRef = unscoped<{ repository_id: string; name: string; target: string; commit_id: string }>(
  `INSERT INTO codecommit_refs (repository_id, name, target, commit_id) VALUES (:repository_id, :name, :target, :commit_id)
   ON CONFLICT DO UPDATE SET target = :target, commit_id = :commit_id`,
);
export const deleteRef = unscoped<{ repository_id: string; name: string }>(
  "DELETE FROM codecommit_refs WHERE repository_id = :repository_id AND name = :name",
);

export const insertUnreferenced = unscoped<{ repository_id: string; source: string; destination: string; commit_id: string }>(
  `INSERT INTO codecommit_unreferenced (repository_id, source, destination, commit_id)
   VALUES (:repository_id, :source, :destination, :commit_id) ON CONFLICT DO UPDATE SET commit_id = :commit_id`,
);
export const selectUnreferenced = unscoped<{ repository_id: string; source: string; destination: string }, { commit_id: string }>(
  `SELECT commit_id FROM codecommit_unreferenced
   WHERE repository_id = :repository_id AND source = :source AND destination = :destination`,
);
