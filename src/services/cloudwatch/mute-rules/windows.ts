import { parseSchedule, type Schedule } from "../../../aws/schedule.ts";

const MINUTE = 60_000;
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/(\d+)W/, 7 * 24 * 60 * MINUTE],
  [/(\d+)D/, 24 * 60 * MINUTE],
];
const TIME_UNITS: readonly (readonly [RegExp, number])[] = [
  [/(\d+)H/, 60 * MINUTE],
  [/(\d+)M/, MINUTE],
  [/(\d+)S/, 1_000],
];

/** `P2DT12H` in ms; undefined when it is none. Months and years have no fixed length. */
export function durationOf(text: string): number | undefined {
  const [, date, time] = /^P(?=.)((?:\d+W)?(?:\d+D)?)(?:T(?=.)((?:\d+H)?(?:\d+M)?(?:\d+S)?))?$/.exec(text) ?? [];
  if (date === undefined) return undefined;
  const sum = (part: string, units: readonly (readonly [RegExp, number])[]): number =>
    units.reduce((total, [pattern, ms]) => total + Number(pattern.exec(part)?.[1] ?? 0) * ms, 0);
  return sum(date, UNITS) + sum(time ?? "", TIME_UNITS);
}

/** True for a name of the time zone database. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** The zone's clock at an instant, as if its face were in UTC. */
function localOf(time: number, zone: Intl.DateTimeFormat): number {
  const parts = new Map(zone.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** The instant at which a zone's clock shows `local`; what a change of the clock leaves out comes right after it. */
function instantOf(local: number, zone: Intl.DateTimeFormat): number {
  const offset = (time: number): number => localOf(time, zone) - time;
  const first = local - offset(local);
  return local - Math.min(offset(first), offset(local - offset(first)));
}

function zoneOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = "numeric" as const;
  const fields = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  return new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...fields });
}

const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/** Sunday is 0 and 7 here, and 1 in the schedules of EventBridge: names mean the same in both. */
function weekdays(text: string): string {
  return text.replace(/(^|[,-])([0-7])(?=$|[,L#-])/g, (_, before: string, digit: string) => `${before}${DAYS[Number(digit) % 7]}`);
}

/** On days of the month, or of the week, or of both kinds where both are given, as cron has it. */
function cronOf(fields: readonly string[]): readonly Schedule[] | undefined {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const on = (ofMonth: string, ofWeek: string) => parseSchedule(`cron(${minute} ${hour} ${ofMonth} ${month} ${ofWeek} *)`, 0);
  const anyDay = day === "*" || day === "?";
  const anyWeekday = weekday === "*" || weekday === "?";
  const found = [
    ...(anyDay && anyWeekday ? [on("*", "?")] : []),
    ...(anyDay ? [] : [on(day, "?")]),
    ...(anyWeekday ? [] : [on("?", weekdays(weekday.toUpperCase()))]),
  ];
  const known = found.filter((schedule) => schedule !== undefined);
  return known.length < found.length ? undefined : known;
}

const AT = /^at\((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)\)$/;

/** A schedule on a zone's own calendar, whose minutes are counted as if it were UTC. */
function localSchedule(expression: string): Schedule | undefined {
  const at = AT.exec(expression)?.slice(1).map(Number);
  if (at !== undefined) {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = at;
    const once = Date.UTC(year, month - 1, day, hour, minute);
    const isReal = new Date(once).getUTCDate() === day && new Date(once).getUTCMonth() === month - 1 && hour < 24 && minute < 60;
    return isReal ? { next: (after) => (once > after ? once : undefined) } : undefined;
  }
  // AWS writes its examples both with and without the word.
  const fields = (/^cron\((.*)\)$/.exec(expression)?.[1] ?? "").trim().split(/\s+/);
  const schedules = fields.length === 5 ? cronOf(fields) : undefined;
  if (schedules === undefined) return undefined;
  return {
    next(after) {
      const all = schedules.flatMap((schedule) => schedule.next(after) ?? []);
      return all.length === 0 ? undefined : Math.min(...all);
    },
  };
}

/**
 * When windows of a mute rule begin, in virtual ms; undefined when the expression is none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html
 */
export function startsOf(expression: string, timezone: string): Schedule | undefined {
  const schedule = localSchedule(expression);
  if (schedule === undefined) return undefined;
  const zone = zoneOf(timezone);
  return {
    next(after) {
      // Around a change of the clock the local one goes back: what is not later is passed over.
      for (let local = schedule.next(localOf(after, zone)); local !== undefined; local = schedule.next(local)) {
        const time = instantOf(local, zone);
        if (time > after) return time;
      }
      return undefined;
    },
  };
}

export interface MuteWindow {
  readonly start: number;
  readonly end: number;
}

export interface MuteSchedule {
  readonly expression: string;
  /** ms. */
  readonly duration: number;
  readonly timezone: string;
  readonly from: number | undefined;
  readonly until: number | undefined;
}

/** Ms before which no window begins: so far back lies the beginning of one that holds at `now`. */
function latestStart(starts: Schedule, now: number, duration: number): number | undefined {
  const first = starts.next(now - duration);
  if (first === undefined || first > now) return undefined;
  let [low, high] = [first, now];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const next = starts.next(middle);
    if (next !== undefined && next <= now) low = next;
    else high = middle;
  }
  return low;
}

/** The window that holds at `now`, the newest one where several do. */
export function windowAt({ expression, timezone, duration, from, until }: MuteSchedule, now: number): MuteWindow | undefined {
  if ((from !== undefined && now < from) || (until !== undefined && now >= until)) return undefined;
  const starts = startsOf(expression, timezone);
  const start = starts && latestStart(starts, now, duration);
  if (start === undefined) return undefined;
  return { start: Math.max(start, from ?? start), end: Math.min(start + duration, until ?? Number.POSITIVE_INFINITY) };
}

/** When the next window begins after `now`; undefined when none does any more. */
export function nextWindow({ expression, timezone, duration, from, until }: MuteSchedule, now: number): number | undefined {
  const starts = startsOf(expression, timezone);
  // One that began before the rule's own start goes on when that has come.
  if (from !== undefined && now < from && starts !== undefined && latestStart(starts, from, duration) !== undefined) return from;
  const start = starts?.next(Math.max(now, (from ?? 0) - 1));
  return start === undefined || (until !== undefined && start >= until) ? undefined : start;
}
