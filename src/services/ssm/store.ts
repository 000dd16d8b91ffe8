import { type Migrations, statement } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "ssm",
  steps: [
    `CREATE TABLE ssm_parameters (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, tags TEXT NOT NULL,
       PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE ssm_versions (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL,
       key_id TEXT, description TEXT, pattern TEXT, tier TEXT NOT NULL, data_type TEXT NOT NULL, modified INTEGER NOT NULL,
       actor TEXT NOT NULL, labels TEXT NOT NULL, PRIMARY KEY (account, region, name, version)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

/** One version of a parameter. `value` of a SecureString is the ciphertext in base64. */
export interface VersionRow {
  readonly name: string;
  readonly version: number;
  readonly type: string;
  readonly value: string;
  readonly key_id: string | null;
  readonly description: string | null;
  readonly pattern: string | null;
  readonly tier: string;
  readonly data_type: string;
  readonly modified: number;
  readonly actor: string;
  /** JSON list. */
  readonly labels: string;
}

const SCOPE = "account = :account AND region = :region";

export const upsertParameter = statement<{ name: string; version: number; tags: string }>(
  `INSERT INTO ssm_parameters (account, region, name, version, tags) VALUES (:account, :region, :name, :version, :tags)
   ON CONFLICT DO UPDATE SET version = :version`,
);
export const insertVersion = statement<{ [K in keyof VersionRow]: VersionRow[K] }>(
  `INSERT INTO ssm_versions (account, region, name, version, type, value, key_id, description, pattern, tier, data_type, modified, actor, labels)
   VALUES (:account, :region, :name, :version, :type, :value, :key_id, :description, :pattern, :tier, :data_type, :modified, :actor, :labels)`,
);
export const selectLatest = statement<{ name: string }, VersionRow>(
  `SELECT v.* FROM ssm_parameters p JOIN ssm_versions v USING (account, region, name, version)
   WHERE p.account = :account AND p.region = :region AND p.name = :name`,
);
export const selectVersion = statement<{ name: string; version: number }, VersionRow>(
  `SELECT * FROM ssm_versions WHERE ${SCOPE} AND name = :name AND version = :version`,
);
export const selectVersions = statement<{ name: string; after: number; limit: number }, VersionRow>(
  `SELECT * FROM ssm_versions WHERE ${SCOPE} AND name = :name AND version > :after ORDER BY version LIMIT :limit`,
);
/** The newest version of each parameter, by name; `from` and `to` bound the names. */
export const selectParameters = statement<{ from: string; to: string }, VersionRow & { readonly tags: string }>(
  `SELECT v.*, p.tags FROM ssm_parameters p JOIN ssm_versions v USING (account, region, name, version)
   WHERE p.account = :account AND p.region = :region AND p.name >= :from AND p.name < :to ORDER BY p.name`,
);
export const selectTags = statement<{ name: string }, { tags: string }>(`SELECT tags FROM ssm_parameters WHERE ${SCOPE} AND name = :name`);
export const updateTags = statement<{ name: string; tags: string }>(
  `UPDATE ssm_parameters SET tags = :tags WHERE ${SCOPE} AND name = :name`,
);
export const updateLabels = statement<{ name: string; version: number; labels: string }>(
  `UPDATE ssm_versions SET labels = :labels WHERE ${SCOPE} AND name = :name AND version = :version`,
);
export const deleteVersion = statement<{ name: string; version: number }>(
  `DELETE FROM ssm_versions WHERE ${SCOPE} AND name = :name AND version = :version`,
);
export const deleteParameterRow = statement<{ name: string }>(`DELETE FROM ssm_parameters WHERE ${SCOPE} AND name = :name`);
export const deleteVersions = statement<{ name: string }>(`DELETE FROM ssm_versions WHERE ${SCOPE} AND name = :name`);
