/** A moment on the calendar of some zone. */
export interface Moment {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  /** 1 = January. */
  readonly month: number;
  readonly year: number;
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
const YEAR: Field = { low: 1970, high: 2199 };

type Test = (moment: Moment) => boolean;

/**
 * A cron expression of a deployment window: seconds (which count for nothing), minutes, hours, day of month, month, day of
 * week and, optionally, year. Undefined when it is none.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html
 */
export function parseWindow(cron: string): Test | undefined {
  const fields = cron.trim().toUpperCase().split(/\s+/);
  if (fields.length < 6 || fields.length > 7) return undefined;
  const [, minute = "", hour = "", day = "", month = "", weekday = "", year = "*"] = fields;
  const tests = [
    plain(minute, MINUTE, (moment) => moment.minute),
    plain(hour, HOUR, (moment) => moment.hour),
    dayOfMonth(day),
    plain(month, MONTH, (moment) => moment.month),
    dayOfWeek(weekday),
    plain(year, YEAR, (moment) => moment.year),
  ];
  const given = tests.filter((test) => test !== undefined);
  return given.length < tests.length ? undefined : (moment) => given.every((test) => test(moment));
}

const always: Test = () => true;
const daysIn = ({ year, month }: Moment): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
/** 1 = SUN. */
const weekdayOf = ({ year, month }: Moment, day: number): number => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

function plain(text: string, field: Field, of: (moment: Moment) => number): Test | undefined {
  if (text === "*") return always;
  const found = values(text, field);
  return found === undefined ? undefined : (moment) => found.has(of(moment));
}

/** `a`, `a-b`, `a/n`, `a-b/n`, a step over `*`, and lists of them. */
function values(text: string, field: Field): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [first = "", last] = range.split("-");
    const low = range === "*" ? field.low : numberOf(first, field);
    const end = range === "*" || (last === undefined && part.includes("/")) ? field.high : last === undefined ? low : numberOf(last, field);
    if (low === undefined || end === undefined || !/^[1-9]\d*$/.test(step)) return undefined;
    const span = field.high - field.low + 1;
    // FRI-MON goes over the end.
    const high = end < low ? end + span : end;
    for (let value = low; value <= high; value += Number(step)) found.add(value > field.high ? value - span : value);
  }
  return found;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return named + field.low;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= field.low && value <= field.high ? value : undefined;
}

function dayOfMonth(text: string): Test | undefined {
  if (text === "?" || text === "*") return always;
  if (text === "LW") return (moment) => moment.day === nearestWeekday(moment, daysIn(moment));
  const [, before, offset = "0"] = /^(L)(?:-(\d+))?$/.exec(text) ?? [];
  if (before !== undefined) return (moment) => moment.day === daysIn(moment) - Number(offset);
  const [, near] = /^(\d+)W$/.exec(text) ?? [];
  if (near !== undefined) return (moment) => Number(near) <= daysIn(moment) && moment.day === nearestWeekday(moment, Number(near));
  return plain(text, DAY, (moment) => moment.day);
}

/** Within its month. */
function nearestWeekday(moment: Moment, wanted: number): number {
  const weekday = weekdayOf(moment, wanted);
  if (weekday === 7) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekday === 1) return wanted < daysIn(moment) ? wanted + 1 : wanted - 2;
  return wanted;
}

function dayOfWeek(text: string): Test | undefined {
  if (text === "?" || text === "*") return always;
  if (text === "L") return (moment) => weekdayOf(moment, moment.day) === 7;
  const [, name, kind, ordinal] = /^([A-Z]{3}|\d)(L|#([1-5]))$/.exec(text) ?? [];
  if (kind === undefined) return plain(text, WEEKDAY, (moment) => weekdayOf(moment, moment.day));
  const wanted = numberOf(name ?? "", WEEKDAY);
  if (wanted === undefined) return undefined;
  const isNth: Test = ordinal === undefined ? (m) => m.day + 7 > daysIn(m) : (m) => Math.ceil(m.day / 7) === Number(ordinal);
  return (moment) => weekdayOf(moment, moment.day) === wanted && isNth(moment);
}

/** What Java takes abbreviations for, as far as they are common. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  ACT: "Australia/Darwin",
  AET: "Australia/Sydney",
  AST: "America/Anchorage",
  BST: "Asia/Dhaka",
  CAT: "Africa/Harare",
  CET: "CET",
  CST: "America/Chicago",
  CTT: "Asia/Shanghai",
  EET: "EET",
  EST: "-05:00",
  GMT: "UTC",
  HST: "-10:00",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
  MET: "MET",
  MST: "-07:00",
  NST: "Pacific/Auckland",
  PNT: "America/Phoenix",
  PST: "America/Los_Angeles",
  UTC: "UTC",
  WET: "WET",
};

/** An instant (ms) in a zone: `Region/City`, `UTC`, `UTC+05:30` or an abbreviation; undefined when there is no such zone. */
export function momentIn(instant: number, zone: string): Moment | undefined {
  const [, offset] = /^UTC([+-]\d{2}:\d{2})$/.exec(zone) ?? [];
  try {
    const timeZone = offset ?? ABBREVIATIONS[zone] ?? zone;
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { minute = 0, hour = 0, day = 1, month = 1, year = 1970 } = parts;
    return { minute, hour, day, month, year };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
