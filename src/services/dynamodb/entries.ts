import { invalidValues, validation } from "./errors.ts";
import { keyBytes, partitionBytes } from "./key-bytes.ts";
import type { Key } from "./keys.ts";
import type { Index } from "./table.ts";
import { type Item, itemSize, typeOf } from "./values.ts";

/** What an index holds of an item: where it is, and how many bytes. `tie` tells items with the same index key apart. */
export interface Entry {
  readonly hash: Uint8Array;
  readonly range: Uint8Array;
  readonly tie: Uint8Array;
  readonly size: number;
}

/** The entry of an item; undefined when it lacks a key attribute of the index, or has it in another type. */
export function entryOf(index: Index, item: Item, key: Key, size: number): Entry | undefined {
  const hash = item[index.hash.name];
  const range = index.range === undefined ? undefined : item[index.range.name];
  if (hash?.[index.hash.type] === undefined) return undefined;
  if (index.range !== undefined && range?.[index.range.type] === undefined) return undefined;
  return { hash: partitionBytes(hash), range: keyBytes(range), tie: tieOf(key), size: projectedSize(index, item, size) };
}

/** The table's key as one value. */
export function tieOf({ hash, range }: Key): Uint8Array {
  const tie = Buffer.allocUnsafe(2 + hash.length + range.length);
  tie.writeUInt16BE(hash.length);
  tie.set(hash, 2);
  tie.set(range, 2 + hash.length);
  return tie;
}

function projectedSize(index: Index, item: Item, size: number): number {
  return index.projected === undefined ? size : itemSize(projectedItem(index, item));
}

/** What the index shows of an item. */
export function projectedItem(index: Index, item: Item): Item {
  if (index.projected === undefined) return item;
  const out: Item = {};
  for (const name of index.projected) {
    const value = item[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}

export function sameEntry(a: Entry, b: Entry): boolean {
  return Buffer.compare(a.hash, b.hash) === 0 && Buffer.compare(a.range, b.range) === 0;
}

/** @throws AwsException ValidationException when an index cannot hold the item's value of one of its keys */
export function checkIndexKeys(indexes: readonly Index[], item: Item): void {
  for (const { name: indexName, hash, range } of indexes) {
    for (const key of range === undefined ? [hash] : [hash, range]) {
      const value = item[key.name];
      if (value === undefined) continue;
      if (value[key.type] === undefined) {
        throw invalidValues(
          `Type mismatch for Index Key ${key.name} Expected: ${key.type} Actual: ${typeOf(value)} IndexName: ${indexName}`,
        );
      }
      if (value.S === "" || value.B?.length === 0) {
        throw validation(
          `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${value.S === "" ? "string" : "binary"} value. IndexName: ${indexName}, IndexKey: ${key.name}`,
        );
      }
      const limit = key === hash ? 2048 : 1024;
      const size = keyBytes(value).length;
      if (size > limit) {
        throw invalidValues(
          key === hash
            ? `Size of hashkey has exceeded the maximum size limit of${limit} bytes`
            : `Aggregated size of all range keys has exceeded the size limit of ${limit} bytes`,
        );
      }
    }
  }
}
