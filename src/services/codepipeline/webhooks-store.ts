import { statement, unscoped } from "../../kernel/store.ts";

const SCOPE = "account = :account AND region = :region";

export interface WebhookRow {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** The unguessable part of its URL. */
  readonly path: string;
  /** JSON of `WebhookDefinition`, the secret token included. */
  readonly definition: string;
  /** JSON of `TagList`. */
  readonly tags: string;
  /** Virtual ms. */
  readonly triggered: number | null;
}

export const upsertWebhook = statement<Pick<WebhookRow, "name" | "path" | "definition" | "tags">>(
  `INSERT INTO codepipeline_webhooks (account, region, name, path, definition, tags, triggered, registered)
   VALUES (:account, :region, :name, :path, :definition, :tags, NULL, 0)
   ON CONFLICT DO UPDATE SET definition = :definition, tags = :tags`,
);
export const selectWebhook = statement<{ name: string }, WebhookRow>(`SELECT * FROM codepipeline_webhooks WHERE ${SCOPE} AND name = :name`);
export const selectWebhooks = statement<{ after: string; limit: number }, WebhookRow>(
  `SELECT * FROM codepipeline_webhooks WHERE ${SCOPE} AND name > :after ORDER BY name LIMIT :limit`,
);
export const selectWebhookByPath = unscoped<{ path: string }, WebhookRow>("SELECT * FROM codepipeline_webhooks WHERE path = :path");
export const markTriggered = statement<{ name: string; triggered: number }>(
  `UPDATE codepipeline_webhooks SET triggered = :triggered WHERE ${SCOPE} AND name = :name`,
);
export const deleteWebhookRow = statement<{ name: string }>(`DELETE FROM codepipeline_webhooks WHERE ${SCOPE} AND name = :name`);
