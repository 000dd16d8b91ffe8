import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "secrets-manager",
  steps: [
    `CREATE TABLE secrets (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, description TEXT, kms_key TEXT,
       tags TEXT NOT NULL, policy TEXT, created INTEGER NOT NULL, changed INTEGER NOT NULL, accessed INTEGER, delete_at INTEGER,
       deleted INTEGER, rotation TEXT, rotated INTEGER, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE secret_versions (
       secret TEXT NOT NULL REFERENCES secrets (arn) ON DELETE CASCADE, id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
       stages TEXT NOT NULL, created INTEGER NOT NULL, accessed INTEGER, PRIMARY KEY (secret, id)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

export interface SecretRow {
  readonly name: string;
  readonly arn: string;
  readonly description: string | null;
  readonly kms_key: string | null;
  readonly tags: string;
  readonly policy: string | null;
  readonly created: number;
  readonly changed: number;
  readonly accessed: number | null;
  /** When it goes for good, while it is planned to be deleted. */
  readonly delete_at: number | null;
  readonly deleted: number | null;
  /** JSON: how it is rotated; null when nobody ever said. */
  readonly rotation: string | null;
  readonly rotated: number | null;
}

export interface VersionRow {
  readonly secret: string;
  readonly id: string;
  readonly kind: "string" | "binary";
  /** Ciphertext of KMS in base64; empty for one that a rotation is to fill. */
  readonly value: string;
  /** JSON list of staging labels. */
  readonly stages: string;
  readonly created: number;
  readonly accessed: number | null;
}

const SCOPE = "account = :account AND region = :region";

export const insertSecret = statement<{
  name: string;
  arn: string;
  description: string | null;
  kms_key: string | null;
  tags: string;
  now: number;
}>(
  `INSERT INTO secrets (account, region, name, arn, description, kms_key, tags, created, changed)
   VALUES (:account, :region, :name, :arn, :description, :kms_key, :tags, :now, :now)`,
);
export const selectByName = statement<{ name: string }, SecretRow>(`SELECT * FROM secrets WHERE ${SCOPE} AND name = :name`);
export const selectByArn = unscoped<{ arn: string }, SecretRow>("SELECT * FROM secrets WHERE arn = :arn");
export const selectSecrets = statement<Record<never, never>, SecretRow>(`SELECT * FROM secrets WHERE ${SCOPE} ORDER BY created, name`);
export const updateSecret = unscoped<{ arn: string; description: string | null; kms_key: string | null; now: number }>(
  "UPDATE secrets SET description = :description, kms_key = :kms_key, changed = :now WHERE arn = :arn",
);
export const updateTags = unscoped<{ arn: string; tags: string }>("UPDATE secrets SET tags = :tags WHERE arn = :arn");
export const updatePolicy = unscoped<{ arn: string; policy: string | null }>("UPDATE secrets SET policy = :policy WHERE arn = :arn");
export const updateDeletion = unscoped<{ arn: string; delete_at: number | null; deleted: number | null }>(
  "UPDATE secrets SET delete_at = :delete_at, deleted = :deleted WHERE arn = :arn",
);
export const updateRotation = unscoped<{ arn: string; rotation: string; rotated: number | null }>(
  "UPDATE secrets SET rotation = :rotation, rotated = :rotated WHERE arn = :arn",
);
export const touchSecret = unscoped<{ arn: string; now: number }>("UPDATE secrets SET changed = :now WHERE arn = :arn");
export const updateAccessed = unscoped<{ arn: string; day: number }>("UPDATE secrets SET accessed = :day WHERE arn = :arn");
export const deleteSecretRow = unscoped<{ arn: string }>("DELETE FROM secrets WHERE arn = :arn");

export const insertVersion = unscoped<{ secret: string; id: string; kind: string; value: string; stages: string; now: number }>(
  "INSERT INTO secret_versions (secret, id, kind, value, stages, created) VALUES (:secret, :id, :kind, :value, :stages, :now)",
);
export const selectVersions = unscoped<{ secret: string }, VersionRow>(
  "SELECT * FROM secret_versions WHERE secret = :secret ORDER BY created, id",
);
export const selectVersion = unscoped<{ secret: string; id: string }, VersionRow>(
  "SELECT * FROM secret_versions WHERE secret = :secret AND id = :id",
);
export const fillVersion = unscoped<{ secret: string; id: string; kind: string; value: string }>(
  "UPDATE secret_versions SET kind = :kind, value = :value WHERE secret = :secret AND id = :id",
);
export const updateStages = unscoped<{ secret: string; id: string; stages: string }>(
  "UPDATE secret_versions SET stages = :stages WHERE secret = :secret AND id = :id",
);
export const deleteVersion = unscoped<{ secret: string; id: string }>("DELETE FROM secret_versions WHERE secret = :secret AND id = :id");
