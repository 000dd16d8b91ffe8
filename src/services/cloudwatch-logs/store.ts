import { type Migrations, statement, unscoped } from "../../kernel/store.ts";
import { PROTECTION_TABLES } from "./data-protection/store.ts";
import { EXPORT_TABLES } from "./exports/store.ts";
import { INDEX_TABLES } from "./field-indexes/store.ts";
import { INSIGHTS_TABLES } from "./insights/store.ts";
import { LOOKUP_TABLES } from "./lookup-tables/store.ts";
import { TRANSFORMER_TABLES } from "./transformers/store.ts";

export const migrations: Migrations = {
  name: "cloudwatch-logs",
  steps: [
    `CREATE TABLE logs_groups (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
       class TEXT NOT NULL, retention INTEGER, kms_key TEXT, protected INTEGER NOT NULL, tags TEXT NOT NULL,
       next_seq INTEGER NOT NULL DEFAULT 1, bytes INTEGER NOT NULL DEFAULT 0, expiry INTEGER NOT NULL DEFAULT 0,
       metric_filters INTEGER NOT NULL DEFAULT 0, subscriptions INTEGER NOT NULL DEFAULT 0, UNIQUE (account, region, name)
     ) STRICT;
     CREATE TABLE logs_streams (
       id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL REFERENCES logs_groups (id) ON DELETE CASCADE, name TEXT NOT NULL,
       created INTEGER NOT NULL, first_event INTEGER, last_event INTEGER, ingested INTEGER, UNIQUE (group_id, name)
     ) STRICT;
     CREATE INDEX logs_streams_recent ON logs_streams (group_id, last_event, name);
     CREATE TABLE logs_events (
       group_id INTEGER NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL, stream INTEGER NOT NULL, ingested INTEGER NOT NULL,
       message TEXT NOT NULL, PRIMARY KEY (group_id, time, seq)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX logs_events_stream ON logs_events (stream, time, seq);
     CREATE TABLE logs_metric_filters (
       group_id INTEGER NOT NULL REFERENCES logs_groups (id) ON DELETE CASCADE, name TEXT NOT NULL, pattern TEXT NOT NULL,
       transformations TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (group_id, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE logs_subscriptions (
       group_id INTEGER NOT NULL REFERENCES logs_groups (id) ON DELETE CASCADE, name TEXT NOT NULL, pattern TEXT NOT NULL,
       destination TEXT NOT NULL, role TEXT, distribution TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (group_id, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE logs_policies (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, updated INTEGER NOT NULL,
       PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;`,
    INSIGHTS_TABLES,
    EXPORT_TABLES,
    PROTECTION_TABLES,
    INDEX_TABLES,
    TRANSFORMER_TABLES,
    LOOKUP_TABLES,
  ],
};

export interface GroupRow {
  readonly id: number;
  readonly name: string;
  readonly created: number;
  readonly class: string;
  /** Days. */
  readonly retention: number | null;
  readonly kms_key: string | null;
  readonly protected: number;
  readonly tags: string;
  readonly next_seq: number;
  readonly bytes: number;
  /** 1 while `cloudwatch-logs.expire` is on its way. */
  readonly expiry: number;
  readonly metric_filters: number;
  readonly subscriptions: number;
  /** 1 once sensitive data was found in an event: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html */
  readonly masked: number;
  /** 1 once an event was transformed. */
  readonly transformed: number;
}

export interface StreamRow {
  readonly id: number;
  readonly group_id: number;
  readonly name: string;
  readonly created: number;
  readonly first_event: number | null;
  readonly last_event: number | null;
  readonly ingested: number | null;
}

/** `seq` grows with arrival within the group, and orders events of the same millisecond. */
export interface EventRow {
  readonly time: number;
  readonly seq: number;
  readonly stream: number;
  readonly ingested: number;
  readonly message: string;
}

const SCOPE = "account = :account AND region = :region";

export const insertGroup = statement<{ name: string; now: number; class: string; kms_key: string | null; protected: number; tags: string }>(
  `INSERT INTO logs_groups (account, region, name, created, class, kms_key, protected, tags)
   VALUES (:account, :region, :name, :now, :class, :kms_key, :protected, :tags)`,
);
export const selectGroup = statement<{ name: string }, GroupRow>(`SELECT * FROM logs_groups WHERE ${SCOPE} AND name = :name`);
export const selectGroupById = unscoped<{ id: number }, GroupRow>("SELECT * FROM logs_groups WHERE id = :id");
export const selectGroups = statement<{ from: string; to: string; after: string }, GroupRow>(
  `SELECT * FROM logs_groups WHERE ${SCOPE} AND name >= :from AND name < :to AND name > :after ORDER BY name`,
);
export const updateRetention = unscoped<{ id: number; days: number | null }>("UPDATE logs_groups SET retention = :days WHERE id = :id");
export const updateKmsKey = unscoped<{ id: number; key: string | null }>("UPDATE logs_groups SET kms_key = :key WHERE id = :id");
export const updateProtected = unscoped<{ id: number; protected: number }>("UPDATE logs_groups SET protected = :protected WHERE id = :id");
export const updateTags = unscoped<{ id: number; tags: string }>("UPDATE logs_groups SET tags = :tags WHERE id = :id");
export const updateExpiry = unscoped<{ id: number; expiry: number }>("UPDATE logs_groups SET expiry = :expiry WHERE id = :id");
export const advanceGroup = unscoped<{ id: number; next_seq: number; bytes: number }>(
  "UPDATE logs_groups SET next_seq = :next_seq, bytes = bytes + :bytes WHERE id = :id",
);
export const deleteGroupRow = unscoped<{ id: number }>("DELETE FROM logs_groups WHERE id = :id");
export const deleteGroupEvents = unscoped<{ id: number }>("DELETE FROM logs_events WHERE group_id = :id");
export const countFilters = unscoped<{ id: number }>(
  `UPDATE logs_groups SET metric_filters = (SELECT count(*) FROM logs_metric_filters WHERE group_id = :id),
   subscriptions = (SELECT count(*) FROM logs_subscriptions WHERE group_id = :id) WHERE id = :id`,
);

export const insertStream = unscoped<{ group: number; name: string; now: number }, { id: number }>(
  "INSERT INTO logs_streams (group_id, name, created) VALUES (:group, :name, :now) RETURNING id",
);
export const selectStream = unscoped<{ group: number; name: string }, StreamRow>(
  "SELECT * FROM logs_streams WHERE group_id = :group AND name = :name",
);
export const selectStreamById = unscoped<{ id: number }, StreamRow>("SELECT * FROM logs_streams WHERE id = :id");
interface StreamPage extends Record<string, string | number> {
  readonly group: number;
  readonly from: string;
  readonly to: string;
  readonly after: string;
  readonly limit: number;
}
export const selectStreams = unscoped<StreamPage, StreamRow>(
  `SELECT * FROM logs_streams WHERE group_id = :group AND name >= :from AND name < :to AND name > :after ORDER BY name LIMIT :limit`,
);
export const selectStreamsBackwards = unscoped<StreamPage, StreamRow>(
  `SELECT * FROM logs_streams WHERE group_id = :group AND name >= :from AND name < :to AND (:after = '' OR name < :after)
   ORDER BY name DESC LIMIT :limit`,
);
type RecentPage = { readonly group: number; readonly time: number; readonly name: string; readonly limit: number };
/** Streams without events come as if their last event were at 0. */
export const selectStreamsByEvent = unscoped<RecentPage, StreamRow>(
  `SELECT * FROM logs_streams WHERE group_id = :group AND (coalesce(last_event, 0), name) > (:time, :name)
   ORDER BY last_event, name LIMIT :limit`,
);
export const selectStreamsByEventBackwards = unscoped<RecentPage, StreamRow>(
  `SELECT * FROM logs_streams WHERE group_id = :group AND (coalesce(last_event, 0), name) < (:time, :name)
   ORDER BY last_event DESC, name DESC LIMIT :limit`,
);
export const updateStream = unscoped<{ id: number; first: number; last: number; now: number }>(
  `UPDATE logs_streams SET first_event = min(coalesce(first_event, :first), :first), last_event = max(coalesce(last_event, :last), :last),
   ingested = :now WHERE id = :id`,
);
export const deleteStreamRow = unscoped<{ id: number }>("DELETE FROM logs_streams WHERE id = :id");
export const deleteStreamEvents = unscoped<{ stream: number }>("DELETE FROM logs_events WHERE stream = :stream");

export const insertEvent = unscoped<{ group: number; time: number; seq: number; stream: number; now: number; message: string }>(
  "INSERT INTO logs_events (group_id, time, seq, stream, ingested, message) VALUES (:group, :time, :seq, :stream, :now, :message)",
);
/** Instants are bounded by `[from, to)`, positions by (time, seq), exclusive. */
interface EventPage extends Record<string, number> {
  readonly stream: number;
  readonly from: number;
  readonly to: number;
  readonly time: number;
  readonly seq: number;
  readonly limit: number;
}
export const selectEventsAfter = unscoped<EventPage, EventRow>(
  `SELECT * FROM logs_events WHERE stream = :stream AND time >= :from AND time < :to AND (time, seq) > (:time, :seq)
   ORDER BY time, seq LIMIT :limit`,
);
export const selectEventsBefore = unscoped<EventPage, EventRow>(
  `SELECT * FROM logs_events WHERE stream = :stream AND time >= :from AND time < :to AND (time, seq) < (:time, :seq)
   ORDER BY time DESC, seq DESC LIMIT :limit`,
);
export const selectGroupEvents = unscoped<
  { group: number; to: number; time: number; seq: number; limit: number },
  EventRow & { readonly name: string }
>(
  `SELECT e.*, s.name FROM logs_events e JOIN logs_streams s ON s.id = e.stream
   WHERE e.group_id = :group AND e.time < :to AND (e.time, e.seq) > (:time, :seq) ORDER BY e.time, e.seq LIMIT :limit`,
);
/** One batch as it came in. */
export const selectBatch = unscoped<{ group: number; stream: number; from: number; to: number; first: number; last: number }, EventRow>(
  `SELECT * FROM logs_events WHERE group_id = :group AND time BETWEEN :from AND :to AND seq BETWEEN :first AND :last AND stream = :stream
   ORDER BY time, seq`,
);
export const deleteEventsBefore = unscoped<{ group: number; before: number }>(
  "DELETE FROM logs_events WHERE group_id = :group AND time < :before",
);
export const selectOldest = unscoped<{ group: number }, { time: number | null }>(
  "SELECT min(time) AS time FROM logs_events WHERE group_id = :group",
);

export interface MetricFilterRow {
  readonly group_id: number;
  readonly name: string;
  readonly pattern: string;
  readonly transformations: string;
  readonly created: number;
  /** 1 where it sees the transformed versions of events. */
  readonly transformed: number;
}
export const upsertMetricFilter = unscoped<{
  group: number;
  name: string;
  pattern: string;
  transformations: string;
  transformed: number;
  now: number;
}>(
  `INSERT INTO logs_metric_filters (group_id, name, pattern, transformations, transformed, created)
   VALUES (:group, :name, :pattern, :transformations, :transformed, :now)
   ON CONFLICT DO UPDATE SET pattern = :pattern, transformations = :transformations, transformed = :transformed`,
);
export const selectMetricFilters = unscoped<{ group: number }, MetricFilterRow>(
  "SELECT * FROM logs_metric_filters WHERE group_id = :group ORDER BY name",
);
export const selectScopeMetricFilters = statement<Record<never, never>, MetricFilterRow & { readonly group_name: string }>(
  `SELECT f.*, g.name AS group_name FROM logs_metric_filters f JOIN logs_groups g ON g.id = f.group_id
   WHERE g.account = :account AND g.region = :region ORDER BY g.name, f.name`,
);
export const deleteMetricFilterRow = unscoped<{ group: number; name: string }>(
  "DELETE FROM logs_metric_filters WHERE group_id = :group AND name = :name",
);

export interface SubscriptionRow {
  readonly group_id: number;
  readonly name: string;
  readonly pattern: string;
  readonly destination: string;
  readonly role: string | null;
  readonly distribution: string;
  readonly created: number;
  /** 1 where it sees the transformed versions of events. */
  readonly transformed: number;
}
export const upsertSubscription = unscoped<{
  group: number;
  name: string;
  pattern: string;
  destination: string;
  role: string | null;
  distribution: string;
  transformed: number;
  now: number;
}>(
  `INSERT INTO logs_subscriptions (group_id, name, pattern, destination, role, distribution, transformed, created)
   VALUES (:group, :name, :pattern, :destination, :role, :distribution, :transformed, :now)
   ON CONFLICT DO UPDATE SET pattern = :pattern, destination = :destination, role = :role, distribution = :distribution,
   transformed = :transformed`,
);
export const selectSubscriptions = unscoped<{ group: number }, SubscriptionRow>(
  "SELECT * FROM logs_subscriptions WHERE group_id = :group ORDER BY name",
);
export const deleteSubscriptionRow = unscoped<{ group: number; name: string }>(
  "DELETE FROM logs_subscriptions WHERE group_id = :group AND name = :name",
);

export interface PolicyRow {
  readonly name: string;
  readonly document: string;
  readonly updated: number;
}
export const upsertPolicy = statement<{ name: string; document: string; now: number }>(
  "INSERT OR REPLACE INTO logs_policies (account, region, name, document, updated) VALUES (:account, :region, :name, :document, :now)",
);
export const selectPolicies = statement<Record<never, never>, PolicyRow>(`SELECT * FROM logs_policies WHERE ${SCOPE} ORDER BY name`);
export const deletePolicyRow = statement<{ name: string }>(`DELETE FROM logs_policies WHERE ${SCOPE} AND name = :name`);
