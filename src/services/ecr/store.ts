import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export interface RepositoryRow {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly created: number;
  /** JSON: see repositories.ts. */
  readonly settings: string;
  readonly policy: string | null;
  readonly lifecycle: string | null;
}

export const migrations: Migrations = {
  name: "ecr",
  steps: [
    `CREATE TABLE ecr_repositories (
       arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
       settings TEXT NOT NULL, policy TEXT, lifecycle TEXT, UNIQUE (account, region, name)
     ) STRICT;
     CREATE TABLE ecr_tags (
       arn TEXT NOT NULL REFERENCES ecr_repositories (arn) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE ecr_registries (account TEXT NOT NULL, region TEXT NOT NULL, policy TEXT, PRIMARY KEY (account, region)) STRICT, WITHOUT ROWID;`,
  ],
};

export const repositories = {
  insert: statement<{ arn: string; name: string; created: number; settings: string }>(
    "INSERT INTO ecr_repositories (arn, account, region, name, created, settings) VALUES (:arn, :account, :region, :name, :created, :settings)",
  ),
  get: statement<{ name: string }, RepositoryRow>(
    "SELECT * FROM ecr_repositories WHERE account = :account AND region = :region AND name = :name",
  ),
  page: statement<{ after: string; limit: number }, RepositoryRow>(
    "SELECT * FROM ecr_repositories WHERE account = :account AND region = :region AND name > :after ORDER BY name LIMIT :limit",
  ),
  setSettings: unscoped<{ arn: string; settings: string }>("UPDATE ecr_repositories SET settings = :settings WHERE arn = :arn"),
  setPolicy: unscoped<{ arn: string; policy: string | null }>("UPDATE ecr_repositories SET policy = :policy WHERE arn = :arn"),
  setLifecycle: unscoped<{ arn: string; lifecycle: string | null }>("UPDATE ecr_repositories SET lifecycle = :lifecycle WHERE arn = :arn"),
  remove: unscoped<{ arn: string }>("DELETE FROM ecr_repositories WHERE arn = :arn"),
};

export const tags = {
  put: unscoped<{ arn: string; key: string; value: string }>(
    "INSERT INTO ecr_tags (arn, key, value) VALUES (:arn, :key, :value) ON CONFLICT (arn, key) DO UPDATE SET value = :value",
  ),
  of: unscoped<{ arn: string }, { key: string; value: string }>("SELECT key, value FROM ecr_tags WHERE arn = :arn ORDER BY key"),
  remove: unscoped<{ arn: string; key: string }>("DELETE FROM ecr_tags WHERE arn = :arn AND key = :key"),
};

export const registries = {
  setPolicy: statement<{ policy: string | null }>(
    `INSERT INTO ecr_registries (account, region, policy) VALUES (:account, :region, :policy)
     ON CONFLICT (account, region) DO UPDATE SET policy = :policy`,
  ),
  get: statement<Record<never, never>, { policy: string | null }>(
    "SELECT policy FROM ecr_registries WHERE account = :account AND region = :region",
  ),
};
