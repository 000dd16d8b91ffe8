/** When a rule fires next, in virtual ms; undefined when never again. `after` is exclusive. */
export interface Schedule {
  next(after: number): number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const LAST_YEAR = 2199;

/**
 * `rate(5 minutes)` counted from `origin` (virtual ms), or `cron(minutes hours day-of-month month day-of-week year)` in UTC.
 * Undefined when the text is neither.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function parseSchedule(expression: string, origin: number): Schedule | undefined {
  const [, kind, inner = ""] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "rate") return parseRate(inner, origin);
  return kind === "cron" ? parseCron(inner) : undefined;
}

function parseRate(text: string, origin: number): Schedule | undefined {
  const [, digits, unit = "", plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(text) ?? [];
  const value = Number(digits);
  const length = UNITS[unit];
  // AWS insists on the grammar: 1 minute, 2 minutes.
  if (length === undefined || !(value > 0) || (value === 1) !== (plural === "")) return undefined;
  const period = value * length;
  return { next: (after) => origin + (Math.max(0, Math.floor((after - origin) / period)) + 1) * period };
}

interface Field {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const MINUTE: Field = { low: 0, high: 59 };
const HOUR: Field = { low: 0, high: 23 };
const DAY: Field = { low: 1, high: 31 };
const MONTH: Field = { low: 1, high: 12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] };
const WEEKDAY: Field = { low: 1, high: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
const YEAR: Field = { low: 1970, high: LAST_YEAR };

type DayTest = (date: CalendarDay) => boolean;
interface CalendarDay {
  readonly day: number;
  /** 1 = SUN. */
  readonly weekday: number;
  readonly daysInMonth: number;
  weekdayOf(day: number): number;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions */
function parseCron(text: string): Schedule | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 6) return undefined;
  const [minuteText = "", hourText = "", dayText = "", monthText = "", weekdayText = "", yearText = ""] = fields;
  // Exactly one of the two day fields must be "?".
  if ((dayText === "?") === (weekdayText === "?")) return undefined;
  const minutes = values(minuteText, MINUTE);
  const hours = values(hourText, HOUR);
  const months = values(monthText, MONTH);
  const years = values(yearText, YEAR);
  const dayTest = weekdayText === "?" ? dayOfMonth(dayText) : dayOfWeek(weekdayText);
  if (minutes === undefined || hours === undefined || months === undefined || years === undefined || dayTest === undefined)
    return undefined;
  return { next: (after) => nextMatch(after, { minutes, hours, months, years, dayTest }) };
}

interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  readonly dayTest: DayTest;
}

function nextMatch(after: number, cron: Cron): number | undefined {
  const start = new Date((Math.floor(after / 60_000) + 1) * 60_000);
  const firstTime = start.getUTCHours() * 60 + start.getUTCMinutes();
  let year = start.getUTCFullYear();
  let month = start.getUTCMonth();
  let day = start.getUTCDate();
  let earliest = firstTime;
  for (; year <= LAST_YEAR; year++, month = 0, day = 1, earliest = 0) {
    if (!cron.years.has(year)) continue;
    for (; month < 12; month++, day = 1, earliest = 0) {
      if (!cron.months.has(month + 1)) continue;
      const daysInMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
      const firstWeekday = new Date(Date.UTC(year, month, 1)).getUTCDay();
      const weekdayOf = (date: number): number => ((firstWeekday + date - 1) % 7) + 1;
      for (; day <= daysInMonth; day++, earliest = 0) {
        if (!cron.dayTest({ day, weekday: weekdayOf(day), daysInMonth, weekdayOf })) continue;
        const time = firstTimeOfDay(cron, earliest);
        if (time !== undefined) return Date.UTC(year, month, day, Math.floor(time / 60), time % 60);
      }
    }
  }
  return undefined;
}

/** Minutes since midnight, not before `earliest`. */
function firstTimeOfDay(cron: Cron, earliest: number): number | undefined {
  for (let hour = Math.floor(earliest / 60); hour < 24; hour++) {
    if (!cron.hours.has(hour)) continue;
    for (let minute = hour * 60 < earliest ? earliest % 60 : 0; minute < 60; minute++) {
      if (cron.minutes.has(minute)) return hour * 60 + minute;
    }
  }
  return undefined;
}

/** `*`, `a`, `a-b`, `a/n`, `a-b/n`, a step over `*`, and lists of them. */
function values(text: string, field: Field): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step, ...more] = part.split("/");
    const stride = step === undefined ? 1 : Number(step);
    if (more.length > 0 || (step !== undefined && !/^\d+$/.test(step)) || stride < 1) return undefined;
    const bounds = boundsOf(range, field, step !== undefined);
    if (bounds === undefined) return undefined;
    const [low, high] = bounds;
    // FRI-MON goes over the end of the week.
    const wrapped = high < low && field === WEEKDAY ? high + 7 : high;
    if (wrapped < low) return undefined;
    for (let value = low; value <= wrapped; value += stride) found.add(value > field.high ? value - 7 : value);
  }
  return found;
}

function boundsOf(range: string, field: Field, stepped: boolean): readonly [number, number] | undefined {
  if (range === "*") return [field.low, field.high];
  const [from = "", to, ...more] = range.split("-");
  const low = numberOf(from, field);
  const high = to === undefined ? (stepped ? field.high : low) : numberOf(to, field);
  return more.length > 0 || low === undefined || high === undefined ? undefined : [low, high];
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + field.low;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= field.low && value <= field.high ? value : undefined;
}

function dayOfMonth(text: string): DayTest | undefined {
  if (text === "L") return ({ day, daysInMonth }) => day === daysInMonth;
  if (text === "LW") return (date) => date.day === nearestWeekday(date, date.daysInMonth);
  const [, near] = /^(\d+)W$/.exec(text) ?? [];
  if (near !== undefined) {
    const wanted = numberOf(near, DAY);
    return wanted === undefined ? undefined : (date) => wanted <= date.daysInMonth && date.day === nearestWeekday(date, wanted);
  }
  const days = values(text, DAY);
  return days === undefined ? undefined : ({ day }) => days.has(day);
}

/** The weekday nearest to a date, within its month. */
function nearestWeekday({ daysInMonth, weekdayOf }: CalendarDay, wanted: number): number {
  const weekday = weekdayOf(wanted);
  if (weekday === 7) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekday === 1) return wanted < daysInMonth ? wanted + 1 : wanted - 2;
  return wanted;
}

function dayOfWeek(text: string): DayTest | undefined {
  // By itself L is the last day of the week.
  if (text === "L") return ({ weekday }) => weekday === 7;
  const [, last] = /^(\w+)L$/.exec(text) ?? [];
  if (last !== undefined) {
    const wanted = numberOf(last, WEEKDAY);
    return wanted === undefined ? undefined : ({ day, weekday, daysInMonth }) => weekday === wanted && day + 7 > daysInMonth;
  }
  const [, name, ordinal] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (name !== undefined) {
    const wanted = numberOf(name, WEEKDAY);
    return wanted === undefined ? undefined : ({ day, weekday }) => weekday === wanted && Math.ceil(day / 7) === Number(ordinal);
  }
  const weekdays = values(text, WEEKDAY);
  return weekdays === undefined ? undefined : ({ weekday }) => weekdays.has(weekday);
}
