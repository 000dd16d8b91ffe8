import type { BucketRow } from "./store.ts";
import { parseTrim, trimmed } from "./trimmed.ts";

/** Distinct values that a distribution keeps exactly; above it values are rounded to about 0.5 %. */
const EXACT_VALUES = 200;

/** A set of samples: sums, and as far as it is known how they are spread. */
export interface Samples {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Samples by value; undefined when a part came as a statistic set of more than one value. */
  readonly values: ReadonlyMap<number, number> | undefined;
}

export function samplesOf(values: readonly number[], counts: readonly number[]): Samples {
  const spread = new Map<number, number>();
  let count = 0;
  let sum = 0;
  for (const [index, value] of values.entries()) {
    const times = counts[index] ?? 1;
    count += times;
    sum += value * times;
    spread.set(value, (spread.get(value) ?? 0) + times);
  }
  return { count, sum, min: values.reduce((a, b) => Math.min(a, b)), max: values.reduce((a, b) => Math.max(a, b)), values: spread };
}

export function merge(a: Samples, b: Samples): Samples {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    values: a.values === undefined || b.values === undefined ? undefined : mergeValues(a.values, b.values),
  };
}

function mergeValues(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const merged = new Map(a);
  for (const [value, count] of b) merged.set(value, (merged.get(value) ?? 0) + count);
  if (merged.size <= EXACT_VALUES) return merged;
  const rounded = new Map<number, number>();
  for (const [value, count] of merged) {
    const near = roundToHalfPercent(value);
    rounded.set(near, (rounded.get(near) ?? 0) + count);
  }
  return rounded;
}

function roundToHalfPercent(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  return Math.sign(value) * 1.01 ** Math.round(Math.log(Math.abs(value)) / Math.log(1.01));
}

/** Without the distribution where only simple statistics are asked for. */
export function sumsOf({ count, sum, min, max }: BucketRow): Samples {
  return { count, sum, min, max, values: undefined };
}

export function fromRow(row: BucketRow): Samples {
  const values = row.histogram === null ? undefined : new Map(JSON.parse(row.histogram) as [number, number][]);
  return { count: row.count, sum: row.sum, min: row.min, max: row.max, values };
}

export function histogramOf(samples: Samples): string | null {
  return samples.values === undefined ? null : JSON.stringify([...samples.values]);
}

const SIMPLE: readonly string[] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

/** True for statistics that AWS has. */
export function isKnownStatistic(name: string): boolean {
  return isSimple(name) || PERCENTILE.test(name) || parseTrim(name) !== undefined;
}

/** True for those that need no distribution. */
export function isSimple(name: string): boolean {
  return SIMPLE.includes(name);
}

/** The percent of a percentile's name; undefined for other statistics. */
export function percentOf(name: string): number | undefined {
  const percent = PERCENTILE.exec(name)?.[1];
  return percent === undefined ? undefined : Number(percent);
}

/** Undefined where AWS has none either: percentiles of what came as statistic sets, and of negative values. */
export function statistic(samples: Samples, name: string): number | undefined {
  if (name === "SampleCount") return samples.count;
  if (name === "Sum") return samples.sum;
  if (name === "Average") return samples.sum / samples.count;
  if (name === "Minimum") return samples.min;
  if (name === "Maximum") return samples.max;
  if (samples.values === undefined || samples.min < 0) return undefined;
  const percent = percentOf(name);
  if (percent !== undefined) return percentile(samples, samples.values, percent);
  const trim = parseTrim(name);
  return trim === undefined ? undefined : trimmed(sorted(samples.values), trim, samples.count);
}

const sorted = (values: ReadonlyMap<number, number>): [number, number][] => [...values].sort(([a], [b]) => a - b);

function percentile(samples: Samples, values: ReadonlyMap<number, number>, percent: number): number {
  // Rounding moves the outermost values too, and these are known exactly.
  if (percent === 0) return samples.min;
  if (percent === 100) return samples.max;
  const rank = (percent / 100) * samples.count;
  let seen = 0;
  for (const [value, count] of sorted(values)) {
    seen += count;
    // Rounded values may lie a little outside of what was measured.
    if (seen >= rank) return Math.min(Math.max(value, samples.min), samples.max);
  }
  return samples.max;
}
