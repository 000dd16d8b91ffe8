import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { Consumption, readUnits, writeUnits } from "./capacity.ts";
import { validation } from "./errors.ts";
import { project } from "./expressions/paths.ts";
import type { PathPart } from "./expressions/syntax.ts";
import { checkedKey, keyAttributes } from "./keys.ts";
import { attributeUpdates, expected, refuseMixed } from "./legacy.ts";
import { measure } from "./metrics.ts";
import { boundProjection } from "./read-request.ts";
import { sumPartition } from "./store.ts";
import { activeTable, type Table } from "./table.ts";
import { type Item, itemSize } from "./values.ts";
import { deleteWrite, perform, putWrite, updateWrite, type Write, type Written } from "./write-request.ts";
import { keepsMore, readItem, storeAlone } from "./writes.ts";

const GIGABYTE = 1_024 ** 3;

/** What an answer to a single write may have to tell. */
interface Wanted {
  readonly ReturnConsumedCapacity?: "INDEXES" | "TOTAL" | "NONE" | undefined;
  readonly ReturnItemCollectionMetrics?: "SIZE" | "NONE" | undefined;
}

export const itemOperations: Operations<"dynamodb"> = {
  PutItem: (input, ctx) => {
    const wanted = input.ReturnValues;
    if (wanted !== undefined && wanted !== "NONE" && wanted !== "ALL_OLD") throw badReturnValues();
    refuseMixed(input, ["Expected", "ConditionalOperator"], ["ConditionExpression"]);
    const table = activeTable(ctx, input.TableName);
    const write = putWrite(table, input.Item, input, expected(input));
    if (write.condition === undefined && wanted !== "ALL_OLD" && !reports(input) && !keepsMore(table)) {
      const next = write.next(undefined);
      if (typeof next !== "string") {
        storeAlone(ctx, table, write.key, next);
        measure(ctx, { metric: "ConsumedWriteCapacityUnits", table: table.name }, writeUnits(next.size));
      }
      return {};
    }
    const written = perform(ctx, write);
    return answer(ctx, { write, written, wanted: input }, wanted === "ALL_OLD" ? written.old : undefined);
  },
  GetItem: (input, ctx) => {
    const table = activeTable(ctx, input.TableName);
    const paths = boundProjection(input);
    const stored = readItem(ctx, table, checkedKey(table, input.Key).key);
    const item = stored === undefined || paths === undefined ? stored?.item : project(stored.item, paths);
    const consumed = new Consumption();
    consumed.read(table, readUnits(stored?.size ?? 0, input.ConsistentRead === true ? "strong" : "eventual"));
    const [report] = consumed.finish(ctx, input.ReturnConsumedCapacity) ?? [];
    return { ...(item === undefined ? {} : { Item: item }), ...(report === undefined ? {} : { ConsumedCapacity: report }) };
  },
  DeleteItem: (input, ctx) => {
    const wanted = input.ReturnValues;
    if (wanted !== undefined && wanted !== "NONE" && wanted !== "ALL_OLD") throw badReturnValues();
    refuseMixed(input, ["Expected", "ConditionalOperator"], ["ConditionExpression"]);
    const table = activeTable(ctx, input.TableName);
    const write = deleteWrite(table, input.Key, input, expected(input));
    const written = perform(ctx, write);
    return answer(ctx, { write, written, wanted: input }, wanted === "ALL_OLD" ? written.old : undefined);
  },
  UpdateItem: (input, ctx) => {
    refuseMixed(input, ["AttributeUpdates", "Expected", "ConditionalOperator"], ["UpdateExpression", "ConditionExpression"]);
    const table = activeTable(ctx, input.TableName);
    const legacy = { condition: expected(input), update: attributeUpdates(input.AttributeUpdates) };
    const write = updateWrite(table, input.Key, input, legacy);
    const written = perform(ctx, write);
    return answer(ctx, { write, written, wanted: input }, updatedValues(input.ReturnValues ?? "NONE", written, write.paths));
  },
};

function badReturnValues(): Error {
  return validation("Return values set to invalid value");
}

function reports(wanted: Wanted): boolean {
  const capacity = wanted.ReturnConsumedCapacity ?? "NONE";
  return capacity !== "NONE" || wanted.ReturnItemCollectionMetrics === "SIZE";
}

function updatedValues(wanted: string, { old, item }: Written, paths: readonly (readonly PathPart[])[]): Item | undefined {
  switch (wanted) {
    case "ALL_OLD":
      return old;
    case "ALL_NEW":
      return item;
    case "UPDATED_OLD":
      return nonEmpty(project(old ?? {}, paths));
    case "UPDATED_NEW":
      return nonEmpty(project(item ?? {}, paths));
    default:
      return undefined;
  }
}

function nonEmpty(item: Item): Item | undefined {
  return Object.keys(item).length === 0 ? undefined : item;
}

/** A write, what came of it, and what its client wants to be told. */
interface Done {
  readonly write: Write;
  readonly written: Written;
  readonly wanted: Wanted;
}

function answer(ctx: Context, { write, written, wanted }: Done, attributes: Item | undefined) {
  const out: { Attributes?: Item; ConsumedCapacity?: object; ItemCollectionMetrics?: CollectionMetrics } = {};
  if (attributes !== undefined) out.Attributes = attributes;
  const consumed = new Consumption();
  consumed.write(write.table, written.sizes);
  const [report] = consumed.finish(ctx, wanted.ReturnConsumedCapacity) ?? [];
  if (report !== undefined) out.ConsumedCapacity = report;
  const item = written.item ?? written.old;
  const metrics = wanted.ReturnItemCollectionMetrics === "SIZE" && item !== undefined ? collectionMetrics(ctx, write, item) : undefined;
  if (metrics !== undefined) out.ItemCollectionMetrics = metrics;
  return out;
}

interface CollectionMetrics {
  readonly ItemCollectionKey: Item;
  readonly SizeEstimateRangeGB: number[];
}

/**
 * How large the items of one partition key are, with their index entries; only tables with local indexes know.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
 */
export function collectionMetrics(
  ctx: Context,
  { table, key }: { table: Table; key: Write["key"] },
  item: Item,
): CollectionMetrics | undefined {
  const local = table.indexes.filter(({ kind }) => kind === "LSI").length;
  if (local === 0) return undefined;
  const bytes = (ctx.cloud.store.get(sumPartition, { table: table.id, hash: key.hash })?.size ?? itemSize(item)) * (1 + local);
  const low = Math.floor(bytes / GIGABYTE);
  return { ItemCollectionKey: keyAttributes([table.hash], item), SizeEstimateRangeGB: [low, low + 1] };
}
