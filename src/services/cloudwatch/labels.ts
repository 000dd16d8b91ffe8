import { AwsException } from "../../aws/exception.ts";
import type { Query } from "./alarm-config.ts";
import type { Series } from "./math/values.ts";

interface Labelled {
  readonly series: Series;
  readonly query: Query;
  /** Oldest first. */
  readonly points: readonly (readonly [time: number, value: number])[];
  /** `+0130`, UTC when there is none. */
  readonly timezone: string | undefined;
  /** Virtual ms: relative times are told from here. */
  readonly now: number;
  readonly account: string;
  readonly region: string;
}

type Point = readonly [time: number, value: number];

const DYNAMIC = /\$\{([^}]*)\}/g;
const PROPERTY = /^PROP\('([^']+)'\)$/;
const NONE = "--";
const MOST_VALUES = 6;

export const isDynamic = (label: string): boolean => label.includes("${");

const shortNumber = (value: number | undefined): string => (value === undefined ? NONE : String(Number(value.toFixed(3))));

function shownTime(time: number | undefined, timezone: string | undefined): string {
  if (time === undefined) return NONE;
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d)(\d\d)$/.exec(timezone ?? "") ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  return new Date(time + offset).toISOString().slice(0, 19).replace("T", " ");
}

/** `1 day 2 hours 5 minutes`. AWS does not say how it writes them. */
function shownSpan(from: number | undefined, to: number | undefined): string {
  if (from === undefined || to === undefined) return NONE;
  let seconds = Math.round(Math.abs(to - from) / 1_000);
  const parts = [["day", 86_400] as const, ["hour", 3_600] as const, ["minute", 60] as const, ["second", 1] as const].flatMap(
    ([unit, size]) => {
      const count = Math.floor(seconds / size);
      seconds -= count * size;
      return count === 0 ? [] : [`${count} ${unit}${count === 1 ? "" : "s"}`];
    },
  );
  return parts.length === 0 ? "0 seconds" : parts.join(" ");
}

/** Of the metric, which in an array is each series' own. */
function propertyOf(name: string, { query, series, account, region }: Labelled): string | undefined {
  const { source } = series;
  if (name.startsWith("Dim.")) return source?.dimensions.find(([key]) => key === name.slice("Dim.".length))?.[1] ?? "";
  const known: Readonly<Record<string, string | undefined>> = {
    AccountId: account,
    AccountLabel: account,
    MetricName: source?.name ?? "",
    Namespace: source?.namespace ?? "",
    Period: String(query.MetricStat?.Period ?? series.period),
    Region: region,
    Stat: source?.statistic ?? "",
  };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

function rangeOf(from: Point | undefined, to: Point | undefined): string {
  return from === undefined || to === undefined ? NONE : shortNumber(Math.abs(to[1] - from[1]));
}

function dynamicValue(name: string, labelled: Labelled): string | undefined {
  const { series, points, timezone, now } = labelled;
  const property = PROPERTY.exec(name)?.[1];
  if (property !== undefined) return propertyOf(property, labelled);
  const pick = (isBetter: (a: number, b: number) => boolean): Point | undefined =>
    points.reduce<Point | undefined>((best, point) => (best === undefined || isBetter(point[1], best[1]) ? point : best), undefined);
  const told = { FIRST: points[0], LAST: points.at(-1), MAX: pick((a, b) => a > b), MIN: pick((a, b) => a < b) };
  const [, which, kind = ""] = /^(FIRST|LAST|MAX|MIN)(_TIME|_TIME_RELATIVE)?$/.exec(name) ?? [];
  if (which !== undefined) {
    const point = told[which as keyof typeof told];
    if (kind === "") return shortNumber(point?.[1]);
    return kind === "_TIME" ? shownTime(point?.[0], timezone) : shownSpan(point?.[0], now);
  }
  const sum = points.reduce((total, [, value]) => total + value, 0);
  const known: Readonly<Record<string, () => string>> = {
    LABEL: () => series.label,
    DATAPOINT_COUNT: () => String(points.length),
    AVG: () => shortNumber(points.length === 0 ? undefined : sum / points.length),
    SUM: () => shortNumber(sum),
    FIRST_LAST_RANGE: () => rangeOf(told.FIRST, told.LAST),
    FIRST_LAST_TIME_RANGE: () => shownSpan(told.FIRST?.[0], told.LAST?.[0]),
    MIN_MAX_RANGE: () => rangeOf(told.MIN, told.MAX),
    MIN_MAX_TIME_RANGE: () => shownSpan(told.MIN?.[0], told.MAX?.[0]),
  };
  return Object.hasOwn(known, name) ? known[name]?.() : undefined;
}

/**
 * A label with its dynamic parts, such as `${MAX}` and `${PROP('Dim.FunctionName')}`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 * @throws AwsException ValidationError for what is none, for more than six, and for a second `${LABEL}`
 */
export function fullLabel(label: string, labelled: Labelled): string {
  const invalid = (reason: string) => new AwsException("ValidationError", `Invalid label '${label}': ${reason}`, { status: 400 });
  const names = [...label.matchAll(DYNAMIC)].map(([, name]) => name);
  if (names.length > MOST_VALUES) throw invalid(`it has more than ${MOST_VALUES} dynamic values`);
  if (names.filter((name) => name === "LABEL").length > 1) throw invalid(`\${LABEL} can be used once`);
  return label.replace(DYNAMIC, (_, name: string) => {
    const value = dynamicValue(name, labelled);
    if (value === undefined) throw invalid(`\${${name}} is no dynamic value`);
    return value;
  });
}
