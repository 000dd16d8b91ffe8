import type { Context } from "../../../aws/context.ts";
import { expiredBefore } from "../groups.ts";
import { type GroupRow, selectGroupById, selectStreamById } from "../store.ts";
import type { SourceEvent } from "./record.ts";
import { type BareRow, selectBare, selectWhole } from "./store.ts";

const BATCH = 10_000;

/** What a query reads: groups in a range of time. */
export interface Scope {
  readonly groups: readonly number[];
  /** Virtual ms, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly needsMessage: boolean;
}

/** What was read so far. */
export interface Scanned {
  records: number;
  bytes: number;
}

/** `<group>/<time>/<seq>`, opaque for clients. */
export const pointerOf = (group: number, time: number, seq: number): string => Buffer.from(`${group}/${time}/${seq}`).toString("base64");

export function positionOf(pointer: string): { readonly group: number; readonly time: number; readonly seq: number } | undefined {
  const [, group, time, seq] = /^(\d+)\/(\d+)\/(\d+)$/.exec(Buffer.from(pointer, "base64").toString("utf8")) ?? [];
  return seq === undefined ? undefined : { group: Number(group), time: Number(time), seq: Number(seq) };
}

/** One group's events, newest first, a batch in memory at a time. */
class Reader {
  readonly #ctx: Context;
  readonly #group: GroupRow;
  readonly #scope: Scope;
  readonly #from: number;
  readonly #names: Map<number, string>;
  #rows: readonly BareRow[] = [];
  #at = 0;
  #position: { time: number; seq: number };
  #isOver = false;

  constructor(ctx: Context, group: GroupRow, scope: Scope, names: Map<number, string>) {
    this.#ctx = ctx;
    this.#group = group;
    this.#scope = scope;
    this.#from = Math.max(scope.from, expiredBefore(ctx, group));
    this.#names = names;
    this.#position = { time: scope.to, seq: 0 };
  }

  get head(): BareRow | undefined {
    if (this.#at >= this.#rows.length && !this.#isOver) this.#read();
    return this.#rows[this.#at];
  }

  next(): SourceEvent | undefined {
    const row = this.head;
    if (row === undefined) return undefined;
    this.#at++;
    const { time, seq, stream, ingested, message } = row;
    const log = `${this.#ctx.account}:${this.#group.name}`;
    return { time, ingested, stream: this.#streamName(stream), log, message, pointer: pointerOf(this.#group.id, time, seq) };
  }

  #read(): void {
    const page = { group: this.#group.id, from: this.#from, ...this.#position, limit: BATCH };
    this.#rows = this.#ctx.all(this.#scope.needsMessage ? selectWhole : selectBare, page);
    this.#at = 0;
    this.#isOver = this.#rows.length < BATCH;
    const last = this.#rows.at(-1);
    if (last !== undefined) this.#position = { time: last.time, seq: last.seq };
  }

  #streamName(id: number): string {
    let name = this.#names.get(id);
    if (name === undefined) {
      name = this.#ctx.get(selectStreamById, { id })?.name ?? "";
      this.#names.set(id, name);
    }
    return name;
  }
}

/** Gives the events of all groups, newest first, to `take` until it has seen enough; lets others work between batches. */
export async function scan(ctx: Context, scope: Scope, scanned: Scanned, take: (event: SourceEvent) => boolean): Promise<void> {
  const names = new Map<number, string>();
  const groups = scope.groups.flatMap((id) => ctx.get(selectGroupById, { id }) ?? []);
  const readers = groups.map((group) => new Reader(ctx, group, scope, names));
  for (let reader = newest(readers); reader !== undefined; reader = newest(readers)) {
    scanned.records++;
    scanned.bytes += reader.head?.bytes ?? 0;
    const event = reader.next();
    if (event === undefined || !take(event)) return;
    if (scanned.records % BATCH === 0) {
      await ctx.cloud.clock.wallPause(0);
      if (!ctx.isCurrent) return;
    }
  }
}

function newest(readers: readonly Reader[]): Reader | undefined {
  if (readers.length === 1) return readers[0]?.head === undefined ? undefined : readers[0];
  let found: Reader | undefined;
  for (const reader of readers) {
    if (reader.head !== undefined && (found?.head === undefined || reader.head.time > found.head.time)) found = reader;
  }
  return found;
}
