const MS: Readonly<Record<string, number>> = {
  millisecond: 1,
  ms: 1,
  msec: 1,
  second: 1_000,
  s: 1_000,
  sec: 1_000,
  minute: 60_000,
  m: 60_000,
  min: 60_000,
  hour: 3_600_000,
  h: 3_600_000,
  hr: 3_600_000,
  day: 86_400_000,
  d: 86_400_000,
  week: 604_800_000,
  w: 604_800_000,
};
const MONTHS: Readonly<Record<string, number>> = { month: 1, mo: 1, mon: 1, quarter: 3, q: 3, qtr: 3, year: 12, y: 12, yr: 12 };
/** More of a unit count as so many: `bin(300s)` is `bin(60s)`. */
const CAPS: Readonly<Record<number, number>> = { 1: 1_000, 1000: 60, 60000: 60, 3600000: 24 };
/** Weeks begin on a Monday; 1 January 1970 was a Thursday. */
const MONDAY_MS = 4 * 86_400_000;

/** Rounds an instant down to a period. */
export interface Period {
  floor(ms: number): number;
  /** The first instant of the next one. */
  next(floor: number): number;
}

/**
 * A period such as `5m` or `1 hour`; undefined for what is none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html#CWL_QuerySyntax-datetime
 */
export function periodOf(text: string): Period | undefined {
  const [, digits = "", written = ""] = /^(\d+)\s*([a-z]+)$/i.exec(text) ?? [];
  const lower = written.toLowerCase();
  const unit = lower.length > 1 && lower !== "ms" ? lower.replace(/s$/, "") : lower;
  const count = Number(digits);
  if (count < 1) return undefined;
  const months = MONTHS[unit];
  if (months !== undefined) return byMonths(count * months);
  const ms = MS[unit];
  if (ms === undefined) return undefined;
  const size = Math.min(count, CAPS[ms] ?? count) * ms;
  const offset = ms === MS["week"] ? MONDAY_MS : 0;
  const floor = (at: number): number => Math.floor((at - offset) / size) * size + offset;
  return { floor, next: (at) => at + size };
}

/** Ms from one instant of a period to the next. */
export const lengthOf = (period: Period): number => period.next(period.floor(0)) - period.floor(0);

function byMonths(count: number): Period {
  const start = (index: number): number => Date.UTC(Math.floor(index / 12), ((index % 12) + 12) % 12);
  const floor = (ms: number): number => {
    const date = new Date(ms);
    const index = date.getUTCFullYear() * 12 + date.getUTCMonth();
    return start(Math.floor(index / count) * count);
  };
  return {
    floor,
    next: (ms) => {
      const date = new Date(ms);
      return start(date.getUTCFullYear() * 12 + date.getUTCMonth() + count);
    },
  };
}
