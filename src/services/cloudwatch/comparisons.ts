interface Operator {
  readonly test: (value: number, threshold: number) => boolean;
  /** As alarms' reasons say it. */
  readonly words: string;
}

/** Those of a fixed threshold; the ones of anomaly bands are refused. */
export const COMPARISONS = {
  GreaterThanThreshold: { test: (value, threshold) => value > threshold, words: "greater than" },
  GreaterThanOrEqualToThreshold: { test: (value, threshold) => value >= threshold, words: "greater than or equal to" },
  LessThanThreshold: { test: (value, threshold) => value < threshold, words: "less than" },
  LessThanOrEqualToThreshold: { test: (value, threshold) => value <= threshold, words: "less than or equal to" },
} as const satisfies Record<string, Operator>;

export type Comparison = keyof typeof COMPARISONS;

export function isComparison(name: string): name is Comparison {
  return Object.hasOwn(COMPARISONS, name);
}
