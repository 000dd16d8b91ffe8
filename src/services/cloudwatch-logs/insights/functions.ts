import { createHash } from "node:crypto";
import { BlockList, isIP } from "node:net";
import type { Period } from "./periods.ts";
import { compare, Instant, isStructure, numberOf, ofJson, shown, stringOf, type Value } from "./values.ts";

/** A function of values; nothing in gives nothing out unless it says otherwise. */
export interface ScalarFunction {
  readonly least: number;
  readonly most: number;
  run(args: readonly Value[], now: number): Value;
}

const MANY = Number.POSITIVE_INFINITY;

const ofNumber = (run: (value: number) => number): ScalarFunction => ({
  least: 1,
  most: 1,
  run: ([value = null]) => {
    const number = numberOf(value);
    return number === undefined ? null : run(number);
  },
});
const ofString = (run: (value: string) => Value): ScalarFunction => ({
  least: 1,
  most: 1,
  run: ([value = null]) => {
    const text = stringOf(value);
    return text === undefined ? null : run(text);
  },
});
const chosen = (sign: 1 | -1): ScalarFunction => ({
  least: 1,
  most: MANY,
  run: (args) => {
    const numbers = args.flatMap((value) => numberOf(value) ?? []);
    return numbers.length === 0 ? null : numbers.reduce((best, value) => ((value - best) * sign > 0 ? value : best));
  },
});
/** Trims the characters of a second argument, else white space. */
const trimmed = (ends: "both" | "start" | "end"): ScalarFunction => ({
  least: 1,
  most: 2,
  run: ([value = null, characters = null]) => {
    const text = stringOf(value);
    if (text === undefined) return null;
    const set = stringOf(characters);
    const inside = set === undefined ? String.raw`\s` : set.replaceAll(/[\]\\^-]/g, String.raw`\$&`);
    const start = ends === "end" ? text : text.replace(new RegExp(`^[${inside}]+`), "");
    return ends === "start" ? start : start.replace(new RegExp(`[${inside}]+$`), "");
  },
});
const isAddress = (version: 4 | 6 | undefined): ScalarFunction =>
  ofString((text) => (version === undefined ? isIP(text) !== 0 : isIP(text) === version));
const inSubnet = (version: 4 | 6 | undefined): ScalarFunction => ({
  least: 2,
  most: 2,
  run: ([value = null, subnet = null]) => {
    const address = stringOf(value) ?? "";
    const [network = "", bits = ""] = (stringOf(subnet) ?? "").split("/");
    const kind = isIP(network);
    if (kind === 0 || isIP(address) !== kind || (version !== undefined && kind !== version)) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), kind === 4 ? "ipv4" : "ipv6");
    return list.check(address, kind === 4 ? "ipv4" : "ipv6");
  },
});
const hash = (algorithm: string): ScalarFunction => ofString((text) => createHash(algorithm).update(text).digest("hex"));
const SECOND_MS = 1_000;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html */
export const FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  abs: ofNumber(Math.abs),
  ceil: ofNumber(Math.ceil),
  floor: ofNumber(Math.floor),
  log: ofNumber(Math.log),
  sqrt: ofNumber(Math.sqrt),
  toint: ofNumber(Math.trunc),
  tolong: ofNumber(Math.trunc),
  todouble: ofNumber((value) => value),
  tonumber: ofNumber((value) => value),
  greatest: chosen(1),
  least: chosen(-1),
  round: {
    least: 1,
    most: 2,
    run: ([value = null, digits = 0]) => {
      const number = numberOf(value);
      const scale = 10 ** (numberOf(digits) ?? 0);
      return number === undefined ? null : Math.round(number * scale) / scale;
    },
  },
  frommillis: { least: 1, most: 1, run: ([value = null]) => (numberOf(value) === undefined ? null : new Instant(numberOf(value) ?? 0)) },
  tomillis: ofNumber((value) => value),
  now: { least: 0, most: 0, run: (_, now) => Math.floor(now / SECOND_MS) },
  ispresent: { least: 1, most: 1, run: ([value = null]) => value !== null },
  coalesce: { least: 1, most: MANY, run: (args) => args.find((value) => value !== null) ?? null },
  isempty: { least: 1, most: 1, run: ([value = null]) => value === null || stringOf(value) === "" },
  isblank: { least: 1, most: 1, run: ([value = null]) => value === null || stringOf(value)?.trim() === "" },
  concat: { least: 1, most: MANY, run: (args) => args.map((value) => stringOf(value) ?? "").join("") },
  trim: trimmed("both"),
  ltrim: trimmed("start"),
  rtrim: trimmed("end"),
  strlen: ofString((text) => [...text].length),
  toupper: ofString((text) => text.toUpperCase()),
  tolower: ofString((text) => text.toLowerCase()),
  substr: {
    least: 2,
    most: 3,
    run: ([value = null, from = null, length = null]) => {
      const text = stringOf(value);
      const start = numberOf(from) ?? 0;
      const count = numberOf(length);
      return text === undefined ? null : text.slice(start, count === undefined ? undefined : start + count);
    },
  },
  replace: {
    least: 3,
    most: 3,
    run: ([value = null, search = null, by = null]) =>
      stringOf(value)?.replaceAll(stringOf(search) ?? "", () => stringOf(by) ?? "") ?? null,
  },
  strcontains: {
    least: 2,
    most: 2,
    run: ([value = null, search = null]) => Number(stringOf(value)?.includes(stringOf(search) ?? "") ?? false),
  },
  jsonparse: ofString((text) => {
    try {
      return ofJson(JSON.parse(text) as unknown);
    } catch {
      return null;
    }
  }),
  jsonstringify: {
    least: 1,
    most: 1,
    run: ([value = null]) => (value === null ? null : isStructure(value) ? shown(value) : JSON.stringify(shown(value))),
  },
  isvalidip: isAddress(undefined),
  isvalidipv4: isAddress(4),
  isvalidipv6: isAddress(6),
  isipinsubnet: inSubnet(undefined),
  isipv4insubnet: inSubnet(4),
  isipv6insubnet: inSubnet(6),
  md5: hash("md5"),
  sha1: hash("sha1"),
  sha256: hash("sha256"),
};

/** Functions of an instant and a period. */
export const ROUNDINGS: Readonly<Record<string, (period: Period, ms: number) => number>> = {
  bin: (period, ms) => period.floor(ms),
  datefloor: (period, ms) => period.floor(ms),
  dateceil: (period, ms) => (period.floor(ms) === ms ? ms : period.next(period.floor(ms))),
};

/** What `stats` makes of the values of many rows. */
export interface Accumulator {
  add(value: Value, time: number): void;
  result(): Value;
}

class Numbers implements Accumulator {
  count = 0;
  sum = 0;
  squares = 0;
  readonly #result: (numbers: Numbers) => number;

  constructor(result: (numbers: Numbers) => number) {
    this.#result = result;
  }

  add(value: Value): void {
    const number = numberOf(value);
    if (number === undefined) return;
    this.count++;
    this.sum += number;
    this.squares += number * number;
  }

  result(): Value {
    return this.count === 0 ? null : this.#result(this);
  }
}

const variance = ({ count, sum, squares }: Numbers): number => Math.max(0, squares / count - (sum / count) ** 2);

/** Keeps the one value that another does not beat. */
class Best implements Accumulator {
  #best: Value = null;
  #time = 0;
  readonly #beats: (value: Value, time: number, best: Value, bestTime: number) => boolean;

  constructor(beats: (value: Value, time: number, best: Value, bestTime: number) => boolean) {
    this.#beats = beats;
  }

  add(value: Value, time: number): void {
    if (value === null || (this.#best !== null && !this.#beats(value, time, this.#best, this.#time))) return;
    this.#best = value;
    this.#time = time;
  }

  result(): Value {
    return this.#best;
  }
}

/** More distinct values are no longer told apart. */
const MOST_DISTINCT = 1_000_000;

class Distinct implements Accumulator {
  readonly #seen = new Set<string>();
  readonly #result: (seen: ReadonlySet<string>) => Value;

  constructor(result: (seen: ReadonlySet<string>) => Value) {
    this.#result = result;
  }

  add(value: Value): void {
    if (value !== null && this.#seen.size < MOST_DISTINCT) this.#seen.add(shown(value));
  }

  result(): Value {
    return this.#result(this.#seen);
  }
}

/** Exact up to so many values; of more, a sample in which each has the same share. */
const MOST_KEPT = 100_000;

class Percentile implements Accumulator {
  #values: number[] = [];
  #step = 1;
  #skipped = 0;
  readonly #percent: number;

  constructor(percent: number) {
    this.#percent = percent;
  }

  add(value: Value): void {
    const number = numberOf(value);
    if (number === undefined || ++this.#skipped < this.#step) return;
    this.#skipped = 0;
    this.#values.push(number);
    if (this.#values.length < MOST_KEPT) return;
    this.#values = this.#values.filter((_, i) => i % 2 === 0);
    this.#step *= 2;
  }

  result(): Value {
    if (this.#values.length === 0) return null;
    const sorted = Float64Array.from(this.#values).sort();
    const rank = Math.ceil((this.#percent / 100) * sorted.length) - 1;
    return sorted[Math.min(sorted.length - 1, Math.max(0, rank))] ?? null;
  }
}

class Count implements Accumulator {
  #count = 0;
  readonly #all: boolean;

  constructor(all: boolean) {
    this.#all = all;
  }

  add(value: Value): void {
    if (this.#all || value !== null) this.#count++;
  }

  result(): Value {
    return this.#count;
  }
}

const text = (value: Value): string => shown(value);

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html: by name, made anew for each group. */
export const AGGREGATES: Readonly<Record<string, (parameter: number | undefined, hasField: boolean) => Accumulator>> = {
  count: (_, hasField) => new Count(!hasField),
  sum: () => new Numbers(({ sum }) => sum),
  avg: () => new Numbers(({ sum, count }) => sum / count),
  stddev: () => new Numbers((numbers) => Math.sqrt(variance(numbers))),
  variance: () => new Numbers(variance),
  min: () => new Best((value, _t, best) => compare(value, best) < 0),
  max: () => new Best((value, _t, best) => compare(value, best) > 0),
  earliest: () => new Best((_v, time, _b, bestTime) => time < bestTime),
  latest: () => new Best((_v, time, _b, bestTime) => time >= bestTime),
  sortsfirst: () => new Best((value, _t, best) => text(value) < text(best)),
  sortslast: () => new Best((value, _t, best) => text(value) > text(best)),
  pct: (percent) => new Percentile(percent ?? 50),
  count_distinct: () => new Distinct(({ size }) => size),
  countdistinct: () => new Distinct(({ size }) => size),
  values: () => new Distinct((seen) => ({ json: [...seen].sort() })),
  collect_values: () => new Distinct((seen) => ({ json: [...seen].sort() })),
};
