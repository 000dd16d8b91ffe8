import type { Context } from "../../aws/context.ts";
import { type Consumption, readUnits } from "./capacity.ts";
import { projectedItem, tieOf } from "./entries.ts";
import { validation } from "./errors.ts";
import { project } from "./expressions/paths.ts";
import type { PathPart } from "./expressions/syntax.ts";
import { after, keyBytes, partitionBytes } from "./key-bytes.ts";
import { keyAttributes } from "./keys.ts";
import type { Selection } from "./read-request.ts";
import { type ReadRow, readIndex, readTable } from "./store.ts";
import type { Index, Table } from "./table.ts";
import { deserialise, type Item, normalise } from "./values.ts";
import { type BoundCondition, meets } from "./write-request.ts";

/** A page ends with the item that makes it reach this. */
const PAGE_BYTES = 1_024 * 1_024;

/** A place in key order; `tie` matters in indexes alone. */
export interface Position {
  readonly hash: Uint8Array;
  readonly range: Uint8Array;
  readonly tie: Uint8Array;
}

/** What a query or scan reads. */
export interface ReadPlan {
  readonly table: Table;
  readonly index: Index | undefined;
  /** From here, up to and without `high`. */
  readonly low: Position;
  readonly high: Position;
  readonly forward: boolean;
  readonly limit: number | undefined;
  readonly filter: BoundCondition | undefined;
  readonly selection: Selection;
  readonly paths: readonly PathPart[][] | undefined;
  readonly consistent: boolean;
}

export interface PageOutput {
  Count: number;
  ScannedCount: number;
  Items?: Item[];
  LastEvaluatedKey?: Item;
}

const NOTHING = new Uint8Array(0);

export function position(hash: Uint8Array, range: Uint8Array = NOTHING): Position {
  return { hash, range, tie: NOTHING };
}

export function comparePositions(a: Position, b: Position): number {
  return Buffer.compare(a.hash, b.hash) || Buffer.compare(a.range, b.range) || Buffer.compare(a.tie, b.tie);
}

/** Reads one page and notes what it consumes. */
export function readPage(ctx: Context, plan: ReadPlan, consumed: Consumption): PageOutput {
  const { table, index, limit, filter } = plan;
  const items: Item[] = [];
  let scanned = 0;
  let bytes = 0;
  let fetched = 0;
  let count = 0;
  let last: Item | undefined;
  for (const row of rowsOf(ctx, plan)) {
    const item = deserialise(row.item);
    const visible = index === undefined || plan.selection === "whole" ? item : projectedItem(index, item);
    scanned++;
    bytes += row.entry;
    if (index?.projected !== undefined && plan.selection === "whole")
      fetched += readUnits(row.size, plan.consistent ? "strong" : "eventual");
    if (meets(filter, visible)) {
      count++;
      if (plan.selection !== "count") items.push(plan.paths === undefined ? visible : project(visible, plan.paths));
    }
    if (scanned === limit || bytes >= PAGE_BYTES) {
      last = item;
      break;
    }
  }
  consumed.read(table, readUnits(bytes, plan.consistent ? "strong" : "eventual"), index);
  if (fetched > 0) consumed.read(table, fetched);
  return {
    Count: count,
    ScannedCount: scanned,
    ...(plan.selection === "count" ? {} : { Items: items }),
    ...(last === undefined ? {} : { LastEvaluatedKey: keyAttributes(startKeys(table, index), last) }),
  };
}

function rowsOf(ctx: Context, { table, index, low, high, forward }: ReadPlan): Iterable<ReadRow> {
  const stretch = { table: table.id, lowHash: low.hash, low: low.range, highHash: high.hash, high: high.range };
  const direction = forward ? "forward" : "backward";
  return index === undefined
    ? ctx.cloud.store.iterate(readTable[direction], stretch)
    : ctx.cloud.store.iterate(readIndex[direction], { ...stretch, index: index.no, lowTie: low.tie, highTie: high.tie });
}

function startKeys(table: Table, index: Index | undefined): { name: string; type: "S" | "N" | "B" }[] {
  const keys = [...table.keys];
  for (const key of index === undefined ? [] : [index.hash, index.range]) {
    if (key !== undefined && keys.every(({ name }) => name !== key.name)) keys.push(key);
  }
  return keys;
}

/**
 * The place of an `ExclusiveStartKey`; undefined when there is none.
 * @throws AwsException ValidationException when it is not a key of what is read
 */
export function startPosition(table: Table, index: Index | undefined, given: Item | undefined): Position | undefined {
  if (given === undefined) return undefined;
  const item: Item = {};
  for (const [name, value] of Object.entries(given)) item[name] = normalise(value, { size: 0, binary: false });
  const keys = startKeys(table, index);
  if (keys.length !== Object.keys(item).length || keys.some(({ name, type }) => item[name]?.[type] === undefined)) {
    throw validation(
      index === undefined && keys.every(({ name }) => item[name] !== undefined)
        ? "The provided starting key is invalid: The provided key element does not match the schema"
        : "The provided starting key is invalid",
    );
  }
  const own = {
    hash: partitionBytes(item[table.hash.name]),
    range: keyBytes(table.range === undefined ? undefined : item[table.range.name]),
  };
  if (index === undefined) return { ...own, tie: NOTHING };
  const range = keyBytes(index.range === undefined ? undefined : item[index.range.name]);
  return { hash: partitionBytes(item[index.hash.name]), range, tie: tieOf(own) };
}

/** The smallest position after this one. */
export function following({ hash, range, tie }: Position, index: Index | undefined): Position {
  return index === undefined ? { hash, range: after(range), tie } : { hash, range, tie: after(tie) };
}
