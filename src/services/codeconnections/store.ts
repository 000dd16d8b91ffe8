import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "codeconnections",
  steps: [
    `CREATE TABLE codeconnections_items (
       account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL,
       status TEXT NOT NULL, tags TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, region, kind, id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codeconnections_repositories (
       id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codeconnections_refs (
       repository TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL, commit_id TEXT NOT NULL, PRIMARY KEY (repository, name)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE codeconnections_pull_requests (
       repository TEXT NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL, title TEXT NOT NULL,
       open INTEGER NOT NULL, PRIMARY KEY (repository, number)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

export type Kind = "connection" | "host" | "repository-link";

export interface ItemRow {
  readonly account: string;
  readonly region: string;
  readonly kind: Kind;
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** PENDING, AVAILABLE or ERROR. */
  readonly status: string;
  /** JSON object. */
  readonly tags: string;
  /** JSON, by kind. */
  readonly body: string;
  readonly created: number;
}

const SCOPE = "account = :account AND region = :region";

export const insertItem = statement<Omit<ItemRow, "account" | "region"> & { readonly [name: string]: string | number }>(
  `INSERT INTO codeconnections_items (account, region, kind, id, arn, name, status, tags, body, created)
   VALUES (:account, :region, :kind, :id, :arn, :name, :status, :tags, :body, :created)`,
);
export const selectItem = statement<{ kind: string; id: string }, ItemRow>(
  `SELECT * FROM codeconnections_items WHERE ${SCOPE} AND kind = :kind AND id = :id`,
);
export const selectItems = statement<{ kind: string }, ItemRow>(
  `SELECT * FROM codeconnections_items WHERE ${SCOPE} AND kind = :kind ORDER BY created, id`,
);
/** Connections of all accounts and regions: who hears of a push to a repository that Orrery serves. */
export const selectAllConnections = unscoped<Record<never, never>, ItemRow>(
  "SELECT * FROM codeconnections_items WHERE kind = 'connection' AND status = 'AVAILABLE' ORDER BY account, region, created, id",
);
export const updateItem = statement<{ kind: string; id: string; status: string; tags: string; body: string }>(
  `UPDATE codeconnections_items SET status = :status, tags = :tags, body = :body WHERE ${SCOPE} AND kind = :kind AND id = :id`,
);
export const deleteItem = statement<{ kind: string; id: string }>(
  `DELETE FROM codeconnections_items WHERE ${SCOPE} AND kind = :kind AND id = :id`,
);

export const insertServed = unscoped<{ id: string; owner: string; name: string }>(
  "INSERT OR IGNORE INTO codeconnections_repositories (id, owner, name) VALUES (:id, :owner, :name)",
);
export const selectServed = unscoped<Record<never, never>, { id: string; owner: string; name: string }>(
  "SELECT * FROM codeconnections_repositories ORDER BY id",
);

export interface RefRow {
  readonly name: string;
  readonly target: string;
  readonly commit_id: string;
}

export const selectRefs = unscoped<{ repository: string }, RefRow>(
  "SELECT name, target, commit_id FROM codeconnections_refs WHERE repository = :repository ORDER BY name",
);
export const upsertRef = unscoped<{ repository: string; name: string; target: string; commit_id: string }>(
  `INSERT INTO codeconnections_refs (repository, name, target, commit_id) VALUES (:repository, :name, :target, :commit_id)
   ON CONFLICT DO UPDATE SET target = :target, commit_id = :commit_id`,
);
export const deleteRef = unscoped<{ repository: string; name: string }>(
  "DELETE FROM codeconnections_refs WHERE repository = :repository AND name = :name",
);

export interface PullRequestRow {
  readonly repository: string;
  readonly number: number;
  /** Branches, without `refs/heads/`. */
  readonly source: string;
  readonly destination: string;
  readonly title: string;
  /** 0 or 1. */
  readonly open: number;
}

export const insertPullRequest = unscoped<Record<keyof PullRequestRow, string | number>>(
  `INSERT INTO codeconnections_pull_requests (repository, number, source, destination, title, open)
   VALUES (:repository, :number, :source, :destination, :title, :open)`,
);
export const closePullRequestRow = unscoped<{ repository: string; number: number }>(
  "UPDATE codeconnections_pull_requests SET open = 0 WHERE repository = :repository AND number = :number",
);
export const selectPullRequests = unscoped<{ repository: string }, PullRequestRow>(
  "SELECT * FROM codeconnections_pull_requests WHERE repository = :repository ORDER BY number",
);
