import { type Migrations, statement, unscoped } from "../../kernel/store.ts";

export const migrations: Migrations = {
  name: "cloudformation",
  steps: [
    `CREATE TABLE cfn_stacks (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,
       created INTEGER NOT NULL, updated INTEGER, deleted INTEGER, live INTEGER NOT NULL, body TEXT NOT NULL, op TEXT,
       PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE UNIQUE INDEX cfn_stacks_by_name ON cfn_stacks (account, region, name) WHERE live = 1;
     CREATE TABLE cfn_templates (id TEXT PRIMARY KEY, text TEXT NOT NULL, processed TEXT NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE cfn_resources (
       uid INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, stack TEXT NOT NULL, logical TEXT NOT NULL,
       type TEXT NOT NULL, role TEXT NOT NULL, physical TEXT, status TEXT NOT NULL, reason TEXT, suffix TEXT NOT NULL, updated INTEGER NOT NULL,
       body TEXT NOT NULL
     ) STRICT;
     CREATE INDEX cfn_resources_by_stack ON cfn_resources (stack, logical);
     CREATE INDEX cfn_resources_by_physical ON cfn_resources (physical);
     CREATE TABLE cfn_tasks (
       id INTEGER PRIMARY KEY AUTOINCREMENT, stack TEXT NOT NULL, op TEXT NOT NULL, phase TEXT NOT NULL, logical TEXT NOT NULL, action TEXT NOT NULL,
       uid INTEGER, state TEXT NOT NULL, waiting INTEGER NOT NULL, started INTEGER, data TEXT NOT NULL
     ) STRICT;
     CREATE INDEX cfn_tasks_by_stack ON cfn_tasks (stack, op, phase, state);
     CREATE INDEX cfn_tasks_by_uid ON cfn_tasks (uid);
     CREATE TABLE cfn_edges (task INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (task, next)) STRICT, WITHOUT ROWID;
     CREATE TABLE cfn_events (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, stack TEXT NOT NULL, id TEXT NOT NULL, time INTEGER NOT NULL, body TEXT NOT NULL
     ) STRICT;
     CREATE INDEX cfn_events_by_stack ON cfn_events (stack, seq);
     CREATE TABLE cfn_change_sets (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, stack TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, status TEXT NOT NULL,
       reason TEXT, execution TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX cfn_change_sets_by_stack ON cfn_change_sets (stack, name);
     CREATE TABLE cfn_exports (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, stack TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cfn_imports (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, stack TEXT NOT NULL, PRIMARY KEY (account, region, name, stack)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cfn_signals (
       stack TEXT NOT NULL, logical TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, data TEXT, PRIMARY KEY (stack, logical, id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE cfn_macros (
       account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, function TEXT NOT NULL, PRIMARY KEY (account, region, name)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE cfn_detections (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, stack TEXT NOT NULL, logicals TEXT NOT NULL, status TEXT NOT NULL,
       drift TEXT, reason TEXT, count INTEGER, time INTEGER NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE cfn_waits (
       account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (account, region, id)
     ) STRICT, WITHOUT ROWID;`,
  ],
};

type None = Record<never, never>;

export interface StackRow {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reason: string | null;
  readonly created: number;
  readonly updated: number | null;
  readonly deleted: number | null;
  readonly live: number;
  readonly body: string;
  readonly op: string | null;
}
export interface ResourceRow {
  readonly uid: number;
  readonly stack: string;
  readonly logical: string;
  readonly type: string;
  /** `live`: the resource of its logical id. `old`: replaced or removed, to be deleted in the cleanup. */
  readonly role: string;
  readonly physical: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly suffix: string;
  readonly updated: number;
  readonly body: string;
}
export interface TaskRow {
  readonly id: number;
  readonly stack: string;
  readonly op: string;
  readonly phase: string;
  readonly logical: string;
  readonly action: string;
  readonly uid: number | null;
  readonly state: string;
  readonly waiting: number;
  readonly started: number | null;
  readonly data: string;
}

const STACK = "account, region, id, name, status, reason, created, updated, deleted, live, body, op";

export const insertStack = statement<{ id: string; name: string; status: string; reason: string | null; created: number; body: string }>(
  `INSERT INTO cfn_stacks (account, region, id, name, status, reason, created, live, body)
   VALUES (:account, :region, :id, :name, :status, :reason, :created, 1, :body)`,
);
export const stackByName = statement<{ name: string }, StackRow>(
  `SELECT ${STACK} FROM cfn_stacks WHERE account = :account AND region = :region AND name = :name AND live = 1`,
);
export const stackById = statement<{ id: string }, StackRow>(
  `SELECT ${STACK} FROM cfn_stacks WHERE account = :account AND region = :region AND id = :id`,
);
export const listStacks = statement<None, StackRow>(
  `SELECT ${STACK} FROM cfn_stacks WHERE account = :account AND region = :region ORDER BY created DESC, id`,
);
/** Stacks that are being made or changed and name an ARN in what they should be: those that an alarm may roll back. */
export const movingStacks = unscoped<{ arn: string }, StackRow>(
  `SELECT * FROM cfn_stacks WHERE live = 1 AND status IN ('CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS') AND instr(body, :arn) > 0`,
);
export const updateStackStatus = unscoped<{ id: string; status: string; reason: string | null }>(
  "UPDATE cfn_stacks SET status = :status, reason = :reason WHERE id = :id",
);
export const updateStackBody = unscoped<{ id: string; body: string }>("UPDATE cfn_stacks SET body = :body WHERE id = :id");
export const updateStackOp = unscoped<{ id: string; op: string | null }>("UPDATE cfn_stacks SET op = :op WHERE id = :id");
export const touchStack = unscoped<{ id: string; updated: number }>("UPDATE cfn_stacks SET updated = :updated WHERE id = :id");
export const buryStack = unscoped<{ id: string; deleted: number }>("UPDATE cfn_stacks SET deleted = :deleted, live = 0 WHERE id = :id");
export const dropStack = unscoped<{ id: string }>("DELETE FROM cfn_stacks WHERE id = :id");

export const insertTemplate = unscoped<{ id: string; text: string; processed: string }>(
  "INSERT OR IGNORE INTO cfn_templates (id, text, processed) VALUES (:id, :text, :processed)",
);
export const templateById = unscoped<{ id: string }, { text: string; processed: string }>(
  "SELECT text, processed FROM cfn_templates WHERE id = :id",
);

export const insertResource = statement<
  {
    stack: string;
    logical: string;
    type: string;
    role: string;
    physical: string | null;
    status: string;
    suffix: string;
    updated: number;
    body: string;
  },
  { uid: number }
>(
  `INSERT INTO cfn_resources (account, region, stack, logical, type, role, physical, status, suffix, updated, body)
   VALUES (:account, :region, :stack, :logical, :type, :role, :physical, :status, :suffix, :updated, :body) RETURNING uid`,
);
export const resourcesOfStack = unscoped<{ stack: string }, ResourceRow>("SELECT * FROM cfn_resources WHERE stack = :stack ORDER BY uid");
export const liveResource = unscoped<{ stack: string; logical: string }, ResourceRow>(
  "SELECT * FROM cfn_resources WHERE stack = :stack AND logical = :logical AND role = 'live'",
);
export const resourceByUid = unscoped<{ uid: number }, ResourceRow>("SELECT * FROM cfn_resources WHERE uid = :uid");
export const resourcesByPhysical = statement<{ physical: string }, ResourceRow>(
  "SELECT * FROM cfn_resources WHERE physical = :physical AND account = :account AND region = :region AND role = 'live'",
);
export const setResource = unscoped<{
  uid: number;
  role: string;
  physical: string | null;
  status: string;
  reason: string | null;
  updated: number;
  body: string;
}>(
  `UPDATE cfn_resources SET role = :role, physical = :physical, status = :status, reason = :reason, updated = :updated, body = :body WHERE uid = :uid`,
);
export const dropResource = unscoped<{ uid: number }>("DELETE FROM cfn_resources WHERE uid = :uid");

export const insertTask = unscoped<
  { stack: string; op: string; phase: string; logical: string; action: string; uid: number | null; waiting: number; data: string },
  { id: number }
>(
  `INSERT INTO cfn_tasks (stack, op, phase, logical, action, uid, state, waiting, data)
   VALUES (:stack, :op, :phase, :logical, :action, :uid, 'waiting', :waiting, :data) RETURNING id`,
);
export const insertEdge = unscoped<{ task: number; next: number }>("INSERT OR IGNORE INTO cfn_edges (task, next) VALUES (:task, :next)");
export const taskById = unscoped<{ id: number }, TaskRow>("SELECT * FROM cfn_tasks WHERE id = :id");
export const tasksByState = unscoped<{ stack: string; op: string; phase: string; state: string }, TaskRow>(
  "SELECT * FROM cfn_tasks WHERE stack = :stack AND op = :op AND phase = :phase AND state = :state ORDER BY id",
);
export const readyTasks = unscoped<{ stack: string; op: string; phase: string }, TaskRow>(
  "SELECT * FROM cfn_tasks WHERE stack = :stack AND op = :op AND phase = :phase AND state = 'waiting' AND waiting = 0 ORDER BY id",
);
export const countTasks = unscoped<{ stack: string; op: string; phase: string }, { running: number; waiting: number; failed: number }>(
  `SELECT count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'waiting') AS waiting,
   count(*) FILTER (WHERE state = 'failed') AS failed FROM cfn_tasks WHERE stack = :stack AND op = :op AND phase = :phase`,
);
export const runningTasksOfUid = unscoped<{ uid: number }, TaskRow>("SELECT * FROM cfn_tasks WHERE uid = :uid AND state = 'running'");
export const runningTasksOfStack = unscoped<{ stack: string }, TaskRow>(
  "SELECT * FROM cfn_tasks WHERE stack = :stack AND state = 'running'",
);
export const setTask = unscoped<{ id: number; state: string; uid: number | null; started: number | null; data: string }>(
  "UPDATE cfn_tasks SET state = :state, uid = :uid, started = :started, data = :data WHERE id = :id",
);
export const releaseNext = unscoped<{ task: number }>(
  "UPDATE cfn_tasks SET waiting = waiting - 1 WHERE id IN (SELECT next FROM cfn_edges WHERE task = :task)",
);
export const releasedBy = unscoped<{ task: number }, TaskRow>(
  "SELECT t.* FROM cfn_edges e JOIN cfn_tasks t ON t.id = e.next WHERE e.task = :task AND t.state = 'waiting' AND t.waiting = 0 ORDER BY t.id",
);
export const dropEdges = unscoped<{ stack: string }>("DELETE FROM cfn_edges WHERE task IN (SELECT id FROM cfn_tasks WHERE stack = :stack)");
export const dropTasks = unscoped<{ stack: string }>("DELETE FROM cfn_tasks WHERE stack = :stack");

/** Tasks that the end of something in another service wakes, by its id. */
export const insertWait = statement<{ id: string; task: number }>(
  "INSERT OR IGNORE INTO cfn_waits (account, region, id, task) VALUES (:account, :region, :id, :task)",
);
export const waitFor = statement<{ id: string }, { task: number }>(
  "SELECT task FROM cfn_waits WHERE account = :account AND region = :region AND id = :id",
);
export const dropWait = statement<{ id: string }>("DELETE FROM cfn_waits WHERE account = :account AND region = :region AND id = :id");

export interface EventRow {
  readonly seq: number;
  readonly id: string;
  readonly time: number;
  readonly body: string;
}
export const insertEvent = statement<{ stack: string; id: string; time: number; body: string }>(
  "INSERT INTO cfn_events (account, region, stack, id, time, body) VALUES (:account, :region, :stack, :id, :time, :body)",
);
export const lastEventTime = unscoped<{ stack: string }, { time: number }>(
  "SELECT time FROM cfn_events WHERE stack = :stack ORDER BY seq DESC LIMIT 1",
);
export const eventsOfStack = unscoped<{ stack: string; before: number; limit: number }, EventRow>(
  "SELECT seq, id, time, body FROM cfn_events WHERE stack = :stack AND seq < :before ORDER BY seq DESC LIMIT :limit",
);

export interface ChangeSetRow {
  readonly id: string;
  readonly stack: string;
  readonly name: string;
  readonly created: number;
  readonly status: string;
  readonly reason: string | null;
  readonly execution: string;
  readonly body: string;
}
const CHANGE_SET = "id, stack, name, created, status, reason, execution, body";
export const insertChangeSet = statement<{
  id: string;
  stack: string;
  name: string;
  created: number;
  status: string;
  reason: string | null;
  execution: string;
  body: string;
}>(
  `INSERT INTO cfn_change_sets (account, region, ${CHANGE_SET})
   VALUES (:account, :region, :id, :stack, :name, :created, :status, :reason, :execution, :body)`,
);
export const changeSetById = statement<{ id: string }, ChangeSetRow>(
  `SELECT ${CHANGE_SET} FROM cfn_change_sets WHERE account = :account AND region = :region AND id = :id`,
);
export const changeSetsOfStack = unscoped<{ stack: string }, ChangeSetRow>(
  `SELECT ${CHANGE_SET} FROM cfn_change_sets WHERE stack = :stack ORDER BY created, id`,
);
export const setChangeSet = unscoped<{ id: string; status: string; reason: string | null; execution: string; body: string }>(
  "UPDATE cfn_change_sets SET status = :status, reason = :reason, execution = :execution, body = :body WHERE id = :id",
);
export const dropChangeSet = unscoped<{ id: string }>("DELETE FROM cfn_change_sets WHERE id = :id");

export interface ExportRow {
  readonly name: string;
  readonly value: string;
  readonly stack: string;
}
export const exportByName = statement<{ name: string }, ExportRow>(
  "SELECT name, value, stack FROM cfn_exports WHERE account = :account AND region = :region AND name = :name",
);
export const listExports = statement<None, ExportRow>(
  "SELECT name, value, stack FROM cfn_exports WHERE account = :account AND region = :region ORDER BY name",
);
export const upsertExport = statement<{ name: string; value: string; stack: string }>(
  "INSERT OR REPLACE INTO cfn_exports (account, region, name, value, stack) VALUES (:account, :region, :name, :value, :stack)",
);
export const dropExport = statement<{ name: string }>(
  "DELETE FROM cfn_exports WHERE account = :account AND region = :region AND name = :name",
);
export const exportsOfStack = unscoped<{ stack: string }, ExportRow>("SELECT name, value, stack FROM cfn_exports WHERE stack = :stack");
export const addImport = statement<{ name: string; stack: string }>(
  "INSERT OR IGNORE INTO cfn_imports (account, region, name, stack) VALUES (:account, :region, :name, :stack)",
);
export const importersOf = statement<{ name: string }, { stack: string }>(
  "SELECT stack FROM cfn_imports WHERE account = :account AND region = :region AND name = :name ORDER BY stack",
);
export const dropImports = unscoped<{ stack: string }>("DELETE FROM cfn_imports WHERE stack = :stack");

export const addSignal = unscoped<{ stack: string; logical: string; id: string; status: string; data: string | null }>(
  "INSERT OR IGNORE INTO cfn_signals (stack, logical, id, status, data) VALUES (:stack, :logical, :id, :status, :data)",
);
export const signalsOf = unscoped<{ stack: string; logical: string }, { id: string; status: string; data: string | null }>(
  "SELECT id, status, data FROM cfn_signals WHERE stack = :stack AND logical = :logical ORDER BY id",
);
export const dropSignals = unscoped<{ stack: string }>("DELETE FROM cfn_signals WHERE stack = :stack");

export interface DetectionRow {
  readonly id: string;
  readonly stack: string;
  /** JSON list of the logical ids that were asked for; empty for all. */
  readonly logicals: string;
  readonly status: string;
  readonly drift: string | null;
  readonly reason: string | null;
  readonly count: number | null;
  readonly time: number;
}
export const insertDetection = statement<{ id: string; stack: string; logicals: string; time: number }>(
  `INSERT INTO cfn_detections (account, region, id, stack, logicals, status, time)
   VALUES (:account, :region, :id, :stack, :logicals, 'DETECTION_IN_PROGRESS', :time)`,
);
export const detectionById = statement<{ id: string }, DetectionRow>(
  "SELECT id, stack, logicals, status, drift, reason, count, time FROM cfn_detections WHERE account = :account AND region = :region AND id = :id",
);
export const endDetection = unscoped<{ id: string; status: string; drift: string; reason: string | null; count: number }>(
  "UPDATE cfn_detections SET status = :status, drift = :drift, reason = :reason, count = :count WHERE id = :id",
);

export const macroByName = statement<{ name: string }, { function: string }>(
  "SELECT function FROM cfn_macros WHERE account = :account AND region = :region AND name = :name",
);
export const upsertMacro = statement<{ name: string; function: string }>(
  "INSERT OR REPLACE INTO cfn_macros (account, region, name, function) VALUES (:account, :region, :name, :function)",
);
export const dropMacro = statement<{ name: string }>(
  "DELETE FROM cfn_macros WHERE account = :account AND region = :region AND name = :name",
);
