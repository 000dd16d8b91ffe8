import type { Context } from "../../aws/context.ts";
import { deleteExpiry, putExpiry } from "./store.ts";
import { findTable, saveTable, type Table } from "./table.ts";
import type { Item } from "./values.ts";

const FIVE_YEARS_MS = 5 * 365 * 86_400_000;

/**
 * When an item expires, virtual ms; undefined when it does not: TTL is off, the attribute is no number, or the time is
 * more than five years ago. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
 */
export function expiryOf(ctx: Context, table: Table, item: Item | undefined): number | undefined {
  const ttl = table.body.ttl;
  if (ttl?.enabled !== true || item === undefined) return undefined;
  const seconds = Number(item[ttl.attribute]?.N);
  const at = Math.floor(seconds * 1_000);
  return Number.isSafeInteger(at) && at > ctx.now - FIVE_YEARS_MS ? at : undefined;
}

/** Notes an item's new expiry time, and has it looked after in time. */
export function moveExpiry(
  ctx: Context,
  table: Table,
  item: number,
  change: { readonly from: number | undefined; readonly to: number | undefined },
): void {
  const { from, to } = change;
  if (from === to) return;
  if (from !== undefined) ctx.run(deleteExpiry, { table: table.id, at: from, item });
  if (to === undefined) return;
  ctx.run(putExpiry, { table: table.id, at: to, item });
  const current = findTable(ctx, table.name) ?? table;
  const sweep = current.body.sweep;
  if (sweep === undefined || to < sweep) scheduleSweep(ctx, current, to);
}

/** One message per table is the one that counts: the one whose due time the table knows. */
export function scheduleSweep(ctx: Context, table: Table, at: number): Table {
  ctx.send("dynamodb.expire", { table: table.id, sweep: at }, { at, quiet: true });
  return saveTable(ctx, table, { sweep: at });
}
