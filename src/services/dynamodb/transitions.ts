import type { Context } from "../../aws/context.ts";
import type { MessageHandler, MessageOutcome } from "../../aws/service.ts";
import { expiryOf, moveExpiry } from "./expiry.ts";
import { keyOfItem } from "./keys.ts";
import {
  deleteEntriesOfIndex,
  deleteEntriesOfTable,
  deleteExpiriesOfTable,
  deleteSomeItems,
  deleteTable,
  selectItemsAfter,
} from "./store.ts";
import { findTableById, forgetTable, type IndexBody, saveTable, type Table } from "./table.ts";
import { deserialise } from "./values.ts";
import { addEntry } from "./writes.ts";

const BATCH = 1_000;

/**
 * `dynamodb.table`: takes a table one step on, and asks to come again until it rests.
 *
 *     CREATING ──► ACTIVE ──UpdateTable──► UPDATING ──► ACTIVE ──DeleteTable──► DELETING ──► gone
 *     index:  CREATING (Backfilling) ──► ACTIVE ──► UPDATING ──► ACTIVE ──► DELETING ──► gone
 *
 * Filling an index and deleting items go in batches, so that other requests come in between.
 */
export const advanceTable: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const table = findTableById(ctx, Number(message.payload["table"]));
    if (table === undefined) return undefined;
    if (table.body.status === "DELETING") return remove(ctx, table);
    const filling = table.body.indexes.find(({ backfill }) => backfill !== undefined);
    if (filling !== undefined) return fill(ctx, table, filling);
    if (table.body.ttl?.backfill !== undefined) return fillExpiries(ctx, table, table.body.ttl.backfill);
    return settle(ctx, table);
  });

function again(ctx: Context): MessageOutcome {
  return { again: ctx.now };
}

function remove(ctx: Context, table: Table): MessageOutcome {
  if (ctx.run(deleteSomeItems, { table: table.id, limit: BATCH }) === BATCH) return again(ctx);
  ctx.run(deleteEntriesOfTable, { table: table.id });
  ctx.run(deleteExpiriesOfTable, { table: table.id });
  ctx.run(deleteTable, { id: table.id });
  forgetTable(ctx, table.name);
  return undefined;
}

function fill(ctx: Context, table: Table, body: IndexBody): MessageOutcome {
  const index = table.indexes.find(({ no }) => no === body.no);
  const rows = ctx.cloud.store.all(selectItemsAfter, { table: table.id, after: body.backfill ?? 0, limit: BATCH });
  for (const row of rows) {
    const item = deserialise(row.item);
    const stored = { id: row.id, item, size: row.size, key: keyOfItem(table, item) };
    if (index !== undefined) addEntry(ctx, table, index, stored);
  }
  const last = rows.at(-1);
  const { backfill: _filled, ...filled } = body;
  const next: IndexBody = rows.length < BATCH || last === undefined ? filled : { ...body, backfill: last.id };
  saveTable(ctx, table, { indexes: table.body.indexes.map((other) => (other.no === body.no ? next : other)) });
  return again(ctx);
}

function fillExpiries(ctx: Context, table: Table, after: number): MessageOutcome {
  const rows = ctx.cloud.store.all(selectItemsAfter, { table: table.id, after, limit: BATCH });
  for (const row of rows) {
    moveExpiry(ctx, table, row.id, { from: undefined, to: expiryOf(ctx, table, deserialise(row.item)) });
  }
  const fresh = findTableById(ctx, table.id) ?? table;
  const ttl = fresh.body.ttl;
  if (ttl === undefined) return again(ctx);
  const { backfill: _filled, ...filled } = ttl;
  const last = rows.at(-1);
  saveTable(ctx, fresh, { ttl: rows.length < BATCH || last === undefined ? filled : { ...ttl, backfill: last.id } });
  return again(ctx);
}

function settle(ctx: Context, table: Table): MessageOutcome {
  const { body } = table;
  for (const { no, status } of body.indexes) if (status === "DELETING") ctx.run(deleteEntriesOfIndex, { table: table.id, index: no });
  const indexes = body.indexes.filter(({ status }) => status !== "DELETING").map((index): IndexBody => ({ ...index, status: "ACTIVE" }));
  const rests =
    body.status === "ACTIVE" && indexes.length === body.indexes.length && body.indexes.every(({ status }) => status === "ACTIVE");
  if (rests) return undefined;
  const used = new Set([...body.keySchema, ...indexes.flatMap(({ keySchema }) => keySchema)].map(({ AttributeName }) => AttributeName));
  saveTable(ctx, table, {
    status: "ACTIVE",
    indexes,
    attributes: body.attributes.filter(({ AttributeName }) => used.has(AttributeName)),
  });
  ctx.emit({
    source: "aws.dynamodb",
    type: "Table Active",
    resources: [table.arn],
    detail: { tableName: table.name, from: body.status, to: "ACTIVE" },
    rule: "nothing is left to be made, filled or removed",
  });
  return undefined;
}
