import { ADDRESS_FUNCTIONS } from "./addresses.ts";
import { DATE_FUNCTIONS } from "./date-functions.ts";
import type { Period } from "./periods.ts";
import { MANY, ofNumber, type ScalarFunction } from "./scalar.ts";
import { TEXT_FUNCTIONS } from "./texts.ts";
import { Instant, isTrue, numberOf, type Value } from "./values.ts";

const chosen = (sign: 1 | -1): ScalarFunction => ({
  least: 1,
  most: MANY,
  run: (args) => {
    const numbers = args.flatMap((value) => numberOf(value) ?? []);
    return numbers.length === 0 ? null : numbers.reduce((best, value) => ((value - best) * sign > 0 ? value : best));
  },
});
const SECOND_MS = 1_000;
const MOST_CASES = 10;
const EARTH_KM = 6_371;

/** Conditions and values in turn, and at last what holds otherwise. */
function chooseCase(args: readonly Value[]): Value {
  for (let at = 0; at + 1 < args.length; at += 2) if (isTrue(args[at] ?? null)) return args[at + 1] ?? null;
  return args.length % 2 === 1 ? (args.at(-1) ?? null) : null;
}

/** Kilometres between two places in degrees. */
function haversine([lat1 = 0, lon1 = 0, lat2 = 0, lon2 = 0]: readonly number[]): Value {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (from: number, to: number): number => Math.sin(radians(to - from) / 2) ** 2;
  const chord = half(lat1, lat2) + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * half(lon1, lon2);
  const distance = 2 * EARTH_KM * Math.asin(Math.sqrt(chord));
  return Number.isNaN(distance) ? null : distance;
}

/** What a query's time makes constants of, before it runs. */
const WINDOW_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  querystarttime: { least: 0, most: 0, run: () => null },
  queryendtime: { least: 0, most: 0, run: () => null },
  querytimerange: { least: 0, most: 0, run: () => null },
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html */
export const FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  abs: ofNumber(Math.abs),
  ceil: ofNumber(Math.ceil),
  floor: ofNumber(Math.floor),
  log: ofNumber(Math.log),
  sqrt: ofNumber(Math.sqrt),
  toint: ofNumber(Math.trunc),
  tolong: ofNumber(Math.trunc),
  todouble: ofNumber((value) => value),
  tonumber: ofNumber((value) => value),
  greatest: chosen(1),
  least: chosen(-1),
  round: {
    least: 1,
    most: 2,
    run: ([value = null, digits = 0]) => {
      const number = numberOf(value);
      const scale = 10 ** (numberOf(digits) ?? 0);
      return number === undefined ? null : Math.round(number * scale) / scale;
    },
  },
  frommillis: { least: 1, most: 1, run: ([value = null]) => (numberOf(value) === undefined ? null : new Instant(numberOf(value) ?? 0)) },
  tomillis: ofNumber((value) => value),
  now: { least: 0, most: 0, run: (_, now) => Math.floor(now / SECOND_MS) },
  ispresent: { least: 1, most: 1, run: ([value = null]) => value !== null },
  coalesce: { least: 1, most: MANY, run: (args) => args.find((value) => value !== null) ?? null },
  if: { least: 3, most: 3, run: ([condition = null, one = null, other = null]) => (isTrue(condition) ? one : other) },
  case: { least: 2, most: MOST_CASES * 2 + 1, run: chooseCase },
  isnumeric: {
    least: 1,
    most: 1,
    run: ([value = null]) => typeof value === "number" || (typeof value === "string" && numberOf(value) !== undefined),
  },
  haversine: { least: 4, most: 4, run: (args) => haversine(args.map((value) => numberOf(value) ?? Number.NaN)) },
  ...WINDOW_FUNCTIONS,
  ...DATE_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...ADDRESS_FUNCTIONS,
};

/** Functions of an instant and a period. */
export const ROUNDINGS: Readonly<Record<string, (period: Period, ms: number) => number>> = {
  bin: (period, ms) => period.floor(ms),
  datefloor: (period, ms) => period.floor(ms),
  dateceil: (period, ms) => (period.floor(ms) === ms ? ms : period.next(period.floor(ms))),
};
