import { AwsException } from "../../aws/exception.ts";
import type { OtlpAttributes, OtlpValue } from "./types.ts";

/** A message of the JSON form, nothing of it checked. */
export type Plain = Readonly<Record<string, unknown>>;

const MOST_DEEP = 64;

function wrong(what: string): AwsException {
  return new AwsException("BadRequest", `the request cannot be read: ${what}`, { status: 400 });
}

/** Empty where it is not there. */
export function objectIn(plain: Plain, name: string): Plain {
  const value = plain[name];
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrong(`${name} is not an object`);
  return value as Plain;
}

export function listIn(plain: Plain, name: string): readonly Plain[] {
  const value = plain[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== "object" || entry === null))
    throw wrong(`${name} is not a list of objects`);
  return value as readonly Plain[];
}

export function textIn(plain: Plain, name: string): string {
  const value = plain[name];
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw wrong(`${name} is not text`);
  return value;
}

/** JSON carries numbers as such or as text, and what is no number as `NaN` and `Infinity`. */
export function numberIn(plain: Plain, name: string): number {
  return optionalNumberIn(plain, name) ?? 0;
}

export function optionalNumberIn(plain: Plain, name: string): number | undefined {
  const value = plain[name];
  return value === undefined || value === null ? undefined : numberOf(value, name);
}

export function numbersIn(plain: Plain, name: string): number[] {
  const value = plain[name] ?? [];
  if (!Array.isArray(value)) throw wrong(`${name} is not a list`);
  return value.map((entry) => numberOf(entry, name));
}

function numberOf(value: unknown, name: string): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || (Number.isNaN(number) && value !== "NaN" && !Number.isNaN(value as number))) {
    throw wrong(`${name} is not a number`);
  }
  return number;
}

export function nanosIn(plain: Plain, name: string): bigint {
  const value = plain[name];
  if (value === undefined || value === null || value === "") return 0n;
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return BigInt(Math.trunc(value));
  throw wrong(`${name} is not a time in nanoseconds`);
}

/** By number, or in JSON by name with the prefix of its enumeration. */
export function enumIn<T extends string>(plain: Plain, name: string, values: readonly T[], unknown: T): T {
  const value = plain[name] ?? 0;
  if (typeof value === "number") return values[value] ?? unknown;
  return values.find((known) => String(value).endsWith(`_${known}`)) ?? unknown;
}

/** Hexadecimal digits in lower case; empty where it is not there or is all zeros. JSON has them as hexadecimal text. */
export function idIn(plain: Plain, name: string, bytes: number): string {
  const value = plain[name];
  if (value === undefined || value === null || value === "") return "";
  const id = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value).toLowerCase();
  if (id === "" || /^0+$/.test(id)) return "";
  if (!/^[0-9a-f]+$/.test(id) || id.length !== bytes * 2) throw wrong(`${name} is not ${bytes} bytes in hexadecimal digits`);
  return id;
}

export function attributesIn(plain: Plain, name = "attributes", depth = 0): OtlpAttributes {
  const attributes: Record<string, OtlpValue> = Object.create(null) as Record<string, OtlpValue>;
  for (const entry of listIn(plain, name)) attributes[textIn(entry, "key")] = anyValue(entry["value"], depth);
  return attributes;
}

/** https://opentelemetry.io/docs/specs/otel/common/#anyvalue */
export function anyValue(value: unknown, depth = 0): OtlpValue {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" || depth > MOST_DEEP) throw wrong("a value is not an AnyValue");
  const any = value as Plain;
  if (any["stringValue"] !== undefined) return textIn(any, "stringValue");
  if (any["boolValue"] !== undefined) return any["boolValue"] === true || any["boolValue"] === "true";
  if (any["intValue"] !== undefined) return integerOf(any["intValue"]);
  if (any["doubleValue"] !== undefined) return numberIn(any, "doubleValue");
  if (any["arrayValue"] !== undefined) return listIn(objectIn(any, "arrayValue"), "values").map((entry) => anyValue(entry, depth + 1));
  if (any["kvlistValue"] !== undefined) return attributesIn(objectIn(any, "kvlistValue"), "values", depth + 1);
  const bytes = any["bytesValue"];
  if (bytes instanceof Uint8Array) return Buffer.from(bytes).toString("base64");
  return bytes === undefined || bytes === null ? null : String(bytes);
}

function integerOf(value: unknown): OtlpValue {
  const text = String(value);
  if (!/^-?\d+(\.0+)?$/.test(text)) throw wrong("intValue is not an integer");
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
