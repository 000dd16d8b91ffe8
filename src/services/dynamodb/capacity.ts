import type { Capacity, ConsumedCapacity, ReturnConsumedCapacity } from "@aws-sdk/client-dynamodb";
import type { Context } from "../../aws/context.ts";
import { measure } from "./metrics.ts";
import type { Index, Table } from "./table.ts";
import type { WriteSizes } from "./writes.ts";

const READ_UNIT = 4_096;
const WRITE_UNIT = 1_024;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html; what is not there costs one unit. */
export function readUnits(bytes: number, kind: "eventual" | "strong" | "transaction"): number {
  const units = Math.max(1, Math.ceil(bytes / READ_UNIT));
  return kind === "eventual" ? units / 2 : kind === "strong" ? units : units * 2;
}

export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT));
}

/** Adds up what the parts of a request consume, by table and index. */
export class Consumption {
  readonly #tables = new Map<string, { table: Table; read: number; write: number; indexes: Map<Index, number> }>();
  readonly #factor: number;
  readonly #transaction: boolean;

  constructor(transaction = false) {
    this.#transaction = transaction;
    this.#factor = transaction ? 2 : 1;
  }

  #of(table: Table) {
    let entry = this.#tables.get(table.name);
    if (entry === undefined) {
      entry = { table, read: 0, write: 0, indexes: new Map() };
      this.#tables.set(table.name, entry);
    }
    return entry;
  }

  read(table: Table, units: number, index?: Index): void {
    const entry = this.#of(table);
    if (index === undefined) entry.read += units;
    else entry.indexes.set(index, (entry.indexes.get(index) ?? 0) + units);
  }

  write(table: Table, sizes: WriteSizes): void {
    const entry = this.#of(table);
    entry.write += writeUnits(sizes.table) * this.#factor;
    for (const { index, sizes: bytes } of sizes.indexes) {
      const units = bytes.reduce((sum, size) => sum + writeUnits(size), 0) * this.#factor;
      if (units > 0) entry.indexes.set(index, (entry.indexes.get(index) ?? 0) + units);
    }
  }

  /** Measures what was consumed; local indexes count as their table. Answers the report that was asked for, if any. */
  finish(ctx: Context, wanted: ReturnConsumedCapacity | undefined): ConsumedCapacity[] | undefined {
    for (const { table, read, write, indexes } of this.#tables.values()) {
      const metric = write > 0 ? "ConsumedWriteCapacityUnits" : "ConsumedReadCapacityUnits";
      let own = read + write;
      for (const [index, units] of indexes) {
        if (index.kind === "LSI") own += units;
        else measure(ctx, { metric, table: table.name, index: index.name }, units);
      }
      if (own > 0) measure(ctx, { metric, table: table.name }, own);
    }
    return this.#report(wanted);
  }

  /** In the order in which tables were first used; nothing when it was not asked for. */
  #report(wanted: ReturnConsumedCapacity | undefined): ConsumedCapacity[] | undefined {
    if (wanted !== "TOTAL" && wanted !== "INDEXES") return undefined;
    return [...this.#tables.values()].map(({ table, read, write, indexes }) => {
      const inIndexes = [...indexes.values()].reduce((sum, units) => sum + units, 0);
      const split = this.#transaction ? (write > 0 ? { WriteCapacityUnits: write + inIndexes } : { ReadCapacityUnits: read }) : {};
      const total = { TableName: table.name, CapacityUnits: read + write + inIndexes, ...split };
      if (wanted === "TOTAL") return total;
      const own = this.#transaction ? (write > 0 ? { WriteCapacityUnits: write } : { ReadCapacityUnits: read }) : {};
      return {
        ...total,
        Table: { CapacityUnits: read + write, ...own },
        ...named("LocalSecondaryIndexes", byKind(indexes, "LSI")),
        ...named("GlobalSecondaryIndexes", byKind(indexes, "GSI")),
      };
    });
  }
}

function byKind(indexes: ReadonlyMap<Index, number>, kind: Index["kind"]): Record<string, Capacity> {
  const out: Record<string, Capacity> = {};
  for (const [index, units] of indexes) if (index.kind === kind) out[index.name] = { CapacityUnits: units };
  return out;
}

function named(
  member: "LocalSecondaryIndexes" | "GlobalSecondaryIndexes",
  units: Record<string, Capacity>,
): { [K in typeof member]?: Record<string, Capacity> } {
  return Object.keys(units).length === 0 ? {} : { [member]: units };
}
