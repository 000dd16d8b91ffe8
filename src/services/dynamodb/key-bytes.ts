import { crc32 } from "node:zlib";
import { type Decimal, parseDecimal } from "./decimal.ts";
import type { AttributeValue } from "./values.ts";

/** Scalar types a key may have. */
export type KeyType = "S" | "N" | "B";

/** Longer than any sort key (1024 bytes) and no less than any of them: the open end of a range. */
export const RANGE_END: Uint8Array = new Uint8Array(1025).fill(0xff);
/** Before and after all partitions. */
const FIRST_PARTITION: Uint8Array = new Uint8Array(0);
export const LAST_PARTITION: Uint8Array = Uint8Array.of(0x80);
const NO_BYTES = new Uint8Array(0);
const EXPONENT_BIAS = 200;

/**
 * Bytes whose order (as `memcmp` compares) is the order in which DynamoDB sorts values of that type: strings by their
 * UTF-8 bytes, binaries as unsigned bytes, numbers by value. Nothing for no key.
 */
export function keyBytes(value: AttributeValue | undefined): Uint8Array {
  if (value?.S !== undefined) return Buffer.from(value.S, "utf8");
  if (value?.N !== undefined) return numberBytes(parseDecimal(value.N));
  return value?.B ?? NO_BYTES;
}

/**
 * A partition key with a hash of 31 bits before it, so that partitions come in an order that nothing can be read from,
 * as they do in DynamoDB, and the segments of a parallel scan are ranges.
 */
export function partitionBytes(value: AttributeValue | undefined): Uint8Array {
  const bytes = keyBytes(value);
  const out = Buffer.allocUnsafe(bytes.length + 4);
  out.writeUInt32BE(spread(crc32(bytes)), 0);
  out.set(bytes, 4);
  return out;
}

/** CRC-32 is linear: keys that differ little would stay near one another. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) & 0x7fffffff;
}

/** Where segment `index` of `total` begins; segment `total` is the end of all. */
export function segmentStart(index: number, total: number): Uint8Array {
  if (index === 0) return FIRST_PARTITION;
  if (index >= total) return LAST_PARTITION;
  const out = Buffer.alloc(4);
  out.writeUInt32BE(Math.floor((index * 0x80000000) / total));
  return out;
}

/** The smallest bytes that are greater than these. */
export function after(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes);
  return out;
}

/** The smallest bytes that are greater than all that begin with these. */
export function afterPrefix(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0xff) end--;
  if (end === 0) return RANGE_END;
  // A Buffer's own slice would share its bytes.
  const out = Uint8Array.from(bytes.subarray(0, end));
  out[end - 1] = (out[end - 1] ?? 0) + 1;
  return out;
}

/**
 * Sign, exponent in two bytes, then two digits a byte counted from 1. Of negative numbers all but the sign is inverted and
 * a last 0xff makes the shorter one the greater.
 */
function numberBytes({ sign, exponent, digits }: Decimal): Uint8Array {
  if (sign === 0) return Uint8Array.of(1);
  const pairs = (digits.length + 1) >> 1;
  const out = new Uint8Array(3 + pairs + (sign < 0 ? 1 : 0));
  out[0] = sign + 1;
  out[1] = (exponent + EXPONENT_BIAS) >> 8;
  out[2] = (exponent + EXPONENT_BIAS) & 0xff;
  for (let i = 0; i < pairs; i++) out[3 + i] = Number(digits.slice(2 * i, 2 * i + 2).padEnd(2, "0")) + 1;
  if (sign < 0) {
    for (let i = 1; i < out.length; i++) out[i] = ~(out[i] ?? 0);
    out[out.length - 1] = 0xff;
  }
  return out;
}
