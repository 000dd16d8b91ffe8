/** What a field of a record holds; instants are ms in an object of their own, so that they are shown as such. */
export type Value = string | number | boolean | null | Instant | Structure;

export class Instant {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A map or list of `jsonParse`. */
export interface Structure {
  readonly json: unknown;
}

export const isStructure = (value: Value): value is Structure => typeof value === "object" && value !== null && "json" in value;

/** Undefined for what is no number. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (value instanceof Instant) return value.ms;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

/** Undefined for nothing and for structures, which string functions take as nothing. */
export function stringOf(value: Value): string | undefined {
  if (value === null || isStructure(value)) return undefined;
  return shown(value);
}

const MOST_DECIMALS = 4;

/** As results show it: instants as `2026-11-23 11:32:01.000`, numbers with up to four decimals. */
export function shown(value: Value): string {
  if (value instanceof Instant) return new Date(value.ms).toISOString().replace("T", " ").replace("Z", "");
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(MOST_DECIMALS)));
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value === null) return "";
  return isStructure(value) ? JSON.stringify(value.json) : value;
}

/** Numbers by size where both are numbers, else by text; nothing comes first. */
export function compare(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  const [one, other] = [shown(a), shown(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

const CHUNKS = /\d+|\D+/g;
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The order of `sort`: nothing, texts, and numbers at last. Texts are compared by their runs of digits and of other characters.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html
 */
export function naturalOrder(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  if (left !== undefined || right !== undefined) return left === undefined ? -1 : 1;
  const [one, other] = [shown(a).match(CHUNKS) ?? [], shown(b).match(CHUNKS) ?? []];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const [x = "", y = ""] = [one[i], other[i]];
    const areDigits = /^\d/.test(x) && /^\d/.test(y);
    const order = areDigits && x.length !== y.length ? x.length - y.length : byText(x, y);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

export const isTrue = (value: Value): boolean => value === true || value === 1;

/** A scalar of JSON as a value; what is nested becomes a structure. */
export function ofJson(json: unknown): Value {
  if (json === undefined || json === null) return null;
  if (typeof json === "string" || typeof json === "number" || typeof json === "boolean") return json;
  return { json };
}
