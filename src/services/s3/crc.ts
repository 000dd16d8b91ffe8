import { crc32 } from "node:zlib";

/** A hash that is fed piece by piece and tells its value once. */
export interface Summer {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const SLICES = 8;

/** Tables for eight bytes at a time, of a reflected polynomial of 32 bits. */
function tables32(polynomial: number): Uint32Array[] {
  const tables = Array.from({ length: SLICES }, () => new Uint32Array(256));
  const [first = new Uint32Array(256)] = tables;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    first[byte] = crc >>> 0;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    const before = tables[slice - 1] ?? first;
    const table = tables[slice] ?? first;
    for (let byte = 0; byte < 256; byte++) {
      const crc = before[byte] ?? 0;
      table[byte] = ((crc >>> 8) ^ (first[crc & 255] ?? 0)) >>> 0;
    }
  }
  return tables;
}

let castagnoli: Uint32Array[] | undefined;

/** CRC-32C: https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  castagnoli ??= tables32(0x82f63b78);
  const [t0, t1, t2, t3, t4, t5, t6, t7] = castagnoli as unknown as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let crc = ~previous;
  let at = 0;
  const b = bytes as unknown as { readonly [index: number]: number; readonly length: number };
  for (; at + 8 <= b.length; at += 8) {
    crc ^= byteAt(b, at) | (byteAt(b, at + 1) << 8) | (byteAt(b, at + 2) << 16) | (byteAt(b, at + 3) << 24);
    crc =
      (t7[crc & 255] ?? 0) ^
      (t6[(crc >>> 8) & 255] ?? 0) ^
      (t5[(crc >>> 16) & 255] ?? 0) ^
      (t4[crc >>> 24] ?? 0) ^
      (t3[byteAt(b, at + 4)] ?? 0) ^
      (t2[byteAt(b, at + 5)] ?? 0) ^
      (t1[byteAt(b, at + 6)] ?? 0) ^
      (t0[byteAt(b, at + 7)] ?? 0);
  }
  for (; at < b.length; at++) crc = (t0[(crc ^ byteAt(b, at)) & 255] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function byteAt(bytes: { readonly [index: number]: number }, at: number): number {
  return bytes[at] as number;
}

/** The polynomial 0xad93d23594c93659, reflected, in halves. */
const NVME_HIGH = 0x9a6c9329;
const NVME_LOW = 0xac4bc9b5;
let nvme: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined;

function nvmeTables(): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = (l & 1) === 1;
      l = (l >>> 1) | ((h & 1) << 31);
      h >>>= 1;
      if (odd) {
        h ^= NVME_HIGH;
        l ^= NVME_LOW;
      }
    }
    high[byte] = h >>> 0;
    low[byte] = l >>> 0;
  }
  return { high, low };
}

/** CRC-64/NVME in two halves, as numbers of 64 bits are slow here: https://reveng.sourceforge.io/crc-catalogue/17plus.htm */
class Crc64Nvme implements Summer {
  #high = 0xffffffff | 0;
  #low = 0xffffffff | 0;

  update(bytes: Uint8Array): void {
    nvme ??= nvmeTables();
    const { high, low } = nvme;
    let h = this.#high;
    let l = this.#low;
    for (let at = 0; at < bytes.length; at++) {
      const index = (l ^ byteAt(bytes, at)) & 255;
      l = ((l >>> 8) | (h << 24)) ^ (low[index] as number);
      h = (h >>> 8) ^ (high[index] as number);
    }
    this.#high = h;
    this.#low = l;
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(~this.#high >>> 0, 0);
    bytes.writeUInt32BE(~this.#low >>> 0, 4);
    return bytes;
  }
}

class Crc32 implements Summer {
  #value = 0;
  readonly #next: (bytes: Uint8Array, previous: number) => number;

  constructor(next: (bytes: Uint8Array, previous: number) => number) {
    this.#next = next;
  }

  update(bytes: Uint8Array): void {
    this.#value = this.#next(bytes, this.#value);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value >>> 0, 0);
    return bytes;
  }
}

export const crcSummers: Readonly<Record<"CRC32" | "CRC32C" | "CRC64NVME", () => Summer>> = {
  CRC32: () => new Crc32(crc32),
  CRC32C: () => new Crc32(crc32c),
  CRC64NVME: () => new Crc64Nvme(),
};
