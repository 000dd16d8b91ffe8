import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { canonicalNumber, compareNumbers, numberSize } from "./decimal.ts";
import { invalidValues, validation } from "./errors.ts";

export type { AttributeValue };
export type Item = Record<string, AttributeValue>;
export type TypeName = "S" | "N" | "B" | "SS" | "NS" | "BS" | "M" | "L" | "BOOL" | "NULL";

/** What a walk over a value has found. */
export interface Tally {
  /** Bytes, as https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html counts them. */
  size: number;
  binary: boolean;
}

const TYPES: ReadonlySet<string> = new Set(["S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"]);
const MAX_DEPTH = 32;
const CONTAINER_OVERHEAD = 3;

/** The one type of a value that was checked. */
export function typeOf(value: AttributeValue): TypeName {
  for (const key in value) if (TYPES.has(key) && value[key as TypeName] !== undefined) return key as TypeName;
  throw validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}

/**
 * Checks a value, adds its size to `tally`, and gives it with all numbers in canonical form.
 * @throws AwsException ValidationException
 */
export function normalise(value: AttributeValue, tally: Tally, depth = 0): AttributeValue {
  switch (checkedType(value)) {
    case "S":
      tally.size += byteLength(value.S ?? "");
      return value;
    case "N": {
      const text = canonicalNumber(value.N ?? "");
      tally.size += numberSize(text);
      return text === value.N ? value : { N: text };
    }
    case "B":
      tally.size += value.B?.length ?? 0;
      tally.binary = true;
      return value;
    case "BOOL":
      tally.size += 1;
      return value;
    case "NULL":
      if (value.NULL !== true) throw invalidValues("Null attribute value types must have the value of true");
      tally.size += 1;
      return value;
    case "M":
      if (depth >= MAX_DEPTH) throw tooDeep();
      tally.size += CONTAINER_OVERHEAD;
      return { M: normaliseItem(value.M ?? {}, tally, depth + 1) };
    case "L":
      if (depth >= MAX_DEPTH) throw tooDeep();
      tally.size += CONTAINER_OVERHEAD + (value.L?.length ?? 0);
      return { L: (value.L ?? []).map((element) => normalise(element, tally, depth + 1)) };
    default:
      return normaliseSet(value, tally);
  }
}

/** As `normalise`, for all attributes of an item, whose names count too. */
export function normaliseItem(item: Item, tally: Tally, depth = 0): Item {
  const out: Item = {};
  for (const name in item) {
    const value = item[name];
    if (value === undefined) continue;
    tally.size += byteLength(name) + (depth > 0 ? 1 : 0);
    out[name] = normalise(value, tally, depth);
  }
  return out;
}

function tooDeep(): Error {
  return validation("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit");
}

function checkedType(value: AttributeValue): TypeName {
  let found: TypeName | undefined;
  for (const key in value) {
    if (value[key as TypeName] === undefined || !TYPES.has(key)) continue;
    if (found !== undefined) {
      throw validation("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
    }
    found = key as TypeName;
  }
  if (found === undefined) throw validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  return found;
}

function normaliseSet(value: AttributeValue, tally: Tally): AttributeValue {
  if (value.SS !== undefined) {
    if (value.SS.length === 0) throw invalidValues("An string set  may not be empty");
    for (const member of value.SS) {
      if (member === "") throw invalidValues("An string set may not have a empty string as a member");
      tally.size += byteLength(member);
    }
    if (new Set(value.SS).size < value.SS.length) throw duplicates(value.SS);
    return value;
  }
  if (value.NS !== undefined) {
    if (value.NS.length === 0) throw invalidValues("An number set  may not be empty");
    const numbers = value.NS.map(canonicalNumber);
    for (const number of numbers) tally.size += numberSize(number);
    if (new Set(numbers).size < numbers.length) throw validation("Input collection contains duplicates");
    return { NS: numbers };
  }
  const members = value.BS ?? [];
  if (members.length === 0) throw invalidValues("Binary sets should not be empty");
  tally.binary = true;
  for (const member of members) {
    if (member.length === 0) throw invalidValues("Binary sets may not contain empty values");
    tally.size += member.length;
  }
  if (new Set(members.map(base64)).size < members.length) throw invalidValues("Input collection contains duplicates.");
  return value;
}

function duplicates(members: readonly string[]): Error {
  return invalidValues(`Input collection [${members.join(", ")}] contains duplicates.`);
}

export function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Bytes of an item that was checked before. */
export function itemSize(item: Item): number {
  const tally: Tally = { size: 0, binary: false };
  normaliseItem(item, tally);
  return tally.size;
}

/** Equal as `=` of expressions sees it: sets whatever their order. Both sides are normalised. */
export function equal(a: AttributeValue, b: AttributeValue): boolean {
  if (a.S !== undefined) return a.S === b.S;
  if (a.N !== undefined) return a.N === b.N;
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL;
  if (a.NULL !== undefined) return a.NULL === b.NULL;
  if (a.B !== undefined) return b.B !== undefined && Buffer.compare(a.B, b.B) === 0;
  if (a.SS !== undefined) return b.SS !== undefined && sameMembers(a.SS, b.SS);
  if (a.NS !== undefined) return b.NS !== undefined && sameMembers(a.NS, b.NS);
  if (a.BS !== undefined) return b.BS !== undefined && sameMembers(a.BS.map(base64), b.BS.map(base64));
  if (a.L !== undefined) return b.L !== undefined && sameList(a.L, b.L);
  return a.M !== undefined && b.M !== undefined && sameMap(a.M, b.M);
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  const members = new Set(b);
  return a.length === b.length && a.every((member) => members.has(member));
}

function sameList(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return a.length === b.length && a.every((element, i) => isEqual(element, b[i]));
}

function sameMap(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isEqual(a[name], b[name]));
}

function isEqual(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  return a !== undefined && b !== undefined && equal(a, b);
}

/** The order of two strings, numbers or binaries; undefined when the types differ or have no order. */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.S !== undefined && b.S !== undefined) return a.S === b.S ? 0 : Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

/** A copy that shares no list, map or set with the original. */
export function copy(value: AttributeValue): AttributeValue {
  if (value.M !== undefined) return { M: copyItem(value.M) };
  if (value.L !== undefined) return { L: value.L.map(copy) };
  if (value.SS !== undefined) return { SS: [...value.SS] };
  if (value.NS !== undefined) return { NS: [...value.NS] };
  if (value.BS !== undefined) return { BS: [...value.BS] };
  return value;
}

function copyItem(item: Item): Item {
  const out: Item = {};
  for (const [name, value] of Object.entries(item)) out[name] = copy(value);
  return out;
}

/** The text under which an item is stored: JSON, with a `!` before it when there is binary data, which is in base64. */
export function serialise(item: Item, binary: boolean): string {
  return binary ? `!${JSON.stringify(item, asBase64)}` : JSON.stringify(item);
}

function asBase64(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return base64(value);
  // A Buffer has turned itself into an object before it comes here.
  if (typeof value === "object" && value !== null && "type" in value && value.type === "Buffer" && "data" in value) {
    return Buffer.from(value.data as number[]).toString("base64");
  }
  return value;
}

export function deserialise(text: string): Item {
  if (!text.startsWith("!")) return JSON.parse(text) as Item;
  return reviveMap(JSON.parse(text.slice(1)) as Item);
}

function reviveMap(map: Item): Item {
  for (const name of Object.keys(map)) {
    const value = map[name];
    if (value !== undefined) map[name] = revive(value);
  }
  return map;
}

function revive(value: AttributeValue): AttributeValue {
  if (value.B !== undefined) return { B: fromBase64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(fromBase64) };
  if (value.M !== undefined) return { M: reviveMap(value.M) };
  if (value.L !== undefined) return { L: value.L.map(revive) };
  return value;
}

function fromBase64(text: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(text), "base64"));
}
