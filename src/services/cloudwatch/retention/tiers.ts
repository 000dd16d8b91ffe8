const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Tier {
  /** Seconds of one data point. */
  readonly resolution: number;
  /** So long it is kept, ms. */
  readonly kept: number;
}

/**
 * How long data points are kept in which resolution, the finest first.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
 */
export const TIERS: readonly Tier[] = [
  { resolution: 1, kept: 3 * HOUR },
  { resolution: 60, kept: 15 * DAY },
  { resolution: 300, kept: 63 * DAY },
  { resolution: 3_600, kept: 455 * DAY },
];

/** Seconds of the finest data points that are still there of `time`; undefined when there are none any more. */
export function resolutionAt(time: number, now: number): number | undefined {
  return TIERS.find(({ kept }) => now - time <= kept)?.resolution;
}

/**
 * Whether a data point answers a query: of what is kept in five minutes, only periods of a multiple of these are had.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 * @param period ms
 */
export function answers(bucket: { readonly time: number; readonly resolution: number }, period: number, now: number): boolean {
  const finest = resolutionAt(bucket.time, now);
  if (finest === undefined) return false;
  // Data of a minute is shown in shorter periods too: it is what was stored first.
  const needed = Math.max(finest, bucket.resolution > 60 ? bucket.resolution : 1);
  return period % (needed * 1_000) === 0;
}
