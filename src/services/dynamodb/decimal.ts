import { validation } from "./errors.ts";

/**
 * A number as DynamoDB holds it: `sign * 0.digits * 10^exponent`, digits without zeros at either end, at most 38 of them.
 * Zero has no digits.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
 */
export interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly exponent: number;
  readonly digits: string;
}

const ZERO: Decimal = { sign: 0, exponent: 0, digits: "" };
const MAX_DIGITS = 38;
/** 9.99…E+125 is the largest magnitude, 1E-130 the smallest; as exponents of `0.digits`. */
const MAX_EXPONENT = 126;
const MIN_EXPONENT = -129;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;
/** Numbers that are in their canonical form already. */
const SHORT_INTEGER = /^(?:0|-?[1-9]\d{0,30})$/;

/** @throws AwsException ValidationException when it is no number, too long, too large or too small */
export function parseDecimal(text: string): Decimal {
  const match = NUMBER.exec(text);
  const [, sign = "", whole = "", fraction = "", power = "0"] = match ?? [];
  if (match === null || whole.length + fraction.length === 0) throw notANumber(text);
  return make(sign === "-" ? -1 : 1, whole + fraction, whole.length + Number(power));
}

function notANumber(text: string): Error {
  const start = "The parameter cannot be converted to a numeric value";
  return validation(text === "" ? start : `${start}: ${text}`);
}

function make(sign: -1 | 1, all: string, point: number): Decimal {
  let start = 0;
  let end = all.length;
  while (start < end && all.charCodeAt(start) === 48) start++;
  while (end > start && all.charCodeAt(end - 1) === 48) end--;
  if (start === end) return ZERO;
  const digits = all.slice(start, end);
  const exponent = point - start;
  if (digits.length > MAX_DIGITS) throw validation("Attempting to store more than 38 significant digits in a Number");
  if (exponent > MAX_EXPONENT) {
    throw validation("Number overflow. Attempting to store a number with magnitude larger than supported range");
  }
  if (exponent < MIN_EXPONENT) {
    throw validation("Number underflow. Attempting to store a number with magnitude smaller than supported range");
  }
  return { sign, exponent, digits };
}

/** Plain notation, as DynamoDB answers it: no exponent, no zeros that mean nothing. */
function formatDecimal({ sign, exponent, digits }: Decimal): string {
  if (sign === 0) return "0";
  const minus = sign < 0 ? "-" : "";
  if (exponent <= 0) return `${minus}0.${"0".repeat(-exponent)}${digits}`;
  if (exponent >= digits.length) return `${minus}${digits}${"0".repeat(exponent - digits.length)}`;
  return `${minus}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

/**
 * The canonical text of a number: equal numbers have equal texts.
 * @throws AwsException ValidationException as `parseDecimal`
 */
export function canonicalNumber(text: string): string {
  return SHORT_INTEGER.test(text) ? text : formatDecimal(parseDecimal(text));
}

/** Less than, equal to or greater than 0 as `a` is to `b`. */
function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign;
  if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -a.sign : a.sign;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -a.sign : a.sign;
}

export function compareNumbers(a: string, b: string): number {
  return a === b ? 0 : compareDecimals(parseDecimal(a), parseDecimal(b));
}

/** @throws AwsException ValidationException when the exact sum cannot be held */
export function addNumbers(a: string, b: string): string {
  return formatDecimal(sum(parseDecimal(a), parseDecimal(b)));
}

/** @throws AwsException ValidationException when the exact difference cannot be held */
export function subtractNumbers(a: string, b: string): string {
  const { sign, exponent, digits } = parseDecimal(b);
  return formatDecimal(sum(parseDecimal(a), { sign: -sign as Decimal["sign"], exponent, digits }));
}

function sum(a: Decimal, b: Decimal): Decimal {
  if (a.sign === 0) return b;
  if (b.sign === 0) return a;
  const unit = Math.min(a.exponent - a.digits.length, b.exponent - b.digits.length);
  const total = coefficient(a, unit) + coefficient(b, unit);
  if (total === 0n) return ZERO;
  const digits = (total < 0n ? -total : total).toString();
  return make(total < 0n ? -1 : 1, digits, digits.length + unit);
}

function coefficient({ sign, exponent, digits }: Decimal, unit: number): bigint {
  const magnitude = BigInt(digits) * 10n ** BigInt(exponent - digits.length - unit);
  return sign < 0 ? -magnitude : magnitude;
}

/** Bytes that a number takes: about one for two significant digits, and one more. */
export function numberSize(canonical: string): number {
  let significant = 0;
  let zeros = 0;
  for (let i = 0; i < canonical.length; i++) {
    const code = canonical.charCodeAt(i);
    if (code < 48 || code > 57) continue;
    if (code === 48) {
      if (significant > 0) zeros++;
    } else {
      significant += zeros + 1;
      zeros = 0;
    }
  }
  return ((significant + 1) >> 1) + 1;
}
