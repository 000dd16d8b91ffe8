import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export type Kind = "user" | "role" | "group" | "instance-profile" | "policy";

/**
 * Users, roles, groups, instance profiles and customer managed policies share one table: they all have a path, a name that
 * is unique in the account whatever its case, a unique id, tags and a creation time. What only one kind has is in `body`.
 */
export interface EntityRow {
  readonly id: string;
  readonly account: string;
  readonly kind: Kind;
  readonly name: string;
  readonly path: string;
  /** Virtual ms. */
  readonly created: number;
  /** ARN of the permissions boundary. */
  readonly boundary: string | null;
  /** JSON, by kind: see entities.ts. */
  readonly body: string;
}

export interface KeyRow {
  readonly id: string;
  readonly account: string;
  readonly user_id: string;
  readonly secret: string;
  readonly status: "Active" | "Inactive";
  readonly created: number;
  readonly used: number | null;
  readonly used_service: string | null;
  readonly used_region: string | null;
}

export interface ServiceCredentialRow {
  readonly id: string;
  readonly account: string;
  readonly user_id: string;
  /** `codecommit.amazonaws.com`. */
  readonly service: string;
  readonly user_name: string;
  readonly password: string;
  readonly status: "Active" | "Inactive";
  readonly created: number;
}

export interface SessionRow {
  readonly id: string;
  readonly account: string;
  readonly secret: string;
  readonly token: string;
  /** Wall ms. */
  readonly expires: number;
  readonly principal: string;
  /** Id of the role or user whose policies apply; null for the root's own sessions. */
  readonly entity_id: string | null;
  /** JSON: policies, policyArns, tags, sourceIdentity. */
  readonly options: string;
}

export interface VersionRow {
  readonly policy_id: string;
  readonly number: number;
  readonly document: string;
  readonly created: number;
}

export const migrations: Migrations = {
  name: "iam",
  steps: [
    `CREATE TABLE iam_entities (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, path TEXT NOT NULL,
       created INTEGER NOT NULL, boundary TEXT, body TEXT NOT NULL, UNIQUE (account, kind, name)
     ) STRICT;
     CREATE TABLE iam_versions (
       policy_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE, number INTEGER NOT NULL, document TEXT NOT NULL,
       created INTEGER NOT NULL, PRIMARY KEY (policy_id, number)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE iam_attachments (
       entity_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE, account TEXT NOT NULL, policy_arn TEXT NOT NULL,
       PRIMARY KEY (entity_id, policy_arn)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX iam_attachments_by_policy ON iam_attachments (account, policy_arn);
     CREATE TABLE iam_inline (
       entity_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE, name TEXT NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (entity_id, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE iam_tags (
       entity_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE, key TEXT NOT NULL COLLATE NOCASE, value TEXT NOT NULL,
       PRIMARY KEY (entity_id, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE iam_members (
       container_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE,
       member_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE, PRIMARY KEY (container_id, member_id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX iam_members_by_member ON iam_members (member_id);
     CREATE TABLE iam_keys (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, user_id TEXT NOT NULL, secret TEXT NOT NULL, status TEXT NOT NULL,
       created INTEGER NOT NULL, used INTEGER, used_service TEXT, used_region TEXT
     ) STRICT;
     CREATE INDEX iam_keys_by_user ON iam_keys (user_id);
     CREATE TABLE iam_sessions (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, secret TEXT NOT NULL, token TEXT NOT NULL, expires INTEGER NOT NULL,
       principal TEXT NOT NULL, entity_id TEXT, options TEXT NOT NULL
     ) STRICT;
     CREATE INDEX iam_sessions_by_expiry ON iam_sessions (expires);
     CREATE TABLE iam_aliases (alias TEXT PRIMARY KEY, account TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE iam_deletion_tasks (id TEXT PRIMARY KEY, account TEXT NOT NULL, status TEXT NOT NULL, reason TEXT) STRICT;`,
    `CREATE TABLE iam_service_credentials (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES iam_entities (id) ON DELETE CASCADE,
       service TEXT NOT NULL, user_name TEXT NOT NULL, password TEXT NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL,
       UNIQUE (service, user_name)
     ) STRICT;`,
  ],
};

type ByName = { kind: Kind; name: string };
type ById = { id: string };
type Listing = { kind: Kind; prefix: string; after: string; limit: number };

export const entities = {
  insert: statement<Omit<EntityRow, "account">>(
    `INSERT INTO iam_entities (id, account, kind, name, path, created, boundary, body)
     VALUES (:id, :account, :kind, :name, :path, :created, :boundary, :body)`,
  ),
  byName: statement<ByName, EntityRow>("SELECT * FROM iam_entities WHERE account = :account AND kind = :kind AND name = :name"),
  byId: unscoped<ById, EntityRow>("SELECT * FROM iam_entities WHERE id = :id"),
  inAccount: unscoped<ByName & { owner: string }, EntityRow>(
    "SELECT * FROM iam_entities WHERE account = :owner AND kind = :kind AND name = :name",
  ),
  page: statement<Listing, EntityRow>(
    `SELECT * FROM iam_entities WHERE account = :account AND kind = :kind AND name > :after
     AND substr(path, 1, length(:prefix)) = :prefix ORDER BY name LIMIT :limit`,
  ),
  update: unscoped<{ id: string; name: string; path: string; boundary: string | null; body: string }>(
    "UPDATE iam_entities SET name = :name, path = :path, boundary = :boundary, body = :body WHERE id = :id",
  ),
  /** Of sessions of users, which are no roles, nothing is kept. */
  setRoleUsed: unscoped<ById & { used: number; region: string }>(
    `UPDATE iam_entities SET body = json_set(body, '$.lastUsed', :used, '$.lastUsedRegion', :region) WHERE id = :id AND kind = 'role'`,
  ),
  remove: unscoped<ById>("DELETE FROM iam_entities WHERE id = :id"),
  counts: statement<Record<never, never>, { kind: Kind; total: number }>(
    "SELECT kind, count(*) AS total FROM iam_entities WHERE account = :account GROUP BY kind",
  ),
  bounded: statement<{ arn: string }, { total: number }>(
    "SELECT count(*) AS total FROM iam_entities WHERE account = :account AND boundary = :arn",
  ),
  boundedBy: statement<{ arn: string }, EntityRow>(
    "SELECT * FROM iam_entities WHERE account = :account AND boundary = :arn ORDER BY kind, name",
  ),
};

export const versions = {
  insert: unscoped<{ policy_id: string; number: number; document: string; created: number }>(
    "INSERT INTO iam_versions (policy_id, number, document, created) VALUES (:policy_id, :number, :document, :created)",
  ),
  of: unscoped<ById, VersionRow>("SELECT * FROM iam_versions WHERE policy_id = :id ORDER BY number DESC"),
  get: unscoped<{ id: string; number: number }, VersionRow>("SELECT * FROM iam_versions WHERE policy_id = :id AND number = :number"),
  remove: unscoped<{ id: string; number: number }>("DELETE FROM iam_versions WHERE policy_id = :id AND number = :number"),
  count: statement<Record<never, never>, { total: number }>(
    "SELECT count(*) AS total FROM iam_versions v JOIN iam_entities e ON e.id = v.policy_id WHERE e.account = :account",
  ),
};

export const attachments = {
  insert: statement<{ entity_id: string; policy_arn: string }>(
    "INSERT OR IGNORE INTO iam_attachments (entity_id, account, policy_arn) VALUES (:entity_id, :account, :policy_arn)",
  ),
  remove: unscoped<{ entity_id: string; policy_arn: string }>(
    "DELETE FROM iam_attachments WHERE entity_id = :entity_id AND policy_arn = :policy_arn",
  ),
  of: unscoped<ById, { policy_arn: string }>("SELECT policy_arn FROM iam_attachments WHERE entity_id = :id ORDER BY policy_arn"),
  count: statement<{ arn: string }, { total: number }>(
    "SELECT count(*) AS total FROM iam_attachments WHERE account = :account AND policy_arn = :arn",
  ),
  entities: statement<{ arn: string }, EntityRow>(
    `SELECT e.* FROM iam_attachments a JOIN iam_entities e ON e.id = a.entity_id
     WHERE a.account = :account AND a.policy_arn = :arn ORDER BY e.kind, e.name`,
  ),
  distinct: statement<Record<never, never>, { policy_arn: string }>(
    "SELECT DISTINCT policy_arn FROM iam_attachments WHERE account = :account ORDER BY policy_arn",
  ),
};

export const inline = {
  put: unscoped<{ entity_id: string; name: string; document: string }>(
    `INSERT INTO iam_inline (entity_id, name, document) VALUES (:entity_id, :name, :document)
     ON CONFLICT (entity_id, name) DO UPDATE SET document = :document`,
  ),
  get: unscoped<{ id: string; name: string }, { name: string; document: string }>(
    "SELECT name, document FROM iam_inline WHERE entity_id = :id AND name = :name",
  ),
  of: unscoped<ById, { name: string; document: string }>("SELECT name, document FROM iam_inline WHERE entity_id = :id ORDER BY name"),
  remove: unscoped<{ id: string; name: string }>("DELETE FROM iam_inline WHERE entity_id = :id AND name = :name"),
};

export const tags = {
  put: unscoped<{ entity_id: string; key: string; value: string }>(
    `INSERT INTO iam_tags (entity_id, key, value) VALUES (:entity_id, :key, :value)
     ON CONFLICT (entity_id, key) DO UPDATE SET key = :key, value = :value`,
  ),
  of: unscoped<ById, { key: string; value: string }>("SELECT key, value FROM iam_tags WHERE entity_id = :id ORDER BY key"),
  remove: unscoped<{ id: string; key: string }>("DELETE FROM iam_tags WHERE entity_id = :id AND key = :key"),
};

export const members = {
  insert: unscoped<{ container_id: string; member_id: string }>(
    "INSERT OR IGNORE INTO iam_members (container_id, member_id) VALUES (:container_id, :member_id)",
  ),
  remove: unscoped<{ container_id: string; member_id: string }>(
    "DELETE FROM iam_members WHERE container_id = :container_id AND member_id = :member_id",
  ),
  of: unscoped<ById, EntityRow>(
    "SELECT e.* FROM iam_members m JOIN iam_entities e ON e.id = m.member_id WHERE m.container_id = :id ORDER BY e.name",
  ),
  containers: unscoped<ById, EntityRow>(
    "SELECT e.* FROM iam_members m JOIN iam_entities e ON e.id = m.container_id WHERE m.member_id = :id ORDER BY e.name",
  ),
};

export const serviceCredentials = {
  insert: statement<Omit<ServiceCredentialRow, "account" | "status">>(
    `INSERT INTO iam_service_credentials (id, account, user_id, service, user_name, password, status, created)
     VALUES (:id, :account, :user_id, :service, :user_name, :password, 'Active', :created)`,
  ),
  get: unscoped<ById, ServiceCredentialRow>("SELECT * FROM iam_service_credentials WHERE id = :id"),
  of: unscoped<ById, ServiceCredentialRow>("SELECT * FROM iam_service_credentials WHERE user_id = :id ORDER BY created, id"),
  byUserName: unscoped<{ service: string; user_name: string }, ServiceCredentialRow>(
    "SELECT * FROM iam_service_credentials WHERE service = :service AND user_name = :user_name",
  ),
  update: unscoped<{ id: string; password: string; status: string }>(
    "UPDATE iam_service_credentials SET password = :password, status = :status WHERE id = :id",
  ),
  remove: unscoped<ById>("DELETE FROM iam_service_credentials WHERE id = :id"),
};

export const keys = {
  insert: statement<{ id: string; user_id: string; secret: string; created: number }>(
    `INSERT INTO iam_keys (id, account, user_id, secret, status, created) VALUES (:id, :account, :user_id, :secret, 'Active', :created)`,
  ),
  get: unscoped<ById, KeyRow>("SELECT * FROM iam_keys WHERE id = :id"),
  of: unscoped<ById, KeyRow>("SELECT * FROM iam_keys WHERE user_id = :id ORDER BY created, id"),
  setStatus: unscoped<{ id: string; status: string }>("UPDATE iam_keys SET status = :status WHERE id = :id"),
  setUsed: unscoped<{ id: string; used: number; service: string; region: string }>(
    "UPDATE iam_keys SET used = :used, used_service = :service, used_region = :region WHERE id = :id",
  ),
  remove: unscoped<ById>("DELETE FROM iam_keys WHERE id = :id"),
};

export const sessions = {
  insert: unscoped<{
    id: string;
    owner: string;
    secret: string;
    token: string;
    expires: number;
    principal: string;
    entity_id: string | null;
    options: string;
  }>(
    `INSERT INTO iam_sessions (id, account, secret, token, expires, principal, entity_id, options)
     VALUES (:id, :owner, :secret, :token, :expires, :principal, :entity_id, :options)`,
  ),
  get: unscoped<ById, SessionRow>("SELECT * FROM iam_sessions WHERE id = :id"),
  prune: unscoped<{ before: number }>("DELETE FROM iam_sessions WHERE expires < :before"),
};

export const aliases = {
  put: statement<{ alias: string }>("INSERT INTO iam_aliases (alias, account) VALUES (:alias, :account)"),
  owner: unscoped<{ alias: string }, { account: string }>("SELECT account FROM iam_aliases WHERE alias = :alias"),
  get: statement<Record<never, never>, { alias: string }>("SELECT alias FROM iam_aliases WHERE account = :account"),
  remove: statement<Record<never, never>>("DELETE FROM iam_aliases WHERE account = :account"),
};

export const deletionTasks = {
  insert: statement<{ id: string; status: string; reason: string | null }>(
    "INSERT INTO iam_deletion_tasks (id, account, status, reason) VALUES (:id, :account, :status, :reason)",
  ),
  get: statement<ById, { id: string; status: string; reason: string | null }>(
    "SELECT id, status, reason FROM iam_deletion_tasks WHERE account = :account AND id = :id",
  ),
  finish: statement<{ id: string; status: string; reason: string | null }>(
    "UPDATE iam_deletion_tasks SET status = :status, reason = :reason WHERE account = :account AND id = :id",
  ),
};
