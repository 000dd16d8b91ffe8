import { type Migrations, statement } from "../../kernel/store.ts";
import { SERVER_TABLES } from "./servers/tables.ts";

const SCOPE = "account = :account AND region = :region";

export const migrations: Migrations = {
  name: "codedeploy",
  steps: [
    `CREATE TABLE codedeploy_applications (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, platform TEXT NOT NULL, created INTEGER NOT NULL,
       tags TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codedeploy_configs (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codedeploy_groups (
       account TEXT NOT NULL, region TEXT NOT NULL, application TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, config TEXT NOT NULL,
       body TEXT NOT NULL, tags TEXT NOT NULL, last_succeeded TEXT, last_attempted TEXT, PRIMARY KEY (account, region, application, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codedeploy_revisions (
       account TEXT NOT NULL, region TEXT NOT NULL, application TEXT NOT NULL, key TEXT NOT NULL, location TEXT NOT NULL, description TEXT,
       registered INTEGER NOT NULL, first_used INTEGER, last_used INTEGER, PRIMARY KEY (account, region, application, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codedeploy_deployments (
       number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, application TEXT NOT NULL,
       grp TEXT NOT NULL, group_id TEXT NOT NULL, platform TEXT NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL, started INTEGER,
       completed INTEGER, because TEXT, body TEXT NOT NULL, UNIQUE (account, region, id)
     ) STRICT;
     CREATE INDEX codedeploy_deployments_by_group ON codedeploy_deployments (account, region, application, grp, number);
     CREATE INDEX codedeploy_active_deployments ON codedeploy_deployments (account, region, group_id) WHERE completed IS NULL;
     CREATE TABLE codedeploy_targets (
       account TEXT NOT NULL, region TEXT NOT NULL, deployment TEXT NOT NULL, target TEXT NOT NULL, status TEXT NOT NULL, label TEXT,
       updated INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, region, deployment, target)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codedeploy_hooks (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, deployment TEXT NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL,
       function TEXT NOT NULL, status TEXT NOT NULL, because TEXT, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE codedeploy_watches (
       account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL, deployment TEXT NOT NULL,
       PRIMARY KEY (account, region, alarm, deployment)
     ) STRICT, WITHOUT ROWID;`,
    SERVER_TABLES,
  ],
};

export interface ApplicationRow {
  readonly name: string;
  readonly id: string;
  readonly platform: string;
  readonly created: number;
  readonly tags: string;
}

export const insertApplication = statement<{ [K in keyof ApplicationRow]: ApplicationRow[K] }>(
  `INSERT INTO codedeploy_applications (account, region, name, id, platform, created, tags)
   VALUES (:account, :region, :name, :id, :platform, :created, :tags)`,
);
export const selectApplication = statement<{ name: string }, ApplicationRow>(
  `SELECT * FROM codedeploy_applications WHERE ${SCOPE} AND name = :name`,
);
export const selectApplications = statement<{ after: string; limit: number }, ApplicationRow>(
  `SELECT * FROM codedeploy_applications WHERE ${SCOPE} AND name > :after ORDER BY name LIMIT :limit`,
);
export const countApplications = statement<Record<never, never>, { count: number }>(
  `SELECT count(*) AS count FROM codedeploy_applications WHERE ${SCOPE}`,
);
export const updateApplicationTags = statement<{ name: string; tags: string }>(
  `UPDATE codedeploy_applications SET tags = :tags WHERE ${SCOPE} AND name = :name`,
);
export const deleteApplicationRow = statement<{ name: string }>(`DELETE FROM codedeploy_applications WHERE ${SCOPE} AND name = :name`);
export const deleteGroupsOf = statement<{ application: string }>(
  `DELETE FROM codedeploy_groups WHERE ${SCOPE} AND application = :application`,
);
export const deleteRevisionsOf = statement<{ application: string }>(
  `DELETE FROM codedeploy_revisions WHERE ${SCOPE} AND application = :application`,
);

type Rename = { from: string; to: string };
/** A new name for an application, in all that names it. */
export const renamesOfApplication = [
  statement<Rename>(`UPDATE codedeploy_applications SET name = :to WHERE ${SCOPE} AND name = :from`),
  statement<Rename>(`UPDATE codedeploy_groups SET application = :to WHERE ${SCOPE} AND application = :from`),
  statement<Rename>(`UPDATE codedeploy_revisions SET application = :to WHERE ${SCOPE} AND application = :from`),
  statement<Rename>(`UPDATE codedeploy_deployments SET application = :to WHERE ${SCOPE} AND application = :from`),
];

export interface ConfigRow {
  readonly name: string;
  readonly id: string;
  readonly created: number;
  readonly body: string;
}

export const insertConfig = statement<{ [K in keyof ConfigRow]: ConfigRow[K] }>(
  `INSERT INTO codedeploy_configs (account, region, name, id, created, body) VALUES (:account, :region, :name, :id, :created, :body)`,
);
export const selectConfig = statement<{ name: string }, ConfigRow>(`SELECT * FROM codedeploy_configs WHERE ${SCOPE} AND name = :name`);
export const selectConfigs = statement<Record<never, never>, ConfigRow>(`SELECT * FROM codedeploy_configs WHERE ${SCOPE} ORDER BY name`);
export const deleteConfig = statement<{ name: string }>(`DELETE FROM codedeploy_configs WHERE ${SCOPE} AND name = :name`);
export const countGroupsWithConfig = statement<{ config: string }, { count: number }>(
  `SELECT count(*) AS count FROM codedeploy_groups WHERE ${SCOPE} AND config = :config`,
);

export interface GroupRow {
  readonly application: string;
  readonly name: string;
  readonly id: string;
  readonly config: string;
  readonly body: string;
  readonly tags: string;
  readonly last_succeeded: string | null;
  readonly last_attempted: string | null;
}

export const insertGroup = statement<{ [K in keyof GroupRow]: GroupRow[K] }>(
  `INSERT INTO codedeploy_groups (account, region, application, name, id, config, body, tags, last_succeeded, last_attempted)
   VALUES (:account, :region, :application, :name, :id, :config, :body, :tags, :last_succeeded, :last_attempted)`,
);
export const selectGroup = statement<{ application: string; name: string }, GroupRow>(
  `SELECT * FROM codedeploy_groups WHERE ${SCOPE} AND application = :application AND name = :name`,
);
export const selectGroups = statement<{ application: string; after: string; limit: number }, GroupRow>(
  `SELECT * FROM codedeploy_groups WHERE ${SCOPE} AND application = :application AND name > :after ORDER BY name LIMIT :limit`,
);
export const countGroups = statement<{ application: string }, { count: number }>(
  `SELECT count(*) AS count FROM codedeploy_groups WHERE ${SCOPE} AND application = :application`,
);
export const updateGroup = statement<Pick<GroupRow, "application" | "name" | "config" | "body"> & { from: string }>(
  `UPDATE codedeploy_groups SET name = :name, config = :config, body = :body
   WHERE ${SCOPE} AND application = :application AND name = :from`,
);
export const renameGroupOfDeployments = statement<{ application: string; from: string; to: string }>(
  `UPDATE codedeploy_deployments SET grp = :to WHERE ${SCOPE} AND application = :application AND grp = :from`,
);
export const updateGroupTags = statement<{ application: string; name: string; tags: string }>(
  `UPDATE codedeploy_groups SET tags = :tags WHERE ${SCOPE} AND application = :application AND name = :name`,
);
export const setLastDeployments = statement<{ id: string; succeeded: string | null; attempted: string; body: string }>(
  `UPDATE codedeploy_groups SET last_succeeded = coalesce(:succeeded, last_succeeded), last_attempted = :attempted, body = :body
   WHERE ${SCOPE} AND id = :id`,
);
export const selectGroupById = statement<{ id: string }, GroupRow>(`SELECT * FROM codedeploy_groups WHERE ${SCOPE} AND id = :id`);
export const deleteGroup = statement<{ application: string; name: string }>(
  `DELETE FROM codedeploy_groups WHERE ${SCOPE} AND application = :application AND name = :name`,
);

export interface RevisionRow {
  readonly application: string;
  readonly key: string;
  readonly location: string;
  readonly description: string | null;
  readonly registered: number;
  readonly first_used: number | null;
  readonly last_used: number | null;
}

export const upsertRevision = statement<{ [K in keyof RevisionRow]: RevisionRow[K] }>(
  `INSERT INTO codedeploy_revisions (account, region, application, key, location, description, registered, first_used, last_used)
   VALUES (:account, :region, :application, :key, :location, :description, :registered, :first_used, :last_used)
   ON CONFLICT DO UPDATE SET description = coalesce(:description, description), first_used = coalesce(first_used, :first_used),
     last_used = coalesce(:last_used, last_used)`,
);
export const selectRevision = statement<{ application: string; key: string }, RevisionRow>(
  `SELECT * FROM codedeploy_revisions WHERE ${SCOPE} AND application = :application AND key = :key`,
);
export const selectRevisions = statement<{ application: string }, RevisionRow>(
  `SELECT * FROM codedeploy_revisions WHERE ${SCOPE} AND application = :application ORDER BY registered, key`,
);

export interface DeploymentRow {
  readonly number: number;
  readonly id: string;
  readonly application: string;
  readonly grp: string;
  readonly group_id: string;
  readonly platform: string;
  readonly status: string;
  readonly created: number;
  readonly started: number | null;
  readonly completed: number | null;
  readonly because: string | null;
  readonly body: string;
}

type NewDeploymentRow = Omit<DeploymentRow, "number" | "started" | "completed" | "because">;
export const insertDeployment = statement<{ [K in keyof NewDeploymentRow]: NewDeploymentRow[K] }>(
  `INSERT INTO codedeploy_deployments (account, region, id, application, grp, group_id, platform, status, created, body)
   VALUES (:account, :region, :id, :application, :grp, :group_id, :platform, :status, :created, :body)`,
);
type DeploymentState = Pick<DeploymentRow, "id" | "status" | "started" | "completed" | "because" | "body">;
export const updateDeployment = statement<{ [K in keyof DeploymentState]: DeploymentState[K] }>(
  `UPDATE codedeploy_deployments SET status = :status, started = :started, completed = :completed, because = :because, body = :body
   WHERE ${SCOPE} AND id = :id`,
);
export const selectDeployment = statement<{ id: string }, DeploymentRow>(
  `SELECT * FROM codedeploy_deployments WHERE ${SCOPE} AND id = :id`,
);
export const selectActive = statement<{ group_id: string }, DeploymentRow>(
  `SELECT * FROM codedeploy_deployments WHERE ${SCOPE} AND group_id = :group_id AND completed IS NULL ORDER BY number`,
);
/** Newest first; `before` is a number of a deployment. */
export const selectDeployments = statement<{ before: number; limit: number }, DeploymentRow>(
  `SELECT * FROM codedeploy_deployments WHERE ${SCOPE} AND number < :before ORDER BY number DESC LIMIT :limit`,
);
export const selectDeploymentsOfGroup = statement<{ application: string; grp: string; before: number; limit: number }, DeploymentRow>(
  `SELECT * FROM codedeploy_deployments WHERE ${SCOPE} AND application = :application AND grp = :grp AND number < :before
   ORDER BY number DESC LIMIT :limit`,
);

export interface TargetRow {
  readonly deployment: string;
  readonly target: string;
  readonly status: string;
  readonly label: string | null;
  readonly updated: number;
  readonly body: string;
}

export const upsertTarget = statement<{ [K in keyof TargetRow]: TargetRow[K] }>(
  `INSERT INTO codedeploy_targets (account, region, deployment, target, status, label, updated, body)
   VALUES (:account, :region, :deployment, :target, :status, :label, :updated, :body)
   ON CONFLICT DO UPDATE SET status = :status, label = :label, updated = :updated, body = :body`,
);
export const selectTarget = statement<{ deployment: string; target: string }, TargetRow>(
  `SELECT * FROM codedeploy_targets WHERE ${SCOPE} AND deployment = :deployment AND target = :target`,
);
export const selectTargets = statement<{ deployment: string }, TargetRow>(
  `SELECT * FROM codedeploy_targets WHERE ${SCOPE} AND deployment = :deployment ORDER BY target`,
);
export const countTargets = statement<{ deployment: string }, { status: string; count: number }>(
  `SELECT status, count(*) AS count FROM codedeploy_targets WHERE ${SCOPE} AND deployment = :deployment GROUP BY status`,
);

export interface HookRow {
  readonly id: string;
  readonly deployment: string;
  readonly target: string;
  readonly event: string;
  readonly function: string;
  readonly status: string;
  /** The event of its invocation, from which the answer goes on. */
  readonly because: string | null;
}

export const insertHook = statement<{ [K in keyof Omit<HookRow, "because">]: HookRow[K] }>(
  `INSERT INTO codedeploy_hooks (account, region, id, deployment, target, event, function, status)
   VALUES (:account, :region, :id, :deployment, :target, :event, :function, :status)`,
);
export const selectHook = statement<{ id: string }, HookRow>(`SELECT * FROM codedeploy_hooks WHERE ${SCOPE} AND id = :id`);
export const noteInvocation = statement<{ id: string; because: string }>(
  `UPDATE codedeploy_hooks SET because = :because WHERE ${SCOPE} AND id = :id`,
);
/** The answer may be there before the invocation is. */
export const hookInvoked = statement<{ id: string }>(
  `UPDATE codedeploy_hooks SET status = 'InProgress' WHERE ${SCOPE} AND id = :id AND status = 'Pending'`,
);
export const updateHook = statement<{ id: string; status: string }>(
  `UPDATE codedeploy_hooks SET status = :status WHERE ${SCOPE} AND id = :id`,
);

/** Alarms that may end a deployment that is under way. */
export const insertWatch = statement<{ alarm: string; deployment: string }>(
  `INSERT OR IGNORE INTO codedeploy_watches (account, region, alarm, deployment) VALUES (:account, :region, :alarm, :deployment)`,
);
export const selectWatches = statement<{ alarm: string }, { deployment: string }>(
  `SELECT deployment FROM codedeploy_watches WHERE ${SCOPE} AND alarm = :alarm ORDER BY deployment`,
);
export const deleteWatches = statement<{ deployment: string }>(
  `DELETE FROM codedeploy_watches WHERE ${SCOPE} AND deployment = :deployment`,
);
