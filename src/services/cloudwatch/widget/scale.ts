const STEPS = [1, 2, 2.5, 5, 10] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1_000, 5_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365].map((days) => days * DAY),
];

export interface ValueScale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  readonly step: number;
}

/** The least of 1, 2, 2.5 and 5 times a power of ten that gives at most `count` steps. */
function niceStep(span: number, count: number): number {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  return (STEPS.find((step) => step * power >= raw * (1 - 1e-9)) ?? 10) * power;
}

export interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** An axis with round ticks around all values; what the widget fixes as its limits stays exactly that. */
export function valueScale(values: readonly number[], limits: Limits, count: number): ValueScale {
  const finite = values.filter(Number.isFinite);
  let low = limits.min ?? finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = limits.max ?? finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(low)) low = Number.isFinite(high) ? Math.min(0, high - 1) : 0;
  if (!Number.isFinite(high)) high = low + 1;
  if (high <= low) {
    const room = Math.abs(low) / 2 || 1;
    if (limits.max === undefined) high = low + room;
    if (limits.min === undefined) low = low > 0 && low - room < 0 ? 0 : low - room;
    if (high <= low) high = low + room;
  }
  const step = niceStep(high - low, count);
  const min = limits.min ?? Math.floor(low / step + 1e-9) * step;
  const max = limits.max ?? Math.ceil(high / step - 1e-9) * step;
  const first = Math.ceil(min / step - 1e-9);
  const ticks = Array.from({ length: Math.floor(max / step + 1e-9) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { min, max, ticks, step };
}

const LARGE = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** A number as short as the step between ticks allows. */
export function shortNumber(value: number, step: number): string {
  const [unit, letter] = LARGE.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9) + (isHalfStep(step) ? 1 : 0));
  if (decimals > 8) return value.toExponential(1);
  return `${Number((value / unit).toFixed(decimals))}${letter}`;
}

/** 2.5 needs a digit more than its power of ten. */
function isHalfStep(step: number): boolean {
  return Math.abs(step / 10 ** Math.floor(Math.log10(step) + 1e-9) - 2.5) < 1e-6;
}

export interface TimeTick {
  readonly time: number;
  readonly label: string;
}

/** `+0130` in ms. */
export function offsetOf(timezone: string | undefined): number {
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d)(\d\d)$/.exec(timezone ?? "") ?? [];
  return (Number(hours) * HOUR + Number(minutes) * MINUTE) * (sign === "-" ? -1 : 1);
}

/** Round times, at most `count`, in the zone that is `offset` ms ahead of UTC; a day's first one is its date. */
export function timeTicks(from: number, to: number, offset: number, count: number): TimeTick[] {
  const step = TIME_STEPS.find((candidate) => (to - from) / candidate <= count) ?? 365 * DAY;
  const ticks: TimeTick[] = [];
  for (let local = Math.ceil((from + offset) / step) * step; local - offset <= to; local += step) {
    const text = new Date(local).toISOString();
    const date = `${text.slice(5, 7)}/${text.slice(8, 10)}`;
    const time = step < MINUTE ? text.slice(11, 19) : text.slice(11, 16);
    ticks.push({ time: local - offset, label: local % DAY === 0 ? date : time });
  }
  return ticks;
}
