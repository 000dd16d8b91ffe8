import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import { type Migrations, type Store, unscoped } from "./store.ts";

/** One entry of the timeline, as it is appended. */
export interface NewEvent {
  readonly account: string;
  readonly region: string;
  readonly source: string;
  readonly type: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  readonly actor: string;
  /** Id of the event or message behind it. */
  readonly cause?: string;
  readonly requestId?: string;
  readonly rule?: string;
  /** True when AWS puts it on the account's default event bus. */
  readonly bus?: boolean;
}

/** One entry of the timeline, as it is read. */
export interface TimelineEvent extends NewEvent {
  /** `evt-<position>`; positions grow by one and are never used again. */
  readonly id: string;
  readonly position: number;
  /** Virtual time, ms. */
  readonly time: number;
  /** Wall time, ms. */
  readonly wall: number;
}

export interface TimelineFilter {
  readonly after?: number;
  readonly limit?: number;
  readonly source?: string;
  readonly type?: string;
  readonly cause?: string;
  /** Text that some resource's ARN contains. */
  readonly resource?: string;
}

/** See `Subscription` in aws/service.ts: the same thing without the words of AWS. */
export interface Subscriber {
  readonly name: string;
  wants(event: TimelineEvent): boolean;
  handle(event: TimelineEvent): void;
}

const MIGRATIONS: Migrations = {
  name: "timeline",
  steps: [
    `CREATE TABLE timeline (
       position INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, wall INTEGER NOT NULL,
       account TEXT NOT NULL, region TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL, resources TEXT NOT NULL,
       detail TEXT NOT NULL, actor TEXT NOT NULL, cause TEXT, request_id TEXT, rule TEXT, bus INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX timeline_by_cause ON timeline (cause) WHERE cause IS NOT NULL;
     CREATE TABLE subscribers (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  ],
};

interface EventRow {
  readonly position: number;
  readonly time: number;
  readonly wall: number;
  readonly account: string;
  readonly region: string;
  readonly source: string;
  readonly type: string;
  readonly resources: string;
  readonly detail: string;
  readonly actor: string;
  readonly cause: string | null;
  readonly request_id: string | null;
  readonly rule: string | null;
  readonly bus: number;
}

const insertEvent = unscoped<Record<keyof Omit<EventRow, "position">, string | number | null>, { position: number }>(
  `INSERT INTO timeline (time, wall, account, region, source, type, resources, detail, actor, cause, request_id, rule, bus)
   VALUES (:time, :wall, :account, :region, :source, :type, :resources, :detail, :actor, :cause, :request_id, :rule, :bus)
   RETURNING position`,
);
const selectAfter = unscoped<{ after: number; limit: number }, EventRow>(
  "SELECT * FROM timeline WHERE position > :after ORDER BY position LIMIT :limit",
);
const selectFiltered = unscoped<
  { after: number; limit: number; source: string | null; type: string | null; cause: string | null; resource: string | null },
  EventRow
>(
  `SELECT * FROM timeline WHERE position > :after AND (:source IS NULL OR source = :source) AND (:type IS NULL OR type = :type)
   AND (:cause IS NULL OR cause = :cause) AND (:resource IS NULL OR instr(resources, :resource) > 0) ORDER BY position LIMIT :limit`,
);
const selectAbout = unscoped<{ text: string; limit: number }, EventRow>(
  `SELECT * FROM timeline WHERE instr(resources, :text) > 0 OR instr(detail, :text) > 0 ORDER BY position DESC LIMIT :limit`,
);
const selectOne = unscoped<{ position: number }, EventRow>("SELECT * FROM timeline WHERE position = :position");
const selectLast = unscoped<Record<never, never>, { last: number | null }>("SELECT max(position) AS last FROM timeline");
const selectPosition = unscoped<{ name: string }, { position: number }>("SELECT position FROM subscribers WHERE name = :name");
const upsertPosition = unscoped<{ name: string; position: number }>(
  "INSERT INTO subscribers (name, position) VALUES (:name, :position) ON CONFLICT (name) DO UPDATE SET position = :position",
);

const BATCH = 256;
/** Wall ms until a disk that fails is tried again. */
const STORAGE_PAUSE_MS = 1_000;

/**
 * The one record of what happened, totally ordered. An event is appended in the transaction of the change it tells of.
 * Every subscriber sees every event in that order, exactly once, in a transaction that also moves its position: after a
 * crash it goes on where it was. There is no order between two subscribers.
 */
export class Timeline {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #subscribers: Subscriber[] = [];
  readonly #listeners = new Set<(event: TimelineEvent) => void>();
  /** Position up to which the listeners were told. */
  #listened = 0;
  #delivering: (() => void) | undefined;
  #stopped = false;

  constructor(store: Store, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    store.migrate(MIGRATIONS);
  }

  /** Appends, in the surrounding transaction if there is one; returns the event's id. */
  append(event: NewEvent): string {
    const row = {
      time: this.#clock.now(),
      wall: this.#clock.wall(),
      account: event.account,
      region: event.region,
      source: event.source,
      type: event.type,
      resources: JSON.stringify(event.resources),
      detail: JSON.stringify(event.detail),
      actor: event.actor,
      cause: event.cause ?? null,
      request_id: event.requestId ?? null,
      rule: event.rule ?? null,
      bus: event.bus === true ? 1 : 0,
    };
    const position = this.#store.get(insertEvent, row)?.position ?? 0;
    this.#store.afterCommit(() => this.#wake());
    return `evt-${position}`;
  }

  /** Adds a durable subscriber. A new name starts with the next event; a known one goes on where it was. */
  subscribe(subscriber: Subscriber): void {
    this.#enter(subscriber);
    this.#subscribers.push(subscriber);
    this.#wake();
  }

  /** All rows were replaced: subscribers that the new ones do not know start with the next event. */
  refresh(): void {
    for (const subscriber of this.#subscribers) this.#enter(subscriber);
    this.#wake();
  }

  #enter({ name }: Subscriber): void {
    if (this.#store.get(selectPosition, { name }) === undefined) this.#store.run(upsertPosition, { name, position: this.last() });
  }

  /** Calls `listener` for each new event, for as long as this process lives. Returns what ends it. */
  listen(listener: (event: TimelineEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#listened = Math.max(this.#listened, this.last());
    return () => this.#listeners.delete(listener);
  }

  read(filter: TimelineFilter = {}): TimelineEvent[] {
    return this.#store
      .all(selectFiltered, {
        after: filter.after ?? 0,
        limit: filter.limit ?? 1_000,
        source: filter.source ?? null,
        type: filter.type ?? null,
        cause: filter.cause ?? null,
        resource: filter.resource ?? null,
      })
      .map(toEvent);
  }

  /** The newest `limit` events whose resources or detail contain a text, newest first. */
  about(text: string, limit: number): TimelineEvent[] {
    return this.#store.all(selectAbout, { text, limit }).map(toEvent);
  }

  /** The event of an id `evt-<position>`. */
  find(id: string): TimelineEvent | undefined {
    const row = this.#store.get(selectOne, { position: Number(id.slice("evt-".length)) || 0 });
    return row === undefined ? undefined : toEvent(row);
  }

  /** Position of the newest event; 0 when there is none. */
  last(): number {
    return this.#store.get(selectLast, {})?.last ?? 0;
  }

  /** Delivers nothing more: what is left waits for the next start. Before the store is closed. */
  stop(): void {
    this.#stopped = true;
  }

  #wake(): void {
    if (this.#stopped || this.#delivering !== undefined || (this.#subscribers.length === 0 && this.#listeners.size === 0)) return;
    this.#delivering = this.#clock.busy("timeline");
    setImmediate(() => {
      const release = this.#delivering;
      this.#delivering = undefined;
      try {
        if (!this.#stopped) this.#deliver();
      } catch (error) {
        this.#log.error("events cannot be delivered", { reason: messageOf(error) });
        this.#clock.wallTimeout(STORAGE_PAUSE_MS, () => this.#wake());
      } finally {
        release?.();
      }
    });
  }

  #deliver(): void {
    let more = false;
    // Subscribers stand at the same place nearly always: what follows it is read and parsed once for all of them.
    const batches = new Map<number, readonly TimelineEvent[]>();
    for (const subscriber of this.#subscribers) more = this.#deliverTo(subscriber, batches) || more;
    if (this.#listeners.size > 0) {
      for (const row of this.#store.all(selectAfter, { after: this.#listened, limit: BATCH })) {
        this.#listened = row.position;
        const event = toEvent(row);
        for (const listener of this.#listeners) listener(event);
        more = true;
      }
    }
    if (more) this.#wake();
  }

  /** True when there was something to read. */
  #deliverTo(subscriber: Subscriber, batches: Map<number, readonly TimelineEvent[]>): boolean {
    const after = this.#store.get(selectPosition, { name: subscriber.name })?.position ?? 0;
    const events = batches.get(after) ?? this.#store.all(selectAfter, { after, limit: BATCH }).map(toEvent);
    batches.set(after, events);
    const last = events.at(-1);
    if (last === undefined) return false;
    this.#store.tx(() => {
      for (const event of events) {
        try {
          if (subscriber.wants(event)) this.#store.tx(() => subscriber.handle(event));
        } catch (error) {
          // One bad event must not stop the timeline for its subscriber: it is told, and passed over.
          this.#log.error("a subscriber failed", { subscriber: subscriber.name, event: event.id, reason: messageOf(error) });
        }
      }
      this.#store.run(upsertPosition, { name: subscriber.name, position: last.position });
    });
    return true;
  }
}

function toEvent(row: EventRow): TimelineEvent {
  return {
    id: `evt-${row.position}`,
    position: row.position,
    time: row.time,
    wall: row.wall,
    account: row.account,
    region: row.region,
    source: row.source,
    type: row.type,
    resources: JSON.parse(row.resources) as string[],
    detail: JSON.parse(row.detail) as Record<string, unknown>,
    actor: row.actor,
    ...(row.cause === null ? {} : { cause: row.cause }),
    ...(row.request_id === null ? {} : { requestId: row.request_id }),
    ...(row.rule === null ? {} : { rule: row.rule }),
    bus: row.bus === 1,
  };
}
