import type { Cloud, Context } from "../../../aws/context.ts";
import type { Series } from "../math/values.ts";
import { bandAt, type Model, type Point, TRAINING_MS, train } from "./model.ts";
import { type DetectorRow, selectDetector } from "./store.ts";
import type { Target } from "./target.ts";
import { type ZoneClock, zoneClock } from "./zone.ts";

const HOUR = 3_600_000;

export interface Settings {
  readonly Configuration?: {
    readonly ExcludedTimeRanges?: readonly { readonly StartTime: string; readonly EndTime: string }[];
    readonly MetricTimezone?: string;
  };
  readonly MetricCharacteristics?: { readonly PeriodicSpikes?: boolean };
}

export const settingsOf = (row: DetectorRow): Settings => JSON.parse(row.settings) as Settings;

/** The points of what a detector learns, oldest first. */
export interface Source {
  /** Seconds. */
  readonly period: number;
  readonly read: (from: number, to: number) => Iterable<Point>;
  /** Ids of the metrics behind it. */
  readonly metrics: () => readonly number[];
}

interface Trained {
  readonly row: DetectorRow;
  /** Rows of an earlier generation of the store are gone. */
  readonly generation: number;
  readonly end: number;
  readonly late: string;
  readonly model: Model | undefined;
}

/** Models by detector and period: made from stored data points whenever they are missing. */
const models = new WeakMap<Cloud, Map<string, Trained>>();
/** By metric, how often data points came for a time that models may have learnt already. */
const late = new WeakMap<Cloud, Map<number, number>>();

/** Models learn what came before the full hour: so one model serves an hour. */
export const trainingEnd = (now: number): number => Math.floor(now / HOUR) * HOUR;

/** Tells that a data point of the past has come: models that learnt without it learn again. */
export function noteDataPoint(ctx: Context, metric: number, time: number): void {
  if (!models.has(ctx.cloud) || time >= trainingEnd(ctx.now)) return;
  const counts = late.get(ctx.cloud) ?? new Map<number, number>();
  counts.set(metric, (counts.get(metric) ?? 0) + 1);
  late.set(ctx.cloud, counts);
}

function zoneOf(settings: Settings): ZoneClock {
  return zoneClock(settings.Configuration?.MetricTimezone) ?? { hourOfWeek: () => 0 };
}

function learn(row: DetectorRow, end: number, source: Source): Model | undefined {
  const settings = settingsOf(row);
  const excluded = (settings.Configuration?.ExcludedTimeRanges ?? []).map(
    ({ StartTime, EndTime }) => [Date.parse(StartTime), Date.parse(EndTime)] as const,
  );
  const all = [...source.read(end - TRAINING_MS, end)];
  const points = excluded.length === 0 ? all : all.filter(([time]) => !excluded.some(([from, to]) => time >= from && time < to));
  return train(points, { zone: zoneOf(settings), periodicSpikes: settings.MetricCharacteristics?.PeriodicSpikes === true });
}

/** The model of a detector, as of the last full hour. Undefined while there is too little data. */
export function modelOf(ctx: Context, row: DetectorRow, source: Source): Model | undefined {
  const known = models.get(ctx.cloud) ?? new Map<string, Trained>();
  models.set(ctx.cloud, known);
  const key = `${ctx.account}/${ctx.region}/${row.id}/${source.period}`;
  const counts = late.get(ctx.cloud);
  const facts = {
    generation: ctx.cloud.store.generation,
    end: trainingEnd(ctx.now),
    late: source
      .metrics()
      .map((metric) => `${metric}:${counts?.get(metric) ?? 0}`)
      .join(),
  };
  const last = known.get(key);
  const isSame =
    last?.generation === facts.generation &&
    last.end === facts.end &&
    last.late === facts.late &&
    last.row.put === row.put &&
    last.row.settings === row.settings;
  if (isSame) return last.model;
  const model = learn(row, facts.end, source);
  known.set(key, { ...facts, row, model });
  return model;
}

export interface WantedBand {
  readonly target: Target;
  readonly source: Source;
  readonly deviations: number;
  /** Virtual ms; `to` is not part of it. */
  readonly from: number;
  readonly to: number;
}

/** AWS's own metrics that never were negative have no band below zero. */
const isCount = ({ target }: Target): boolean => /"Namespace":"AWS\//.test(target);

/**
 * The lower and the upper series of a band: without points while there is no detector, or too little data.
 * FIRST() is the lower one: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function bandOf(ctx: Context, { target, source, deviations, from, to }: WantedBand): readonly [lower: Series, upper: Series] {
  const row = ctx.get(selectDetector, { kind: target.kind, key: target.key });
  const model = row === undefined || row.state === "PENDING_TRAINING" ? undefined : modelOf(ctx, row, source);
  const lower = new Map<number, number>();
  const upper = new Map<number, number>();
  if (row !== undefined && model !== undefined) {
    const options = { zone: zoneOf(settingsOf(row)), deviations, least: isCount(target) ? 0 : Number.NEGATIVE_INFINITY };
    for (let time = from; time < to; time += source.period * 1_000) {
      const [low, high] = bandAt(model, time, options);
      if (Number.isNaN(low)) continue;
      lower.set(time, low);
      upper.set(time, high);
    }
  }
  return [
    { points: lower, label: "Low", period: source.period },
    { points: upper, label: "High", period: source.period },
  ];
}
