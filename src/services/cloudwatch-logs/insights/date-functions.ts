import { AwsException } from "../../../aws/exception.ts";
import { dateParser, zoneOffset } from "../transformers/dates.ts";
import type { Run, ScalarFunction } from "./scalar.ts";
import { numberOf, stringOf, type Value } from "./values.ts";

const two = (number: number): string => String(number).padStart(2, "0");
const DAY_MS = 86_400_000;

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const named = (at: Date, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }).format(at);

/** Parts by the letters of strftime; the date is in UTC what it is in the zone. */
const PARTS: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getUTCFullYear()),
  y: (at) => two(at.getUTCFullYear() % 100),
  m: (at) => two(at.getUTCMonth() + 1),
  d: (at) => two(at.getUTCDate()),
  e: (at) => String(at.getUTCDate()).padStart(2, " "),
  H: (at) => two(at.getUTCHours()),
  I: (at) => two(at.getUTCHours() % 12 || 12),
  M: (at) => two(at.getUTCMinutes()),
  S: (at) => two(at.getUTCSeconds()),
  f: (at) => String(at.getUTCMilliseconds() * 1_000).padStart(6, "0"),
  p: (at) => (at.getUTCHours() < 12 ? "AM" : "PM"),
  b: (at) => named(at, { month: "short" }),
  B: (at) => named(at, { month: "long" }),
  a: (at) => named(at, { weekday: "short" }),
  A: (at) => named(at, { weekday: "long" }),
  j: (at) => String(Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0)) / DAY_MS) + 1).padStart(3, "0"),
  u: (at) => String(at.getUTCDay() || 7),
  w: (at) => String(at.getUTCDay()),
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};
const TOGETHER: Readonly<Record<string, string>> = { F: "%Y-%m-%d", T: "%H:%M:%S", D: "%m/%d/%y", R: "%H:%M" };

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function formatted(format: string, zone: string, ms: number): string {
  const offset = zoneOffset(zone, ms);
  const at = new Date(ms + offset);
  const whole = format.replaceAll(/%([FTDR])/g, (_, letter: string) => TOGETHER[letter] ?? "");
  return whole.replaceAll(/%(.)/g, (all, letter: string) => {
    if (letter === "z") return offsetText(offset);
    if (letter === "Z") return zone;
    if (letter === "s") return String(Math.floor(ms / 1_000));
    return PARTS[letter]?.(at) ?? all;
  });
}

/** The constants that a format and a zone are; undefined when they are none. */
function settingOf([, format, zone]: readonly (Value | undefined)[]): readonly [string, string] | undefined {
  const inZone = zone === undefined ? "UTC" : zone;
  return typeof format === "string" && typeof inZone === "string" && isZone(inZone) ? [format, inZone] : undefined;
}

const formatDate: ScalarFunction = {
  least: 2,
  most: 3,
  run: () => null,
  ready: (constants) => {
    const setting = settingOf(constants);
    if (setting === undefined) return undefined;
    return ([value = null]) => {
      const ms = numberOf(value);
      return ms === undefined ? null : formatted(...setting, ms);
    };
  },
};

function parsing(format: string, zone: string): Run | undefined {
  try {
    const parse = dateParser(format, "en", zone);
    return ([value = null]) => {
      const text = stringOf(value);
      return text === undefined ? null : (parse(text) ?? null);
    };
  } catch (error) {
    // A letter that such patterns do not have.
    if (error instanceof AwsException) return undefined;
    throw error;
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html#CWL_QuerySyntax-datetime */
export const DATE_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  parsedate: {
    least: 2,
    most: 3,
    run: () => null,
    ready: (constants) => {
      const setting = settingOf(constants);
      return setting === undefined ? undefined : parsing(...setting);
    },
  },
  formatdate: formatDate,
  strftime: formatDate,
};
