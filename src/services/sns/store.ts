import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "sns",
  steps: [
    `CREATE TABLE sns_topics (
       account TEXT NOT NULL, region TEXT NOT NULL, arn TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX sns_topics_scope ON sns_topics (account, region, arn);
     CREATE TABLE sns_subscriptions (
       arn TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL,
       topic TEXT NOT NULL REFERENCES sns_topics (arn) ON DELETE CASCADE, protocol TEXT NOT NULL, endpoint TEXT NOT NULL,
       attributes TEXT NOT NULL, token TEXT, created INTEGER NOT NULL, UNIQUE (topic, protocol, endpoint)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE sns_messages (
       id TEXT NOT NULL PRIMARY KEY, topic TEXT NOT NULL, content TEXT NOT NULL, time INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE sns_deliveries (
       message TEXT NOT NULL, subscription TEXT NOT NULL, attempts INTEGER NOT NULL, PRIMARY KEY (message, subscription)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE sns_outbox (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, time INTEGER NOT NULL, protocol TEXT NOT NULL,
       recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL
     ) STRICT;`,
    `ALTER TABLE sns_subscriptions ADD COLUMN authenticated INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE sns_subscriptions ADD COLUMN owner_only INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE sns_subscriptions ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;`,
  ],
};

export interface TopicRow {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** JSON of the attributes that were set. */
  readonly attributes: string;
  readonly tags: string;
}

export interface SubscriptionRow {
  readonly arn: string;
  readonly account: string;
  readonly topic: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: string;
  /** Set while the endpoint has not confirmed, or may take back its leave. */
  readonly token: string | null;
  /** 1 unless whoever confirmed it did so without a signature. */
  readonly authenticated: number;
  /** 1 when it was confirmed with AuthenticateOnUnsubscribe. */
  readonly owner_only: number;
  /** 1 once its endpoint has unsubscribed: it is no longer there, and `token` brings it back. */
  readonly cancelled: number;
}

export const insertTopic = statement<{ arn: string; name: string; attributes: string; tags: string }>(
  "INSERT INTO sns_topics (account, region, arn, name, attributes, tags) VALUES (:account, :region, :arn, :name, :attributes, :tags)",
);
/** By ARN, which is unique: topics are used from other accounts too. */
export const selectTopic = unscoped<{ arn: string }, TopicRow>("SELECT * FROM sns_topics WHERE arn = :arn");
export const selectTopics = statement<{ after: string; limit: number }, TopicRow>(
  "SELECT * FROM sns_topics WHERE account = :account AND region = :region AND arn > :after ORDER BY arn LIMIT :limit",
);
export const updateTopicAttributes = unscoped<{ arn: string; attributes: string }>(
  "UPDATE sns_topics SET attributes = :attributes WHERE arn = :arn",
);
export const updateTopicTags = unscoped<{ arn: string; tags: string }>("UPDATE sns_topics SET tags = :tags WHERE arn = :arn");
export const deleteTopicRow = unscoped<{ arn: string }>("DELETE FROM sns_topics WHERE arn = :arn");

export const insertSubscription = statement<{
  arn: string;
  topic: string;
  protocol: string;
  endpoint: string;
  attributes: string;
  token: string | null;
  now: number;
}>(
  `INSERT INTO sns_subscriptions (arn, account, region, topic, protocol, endpoint, attributes, token, created)
   VALUES (:arn, :account, :region, :topic, :protocol, :endpoint, :attributes, :token, :now)`,
);
export const selectSubscription = unscoped<{ arn: string }, SubscriptionRow>(
  "SELECT * FROM sns_subscriptions WHERE arn = :arn AND cancelled = 0",
);
export const selectCancelled = unscoped<{ arn: string }, SubscriptionRow>(
  "SELECT * FROM sns_subscriptions WHERE arn = :arn AND cancelled = 1",
);
export const selectSame = unscoped<{ topic: string; protocol: string; endpoint: string }, SubscriptionRow>(
  "SELECT * FROM sns_subscriptions WHERE topic = :topic AND protocol = :protocol AND endpoint = :endpoint AND cancelled = 0",
);
export const selectByToken = unscoped<{ topic: string; token: string }, SubscriptionRow>(
  "SELECT * FROM sns_subscriptions WHERE topic = :topic AND token = :token",
);
export const selectOfTopic = unscoped<{ topic: string; after: string }, SubscriptionRow>(
  "SELECT * FROM sns_subscriptions WHERE topic = :topic AND arn > :after AND cancelled = 0 ORDER BY arn",
);
export const selectSubscriptions = statement<{ after: string; limit: number }, SubscriptionRow>(
  "SELECT * FROM sns_subscriptions WHERE account = :account AND region = :region AND arn > :after AND cancelled = 0 ORDER BY arn LIMIT :limit",
);
export const confirm = unscoped<{ arn: string; authenticated: number; owner_only: number }>(
  `UPDATE sns_subscriptions SET token = NULL, cancelled = 0, authenticated = :authenticated, owner_only = :owner_only WHERE arn = :arn`,
);
export const cancel = unscoped<{ arn: string; token: string }>(
  "UPDATE sns_subscriptions SET token = :token, cancelled = 1 WHERE arn = :arn",
);
/** Makes room for a new subscription of an endpoint that has unsubscribed. */
export const deleteCancelled = unscoped<{ topic: string; protocol: string; endpoint: string }>(
  "DELETE FROM sns_subscriptions WHERE topic = :topic AND protocol = :protocol AND endpoint = :endpoint AND cancelled = 1",
);
export const updateSubscription = unscoped<{ arn: string; attributes: string }>(
  "UPDATE sns_subscriptions SET attributes = :attributes WHERE arn = :arn",
);
export const deleteSubscription = unscoped<{ arn: string }>("DELETE FROM sns_subscriptions WHERE arn = :arn");

export const insertMessage = unscoped<{ id: string; topic: string; content: string; now: number }>(
  "INSERT INTO sns_messages (id, topic, content, time) VALUES (:id, :topic, :content, :now)",
);
export const selectMessage = unscoped<{ id: string }, { readonly topic: string; readonly content: string; readonly time: number }>(
  "SELECT * FROM sns_messages WHERE id = :id",
);
export const insertDelivery = unscoped<{ message: string; subscription: string }>(
  "INSERT INTO sns_deliveries (message, subscription, attempts) VALUES (:message, :subscription, 0)",
);
export const selectDelivery = unscoped<{ message: string; subscription: string }, { readonly attempts: number }>(
  "SELECT attempts FROM sns_deliveries WHERE message = :message AND subscription = :subscription",
);
export const countAttempt = unscoped<{ message: string; subscription: string }>(
  "UPDATE sns_deliveries SET attempts = attempts + 1 WHERE message = :message AND subscription = :subscription",
);
export const deleteDelivery = unscoped<{ message: string; subscription: string }>(
  "DELETE FROM sns_deliveries WHERE message = :message AND subscription = :subscription",
);
/** A message goes with its last delivery. */
export const deleteDelivered = unscoped<{ message: string }>(
  "DELETE FROM sns_messages WHERE id = :message AND NOT EXISTS (SELECT 1 FROM sns_deliveries WHERE message = :message)",
);
export const insertMail = statement<{ protocol: string; recipient: string; subject: string; body: string; now: number }>(
  `INSERT INTO sns_outbox (account, region, time, protocol, recipient, subject, body)
   VALUES (:account, :region, :now, :protocol, :recipient, :subject, :body)`,
);
