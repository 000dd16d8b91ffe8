import { remembered, unscoped } from "../../../kernel/store.ts";

/** Both versions of an event are kept; one that could not be transformed has the reason instead. */
export const TRANSFORMER_TABLES = `
  CREATE TABLE logs_transformers (
    group_id INTEGER PRIMARY KEY, config TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE logs_transformed (
    group_id INTEGER NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL, stream INTEGER NOT NULL, message TEXT, error TEXT,
    PRIMARY KEY (group_id, time, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX logs_transformed_stream ON logs_transformed (stream);
  ALTER TABLE logs_groups ADD COLUMN transformed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE logs_metric_filters ADD COLUMN transformed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE logs_subscriptions ADD COLUMN transformed INTEGER NOT NULL DEFAULT 0;`;

export interface TransformerRow {
  readonly config: string;
  readonly created: number;
  readonly modified: number;
}

type Event = { readonly group: number; readonly time: number; readonly seq: number };

export interface TransformedRow {
  readonly message: string | null;
  readonly error: string | null;
}

export const transformers = {
  /** Asked for with every batch that comes in. */
  get: remembered(
    unscoped<{ group: number }, TransformerRow>("SELECT config, created, modified FROM logs_transformers WHERE group_id = :group"),
    ["logs_transformers"],
  ),
  put: unscoped<{ group: number; config: string; now: number }>(
    `INSERT INTO logs_transformers (group_id, config, created, modified) VALUES (:group, :config, :now, :now)
     ON CONFLICT DO UPDATE SET config = :config, modified = :now`,
  ),
  remove: unscoped<{ group: number }>("DELETE FROM logs_transformers WHERE group_id = :group"),
};

export const transformed = {
  insert: unscoped<Event & { stream: number; message: string | null; error: string | null }>(
    `INSERT OR REPLACE INTO logs_transformed (group_id, time, seq, stream, message, error)
     VALUES (:group, :time, :seq, :stream, :message, :error)`,
  ),
  get: unscoped<Event, TransformedRow>(
    "SELECT message, error FROM logs_transformed WHERE group_id = :group AND time = :time AND seq = :seq",
  ),
  /** Groups without any need not be asked about their events. */
  mark: unscoped<{ group: number }>("UPDATE logs_groups SET transformed = 1 WHERE id = :group AND transformed = 0"),
  removeGroup: unscoped<{ group: number }>("DELETE FROM logs_transformed WHERE group_id = :group"),
  removeStream: unscoped<{ stream: number }>("DELETE FROM logs_transformed WHERE stream = :stream"),
  removeBefore: unscoped<{ group: number; before: number }>("DELETE FROM logs_transformed WHERE group_id = :group AND time < :before"),
};
