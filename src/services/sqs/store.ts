import type { Migrations } from "../../kernel/store.ts";
import { remembered, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "sqs",
  steps: [
    `CREATE TABLE sqs_queues (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
       attributes TEXT NOT NULL, tags TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
       purged INTEGER NOT NULL DEFAULT 0, announced INTEGER NOT NULL DEFAULT 0, wake_at INTEGER,
       UNIQUE (account, region, name)
     ) STRICT;
     CREATE TABLE sqs_deleted_queues (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE sqs_messages (
       id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL REFERENCES sqs_queues (id) ON DELETE CASCADE,
       message_id TEXT NOT NULL, body TEXT NOT NULL, body_md5 TEXT NOT NULL, attributes TEXT, sender TEXT NOT NULL,
       sent INTEGER NOT NULL, visible_at INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0, first_received INTEGER,
       receipt TEXT, group_id TEXT, dedup_id TEXT, trace TEXT, source TEXT
     ) STRICT;
     CREATE INDEX sqs_messages_visible ON sqs_messages (queue, visible_at, id);
     CREATE INDEX sqs_messages_sent ON sqs_messages (queue, sent);
     CREATE INDEX sqs_messages_group ON sqs_messages (queue, group_id, id) WHERE group_id IS NOT NULL;
     CREATE TABLE sqs_dedups (
       queue INTEGER NOT NULL REFERENCES sqs_queues (id) ON DELETE CASCADE, key TEXT NOT NULL,
       message_id TEXT NOT NULL, sequence INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (queue, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE sqs_move_tasks (
       handle TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, source TEXT NOT NULL, destination TEXT, rate INTEGER,
       status TEXT NOT NULL, moved INTEGER NOT NULL, total INTEGER NOT NULL, started INTEGER NOT NULL, failure TEXT
     ) STRICT, WITHOUT ROWID;`,
    // With the receipt in it, counts need no look at the messages themselves.
    `DROP INDEX sqs_messages_visible;
     CREATE INDEX sqs_messages_visible ON sqs_messages (queue, visible_at, id, receipt);`,
    // The first message of each group of a FIFO queue: whether it is visible is all that a group waits for.
    `ALTER TABLE sqs_messages ADD COLUMN head INTEGER NOT NULL DEFAULT 0;
     UPDATE sqs_messages SET head = 1
       WHERE id IN (SELECT min(id) FROM sqs_messages WHERE dedup_id IS NOT NULL AND group_id IS NOT NULL GROUP BY queue, group_id);
     CREATE INDEX sqs_messages_heads ON sqs_messages (queue, visible_at, id) WHERE head = 1;
     CREATE TRIGGER sqs_head_deleted AFTER DELETE ON sqs_messages WHEN OLD.head = 1 BEGIN
       UPDATE sqs_messages SET head = 1
         WHERE id = (SELECT min(id) FROM sqs_messages WHERE queue = OLD.queue AND group_id = OLD.group_id);
     END;
     CREATE TRIGGER sqs_message_moved AFTER UPDATE OF queue ON sqs_messages WHEN NEW.dedup_id IS NOT NULL BEGIN
       UPDATE sqs_messages SET head = 1
         WHERE OLD.head = 1 AND id = (SELECT min(id) FROM sqs_messages WHERE queue = OLD.queue AND group_id = OLD.group_id);
       UPDATE sqs_messages SET head = (
         NOT EXISTS (SELECT 1 FROM sqs_messages WHERE queue = NEW.queue AND group_id = NEW.group_id AND id < NEW.id)
       ) WHERE id = NEW.id;
     END;`,
  ],
};

export interface QueueRow {
  readonly id: number;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** JSON: attributes as they were set, texts by name. */
  readonly attributes: string;
  readonly tags: string;
  readonly created: number;
  readonly modified: number;
  readonly purged: number;
  /** 1 from "Messages Available" until somebody asks for messages. */
  readonly announced: number;
  /** When `sqs.visible` is due, if it is queued. */
  readonly wake_at: number | null;
}

export interface MessageRow {
  readonly id: number;
  readonly queue: number;
  readonly message_id: string;
  readonly body: string;
  readonly body_md5: string;
  /** JSON of the message attributes, blobs in base64. */
  readonly attributes: string | null;
  readonly sender: string;
  readonly sent: number;
  readonly visible_at: number;
  readonly received: number;
  readonly first_received: number | null;
  /** The newest receive's token; null before the first one. */
  readonly receipt: string | null;
  readonly group_id: string | null;
  readonly dedup_id: string | null;
  readonly trace: string | null;
  readonly source: string | null;
}

export const insertQueue = statement<{ name: string; attributes: string; tags: string; now: number }, { id: number }>(
  `INSERT INTO sqs_queues (account, region, name, attributes, tags, created, modified)
   VALUES (:account, :region, :name, :attributes, :tags, :now, :now) RETURNING id`,
);
export const selectQueue = remembered(
  statement<{ name: string }, QueueRow>("SELECT * FROM sqs_queues WHERE account = :account AND region = :region AND name = :name"),
  ["sqs_queues"],
);
export const selectQueueById = unscoped<{ id: number }, QueueRow>("SELECT * FROM sqs_queues WHERE id = :id");
export const selectQueues = statement<{ from: string; to: string; after: string; limit: number }, QueueRow>(
  `SELECT * FROM sqs_queues WHERE account = :account AND region = :region AND name >= :from AND name < :to AND name > :after
   ORDER BY name LIMIT :limit`,
);
export const updateAttributes = unscoped<{ id: number; attributes: string; now: number }>(
  "UPDATE sqs_queues SET attributes = :attributes, modified = :now WHERE id = :id",
);
export const updateTags = unscoped<{ id: number; tags: string }>("UPDATE sqs_queues SET tags = :tags WHERE id = :id");
export const updatePurged = unscoped<{ id: number; now: number }>("UPDATE sqs_queues SET purged = :now WHERE id = :id");
export const updateAnnounced = unscoped<{ id: number; announced: number }>("UPDATE sqs_queues SET announced = :announced WHERE id = :id");
export const updateWake = unscoped<{ id: number; at: number | null }>("UPDATE sqs_queues SET wake_at = :at WHERE id = :id");
export const deleteQueueRow = unscoped<{ id: number }>("DELETE FROM sqs_queues WHERE id = :id");
export const upsertDeleted = statement<{ name: string; now: number }>(
  "INSERT OR REPLACE INTO sqs_deleted_queues (account, region, name, deleted) VALUES (:account, :region, :name, :now)",
);
export const selectDeleted = statement<{ name: string }, { deleted: number }>(
  "SELECT deleted FROM sqs_deleted_queues WHERE account = :account AND region = :region AND name = :name",
);

type NewMessageRow = Pick<
  MessageRow,
  "queue" | "message_id" | "body" | "body_md5" | "attributes" | "sender" | "sent" | "visible_at" | "group_id" | "dedup_id" | "trace"
>;
const MESSAGE_COLUMNS = "queue, message_id, body, body_md5, attributes, sender, sent, visible_at, group_id, dedup_id, trace";
const MESSAGE_VALUES = ":queue, :message_id, :body, :body_md5, :attributes, :sender, :sent, :visible_at, :group_id, :dedup_id, :trace";
export const insertMessage = unscoped<{ [K in keyof NewMessageRow]: NewMessageRow[K] }>(
  `INSERT INTO sqs_messages (${MESSAGE_COLUMNS}) VALUES (${MESSAGE_VALUES})`,
);
/** For FIFO queues, whose answers carry a number made of the id; RETURNING costs a third of the insert. */
export const insertFifoMessage = unscoped<{ [K in keyof NewMessageRow]: NewMessageRow[K] }, { id: number }>(
  `INSERT INTO sqs_messages (${MESSAGE_COLUMNS}, head)
   VALUES (${MESSAGE_VALUES}, NOT EXISTS (SELECT 1 FROM sqs_messages WHERE queue = :queue AND group_id = :group_id)) RETURNING id`,
);
export const selectVisible = unscoped<{ queue: number; now: number; limit: number }, MessageRow>(
  "SELECT * FROM sqs_messages WHERE queue = :queue AND visible_at <= :now ORDER BY visible_at, id LIMIT :limit",
);
/** The groups of a FIFO queue whose first message is visible; a message that came back stands behind those that wait longer. */
export const selectVisibleHeads = unscoped<{ queue: number; now: number; limit: number }, { id: number; group_id: string }>(
  `SELECT id, group_id FROM sqs_messages WHERE queue = :queue AND visible_at <= :now AND head = 1
   ORDER BY visible_at, id LIMIT :limit`,
);
export const selectGroup = unscoped<{ queue: number; group: string; limit: number }, MessageRow>(
  "SELECT * FROM sqs_messages WHERE queue = :queue AND group_id = :group ORDER BY id LIMIT :limit",
);
export const selectMessage = unscoped<{ id: number }, MessageRow>("SELECT * FROM sqs_messages WHERE id = :id");
export const selectAnyVisible = unscoped<{ queue: number; now: number }, { id: number }>(
  "SELECT id FROM sqs_messages WHERE queue = :queue AND visible_at <= :now LIMIT 1",
);
export const selectNextVisible = unscoped<{ queue: number; now: number }, { at: number | null }>(
  "SELECT min(visible_at) AS at FROM sqs_messages WHERE queue = :queue AND visible_at > :now",
);
export const markReceived = unscoped<{ id: number; visible_at: number; receipt: string; now: number }>(
  `UPDATE sqs_messages SET visible_at = :visible_at, receipt = :receipt, received = received + 1,
   first_received = coalesce(first_received, :now) WHERE id = :id`,
);
export const updateVisibility = unscoped<{ id: number; visible_at: number }>(
  "UPDATE sqs_messages SET visible_at = :visible_at WHERE id = :id",
);
/** To another queue: a new row id, so that it stands behind what is there already. */
export const moveMessage = unscoped<{ id: number; queue: number; source: string | null; now: number; sent: number }>(
  `UPDATE sqs_messages SET id = (SELECT max(id) + 1 FROM sqs_messages), queue = :queue, source = :source, visible_at = :now, sent = :sent,
   receipt = NULL WHERE id = :id`,
);
export const deleteMessageRow = unscoped<{ id: number; receipt: string }>("DELETE FROM sqs_messages WHERE id = :id AND receipt = :receipt");
export const deleteExpired = unscoped<{ queue: number; before: number }>(
  "DELETE FROM sqs_messages WHERE queue = :queue AND sent <= :before",
);
export const deleteAllMessages = unscoped<{ queue: number }>("DELETE FROM sqs_messages WHERE queue = :queue");
/** By the index alone. */
export const countMessages = unscoped<{ queue: number; now: number }, { visible: number; delayed: number; hidden: number }>(
  `SELECT count(*) FILTER (WHERE visible_at <= :now) AS visible,
   count(*) FILTER (WHERE visible_at > :now AND receipt IS NULL) AS delayed,
   count(*) FILTER (WHERE visible_at > :now AND receipt IS NOT NULL) AS hidden FROM sqs_messages WHERE queue = :queue`,
);
export const countInFlight = unscoped<{ queue: number; now: number }, { hidden: number }>(
  "SELECT count(*) AS hidden FROM sqs_messages WHERE queue = :queue AND visible_at > :now AND receipt IS NOT NULL",
);
export const selectOldest = unscoped<{ queue: number }, { sent: number | null }>(
  "SELECT min(sent) AS sent FROM sqs_messages WHERE queue = :queue",
);

export const selectDedup = unscoped<{ queue: number; key: string; now: number }, { message_id: string; sequence: number }>(
  "SELECT message_id, sequence FROM sqs_dedups WHERE queue = :queue AND key = :key AND until > :now",
);
export const upsertDedup = unscoped<{ queue: number; key: string; message_id: string; sequence: number; until: number }>(
  "INSERT OR REPLACE INTO sqs_dedups (queue, key, message_id, sequence, until) VALUES (:queue, :key, :message_id, :sequence, :until)",
);
export const deleteDedups = unscoped<{ queue: number; now: number }>("DELETE FROM sqs_dedups WHERE queue = :queue AND until <= :now");

export interface MoveTaskRow {
  readonly handle: string;
  readonly source: string;
  readonly destination: string | null;
  readonly rate: number | null;
  readonly status: string;
  readonly moved: number;
  readonly total: number;
  readonly started: number;
  readonly failure: string | null;
}
export const insertMoveTask = statement<{
  handle: string;
  source: string;
  destination: string | null;
  rate: number | null;
  total: number;
  now: number;
}>(
  `INSERT INTO sqs_move_tasks (handle, account, region, source, destination, rate, status, moved, total, started)
   VALUES (:handle, :account, :region, :source, :destination, :rate, 'RUNNING', 0, :total, :now)`,
);
export const selectMoveTask = statement<{ handle: string }, MoveTaskRow>(
  "SELECT * FROM sqs_move_tasks WHERE account = :account AND region = :region AND handle = :handle",
);
export const selectMoveTasks = statement<{ source: string; limit: number }, MoveTaskRow>(
  "SELECT * FROM sqs_move_tasks WHERE account = :account AND region = :region AND source = :source ORDER BY started DESC LIMIT :limit",
);
export const updateMoveTask = statement<{ handle: string; status: string; moved: number; failure: string | null }>(
  `UPDATE sqs_move_tasks SET status = :status, moved = :moved, failure = :failure
   WHERE account = :account AND region = :region AND handle = :handle`,
);
export const selectAllQueues = unscoped<Record<never, never>, QueueRow>("SELECT * FROM sqs_queues");
