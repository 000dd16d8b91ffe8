import type { ZoneClock } from "./zone.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Training looks so far back: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Anomaly_Detection.html */
export const TRAINING_MS = 14 * DAY;
/** With less there is no band. */
const LEAST_POINTS = 10;
const LEAST_SPAN = 3 * HOUR;
/** A season counts when all of it was seen at least twice. */
const DAILY_SPAN = 2 * DAY - HOUR;
const WEEKLY_SPAN = 14 * DAY - 2 * HOUR;
const LEAST_PER_SLOT = 4;
/** Turns a median absolute deviation into the standard deviation of a normal distribution. */
const MAD_TO_SIGMA = 1.4826;
/** The same for a mean absolute deviation, for values of which more than half are equal. */
const MEAN_TO_SIGMA = 1.2533;
/** A band is at least so wide for each deviation, as a part of its middle: floating point must not make anomalies. */
const LEAST_SPREAD = 0.01;

export type Season = "weekly" | "daily" | "none";

interface Slot {
  readonly center: number;
  readonly spread: number;
  /** Outermost values that come back on most days; undefined where spikes are anomalies. */
  readonly spikes: readonly [low: number, high: number] | undefined;
}

export interface Model {
  readonly season: Season;
  readonly points: number;
  /** By hour of the week, hour of the day, or 0, from the finest season to the coarsest. */
  readonly layers: readonly { readonly season: Season; readonly slots: ReadonlyMap<number, Slot> }[];
}

export interface TrainingOptions {
  readonly zone: ZoneClock;
  readonly periodicSpikes: boolean;
}

export type Point = readonly [time: number, value: number];

function median(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}

function spreadOf(values: Float64Array, center: number): number {
  const off = values.map((value) => Math.abs(value - center)).sort();
  const scaled = MAD_TO_SIGMA * median(off);
  const spread = scaled > 0 ? scaled : MEAN_TO_SIGMA * (off.reduce((sum, value) => sum + value, 0) / off.length);
  return Math.max(spread, LEAST_SPREAD * Math.abs(center));
}

/** What at least half of the days reach; undefined for a single day, of which nothing can be said. */
function spikesOf(points: readonly Point[]): Slot["spikes"] {
  const days = new Map<number, [number, number]>();
  for (const [time, value] of points) {
    const day = Math.floor(time / DAY);
    const [low, high] = days.get(day) ?? [value, value];
    days.set(day, [Math.min(low, value), Math.max(high, value)]);
  }
  if (days.size < 2) return undefined;
  const at = Math.floor((days.size - 1) / 2);
  const lows = [...days.values()].map(([low]) => low).sort((a, b) => b - a);
  const highs = [...days.values()].map(([, high]) => high).sort((a, b) => a - b);
  return [lows[at] ?? 0, highs[at] ?? 0];
}

const SLOTS: Readonly<Record<Season, number>> = { weekly: 168, daily: 24, none: 1 };
const SLOT_OF: Readonly<Record<Season, (hourOfWeek: number) => number>> = {
  weekly: (hour) => hour,
  daily: (hour) => hour % 24,
  none: () => 0,
};

function layerOf(points: readonly Point[], season: Season, { zone, periodicSpikes }: TrainingOptions): Model["layers"][number] {
  const groups = new Map<number, Point[]>();
  for (const point of points) {
    const slot = SLOT_OF[season](zone.hourOfWeek(point[0]));
    const group = groups.get(slot);
    if (group === undefined) groups.set(slot, [point]);
    else group.push(point);
  }
  const slots = new Map<number, Slot>();
  for (const [slot, group] of groups) {
    if (season !== "none" && group.length < LEAST_PER_SLOT) continue;
    const values = Float64Array.from(group, ([, value]) => value).sort();
    const center = median(values);
    slots.set(slot, { center, spread: spreadOf(values, center), spikes: periodicSpikes ? spikesOf(group) : undefined });
  }
  return { season, slots };
}

/**
 * A band of expected values: the median and the scaled median absolute deviation of the values at the same hour of the week
 * (of two weeks), of the day (from two days on) or at any time. Not AWS's model, which is not published; the same data
 * always gives the same band.
 * @param points oldest first, ranges that are excluded left out
 * @returns undefined when there is too little data
 */
export function train(points: readonly Point[], options: TrainingOptions): Model | undefined {
  const span = (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);
  if (points.length < LEAST_POINTS || span < LEAST_SPAN) return undefined;
  const fits = (season: Season): boolean => season === "none" || span >= (season === "weekly" ? WEEKLY_SPAN : DAILY_SPAN);
  const seasons = (["weekly", "daily", "none"] as const).filter(fits);
  const layers: Model["layers"][number][] = [];
  for (const season of seasons) {
    const layer = layerOf(points, season, options);
    if (layer.slots.size > 0) layers.push(layer);
    // Coarser ones stand in for hours that were hardly seen.
    if (layer.slots.size === SLOTS[season]) break;
  }
  return { season: layers[0]?.season ?? "none", points: points.length, layers };
}

export interface BandOptions {
  readonly zone: ZoneClock;
  /** How many standard deviations the band is wide, to either side. */
  readonly deviations: number;
  /** Where values that never are negative end. */
  readonly least: number;
}

/** Lower and upper bound at an instant. */
export function bandAt(model: Model, time: number, { zone, deviations, least }: BandOptions): readonly [lower: number, upper: number] {
  const hour = zone.hourOfWeek(time);
  for (const { season, slots } of model.layers) {
    const slot = slots.get(SLOT_OF[season](hour));
    if (slot === undefined) continue;
    const half = deviations * slot.spread;
    const [low, high] = slot.spikes ?? [slot.center, slot.center];
    return [Math.max(least, Math.min(slot.center - half, low)), Math.max(slot.center + half, high)];
  }
  return [Number.NaN, Number.NaN];
}
