import type { Context } from "../../../aws/context.ts";
import { shownMessage } from "../data-protection/guard.ts";
import { expiredBefore } from "../groups.ts";
import { type GroupRow, selectStreamById } from "../store.ts";
import { transformed } from "../transformers/store.ts";
import type { Place, SourceEvent } from "./record.ts";
import { type BareRow, selectBare, selectWhole } from "./store.ts";

const BATCH = 10_000;

/** What a query reads: groups in a range of time. */
export interface Scope {
  /** Each with the instant before which nothing of it is wanted. */
  readonly groups: readonly { readonly group: GroupRow; readonly since: number }[];
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

export function positionOf(pointer: string): { readonly group: number; readonly time: number; readonly seq: number } | undefined {
  const [, group, time, seq] = /^(\d+)\/(\d+)\/(\d+)$/.exec(Buffer.from(pointer, "base64").toString("utf8")) ?? [];
  return seq === undefined ? undefined : { group: Number(group), time: Number(time), seq: Number(seq) };
}

/** One group's events, newest first, a batch in memory at a time. */
class Reader implements Place {
  readonly group: number;
  readonly log: string;
  readonly #ctx: Context;
  readonly #needsMessage: boolean;
  readonly #from: number;
  readonly #isMasked: boolean;
  readonly #isTransformed: boolean;
  readonly #names = new Map<number, string>();
  readonly #tags: string;
  #rows: readonly BareRow[] = [];
  #at = 0;
  #position: { time: number; seq: number };
  #isOver = false;

  constructor(ctx: Context, { group, since }: Scope["groups"][number], scope: Scope) {
    this.group = group.id;
    this.log = `${ctx.account}:${group.name}`;
    this.#ctx = ctx;
    this.#tags = group.tags;
    this.#needsMessage = scope.needsMessage;
    this.#from = Math.max(scope.from, since, expiredBefore(ctx, group));
    this.#isMasked = group.masked === 1 && scope.needsMessage;
    this.#isTransformed = group.transformed === 1 && scope.needsMessage;
    this.#position = { time: scope.to, seq: 0 };
  }

  /** The newest that was not taken; undefined at the end. */
  get head(): BareRow | undefined {
    if (this.#at >= this.#rows.length && !this.#isOver) this.#read();
    return this.#rows[this.#at];
  }

  advance(): void {
    this.#at++;
  }

  tag(key: string): string | undefined {
    return (JSON.parse(this.#tags) as Partial<Record<string, string>>)[key];
  }

  streamName(id: number): string {
    let name = this.#names.get(id);
    if (name === undefined) {
      name = this.#ctx.get(selectStreamById, { id })?.name ?? "";
      this.#names.set(id, name);
    }
    return name;
  }

  #masked(row: BareRow): SourceEvent & BareRow {
    const raw = row.message ?? "";
    const message = shownMessage(this.#ctx, { id: this.group, masked: 1 }, { ...row, message: raw });
    return message === raw ? row : { ...row, message, raw };
  }

  #transformed(row: SourceEvent & BareRow): SourceEvent & BareRow {
    const found = this.#ctx.get(transformed.get, { group: this.group, time: row.time, seq: row.seq });
    return found === undefined ? row : { ...row, transformed: found };
  }

  #read(): void {
    const page = { group: this.group, from: this.#from, ...this.#position, limit: BATCH };
    const rows = this.#ctx.all(this.#needsMessage ? selectWhole : selectBare, page);
    const shown = this.#isMasked ? rows.map((row) => this.#masked(row)) : rows;
    this.#rows = this.#isTransformed ? shown.map((row) => this.#transformed(row)) : shown;
    this.#at = 0;
    this.#isOver = this.#rows.length < BATCH;
    const last = this.#rows.at(-1);
    if (last !== undefined) this.#position = { time: last.time, seq: last.seq };
  }
}

/** Gives the events of all groups, newest first, to `take` until it has seen enough; lets others work between batches. */
export async function scan(
  ctx: Context,
  scope: Scope,
  scanned: Scanned,
  take: (event: SourceEvent, place: Place) => boolean,
): Promise<void> {
  const readers = scope.groups.map((group) => new Reader(ctx, group, scope));
  for (;;) {
    const reader = newest(readers);
    const event = reader?.head;
    if (reader === undefined || event === undefined) return;
    reader.advance();
    scanned.records++;
    scanned.bytes += event.bytes;
    if (!take(event, reader)) return;
    if (scanned.records % BATCH === 0) {
      await ctx.cloud.clock.wallPause(0);
      if (!ctx.isCurrent) return;
    }
  }
}

function newest(readers: readonly Reader[]): Reader | undefined {
  if (readers.length === 1) return readers[0];
  let found: Reader | undefined;
  for (const reader of readers) {
    if (reader.head !== undefined && (found?.head === undefined || reader.head.time > found.head.time)) found = reader;
  }
  return found;
}
