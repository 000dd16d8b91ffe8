import { randomBytes } from "node:crypto";

const ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789";
const POOL_BYTES = 4_096;
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * The source of every id and every random choice. With a seed, the same calls in the same order
 * give the same results (clock.md, rule 8); without one they come from the system's generator.
 */
export class Ids {
  readonly #next: (size: number) => Uint8Array;
  /** Choices have a stream of their own: how many ids are made may depend on the machine, such as one for each process. */
  readonly #choices: (size: number) => Uint8Array;

  constructor(seed?: string) {
    this.#next = seed === undefined ? pooled() : seeded(seed);
    this.#choices = seed === undefined ? this.#next : seeded(`choices:${seed}`);
  }

  /** A version 4 UUID in lower case. */
  uuid(): string {
    const bytes = this.#next(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Buffer.from(bytes).toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** `length` characters of 0-9a-f. */
  hex(length: number): string {
    return Buffer.from(this.#next(Math.ceil(length / 2)))
      .toString("hex")
      .slice(0, length);
  }

  /** `length` characters of a-z0-9. */
  alphanumeric(length: number): string {
    return this.#pick(ALPHANUMERIC, length);
  }

  /** `length` characters of A-Z2-7, as in access key ids. */
  upper(length: number): string {
    return this.#pick(UPPER, length);
  }

  bytes(length: number): Uint8Array {
    return this.#next(length);
  }

  /** A number in [0, 1). */
  random(): number {
    return Buffer.from(this.#choices(6)).readUIntBE(0, 6) / 2 ** 48;
  }

  #pick(alphabet: string, length: number): string {
    let text = "";
    for (const byte of this.#next(length)) text += alphabet[byte % alphabet.length];
    return text;
  }
}

/** Bytes of the system's generator, asked for in bulk: one call for each id would be a good part of a small request. */
function pooled(): (size: number) => Uint8Array {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (size) => {
    if (size > POOL_BYTES / 8) return randomBytes(size);
    if (used + size > pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}

/** xorshift128, its state taken from an FNV-1a hash of the seed: repeatable, not for secrets. */
function seeded(seed: string): (size: number) => Uint8Array {
  const state = new Uint32Array(4);
  let hash = 0x811c9dc5;
  for (let i = 0; i < 4; i++) {
    for (const character of `${i}:${seed}`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    state[i] = hash | 1;
  }
  const word = (): number => {
    const [a = 1, b = 1, c = 1, d = 1] = state;
    let t = d;
    t ^= t << 11;
    t ^= t >>> 8;
    state.set([(t ^ a ^ (a >>> 19)) >>> 0, a, b, c]);
    return state[0] ?? 0;
  };
  return (size) => Uint8Array.from({ length: size }, () => word() & 0xff);
}
