import { type Migrations, remembered, statement, unscoped } from "../../kernel/store.ts";

export interface BucketRow {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Virtual ms. */
  readonly created: number;
  readonly versioning: "Enabled" | "Suspended" | null;
  /** The kinds of its configurations, so that those that it has not need no look-up. */
  readonly kinds: string | null;
}

/** One version of one object, or a delete marker. The version with the highest id of a key is its latest. */
export interface ObjectRow {
  readonly id: number;
  readonly bucket: string;
  readonly key: string;
  /** `null` for what was written without versioning. */
  readonly version: string;
  readonly latest: number;
  readonly marker: number;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Virtual ms. */
  readonly modified: number;
  readonly storage_class: string;
  /** JSON: see metadata.ts. */
  readonly meta: string;
  /** JSON object, or null when there are none. */
  readonly tags: string | null;
  /** JSON: see locks.ts. */
  readonly lock: string | null;
  /** Canned ACL. */
  readonly acl: string | null;
  /** Set when the bytes are one file; null when they are inline or in segments. */
  readonly blob: string | null;
  /** Small bytes. */
  readonly inline: Uint8Array | null;
}

export type NewObject = Omit<ObjectRow, "id" | "latest">;

export interface SegmentRow {
  readonly object: number;
  readonly number: number;
  readonly size: number;
  readonly blob: string;
  readonly checksum: string | null;
}

export interface UploadRow {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: number;
  readonly storage_class: string;
  /** JSON: what CreateMultipartUpload said, see multipart.ts. */
  readonly options: string;
}

export interface PartRow {
  readonly upload: string;
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  readonly blob: string;
  /** Base64 value in the upload's algorithm. */
  readonly checksum: string | null;
}

export const migrations: Migrations = {
  name: "s3",
  steps: [
    `CREATE TABLE s3_buckets (
       name TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, created INTEGER NOT NULL, versioning TEXT
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX s3_buckets_by_account ON s3_buckets (account, name);
     CREATE TABLE s3_configs (
       bucket TEXT NOT NULL REFERENCES s3_buckets (name) ON DELETE CASCADE, kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bucket, kind)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE s3_objects (
       id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL,
       latest INTEGER NOT NULL, marker INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
       storage_class TEXT NOT NULL, meta TEXT NOT NULL, tags TEXT, lock TEXT, acl TEXT, blob TEXT, inline BLOB
     ) STRICT;
     CREATE UNIQUE INDEX s3_objects_by_key ON s3_objects (bucket, key, id);
     CREATE UNIQUE INDEX s3_objects_current ON s3_objects (bucket, key) WHERE latest = 1 AND marker = 0;
     CREATE INDEX s3_objects_by_blob ON s3_objects (blob) WHERE blob IS NOT NULL;
     CREATE TABLE s3_segments (
       object INTEGER NOT NULL REFERENCES s3_objects (id) ON DELETE CASCADE, number INTEGER NOT NULL, size INTEGER NOT NULL,
       blob TEXT NOT NULL, checksum TEXT, PRIMARY KEY (object, number)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX s3_segments_by_blob ON s3_segments (blob);
     CREATE TABLE s3_uploads (
       id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, initiated INTEGER NOT NULL, storage_class TEXT NOT NULL, options TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX s3_uploads_by_key ON s3_uploads (bucket, key, id);
     CREATE TABLE s3_parts (
       upload TEXT NOT NULL REFERENCES s3_uploads (id) ON DELETE CASCADE, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
       modified INTEGER NOT NULL, blob TEXT NOT NULL, checksum TEXT, PRIMARY KEY (upload, number)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX s3_parts_by_blob ON s3_parts (blob);`,
  ],
};

/** Bucket names are global: they are found whatever account asks. */
export const buckets = {
  insert: statement<{ name: string; region: string; created: number }>(
    "INSERT INTO s3_buckets (name, account, region, created) VALUES (:name, :account, :region, :created)",
  ),
  get: remembered(
    unscoped<{ name: string }, BucketRow>(
      "SELECT *, (SELECT group_concat(kind) FROM s3_configs WHERE bucket = :name) AS kinds FROM s3_buckets WHERE name = :name",
    ),
    ["s3_buckets", "s3_configs"],
  ),
  page: statement<{ from: string; prefix: string; region: string | null; limit: number }, Omit<BucketRow, "kinds">>(
    `SELECT * FROM s3_buckets WHERE account = :account AND name > :from AND substr(name, 1, length(:prefix)) = :prefix
     AND (:region IS NULL OR region = :region) ORDER BY name LIMIT :limit`,
  ),
  remove: unscoped<{ name: string }>("DELETE FROM s3_buckets WHERE name = :name"),
  setVersioning: unscoped<{ name: string; versioning: string }>("UPDATE s3_buckets SET versioning = :versioning WHERE name = :name"),
};

export const configs = {
  put: unscoped<{ bucket: string; kind: string; body: string }>(
    "INSERT INTO s3_configs (bucket, kind, body) VALUES (:bucket, :kind, :body) ON CONFLICT (bucket, kind) DO UPDATE SET body = :body",
  ),
  get: remembered(
    unscoped<{ bucket: string; kind: string }, { body: string }>("SELECT body FROM s3_configs WHERE bucket = :bucket AND kind = :kind"),
    ["s3_configs", "s3_buckets"],
  ),
  remove: unscoped<{ bucket: string; kind: string }>("DELETE FROM s3_configs WHERE bucket = :bucket AND kind = :kind"),
};

type Here = { bucket: string; key: string };
/** `end` is a string, or a blob, which SQLite orders after every text. */
type Span = { bucket: string; from: string; end: string | Uint8Array; limit: number };
/** All but the bytes: lists read no more than they show. */
const HEAD = "id, bucket, key, version, latest, marker, size, etag, modified, storage_class, meta, tags, lock, acl, blob";
export type HeadRow = Omit<ObjectRow, "inline">;

export const objects = {
  insert: unscoped<NewObject & Record<string, string | number | null | Uint8Array>, { id: number }>(
    `INSERT INTO s3_objects (bucket, key, version, latest, marker, size, etag, modified, storage_class, meta, tags, lock, acl, blob, inline)
     VALUES (:bucket, :key, :version, 1, :marker, :size, :etag, :modified, :storage_class, :meta, :tags, :lock, :acl, :blob, :inline)
     RETURNING id`,
  ),
  /** What a put does to the one version of a key in a bucket that never had versioning: no index changes. */
  replace: unscoped<NewObject & { readonly id: number } & Record<string, string | number | null | Uint8Array>>(
    `UPDATE s3_objects SET size = :size, etag = :etag, modified = :modified, storage_class = :storage_class, meta = :meta, tags = :tags,
     lock = :lock, acl = :acl, blob = :blob, inline = :inline WHERE id = :id`,
  ),
  latest: unscoped<Here, ObjectRow>("SELECT * FROM s3_objects WHERE bucket = :bucket AND key = :key ORDER BY id DESC LIMIT 1"),
  version: unscoped<Here & { version: string }, ObjectRow>(
    "SELECT * FROM s3_objects WHERE bucket = :bucket AND key = :key AND version = :version LIMIT 1",
  ),
  versionHead: unscoped<Here & { version: string }, HeadRow>(
    `SELECT ${HEAD} FROM s3_objects WHERE bucket = :bucket AND key = :key AND version = :version LIMIT 1`,
  ),
  versionsOf: unscoped<Here, HeadRow>(`SELECT ${HEAD} FROM s3_objects WHERE bucket = :bucket AND key = :key ORDER BY id DESC`),
  remove: unscoped<{ id: number }>("DELETE FROM s3_objects WHERE id = :id"),
  demote: unscoped<Here>("UPDATE s3_objects SET latest = 0 WHERE bucket = :bucket AND key = :key AND latest = 1"),
  promote: unscoped<Here>(
    `UPDATE s3_objects SET latest = 1
     WHERE id = (SELECT id FROM s3_objects WHERE bucket = :bucket AND key = :key ORDER BY id DESC LIMIT 1)`,
  ),
  setTags: unscoped<{ id: number; tags: string | null }>("UPDATE s3_objects SET tags = :tags WHERE id = :id"),
  setLock: unscoped<{ id: number; lock: string | null }>("UPDATE s3_objects SET lock = :lock WHERE id = :id"),
  setAcl: unscoped<{ id: number; acl: string }>("UPDATE s3_objects SET acl = :acl WHERE id = :id"),
  any: unscoped<{ bucket: string }, { id: number }>("SELECT id FROM s3_objects WHERE bucket = :bucket LIMIT 1"),
  current: unscoped<Span, HeadRow>(
    `SELECT ${HEAD} FROM s3_objects WHERE bucket = :bucket AND latest = 1 AND marker = 0 AND key >= :from AND key < :end
     ORDER BY key LIMIT :limit`,
  ),
  /** Newest first within a key. */
  versions: unscoped<Span, HeadRow>(
    `SELECT ${HEAD} FROM s3_objects WHERE bucket = :bucket AND key >= :from AND key < :end ORDER BY key, id DESC LIMIT :limit`,
  ),
  olderThan: unscoped<Here & { below: number; limit: number }, HeadRow>(
    `SELECT ${HEAD} FROM s3_objects WHERE bucket = :bucket AND key = :key AND id < :below ORDER BY id DESC LIMIT :limit`,
  ),
  blobs: unscoped<Record<never, never>, { blob: string }>(
    `SELECT blob FROM s3_objects WHERE blob IS NOT NULL UNION ALL SELECT blob FROM s3_segments UNION ALL SELECT blob FROM s3_parts`,
  ),
  users: unscoped<{ blob: string }, { n: number }>(
    `SELECT (SELECT count(*) FROM s3_objects WHERE blob = :blob) + (SELECT count(*) FROM s3_segments WHERE blob = :blob)
     + (SELECT count(*) FROM s3_parts WHERE blob = :blob) AS n`,
  ),
};

export const segments = {
  insert: unscoped<{ object: number; number: number; size: number; blob: string; checksum: string | null }>(
    "INSERT INTO s3_segments (object, number, size, blob, checksum) VALUES (:object, :number, :size, :blob, :checksum)",
  ),
  of: unscoped<{ object: number }, SegmentRow>("SELECT * FROM s3_segments WHERE object = :object ORDER BY number"),
};

export const uploads = {
  insert: unscoped<{ id: string; bucket: string; key: string; initiated: number; storage_class: string; options: string }>(
    `INSERT INTO s3_uploads (id, bucket, key, initiated, storage_class, options)
     VALUES (:id, :bucket, :key, :initiated, :storage_class, :options)`,
  ),
  get: unscoped<{ id: string }, UploadRow>("SELECT * FROM s3_uploads WHERE id = :id"),
  /** By key, then id; from a key on, or within it from an id on. */
  page: unscoped<{ bucket: string; key: string; id: string; from: string; end: string | Uint8Array; limit: number }, UploadRow>(
    `SELECT * FROM s3_uploads WHERE bucket = :bucket AND (key, id) > (:key, :id) AND key >= :from AND key < :end ORDER BY key, id LIMIT :limit`,
  ),
  any: unscoped<{ bucket: string }, { id: string }>("SELECT id FROM s3_uploads WHERE bucket = :bucket LIMIT 1"),
  remove: unscoped<{ id: string }>("DELETE FROM s3_uploads WHERE id = :id"),
};

export const parts = {
  put: unscoped<{ upload: string; number: number; size: number; etag: string; modified: number; blob: string; checksum: string | null }>(
    `INSERT OR REPLACE INTO s3_parts (upload, number, size, etag, modified, blob, checksum)
     VALUES (:upload, :number, :size, :etag, :modified, :blob, :checksum)`,
  ),
  get: unscoped<{ upload: string; number: number }, PartRow>("SELECT * FROM s3_parts WHERE upload = :upload AND number = :number"),
  page: unscoped<{ upload: string; after: number; limit: number }, PartRow>(
    "SELECT * FROM s3_parts WHERE upload = :upload AND number > :after ORDER BY number LIMIT :limit",
  ),
};
