import { bandReasonDataOf, bandReasonOf } from "./anomaly/reasons.ts";
import { type BandComparison, COMPARISONS, type Comparison, isBandComparison } from "./comparisons.ts";
import { awsTime, Double, doubleText, jsonText } from "./doubles.ts";
import type { Criteria, Datapoint, Verdict } from "./evaluation.ts";

/** So many values stand in the sentence itself; of more, the latest ones come after it. */
const MOST_INLINE = 3;
const MOST_RECENT = 5;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const was = (count: number): string => (count === 1 ? "was" : "were");

/** `23/11/26 10:03:00`. */
function shortTime(time: number): string {
  const [date = "", clock = ""] = new Date(time).toISOString().split("T");
  const [year = "", month, day] = date.split("-");
  return `${day}/${month}/${year.slice(2)} ${clock.slice(0, 8)}`;
}

const shown = (points: Verdict["real"]): string => points.map(({ value, time }) => `${doubleText(value)} (${shortTime(time)})`).join(", ");

export interface ReasonOptions extends Criteria {
  /** Whether M was given by itself: AWS words the reason by it. */
  readonly isMOutOfN: boolean;
  /** True for one time series of several: these are told of the newest data point alone. */
  readonly isContributor?: boolean;
}

/** `and 2 missing datapoints were treated as [NonBreaching]`. */
function filling(filled: number, options: ReasonOptions): string {
  const as = options.missingData === "breaching" ? "Breaching" : "NonBreaching";
  return `and ${plural(filled, "missing datapoint")} ${was(filled)} treated as [${as}]`;
}

/** `no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching]`. */
function receivedOf({ real, filled }: Verdict, options: ReasonOptions): string {
  const received = real.length === 0 ? "no datapoints were" : `${plural(real.length, "datapoint")} ${was(real.length)}`;
  const missing = filled === 0 ? "" : ` ${filling(filled, options)}`;
  return `${received} received for ${plural(options.evaluationPeriods, "period")}${missing}`;
}

/**
 * Why an alarm is in its state, in AWS's words, e.g. `Threshold Crossed: 1 datapoint [2.0 (23/11/26 10:03:00)] was greater
 * than the threshold (1.0).`
 */
export function reasonOf(verdict: Verdict, options: ReasonOptions): string {
  const { real, filled, state } = verdict;
  const { evaluationPeriods, datapointsToAlarm, threshold } = options;
  if (state === "INSUFFICIENT_DATA")
    return `Insufficient Data: ${plural(evaluationPeriods, "datapoint")} ${was(evaluationPeriods)} unknown.`;
  const isAlarm = state === "ALARM";
  const { comparison: name } = options;
  if (isBandComparison(name)) {
    const reason = bandReasonOf(verdict, { comparison: name, evaluationPeriods, datapointsToAlarm, shown });
    return reason ?? `Thresholds Crossed: ${receivedOf(verdict, options)}.`;
  }
  const comparison = COMPARISONS[name];
  const telling = real.filter(({ value }) => comparison.test(value, threshold) === isAlarm);
  const missing = filled === 0 ? "" : ` ${filling(filled, options)}`;
  if (telling.length === 0) return `Threshold Crossed: ${receivedOf(verdict, options)}.`;
  const count = telling.length;
  const counted = options.isMOutOfN ? `${count} out of the last ${evaluationPeriods} datapoints` : plural(count, "datapoint");
  const needed = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const transition = isAlarm ? "OK -> ALARM" : "ALARM -> OK";
  const minimum = options.isMOutOfN ? ` (minimum ${plural(needed, "datapoint")} for ${transition} transition)` : "";
  const compared = `${was(count)} ${isAlarm ? "" : "not "}${comparison.words} the threshold (${doubleText(threshold)})${missing}`;
  if (options.isContributor === true) {
    return `Threshold Crossed: ${counted} ${compared}. The most recent datapoint which crossed the threshold: [${shown(telling.slice(0, 1))}]${minimum}.`;
  }
  if (count <= MOST_INLINE) return `Threshold Crossed: ${counted} [${shown(telling)}] ${compared}${minimum}.`;
  const recent = shown(telling.slice(0, MOST_RECENT));
  return `Threshold Crossed: ${counted} ${compared}. The most recent datapoints which crossed the threshold: [${recent}]${minimum}.`;
}

export interface ReasonDataOptions {
  readonly now: number;
  /** Seconds. */
  readonly period: number;
  /** Absent for expressions. */
  readonly statistic?: string | undefined;
  readonly unit?: string | undefined;
  readonly comparison: Comparison | BandComparison;
  readonly threshold: number;
  /** Periods that the alarm wants, newest first: shown when none of them has data. */
  readonly wanted: readonly Datapoint[];
}

/** StateReasonData of a metric alarm: JSON of version 1.0. */
export function reasonDataOf(verdict: Verdict, options: ReasonDataOptions): string {
  const { real } = verdict;
  const { comparison } = options;
  if (isBandComparison(comparison)) return bandReasonDataOf(verdict, { ...options, comparison });
  const { now, period, statistic, unit, threshold, wanted } = options;
  const oldest = real.at(-1);
  const evaluated: readonly Datapoint[] = real.length === 0 ? wanted : real;
  return jsonText({
    version: "1.0",
    queryDate: awsTime(now),
    startDate: oldest === undefined ? undefined : awsTime(oldest.time),
    unit,
    statistic,
    period,
    recentDatapoints: real.toReversed().map(({ value }) => new Double(value)),
    threshold: new Double(threshold),
    evaluatedDatapoints: evaluated.map(({ time, samples, value }) => ({
      timestamp: awsTime(time),
      sampleCount: samples === undefined || value === undefined ? undefined : new Double(samples),
      value: value === undefined ? undefined : new Double(value),
    })),
  });
}
