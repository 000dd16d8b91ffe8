import { type Migrations, statement, unscoped } from "../../kernel/store.ts";
import { ARCHIVE_TABLES } from "./archive-store.ts";

export interface BusRow {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly description: string | null;
  /** JSON; null when nobody else may put events. */
  readonly policy: string | null;
  /** Virtual ms. */
  readonly created: number;
  readonly modified: number;
  /** JSON object. */
  readonly tags: string;
}

export type RuleState = "ENABLED" | "DISABLED";

export interface RuleRow {
  readonly id: number;
  readonly account: string;
  readonly region: string;
  readonly bus: string;
  readonly name: string;
  readonly pattern: string | null;
  readonly schedule: string | null;
  readonly state: RuleState;
  readonly description: string | null;
  readonly role: string | null;
  readonly created_by: string;
  /** Grows whenever schedule or state change; ticks of an older generation are void. */
  readonly generation: number;
  /** Virtual ms from which a rate counts. */
  readonly origin: number;
  readonly tags: string;
}

export interface TargetRow {
  readonly rule_id: number;
  readonly id: string;
  readonly arn: string;
  /** JSON of the whole Target. */
  readonly body: string;
}

/** One event on its way to one target. */
export interface DeliveryRow {
  readonly id: number;
  readonly event_id: number;
  readonly rule_id: number;
  readonly target_id: string;
  readonly attempts: number;
}

export interface StoredEvent {
  readonly id: number;
  /** JSON of the event as targets get it. */
  readonly body: string;
  /** Virtual ms at which it came to the bus. */
  readonly received: number;
  /** 1 when it came from another bus. */
  readonly forwarded: number;
}

export const migrations: Migrations = {
  name: "eventbridge",
  steps: [
    `CREATE TABLE eventbridge_buses (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, description TEXT, policy TEXT, created INTEGER NOT NULL,
       modified INTEGER NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE eventbridge_rules (
       id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, name TEXT NOT NULL,
       pattern TEXT, schedule TEXT, state TEXT NOT NULL, description TEXT, role TEXT, created_by TEXT NOT NULL,
       generation INTEGER NOT NULL, origin INTEGER NOT NULL, tags TEXT NOT NULL, UNIQUE (account, region, bus, name)
     ) STRICT;
     CREATE TABLE eventbridge_targets (
       rule_id INTEGER NOT NULL REFERENCES eventbridge_rules (id) ON DELETE CASCADE, id TEXT NOT NULL, arn TEXT NOT NULL,
       body TEXT NOT NULL, PRIMARY KEY (rule_id, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX eventbridge_targets_by_arn ON eventbridge_targets (arn);
     CREATE TABLE eventbridge_events (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, received INTEGER NOT NULL) STRICT;
     CREATE TABLE eventbridge_deliveries (
       id INTEGER PRIMARY KEY AUTOINCREMENT, event_id INTEGER NOT NULL, rule_id INTEGER NOT NULL, target_id TEXT NOT NULL,
       attempts INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX eventbridge_deliveries_by_event ON eventbridge_deliveries (event_id);`,
    ARCHIVE_TABLES,
    "ALTER TABLE eventbridge_events ADD COLUMN forwarded INTEGER NOT NULL DEFAULT 0;",
  ],
};

const SCOPE = "account = :account AND region = :region";

export const insertBus = statement<{ name: string; description: string | null; policy: string | null; now: number; tags: string }>(
  `INSERT INTO eventbridge_buses (account, region, name, description, policy, created, modified, tags)
   VALUES (:account, :region, :name, :description, :policy, :now, :now, :tags)`,
);
export const selectBus = statement<{ name: string }, BusRow>(`SELECT * FROM eventbridge_buses WHERE ${SCOPE} AND name = :name`);
export const selectBuses = statement<{ prefix: string; after: string; limit: number }, BusRow>(
  `SELECT * FROM eventbridge_buses WHERE ${SCOPE} AND substr(name, 1, length(:prefix)) = :prefix AND name > :after
   ORDER BY name LIMIT :limit`,
);
export const updateBus = statement<{ name: string; description: string | null; policy: string | null; tags: string; now: number }>(
  `UPDATE eventbridge_buses SET description = :description, policy = :policy, tags = :tags, modified = :now
   WHERE ${SCOPE} AND name = :name`,
);
export const deleteBus = statement<{ name: string }>(`DELETE FROM eventbridge_buses WHERE ${SCOPE} AND name = :name`);

export const upsertRule = statement<
  {
    bus: string;
    name: string;
    pattern: string | null;
    schedule: string | null;
    state: RuleState;
    description: string | null;
    role: string | null;
    origin: number;
    tags: string;
  },
  RuleRow
>(
  `INSERT INTO eventbridge_rules
     (account, region, bus, name, pattern, schedule, state, description, role, created_by, generation, origin, tags)
   VALUES (:account, :region, :bus, :name, :pattern, :schedule, :state, :description, :role, :account, 1, :origin, :tags)
   ON CONFLICT (account, region, bus, name) DO UPDATE SET pattern = :pattern, schedule = :schedule, state = :state,
     description = :description, role = :role, origin = :origin, generation = generation + 1
   RETURNING *`,
);
export const selectRule = statement<{ bus: string; name: string }, RuleRow>(
  `SELECT * FROM eventbridge_rules WHERE ${SCOPE} AND bus = :bus AND name = :name`,
);
export const selectRuleById = unscoped<{ id: number }, RuleRow>("SELECT * FROM eventbridge_rules WHERE id = :id");
export const selectRules = statement<{ bus: string; prefix: string; after: string; limit: number }, RuleRow>(
  `SELECT * FROM eventbridge_rules WHERE ${SCOPE} AND bus = :bus AND substr(name, 1, length(:prefix)) = :prefix AND name > :after
   ORDER BY name LIMIT :limit`,
);
export const selectListeningRules = statement<{ bus: string }, RuleRow>(
  `SELECT * FROM eventbridge_rules WHERE ${SCOPE} AND bus = :bus AND pattern IS NOT NULL AND state = 'ENABLED' ORDER BY id`,
);
export const setRuleState = unscoped<{ id: number; state: RuleState; origin: number }, RuleRow>(
  "UPDATE eventbridge_rules SET state = :state, origin = :origin, generation = generation + 1 WHERE id = :id RETURNING *",
);
export const setRuleTags = unscoped<{ id: number; tags: string }>("UPDATE eventbridge_rules SET tags = :tags WHERE id = :id");
export const deleteRule = unscoped<{ id: number }>("DELETE FROM eventbridge_rules WHERE id = :id");

export const upsertTarget = unscoped<{ rule: number; id: string; arn: string; body: string }>(
  `INSERT INTO eventbridge_targets (rule_id, id, arn, body) VALUES (:rule, :id, :arn, :body)
   ON CONFLICT (rule_id, id) DO UPDATE SET arn = :arn, body = :body`,
);
export const selectTarget = unscoped<{ rule: number; id: string }, TargetRow>(
  "SELECT * FROM eventbridge_targets WHERE rule_id = :rule AND id = :id",
);
export const selectTargets = unscoped<{ rule: number; after: string; limit: number }, TargetRow>(
  "SELECT * FROM eventbridge_targets WHERE rule_id = :rule AND id > :after ORDER BY id LIMIT :limit",
);
export const deleteTarget = unscoped<{ rule: number; id: string }>("DELETE FROM eventbridge_targets WHERE rule_id = :rule AND id = :id");
export const selectRulesByTarget = statement<{ bus: string; arn: string; after: string; limit: number }, { name: string }>(
  `SELECT DISTINCT name FROM eventbridge_rules AS rule WHERE ${SCOPE} AND bus = :bus AND name > :after
   AND EXISTS (SELECT 1 FROM eventbridge_targets WHERE rule_id = rule.id AND arn = :arn) ORDER BY name LIMIT :limit`,
);

export const insertEvent = unscoped<{ body: string; received: number; forwarded: number }, { id: number }>(
  "INSERT INTO eventbridge_events (body, received, forwarded) VALUES (:body, :received, :forwarded) RETURNING id",
);
export const selectEvent = unscoped<{ id: number }, StoredEvent>("SELECT * FROM eventbridge_events WHERE id = :id");
export const deleteDeliveredEvent = unscoped<{ id: number }>(
  "DELETE FROM eventbridge_events WHERE id = :id AND NOT EXISTS (SELECT 1 FROM eventbridge_deliveries WHERE event_id = :id)",
);
export const insertDelivery = unscoped<{ event: number; rule: number; target: string }, { id: number }>(
  "INSERT INTO eventbridge_deliveries (event_id, rule_id, target_id, attempts) VALUES (:event, :rule, :target, 0) RETURNING id",
);
export const selectDelivery = unscoped<{ id: number }, DeliveryRow>("SELECT * FROM eventbridge_deliveries WHERE id = :id");
export const countAttempt = unscoped<{ id: number; attempts: number }>(
  "UPDATE eventbridge_deliveries SET attempts = :attempts WHERE id = :id",
);
export const deleteDelivery = unscoped<{ id: number }>("DELETE FROM eventbridge_deliveries WHERE id = :id");
