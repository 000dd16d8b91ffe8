import type { KeysAndAttributes, WriteRequest } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import type { Operations } from "../../aws/service.ts";
import { Consumption, readUnits } from "./capacity.ts";
import { validation } from "./errors.ts";
import { project } from "./expressions/paths.ts";
import { collectionMetrics } from "./items.ts";
import { checkedKey, keyId } from "./keys.ts";
import { boundProjection } from "./read-request.ts";
import { activeTable } from "./table.ts";
import type { Item } from "./values.ts";
import { deleteWrite, perform, putWrite, type Write } from "./write-request.ts";
import { readItem } from "./writes.ts";

const MAX_READS = 100;
const MAX_WRITES = 25;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_READ_BYTES = 16 * 1_024 * 1_024;

export const batchOperations: Operations<"dynamodb"> = {
  BatchGetItem: (input, ctx) => {
    const requests = Object.entries(input.RequestItems ?? {});
    const total = requests.reduce((sum, [, { Keys }]) => sum + (Keys?.length ?? 0), 0);
    if (total === 0)
      throw validation(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
      );
    if (total > MAX_READS) throw validation("Too many items requested for the BatchGetItem call");
    const consumed = new Consumption();
    const budget = { left: MAX_READ_BYTES };
    const read = requests.map(([name, request]) => ({ name, request, ...readBatch(ctx, { name, request }, consumed, budget) }));
    const report = consumed.finish(ctx, input.ReturnConsumedCapacity);
    return {
      Responses: Object.fromEntries(read.map(({ name, items }) => [name, items])),
      UnprocessedKeys: Object.fromEntries(
        read.filter(({ left }) => left.length > 0).map(({ name, request, left }) => [name, { ...request, Keys: left }]),
      ),
      ...(report === undefined ? {} : { ConsumedCapacity: report }),
    };
  },
  BatchWriteItem: (input, ctx) => {
    const requests = Object.entries(input.RequestItems ?? {});
    const total = requests.reduce((sum, [, list]) => sum + list.length, 0);
    if (total === 0) throw validation("The batch write request list for a table cannot be null or empty");
    if (total > MAX_WRITES) throw validation("Too many items requested for the BatchWriteItem call");
    const writes = requests.map(([name, list]) => ({ name, writes: batchWrites(ctx, name, list) }));
    const consumed = new Consumption();
    const metrics: Record<string, NonNullable<ReturnType<typeof collectionMetrics>>[]> = {};
    ctx.tx(() => {
      for (const { name, writes: list } of writes) {
        for (const write of list) {
          const { sizes, item, old } = perform(ctx, write);
          consumed.write(write.table, sizes);
          const shown = item ?? old;
          const metric =
            input.ReturnItemCollectionMetrics === "SIZE" && shown !== undefined ? collectionMetrics(ctx, write, shown) : undefined;
          if (metric !== undefined) metrics[name] = [...(metrics[name] ?? []), metric];
        }
      }
    });
    const report = consumed.finish(ctx, input.ReturnConsumedCapacity);
    return {
      UnprocessedItems: {},
      ...(input.ReturnItemCollectionMetrics === "SIZE" ? { ItemCollectionMetrics: metrics } : {}),
      ...(report === undefined ? {} : { ConsumedCapacity: report }),
    };
  },
};

function readBatch(
  ctx: Context,
  { name, request }: { name: string; request: KeysAndAttributes },
  consumed: Consumption,
  budget: { left: number },
): { items: Item[]; left: Item[] } {
  const table = activeTable(ctx, name);
  const paths = boundProjection(request);
  const keys = (request.Keys ?? []).map((given) => ({ given, key: checkedKey(table, given).key }));
  checkDistinct(keys.map(({ key }) => keyId(table, key)));
  const items: Item[] = [];
  const left: Item[] = [];
  for (const { given, key } of keys) {
    if (budget.left <= 0) {
      left.push(given);
      continue;
    }
    const stored = readItem(ctx, table, key);
    budget.left -= stored?.size ?? 0;
    consumed.read(table, readUnits(stored?.size ?? 0, request.ConsistentRead === true ? "strong" : "eventual"));
    if (stored !== undefined) items.push(paths === undefined ? stored.item : project(stored.item, paths));
  }
  return { items, left };
}

function batchWrites(ctx: Context, name: string, list: readonly WriteRequest[]): Write[] {
  const table = activeTable(ctx, name);
  const writes = list.map(({ PutRequest, DeleteRequest }) => {
    if ((PutRequest === undefined) === (DeleteRequest === undefined)) {
      throw validation(
        "Supplied WriteRequest is invalid: it must contain exactly one of the supported operations: PutRequest, DeleteRequest",
      );
    }
    return PutRequest === undefined ? deleteWrite(table, DeleteRequest?.Key, {}) : putWrite(table, PutRequest.Item, {});
  });
  checkDistinct(writes.map(({ key }) => keyId(table, key)));
  return writes;
}

function checkDistinct(ids: readonly string[]): void {
  if (new Set(ids).size < ids.length) throw validation("Provided list of item keys contains duplicates");
}
