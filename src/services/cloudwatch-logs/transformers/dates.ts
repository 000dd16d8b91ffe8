import { invalidParameter } from "../groups.ts";
import { TransformError } from "./event.ts";

/** Letters of Java's DateTimeFormatter, one kind a token, and texts between them. */
const TOKEN = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']/g;
const KNOWN = "yuMdEHhmsSaXxZzkn";

interface Token {
  readonly letter: string | undefined;
  readonly text: string;
}

function tokensOf(pattern: string): Token[] {
  return [...pattern.matchAll(TOKEN)].map(([all, literal, letter]) => {
    if (letter !== undefined && !KNOWN.includes(letter))
      throw invalidParameter(`The letter ${letter} of the date pattern ${pattern} is not supported.`);
    if (literal !== undefined) return { letter: undefined, text: literal === "" ? "'" : literal.replaceAll("''", "'") };
    return { letter, text: all };
  });
}

function namesOf(locale: string, option: "month" | "weekday", style: "long" | "short"): string[] {
  const format = new Intl.DateTimeFormat(locale, { [option]: style, timeZone: "UTC" });
  // 1 January 2024 was a Monday.
  const days =
    option === "month"
      ? Array.from({ length: 12 }, (_, i) => Date.UTC(2024, i, 1))
      : Array.from({ length: 7 }, (_, i) => Date.UTC(2024, 0, i + 1));
  return days.map((day) => format.format(day).replace(/\.$/, "").toLowerCase());
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
const OFFSET = String.raw`Z|[+-]\d{2}(?::?\d{2})?`;
const DIGITS: Readonly<Record<string, string>> = { d: "1,2", H: "1,2", h: "1,2", k: "1,2", m: "1,2", s: "1,2" };

/** Ms ahead of UTC that a zone is at an instant. */
export function zoneOffset(zone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(number("year"), number("month") - 1, number("day"), number("hour"), number("minute"), number("second"));
  return local - Math.floor(ms / 1_000) * 1_000;
}

function checkZone(zone: string): string {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return zone;
  } catch {
    throw invalidParameter(`${zone} is not a time zone.`);
  }
}

function checkLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale.replace("_", "-"))[0] ?? "en";
  } catch {
    throw invalidParameter(`${locale} is not a locale.`);
  }
}

type Parse = (text: string) => number | undefined;

/** Reads dates of a pattern of Java's; undefined for a text that is none. @throws AwsException InvalidParameterException */
export function dateParser(pattern: string, locale: string, zone: string): Parse {
  const months = { MMMM: namesOf(locale, "month", "long"), MMM: namesOf(locale, "month", "short") };
  const tokens = tokensOf(pattern);
  const source = tokens.map(({ letter, text }) => {
    if (letter === undefined) return escaped(text);
    if (letter === "y" || letter === "u") return text.length === 2 ? String.raw`(\d{2})` : String.raw`(\d{4})`;
    if (letter === "M" && text.length > 2) return `(${(text.length > 3 ? months.MMMM : months.MMM).map(escaped).join("|")})\\.?`;
    if (letter === "E") return String.raw`([\p{L}]+)\.?`;
    if (letter === "S" || letter === "n") return String.raw`(\d{1,9})`;
    if (letter === "a") return "([AaPp][Mm])";
    if (letter === "z") return "([A-Za-z]+(?:/[A-Za-z_]+)*)";
    if ("XxZ".includes(letter)) return `(${OFFSET})`;
    return String.raw`(\d{${DIGITS[letter] ?? "1,2"}})`;
  });
  const expression = new RegExp(`^${source.join("")}$`, "iu");
  const letters = tokens.flatMap(({ letter, text }) => (letter === undefined ? [] : [{ letter, text }]));
  return (text) => {
    const found = expression.exec(text.trim());
    if (found === null) return undefined;
    const value = (wanted: string): string | undefined => {
      const index = letters.findIndex(({ letter }) => wanted.includes(letter));
      return index < 0 ? undefined : found[index + 1];
    };
    const year = Number(value("yu") ?? 1970);
    const name = value("M") ?? "1";
    const month = /^\d+$/.test(name)
      ? Number(name) - 1
      : [months.MMMM, months.MMM].map((all) => all.indexOf(name.toLowerCase())).find((i) => i >= 0);
    const half = /p/i.test(value("a") ?? "") ? 12 : 0;
    const hour = value("h") === undefined ? Number(value("Hk") ?? 0) : (Number(value("h")) % 12) + half;
    const fraction = Number(`0.${value("Sn") ?? "0"}`) * 1_000;
    const local = Date.UTC(
      year < 100 ? 2_000 + year : year,
      month ?? 0,
      Number(value("d") ?? 1),
      hour,
      Number(value("m") ?? 0),
      Number(value("s") ?? 0),
      Math.floor(fraction),
    );
    return local - offsetIn(value("XxZ"), zoneIn(value("z"), zone), local);
  };
}

/** A zone that is named in the text, where it is known by that name. */
function zoneIn(text: string | undefined, zone: string): string {
  if (text === undefined) return zone;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: text });
    return text;
  } catch {
    throw new TransformError(`${text} is not a time zone.`);
  }
}

function offsetIn(text: string | undefined, zone: string, local: number): number {
  if (text === undefined) {
    // Twice, because the offset is that of the instant, not of the local time read as UTC.
    const first = local - zoneOffset(zone, local);
    return zoneOffset(zone, first);
  }
  if (text.toUpperCase() === "Z") return 0;
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function formatter(pattern: string, zone: string): (ms: number) => string {
  const tokens = tokensOf(pattern);
  return (ms) => {
    const offset = zoneOffset(zone, ms);
    const at = new Date(ms + offset);
    const hour = at.getUTCHours();
    const values: Readonly<Record<string, () => number>> = {
      d: () => at.getUTCDate(),
      H: () => hour,
      k: () => hour || 24,
      h: () => hour % 12 || 12,
      m: () => at.getUTCMinutes(),
      s: () => at.getUTCSeconds(),
    };
    return tokens
      .map(({ letter, text }) => {
        if (letter === undefined) return text;
        const number = values[letter];
        if (number !== undefined) return String(number()).padStart(text.length, "0");
        return textOf(letter, text, { at, ms, offset, zone });
      })
      .join("");
  };
}

interface Shown {
  readonly at: Date;
  readonly ms: number;
  readonly offset: number;
  readonly zone: string;
}

function textOf(letter: string, text: string, { at, ms, offset, zone }: Shown): string {
  const named = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }).format(at);
  if (letter === "y" || letter === "u")
    return text.length === 2 ? String(at.getUTCFullYear() % 100).padStart(2, "0") : String(at.getUTCFullYear()).padStart(4, "0");
  if (letter === "M")
    return text.length > 2 ? named({ month: text.length > 3 ? "long" : "short" }) : String(at.getUTCMonth() + 1).padStart(text.length, "0");
  if (letter === "E") return named({ weekday: text.length > 3 ? "long" : "short" });
  if (letter === "S" || letter === "n") return String(at.getUTCMilliseconds()).padStart(3, "0").padEnd(9, "0").slice(0, text.length);
  if (letter === "a") return at.getUTCHours() < 12 ? "AM" : "PM";
  if (letter === "z") {
    const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" }).formatToParts(ms);
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
  }
  if (letter === "X" && offset === 0) return "Z";
  const minutes = Math.abs(offset) / 60_000;
  const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(minutes / 60)}${letter !== "Z" && text.length > 2 ? ":" : ""}${two(minutes % 60)}`;
}

export interface DateConversion {
  readonly matchPatterns: readonly string[];
  readonly targetFormat?: string | undefined;
  readonly sourceTimezone?: string | undefined;
  readonly targetTimezone?: string | undefined;
  readonly locale?: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Datatype.html @throws AwsException InvalidParameterException */
export function compileDates(conversion: DateConversion): (text: string) => string {
  const zone = checkZone(conversion.sourceTimezone ?? "UTC");
  const locale = checkLocale(conversion.locale ?? "en");
  const parsers = conversion.matchPatterns.map((pattern) => dateParser(pattern, locale, zone));
  const format = formatter(conversion.targetFormat ?? "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", checkZone(conversion.targetTimezone ?? "UTC"));
  return (text) => {
    for (const parse of parsers) {
      const ms = parse(text);
      if (ms !== undefined) return format(ms);
    }
    throw new TransformError(`No pattern matches the date ${text}.`);
  };
}
