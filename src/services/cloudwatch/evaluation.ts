import { type BandComparison, type Comparison, crosses } from "./comparisons.ts";

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";
export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";

/** One period as an alarm sees it. */
export interface Datapoint {
  /** Start of the period, ms. */
  readonly time: number;
  /** Undefined where nothing was measured. */
  readonly value: number | undefined;
  /** Samples behind the value; undefined for what an expression computed. */
  readonly samples: number | undefined;
  /** The band at that time, of alarms that compare with one. */
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
}

export interface Criteria {
  readonly comparison: Comparison | BandComparison;
  /** Means nothing to those that compare with a band. */
  readonly threshold: number;
  /** N. */
  readonly evaluationPeriods: number;
  /** M. */
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
}

export interface Verdict {
  readonly state: AlarmState;
  /** What decided: the real data points that were looked at, newest first. */
  readonly real: readonly (Datapoint & { readonly value: number })[];
  readonly breaching: number;
  /** How many missing ones were filled in, as `breaching` or `notBreaching`. */
  readonly filled: number;
}

/** So many periods are fetched: the documented example has 5 for 3. */
export const rangeOf = (evaluationPeriods: number): number => evaluationPeriods + 2;

const isReal = (point: Datapoint): point is Datapoint & { readonly value: number } => point.value !== undefined;

/**
 * The state of a metric alarm, M out of N, with AWS's rules for missing data.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @param points the evaluation range, oldest first: more than N where there is that much
 */
export function evaluate(points: readonly Datapoint[], criteria: Criteria, current: AlarmState): Verdict {
  const { evaluationPeriods, datapointsToAlarm, missingData, threshold } = criteria;
  const newestFirst = points.toReversed();
  const real = newestFirst.filter(isReal).slice(0, evaluationPeriods);
  const breaching = real.filter((point) => crosses(criteria.comparison, point, threshold)).length;
  const lacking = evaluationPeriods - real.length;
  const fills = lacking > 0 && (missingData === "breaching" || missingData === "notBreaching");
  const verdict = (state: AlarmState): Verdict => ({ state, real, breaching, filled: fills ? lacking : 0 });
  const counted = breaching + (missingData === "breaching" ? lacking : 0);
  if (counted >= datapointsToAlarm) return verdict("ALARM");
  if (lacking === 0 || fills || real.length > breaching) return verdict("OK");
  // What there is breaches, if there is anything: not enough to be sure, unless it began long enough ago.
  if (missingData === "ignore") return verdict(current);
  if (real.length === 0) return verdict("INSUFFICIENT_DATA");
  const oldest = real.at(-1);
  const age = 1 + newestFirst.findIndex(({ time }) => time === oldest?.time);
  return verdict(age >= datapointsToAlarm ? "ALARM" : current);
}

/**
 * True when a percentile of so few samples says nothing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
 */
export function isLowSample(percentile: number, samples: number): boolean {
  const fraction = percentile / 100;
  return samples < (fraction >= 0.5 ? 10 / (1 - fraction) : 10 / fraction);
}
