import type { Context } from "../../aws/context.ts";
import { type Entry, entryOf, sameEntry } from "./entries.ts";
import { expiryOf, moveExpiry } from "./expiry.ts";
import type { Key } from "./keys.ts";
import { deleteEntry, deleteItem, putEntry, putItem, putItemReturningId, selectItem } from "./store.ts";
import type { Index, Table } from "./table.ts";
import { deserialise, type Item, serialise } from "./values.ts";

/** An item as it is stored. */
export interface Stored {
  readonly id: number;
  readonly item: Item;
  readonly size: number;
}

/** An item to be stored: checked, numbers in canonical form. */
export interface Checked {
  readonly item: Item;
  readonly size: number;
  readonly binary: boolean;
}

/** Bytes that a write moved: of the item, the larger of before and after, and of each index, entry by entry. */
export interface WriteSizes {
  readonly table: number;
  readonly indexes: readonly { readonly index: Index; readonly sizes: readonly number[] }[];
}

export function readItem(ctx: Context, table: Table, key: Key): Stored | undefined {
  const row = ctx.get(selectItem, { table: table.id, hash: key.hash, range: key.range });
  return row === undefined ? undefined : { id: row.id, item: deserialise(row.item), size: row.size };
}

/** Whether a write to this table has to know the item that was there. */
export function keepsMore(table: Table): boolean {
  return table.indexes.length > 0 || table.body.ttl?.enabled === true;
}

/** Stores an item where nothing else hangs on it and what was there does not matter: one statement. */
export function storeAlone(ctx: Context, table: Table, key: Key, checked: Checked): void {
  const text = serialise(checked.item, checked.binary);
  ctx.run(putItem, { table: table.id, hash: key.hash, range: key.range, item: text, size: checked.size });
}

/** Stores an item with its index entries and expiry, in the surrounding transaction. */
export function storeItem(ctx: Context, place: { table: Table; key: Key; old: Stored | undefined }, next: Checked): WriteSizes {
  const { table, key, old } = place;
  const text = serialise(next.item, next.binary);
  const row = ctx.get(putItemReturningId, { table: table.id, hash: key.hash, range: key.range, item: text, size: next.size });
  const id = row?.id ?? 0;
  moveExpiry(ctx, table, id, { from: expiryOf(ctx, table, old?.item), to: expiryOf(ctx, table, next.item) });
  const indexes = table.indexes.map((index) => {
    const before = old === undefined ? undefined : entryOf(index, old.item, key, old.size);
    const after = entryOf(index, next.item, key, next.size);
    return { index, sizes: moveEntry(ctx, { table, index, id }, before, after) };
  });
  return { table: Math.max(old?.size ?? 0, next.size), indexes };
}

/** Removes an item with its index entries and expiry, in the surrounding transaction. */
export function removeItem(ctx: Context, table: Table, key: Key, old: Stored): WriteSizes {
  ctx.run(deleteItem, { id: old.id });
  moveExpiry(ctx, table, old.id, { from: expiryOf(ctx, table, old.item), to: undefined });
  const indexes = table.indexes.map((index) => {
    const before = entryOf(index, old.item, key, old.size);
    return { index, sizes: moveEntry(ctx, { table, index, id: old.id }, before, undefined) };
  });
  return { table: old.size, indexes };
}

/**
 * Brings an entry from one state to the next. Answers the sizes that are paid for, as
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes tells.
 */
function moveEntry(
  ctx: Context,
  at: { table: Table; index: Index; id: number },
  before: Entry | undefined,
  after: Entry | undefined,
): number[] {
  const { table, index, id } = at;
  const scope = { table: table.id, index: index.no };
  const moved = before !== undefined && (after === undefined || !sameEntry(before, after));
  if (before !== undefined && moved) ctx.run(deleteEntry, { ...scope, hash: before.hash, range: before.range, tie: before.tie });
  if (after !== undefined) {
    ctx.run(putEntry, { ...scope, hash: after.hash, range: after.range, tie: after.tie, item: id, size: after.size });
  }
  if (before === undefined || after === undefined) return [before ?? after].flatMap((entry) => (entry === undefined ? [] : [entry.size]));
  return moved ? [before.size, after.size] : [Math.max(before.size, after.size)];
}

/** Adds the entry of an item that was there before its index. */
export function addEntry(ctx: Context, table: Table, index: Index, stored: Stored & { readonly key: Key }): void {
  moveEntry(ctx, { table, index, id: stored.id }, undefined, entryOf(index, stored.item, stored.key, stored.size));
}
