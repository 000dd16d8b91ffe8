import { compare, numberOf, shown, type Value } from "./values.ts";

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

class Frequent implements Accumulator {
  readonly #counts = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(value: Value): void {
    if (value !== null) this.#counts.set(shown(value), (this.#counts.get(shown(value)) ?? 0) + 1);
  }

  result(): Value {
    const ordered = [...this.#counts].sort((a, b) => b[1] - a[1]);
    return { json: ordered.slice(0, this.#most).map(([value]) => value) };
  }
}

/** From the earliest value to the latest one, per period; nothing while there are not two instants. */
class Rate implements Accumulator {
  #first: readonly [time: number, value: number] | undefined;
  #last: readonly [time: number, value: number] | undefined;
  readonly #period: number;

  constructor(period: number) {
    this.#period = period;
  }

  add(value: Value, time: number): void {
    const number = numberOf(value);
    if (number === undefined) return;
    if (this.#first === undefined || time < this.#first[0]) this.#first = [time, number];
    if (this.#last === undefined || time > this.#last[0]) this.#last = [time, number];
  }

  result(): Value {
    if (this.#first === undefined || this.#last === undefined || this.#first[0] === this.#last[0]) return null;
    return ((this.#last[1] - this.#first[1]) / (this.#last[0] - this.#first[0])) * this.#period;
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
  topk: (count) => new Frequent(count ?? 1),
  countovertime: (_, hasField) => new Count(!hasField),
  sumovertime: () => new Numbers(({ sum }) => sum),
  rate: (period) => new Rate(period ?? 1),
  values: () => new Distinct((seen) => ({ json: [...seen].sort() })),
  collect_values: () => new Distinct((seen) => ({ json: [...seen].sort() })),
};
