import type { Clock, Timer } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import { type Migrations, type Store, unscoped } from "./store.ts";

export interface NewMessage {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly account: string;
  readonly region: string;
  /** Virtual ms. */
  readonly due: number;
  readonly lane?: string;
  readonly cause?: string;
  /** The trace that the work belongs to, as the sender wrote it. */
  readonly trace?: string;
  /** A time-out or housekeeping: nobody waits for it, see `TimerOptions`. */
  readonly quiet?: boolean;
}

export interface QueuedMessage extends NewMessage {
  /** `msg-<number>`, growing. */
  readonly id: string;
  readonly attempt: number;
}

export interface DeadLetter {
  readonly id: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly attempts: number;
  readonly error: string;
  readonly time: number;
}

/** Answers nothing when done, or the virtual instant at which to be asked again. */
export type Handler = (message: QueuedMessage) => Promise<{ readonly again: number } | undefined>;

/** A message is tried this often before it becomes a dead letter: half a minute of virtual time in all. */
const MAX_ATTEMPTS = 6;
const FIRST_RETRY_MS = 1_000;
const MAX_CONCURRENT = 64;
/** Virtual time stands still in `skip` and `hold` while a handler asks to be asked again at once: after so often it must move. */
const MOST_AT_ONCE = 10_000;
/** Wall ms until a disk that fails is tried again. */
const STORAGE_PAUSE_MS = 1_000;

const MIGRATIONS: Migrations = {
  name: "scheduler",
  steps: [
    `CREATE TABLE messages (
       id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL, lane TEXT,
       account TEXT NOT NULL, region TEXT NOT NULL, cause TEXT, attempt INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX messages_by_due ON messages (due, id);
     CREATE TABLE dead_letters (
       id INTEGER PRIMARY KEY, type TEXT NOT NULL, payload TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL, time INTEGER NOT NULL
     ) STRICT;`,
    // However many wait in one lane, the others are found without reading their rows.
    `DROP INDEX messages_by_due;
     CREATE INDEX messages_by_due ON messages (due, id, lane);
     CREATE INDEX messages_by_lane ON messages (lane, due, id) WHERE lane IS NOT NULL;`,
    `ALTER TABLE messages ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
     CREATE INDEX messages_awaited ON messages (due) WHERE quiet = 0;`,
    "ALTER TABLE messages ADD COLUMN trace TEXT;",
  ],
};

interface MessageRow {
  readonly id: number;
  readonly due: number;
  readonly type: string;
  readonly payload: string;
  readonly lane: string | null;
  readonly account: string;
  readonly region: string;
  readonly cause: string | null;
  readonly trace: string | null;
  readonly attempt: number;
  readonly quiet: number;
}

const insertMessage = unscoped<Record<keyof Omit<MessageRow, "id">, string | number | null>, { id: number }>(
  `INSERT INTO messages (due, type, payload, lane, account, region, cause, trace, attempt, quiet)
   VALUES (:due, :type, :payload, :lane, :account, :region, :cause, :trace, :attempt, :quiet) RETURNING id`,
);
const selectDueWithoutLane = unscoped<{ now: number }, MessageRow>(
  "SELECT * FROM messages WHERE due <= :now AND lane IS NULL ORDER BY due, id",
);
const selectDueLanes = unscoped<{ now: number }, { lane: string }>(
  "SELECT lane FROM messages WHERE lane IS NOT NULL AND due <= :now GROUP BY lane ORDER BY min(due), min(id)",
);
const selectFirstOfLane = unscoped<{ lane: string }, MessageRow>("SELECT * FROM messages WHERE lane = :lane ORDER BY due, id LIMIT 1");
const selectNextDue = unscoped<{ now: number }, { due: number | null }>("SELECT min(due) AS due FROM messages WHERE due > :now");
const selectAwaited = unscoped<{ now: number }, { due: number }>("SELECT due FROM messages WHERE quiet = 0 AND due > :now LIMIT 1");
const selectUpcoming = unscoped<{ limit: number }, MessageRow>("SELECT * FROM messages ORDER BY due, id LIMIT :limit");
const deleteMessage = unscoped<{ id: number }>("DELETE FROM messages WHERE id = :id");
const postponeMessage = unscoped<{ id: number; due: number; attempt: number }>(
  "UPDATE messages SET due = :due, attempt = :attempt WHERE id = :id",
);
const insertDeadLetter = unscoped<{ id: number; type: string; payload: string; attempts: number; error: string; time: number }>(
  "INSERT INTO dead_letters (id, type, payload, attempts, error, time) VALUES (:id, :type, :payload, :attempts, :error, :time)",
);
const selectDeadLetters = unscoped<
  Record<never, never>,
  { id: number; type: string; payload: string; attempts: number; error: string; time: number }
>("SELECT * FROM dead_letters ORDER BY id");

/**
 * The durable delay queue. A message is stored in the transaction of the change that wants it, is handled at least once
 * at or after its due time, and is gone only when its handler said so: a process killed in between goes on after restart.
 * Messages of one lane are handled one at a time and in order of due time; others side by side.
 */
export class Scheduler {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #handlers = new Map<string, Handler>();
  #running = new Set<number>();
  #lanes = new Set<string>();
  /** How often in a row a message was to be asked again at once. */
  #atOnce = new Map<number, number>();
  #timer: Timer | undefined;
  #waking: (() => void) | undefined;
  #stopped = true;
  #resting: (() => void) | undefined;

  constructor(store: Store, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    store.migrate(MIGRATIONS);
  }

  handle(type: string, handler: Handler): void {
    this.#handlers.set(type, handler);
  }

  /** Queues, in the surrounding transaction if there is one; returns the message's id. */
  send(message: NewMessage): string {
    const row = this.#store.get(insertMessage, {
      due: message.due,
      type: message.type,
      payload: JSON.stringify(message.payload),
      lane: message.lane ?? null,
      account: message.account,
      region: message.region,
      cause: message.cause ?? null,
      trace: message.trace ?? null,
      attempt: 1,
      quiet: message.quiet === true ? 1 : 0,
    });
    this.#store.afterCommit(() => this.#wake());
    return `msg-${row?.id ?? 0}`;
  }

  /** Begins handling, what an earlier process left included. */
  start(): void {
    this.#stopped = false;
    this.#wake();
  }

  /** Takes up nothing more. */
  halt(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Halts, and resolves when what was under way has ended. */
  async stop(): Promise<void> {
    this.halt();
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const others = this.#resting;
    this.#resting = () => {
      others?.();
      resolve();
    };
    await promise;
  }

  /** All rows were replaced: what is under way belongs to messages that are gone, even where one of today has its number. */
  refresh(): void {
    this.#running = new Set();
    this.#lanes = new Set();
    this.#atOnce = new Map();
    this.#wake();
  }

  upcoming(limit: number): QueuedMessage[] {
    return this.#store.all(selectUpcoming, { limit }).map(toMessage);
  }

  deadLetters(): DeadLetter[] {
    return this.#store.all(selectDeadLetters, {}).map((row) => ({
      ...row,
      id: `msg-${row.id}`,
      payload: JSON.parse(row.payload) as Record<string, unknown>,
    }));
  }

  #wake(): void {
    if (this.#stopped || this.#waking !== undefined) return;
    this.#waking = this.#clock.busy("scheduler");
    setImmediate(() => {
      const release = this.#waking;
      this.#waking = undefined;
      try {
        if (!this.#stopped) this.#take();
      } catch (error) {
        this.#log.error("messages cannot be read", { reason: messageOf(error) });
        this.#clock.wallTimeout(STORAGE_PAUSE_MS, () => this.#wake());
      } finally {
        release?.();
      }
    });
  }

  #take(): void {
    const now = this.#clock.now();
    const room = MAX_CONCURRENT - this.#running.size;
    const ready = [...this.#dueWithoutLane(now, room), ...this.#firstOfLanes(now, room)];
    ready.sort((a, b) => a.due - b.due || a.id - b.id);
    for (const row of ready.slice(0, room)) void this.#run(row);
    this.#setTimer(now);
  }

  #dueWithoutLane(now: number, room: number): MessageRow[] {
    const rows: MessageRow[] = [];
    if (room === 0) return rows;
    for (const row of this.#store.iterate(selectDueWithoutLane, { now })) {
      if (!this.#running.has(row.id)) rows.push(row);
      if (rows.length === room) break;
    }
    return rows;
  }

  #firstOfLanes(now: number, room: number): MessageRow[] {
    const lanes: string[] = [];
    if (room === 0) return [];
    for (const { lane } of this.#store.iterate(selectDueLanes, { now })) {
      if (!this.#lanes.has(lane)) lanes.push(lane);
      if (lanes.length === room) break;
    }
    return lanes.flatMap((lane) => this.#store.get(selectFirstOfLane, { lane }) ?? []);
  }

  #setTimer(now: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const due = this.#store.get(selectNextDue, { now })?.due;
    if (due === undefined || due === null) return;
    const quiet = this.#store.get(selectAwaited, { now }) === undefined;
    this.#timer = this.#clock.at(due, "scheduler", () => this.#wake(), { quiet });
  }

  async #run(row: MessageRow): Promise<void> {
    const release = this.#clock.busy(row.type);
    const running = this.#running;
    const lanes = this.#lanes;
    running.add(row.id);
    if (row.lane !== null) lanes.add(row.lane);
    try {
      await this.#handle(row);
    } catch (error) {
      // Only the store fails here, and the message is as it was: it is tried again, though not at once.
      this.#log.error("a message could not be stored", { type: row.type, message: `msg-${row.id}`, reason: messageOf(error) });
      if (!this.#stopped) await this.#clock.wallPause(STORAGE_PAUSE_MS);
    } finally {
      running.delete(row.id);
      if (row.lane !== null) lanes.delete(row.lane);
      this.#wake();
      release();
      if (this.#stopped && this.#running.size === 0) this.#resting?.();
    }
  }

  async #handle(row: MessageRow): Promise<void> {
    const { generation } = this.#store;
    const mark = this.#store.mark();
    try {
      const handler = this.#handlers.get(row.type);
      const outcome = await handler?.(toMessage(row));
      if (generation !== this.#store.generation) return;
      // What the handler wrote may be lost already; then its message must not go.
      if (mark !== this.#store.mark()) await this.#store.committed(mark);
      if (handler === undefined) this.#bury(row, `no handler is registered for ${row.type}`);
      else if (outcome === undefined) this.#finish(row);
      else this.#postpone(row, outcome.again);
      await this.#store.committed(mark);
    } catch (error) {
      // A handler that dies because the server is being stopped, or everything replaced, is not at fault.
      if (this.#stopped || generation !== this.#store.generation) return;
      this.#failed(row, error);
      await this.#store.committed();
    }
  }

  #finish(row: MessageRow): void {
    this.#atOnce.delete(row.id);
    this.#store.run(deleteMessage, { id: row.id });
  }

  #postpone(row: MessageRow, again: number): void {
    const now = this.#clock.now();
    const times = again > now ? 0 : (this.#atOnce.get(row.id) ?? 0) + 1;
    if (times < MOST_AT_ONCE) {
      if (times === 0) this.#atOnce.delete(row.id);
      else this.#atOnce.set(row.id, times);
      this.#store.run(postponeMessage, { id: row.id, due: again, attempt: row.attempt });
      return;
    }
    this.#log.warn("a message asks again and again at one instant", { type: row.type, message: `msg-${row.id}`, times });
    this.#atOnce.delete(row.id);
    this.#store.run(postponeMessage, { id: row.id, due: now + 1, attempt: row.attempt });
  }

  #failed(row: MessageRow, error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    this.#log.warn("a message handler failed", { type: row.type, message: `msg-${row.id}`, attempt: row.attempt, reason });
    if (row.attempt >= MAX_ATTEMPTS) {
      this.#bury(row, reason);
      return;
    }
    const due = this.#clock.now() + FIRST_RETRY_MS * 2 ** (row.attempt - 1);
    this.#store.run(postponeMessage, { id: row.id, due, attempt: row.attempt + 1 });
  }

  #bury(row: MessageRow, error: string): void {
    this.#log.error("a message was given up", { type: row.type, message: `msg-${row.id}`, reason: error });
    this.#store.tx(() => {
      this.#store.run(insertDeadLetter, {
        id: row.id,
        type: row.type,
        payload: row.payload,
        attempts: row.attempt,
        error: `${row.type}: ${error}`,
        time: this.#clock.now(),
      });
      this.#finish(row);
    });
  }
}

function toMessage(row: MessageRow): QueuedMessage {
  return {
    id: `msg-${row.id}`,
    type: row.type,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    account: row.account,
    region: row.region,
    due: row.due,
    attempt: row.attempt,
    ...(row.lane === null ? {} : { lane: row.lane }),
    ...(row.cause === null ? {} : { cause: row.cause }),
    ...(row.trace === null ? {} : { trace: row.trace }),
  };
}
