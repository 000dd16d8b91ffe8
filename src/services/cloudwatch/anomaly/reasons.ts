import { BAND_COMPARISONS, type BandComparison, crosses } from "../comparisons.ts";
import { awsTime, Double, doubleText, jsonText } from "../doubles.ts";
import type { Datapoint, Verdict } from "../evaluation.ts";

const MOST_INLINE = 3;
const MOST_RECENT = 5;

type Real = Verdict["real"];

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const bounds = (points: Real, side: "lower" | "upper"): string => `[${points.map((point) => doubleText(point[side] ?? 0)).join(", ")}]`;

export interface BandReason {
  readonly comparison: BandComparison;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  /** As reasons of alarms print data points: `2.0 (23/11/26 10:03:00)`. */
  readonly shown: (points: Real) => string;
}

/** `less than the lower thresholds [1.0] or greater than the upper thresholds [2.0]`. */
function sidesOf(comparison: BandComparison, not: string, text: (side: "lower" | "upper") => string): string {
  const sides = BAND_COMPARISONS[comparison];
  const parts = [
    ...(sides.lower ? [`${not}less than the lower thresholds${text("lower")}`] : []),
    ...(sides.upper ? [`${not}greater than the upper thresholds${text("upper")}`] : []),
  ];
  return parts.join(" or ");
}

/**
 * Why an alarm on a band is OK or ALARM, in AWS's words; undefined when no data point tells.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export function bandReasonOf({ real, state }: Verdict, { comparison, evaluationPeriods, ...options }: BandReason): string | undefined {
  const isAlarm = state === "ALARM";
  const telling = real.filter((point) => crosses(comparison, point, 0) === isAlarm);
  const count = telling.length;
  if (count === 0) return undefined;
  const was = count === 1 ? "was" : "were";
  const needed = isAlarm ? options.datapointsToAlarm : evaluationPeriods - options.datapointsToAlarm + 1;
  const minimum = `(minimum ${plural(needed, "datapoint")} for ${isAlarm ? "OK -> ALARM" : "ALARM -> OK"} transition)`;
  const not = isAlarm ? "" : "not ";
  const counted = `Thresholds Crossed: ${count} out of the last ${evaluationPeriods} datapoints`;
  if (count <= MOST_INLINE) {
    const compared = sidesOf(comparison, not, (side) => ` ${bounds(telling, side)}`);
    return `${counted} [${options.shown(telling)}] ${was} ${compared} ${minimum}.`;
  }
  const recent = telling.slice(0, MOST_RECENT);
  const sides = BAND_COMPARISONS[comparison];
  const crossed = (["lower", "upper"] as const).filter((side) => sides[side]).map((side) => `${side} thresholds ${bounds(recent, side)}`);
  const told = `Recent datapoints [${options.shown(recent)}] ${isAlarm ? "crossed" : "did not cross"} the ${crossed.join(" or ")}`;
  return `${counted} ${was} ${sidesOf(comparison, not, () => "")}. ${told} ${minimum}.`;
}

export interface BandReasonData {
  readonly comparison: BandComparison;
  readonly now: number;
  /** Seconds. */
  readonly period: number;
  /** Periods that the alarm wants, newest first: shown when none of them has data. */
  readonly wanted: readonly Datapoint[];
}

/** StateReasonData of an alarm on a band: JSON of version 1.0. */
export function bandReasonDataOf({ real }: Verdict, { comparison, now, period, wanted }: BandReasonData): string {
  const oldest = real.at(-1);
  const sides = BAND_COMPARISONS[comparison];
  const recent = real.toReversed();
  const doubles = (side: "lower" | "upper"): Double[] | undefined =>
    sides[side] ? recent.map((point) => new Double(point[side] ?? 0)) : undefined;
  const evaluated: readonly Datapoint[] = real.length === 0 ? wanted : real;
  return jsonText({
    version: "1.0",
    queryDate: awsTime(now),
    startDate: oldest === undefined ? undefined : awsTime(oldest.time),
    period,
    recentDatapoints: recent.map(({ value }) => new Double(value)),
    recentLowerThresholds: doubles("lower"),
    recentUpperThresholds: doubles("upper"),
    evaluatedDatapoints: evaluated.map(({ time, value, lower, upper }) => {
      // Of two sides none is the threshold.
      const threshold = sides.lower && sides.upper ? undefined : sides.lower ? lower : upper;
      return {
        timestamp: awsTime(time),
        value: value === undefined ? undefined : new Double(value),
        threshold: threshold === undefined ? undefined : new Double(threshold),
      };
    }),
  });
}
