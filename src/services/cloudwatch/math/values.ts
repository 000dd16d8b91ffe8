/** Points by instant (ms), with what is known of where they come from. */
export interface Series {
  readonly points: ReadonlyMap<number, number>;
  readonly label: string;
  /** Seconds. */
  readonly period: number;
  /** The metric that it is, or was made of alone: what labels of arrays tell of. */
  readonly source?: MetricSource;
}

export interface MetricSource {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  readonly statistic: string;
}

/** What an expression is worth: a number, a series or several series. Texts and keywords are arguments only. */
export type Value = number | Series | readonly Series[];
export type Argument = Value | { readonly text: string } | { readonly keyword: string };

export function isList(value: Argument | undefined): value is readonly Series[] {
  return Array.isArray(value);
}

export function isSeries(value: Argument | undefined): value is Series {
  return typeof value === "object" && "points" in value;
}

export function isValue(value: Argument | undefined): value is Value {
  return typeof value === "number" || isList(value) || isSeries(value);
}

/** The same series with other points; those that no number is are dropped. */
export function withPoints(series: Series, points: Iterable<readonly [number, number]>): Series {
  return { ...series, points: new Map([...points].filter(([, value]) => Number.isFinite(value))) };
}

export function mapPoints(series: Series, change: (value: number, time: number) => number): Series {
  return withPoints(
    series,
    [...series.points].map(([time, value]) => [time, change(value, time)] as const),
  );
}

/** Applies to each series of a list, to one series, or to the points of a number. */
export function lift(value: Value, change: (series: Series) => Series): Value | undefined {
  if (typeof value === "number") return undefined;
  return isSeries(value) ? change(value) : value.map(change);
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b),
  ">=": (a, b) => Number(a >= b),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

/** Missing points of one of two series are 0; what divides by zero is dropped. */
function pairwise(a: Series, b: Series, apply: (a: number, b: number) => number): Series {
  const times = [...new Set([...a.points.keys(), ...b.points.keys()])].sort((x, y) => x - y);
  const { source: _, ...made } = a;
  return withPoints(
    made,
    times.map((time) => [time, apply(a.points.get(time) ?? 0, b.points.get(time) ?? 0)] as const),
  );
}

/**
 * One operator on two values; undefined for two lists, which AWS does not combine.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function combine(a: Value, b: Value, operator: string): Value | undefined {
  const apply = OPERATORS[operator];
  if (apply === undefined) return undefined;
  if (typeof a === "number" && typeof b === "number") return apply(a, b);
  if (isList(a)) return isList(b) ? undefined : a.flatMap((series) => (combine(series, b, operator) as Series | undefined) ?? []);
  if (isList(b)) return b.map((series) => ({ ...(combine(a, series, operator) as Series), label: series.label }));
  if (typeof a === "number") return isSeries(b) ? mapPoints(b, (value) => apply(a, value)) : undefined;
  return typeof b === "number" ? mapPoints(a, (value) => apply(value, b)) : pairwise(a, b, apply);
}
