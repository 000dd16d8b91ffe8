import { invalidValues, validation } from "./errors.ts";
import type { KeyAttribute } from "./expressions/key-condition.ts";
import { keyBytes, partitionBytes } from "./key-bytes.ts";
import type { Table } from "./table.ts";
import { type AttributeValue, type Item, normalise, typeOf } from "./values.ts";

/** The place of an item: its partition and its place in it. */
export interface Key {
  readonly hash: Uint8Array;
  readonly range: Uint8Array;
}

const MAX_HASH = 2048;
const MAX_RANGE = 1024;

/**
 * The key of an item that is to be stored.
 * @throws AwsException ValidationException when a key attribute is missing, of another type, empty or too long
 */
export function keyOfItem(table: Table, item: Item): Key {
  for (const { name, type } of table.keys) {
    const value = item[name];
    if (value === undefined) throw invalidValues(`Missing the key ${name} in the item`);
    if (value[type] === undefined) {
      throw invalidValues(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`);
    }
  }
  return toKey(table, item);
}

/**
 * A `Key` parameter with its place; numbers are in canonical form.
 * @throws AwsException ValidationException when it is not exactly the table's key
 */
export function checkedKey(table: Table, given: Item | undefined): { readonly key: Key; readonly attributes: Item } {
  const attributes: Item = {};
  for (const [name, value] of Object.entries(given ?? {})) attributes[name] = normalise(value, { size: 0, binary: false });
  const fits = table.keys.every(({ name, type }) => attributes[name]?.[type] !== undefined);
  if (!fits || Object.keys(attributes).length !== table.keys.length) {
    throw validation("The provided key element does not match the schema");
  }
  return { key: toKey(table, attributes), attributes };
}

function toKey(table: Table, item: Item): Key {
  const hash = item[table.hash.name];
  const range = table.range === undefined ? undefined : item[table.range.name];
  checkEmpty(hash, table.hash);
  if (table.range !== undefined) checkEmpty(range, table.range);
  const key = { hash: partitionBytes(hash), range: keyBytes(range) };
  if (key.hash.length - 4 > MAX_HASH) {
    throw invalidValues(`Size of hashkey has exceeded the maximum size limit of${MAX_HASH} bytes`);
  }
  if (key.range.length > MAX_RANGE) {
    throw invalidValues(`Aggregated size of all range keys has exceeded the size limit of ${MAX_RANGE} bytes`);
  }
  return key;
}

function checkEmpty(value: AttributeValue | undefined, { name }: KeyAttribute): void {
  const kind = value?.S === "" ? "string" : value?.B?.length === 0 ? "binary" : undefined;
  if (kind === undefined) return;
  throw validation(
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
  );
}

/** One value for a key, to find the same item twice in a request. */
export function keyId(table: Table, { hash, range }: Key): string {
  return `${table.id}/${Buffer.from(hash).toString("base64")}/${Buffer.from(range).toString("base64")}`;
}

/** The attributes of an item that are its key in a table. */
export function keyAttributes(keys: readonly KeyAttribute[], item: Item): Item {
  const out: Item = {};
  for (const { name } of keys) {
    const value = item[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}
