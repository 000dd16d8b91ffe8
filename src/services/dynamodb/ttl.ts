import type { Context } from "../../aws/context.ts";
import type { MessageHandler, Operations } from "../../aws/service.ts";
import { validation } from "./errors.ts";
import { scheduleSweep } from "./expiry.ts";
import { keyAttributes, keyOfItem } from "./keys.ts";
import { deleteExpiriesOfTable, deleteExpiry, selectExpired, selectItemById, selectNextExpiry } from "./store.ts";
import { findTableById, namedTable, saveTable, type Table } from "./table.ts";
import { deserialise, type Item } from "./values.ts";
import { removeItem } from "./writes.ts";

const BATCH = 500;

/** `dynamodb.expire`: deletes what has expired, then waits for the next item that will. */
export const expire: MessageHandler = (ctx, message) => {
  const outcome = ctx.tx(() => {
    let table = findTableById(ctx, Number(message.payload["table"]));
    if (table === undefined || table.body.sweep !== message.payload["sweep"]) return undefined;
    const due = ctx.cloud.store.all(selectExpired, { table: table.id, now: ctx.now, limit: BATCH });
    for (const { at, item_id } of due) {
      const row = ctx.cloud.store.get(selectItemById, { id: item_id });
      if (row === undefined) ctx.run(deleteExpiry, { table: table.id, at, item: item_id });
      else expireItem(ctx, table, { id: item_id, item: deserialise(row.item), size: row.size });
    }
    if (due.length === BATCH) return { again: ctx.now };
    const next = ctx.cloud.store.get(selectNextExpiry, { table: table.id })?.at ?? undefined;
    const { sweep: _done, ...rest } = table.body;
    table = saveTable(ctx, { ...table, body: rest }, {});
    if (next !== undefined) scheduleSweep(ctx, table, next);
    return undefined;
  });
  return outcome;
};

function expireItem(ctx: Context, table: Table, stored: { id: number; item: Item; size: number }): void {
  removeItem(ctx, table, keyOfItem(table, stored.item), stored);
  ctx.emit({
    source: "aws.dynamodb",
    type: "Item Expired",
    resources: [table.arn],
    detail: {
      keys: keyAttributes(table.keys, stored.item),
      userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
    },
    rule: `${table.body.ttl?.attribute ?? "TTL attribute"} is in the past`,
  });
}

export const ttlOperations: Operations<"dynamodb"> = {
  UpdateTimeToLive: (input, ctx) => {
    const table = namedTable(ctx, input.TableName);
    const { AttributeName = "", Enabled = false } = input.TimeToLiveSpecification ?? {};
    const current = table.body.ttl;
    if (AttributeName === "") throw validation("TimeToLiveSpecification.AttributeName must not be empty");
    if ((current?.enabled ?? false) === Enabled) throw validation(`TimeToLive is already ${Enabled ? "enabled" : "disabled"}`);
    if (current !== undefined && !Enabled && current.attribute !== AttributeName) {
      throw validation(`TimeToLive is active on a different AttributeName: current AttributeName is ${current.attribute}`);
    }
    ctx.tx(() => {
      if (!Enabled) ctx.run(deleteExpiriesOfTable, { table: table.id });
      const ttl = { attribute: AttributeName, enabled: Enabled, changed: ctx.now, ...(Enabled ? { backfill: 0 } : {}) };
      saveTable(ctx, table, { ttl });
      if (Enabled) ctx.send("dynamodb.table", { table: table.id }, { lane: `dynamodb/${table.id}` });
      ctx.emit({
        source: "aws.dynamodb",
        type: `Time To Live ${Enabled ? "Enabled" : "Disabled"}`,
        resources: [table.arn],
        detail: { tableName: table.name, attributeName: AttributeName },
      });
    });
    return { TimeToLiveSpecification: { AttributeName, Enabled } };
  },
  DescribeTimeToLive: (input, ctx) => {
    const ttl = namedTable(ctx, input.TableName).body.ttl;
    if (ttl?.enabled !== true) return { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } };
    return {
      TimeToLiveDescription: { AttributeName: ttl.attribute, TimeToLiveStatus: ttl.backfill === undefined ? "ENABLED" : "ENABLING" },
    };
  },
};
