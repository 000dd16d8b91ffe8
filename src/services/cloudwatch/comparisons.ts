interface Operator {
  readonly test: (value: number, threshold: number) => boolean;
  /** As alarms' reasons say it. */
  readonly words: string;
}

/** Those of a fixed threshold. */
export const COMPARISONS = {
  GreaterThanThreshold: { test: (value, threshold) => value > threshold, words: "greater than" },
  GreaterThanOrEqualToThreshold: { test: (value, threshold) => value >= threshold, words: "greater than or equal to" },
  LessThanThreshold: { test: (value, threshold) => value < threshold, words: "less than" },
  LessThanOrEqualToThreshold: { test: (value, threshold) => value <= threshold, words: "less than or equal to" },
} as const satisfies Record<string, Operator>;

/**
 * Those of a band, as its two sides.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Anomaly_Detection_Alarm.html
 */
export const BAND_COMPARISONS = {
  LessThanLowerOrGreaterThanUpperThreshold: { lower: true, upper: true },
  LessThanLowerThreshold: { lower: true, upper: false },
  GreaterThanUpperThreshold: { lower: false, upper: true },
} as const satisfies Record<string, { readonly lower: boolean; readonly upper: boolean }>;

export type Comparison = keyof typeof COMPARISONS;
export type BandComparison = keyof typeof BAND_COMPARISONS;

export function isBandComparison(name: string): name is BandComparison {
  return Object.hasOwn(BAND_COMPARISONS, name);
}

/** A value with the band at its time, where it is compared with one. */
export interface Compared {
  readonly value: number;
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
}

/** Whether a value crosses a threshold, or leaves its band on a side that counts. */
export function crosses(name: Comparison | BandComparison, { value, lower, upper }: Compared, threshold: number): boolean {
  if (!isBandComparison(name)) return COMPARISONS[name].test(value, threshold);
  const sides = BAND_COMPARISONS[name];
  return (sides.lower && lower !== undefined && value < lower) || (sides.upper && upper !== undefined && value > upper);
}

export function isComparison(name: string): name is Comparison {
  return Object.hasOwn(COMPARISONS, name);
}
