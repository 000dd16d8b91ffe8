import { type Argument, isList, isSeries, isValue, lift, mapPoints, type Series, type Value, withPoints } from "./values.ts";

/** Where an expression is evaluated. */
export interface Grid {
  /** Virtual ms; `to` is not part of it. */
  readonly from: number;
  readonly to: number;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
const mean = (numbers: readonly number[]): number => total(numbers) / numbers.length;
const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const deviation = (numbers: readonly number[]): number => {
  const middle = mean(numbers);
  return Math.sqrt(mean(numbers.map((number) => (number - middle) ** 2)));
};

type Fold = (numbers: readonly number[]) => number;
const FOLDS: Readonly<Record<string, Fold>> = {
  AVG: mean,
  DATAPOINT_COUNT: (numbers) => numbers.length,
  MAX: most,
  MIN: least,
  STDDEV: deviation,
  SUM: total,
};

/** SUM and its like: of one series a number, of several a series. An average of several counts what is missing as 0. */
function aggregate(name: string, fold: Fold, value: Argument | undefined): Value | undefined {
  if (isSeries(value)) {
    const numbers = [...value.points.values()];
    return numbers.length === 0 ? 0 : fold(numbers);
  }
  if (!isList(value)) return undefined;
  const times = [...new Set(value.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const at = (time: number): number => {
    const there = value.flatMap(({ points }) => points.get(time) ?? []);
    return name === "AVG" ? total(there) / value.length : fold(there);
  };
  const period = value.reduce((longest, series) => Math.max(longest, series.period), 60);
  return withPoints(
    { points: new Map(), label: name, period },
    times.map((time) => [time, at(time)] as const),
  );
}

const MAPPED: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  LOG: Math.log,
  LOG10: Math.log10,
};

type Point = readonly [time: number, value: number];
const PAIRED: Readonly<Record<string, (now: Point, before: Point) => number>> = {
  DIFF: ([, now], [, before]) => now - before,
  DIFF_TIME: ([now], [before]) => (now - before) / 1_000,
  RATE: ([time, now], [earlier, before]) => (now - before) / ((time - earlier) / 1_000),
};

function paired(series: Series, compute: (now: Point, before: Point) => number): Series {
  const points = [...series.points].sort(([a], [b]) => a - b);
  return withPoints(
    series,
    points.slice(1).map((point, index): Point => [point[0], compute(point, points[index] ?? point)]),
  );
}

function runningSum(series: Series): Series {
  let sum = 0;
  return mapPoints({ ...series, points: new Map([...series.points].sort(([a], [b]) => a - b)) }, (value) => {
    sum += value;
    return sum;
  });
}

const SECOND = 1_000;
/** 1 is Monday. */
const DATES: Readonly<Record<string, (date: Date) => number>> = {
  DATE: (date) => date.getUTCDate(),
  DAY: (date) => date.getUTCDay() || 7,
  EPOCH: (date) => Math.floor(date.getTime() / SECOND),
  HOUR: (date) => date.getUTCHours(),
  MINUTE: (date) => date.getUTCMinutes(),
  MONTH: (date) => date.getUTCMonth() + 1,
  YEAR: (date) => date.getUTCFullYear(),
};

/** Instants of all periods, whether there is data or not. */
function gridOf({ from, to }: Grid, period: number): number[] {
  const width = period * SECOND;
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / width)) }, (_, index) => from + index * width);
}

function fill(series: Series, filler: Argument | undefined, grid: Grid): Series | undefined {
  const times = gridOf(grid, series.period);
  const known = [...series.points].sort(([a], [b]) => a - b);
  const gap = (time: number): number | undefined => {
    if (typeof filler === "number") return filler;
    if (isSeries(filler)) return filler.points.get(time);
    const before = known.findLast(([other]) => other < time);
    if (before === undefined) return undefined;
    if (isKeyword(filler, "REPEAT")) return before[1];
    const after = known.find(([other]) => other > time);
    return after === undefined ? undefined : before[1] + ((after[1] - before[1]) * (time - before[0])) / (after[0] - before[0]);
  };
  if (!(typeof filler === "number" || isSeries(filler) || isKeyword(filler, "REPEAT") || isKeyword(filler, "LINEAR"))) return undefined;
  const all = [...new Set([...times, ...series.points.keys()])].sort((a, b) => a - b);
  return withPoints(
    series,
    all.flatMap((time): Point[] => {
      const value = series.points.get(time) ?? gap(time);
      return value === undefined ? [] : [[time, value]];
    }),
  );
}

function isKeyword(argument: Argument | undefined, keyword: string): boolean {
  return typeof argument === "object" && "keyword" in argument && argument.keyword === keyword;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#using-IF-expressions */
function choose([condition, yes, no]: readonly Argument[]): Value | undefined {
  const usable = (argument: Argument | undefined): argument is number | Series => typeof argument === "number" || isSeries(argument);
  if (!usable(yes) || (no !== undefined && !usable(no))) return undefined;
  if (typeof condition === "number") {
    const chosen = condition === 0 ? no : yes;
    return chosen ?? { points: new Map(), label: "IF", period: 60 };
  }
  if (!isSeries(condition)) return undefined;
  const at = (time: number, truth: number): number | undefined => {
    const chosen = truth === 0 ? no : yes;
    if (chosen === undefined || typeof chosen === "number") return chosen;
    // Missing points of a branch are 0, except where the other branch is a number and this one is the last.
    const missing = truth === 0 && typeof yes === "number" ? undefined : 0;
    return chosen.points.get(time) ?? missing;
  };
  return withPoints(
    condition,
    [...condition.points].flatMap(([time, truth]): Point[] => {
      const value = at(time, truth);
      return value === undefined ? [] : [[time, value]];
    }),
  );
}

function sort([list, by, order, limit]: readonly Argument[]): Value | undefined {
  const name = typeof by === "object" && "keyword" in by ? by.keyword : "";
  const fold = FOLDS[name];
  if (!isList(list) || fold === undefined || !(isKeyword(order, "ASC") || isKeyword(order, "DESC"))) return undefined;
  const sign = isKeyword(order, "ASC") ? 1 : -1;
  const weight = ({ points }: Series): number => (points.size === 0 ? Number.NEGATIVE_INFINITY : fold([...points.values()]));
  const sorted = list.toSorted((a, b) => (weight(a) === weight(b) ? 0 : sign * (weight(a) - weight(b))));
  return typeof limit === "number" ? sorted.slice(0, limit) : sorted;
}

function ofList(name: string, list: readonly Series[], rest: readonly Argument[]): Value | undefined {
  const [from, to] = rest;
  const none: Series = { points: new Map(), label: name, period: 60 };
  if (name === "FIRST") return list[0] ?? none;
  if (name === "LAST") return list.at(-1) ?? none;
  if (name === "METRIC_COUNT") return list.length;
  if (name === "REMOVE_EMPTY") return list.filter(({ points }) => points.size > 0);
  if (name !== "SLICE" || typeof from !== "number") return undefined;
  return list.slice(from, typeof to === "number" ? to : undefined);
}

function onSeries(name: string, value: Value, rest: readonly Argument[], grid: Grid): Value | undefined {
  const change = MAPPED[name];
  if (change !== undefined) return lift(value, (series) => mapPoints(series, change));
  const compute = PAIRED[name];
  if (compute !== undefined) return lift(value, (series) => paired(series, compute));
  if (name === "RUNNING_SUM") return lift(value, runningSum);
  const date = DATES[name];
  if (date !== undefined && isSeries(value)) {
    return withPoints(
      value,
      gridOf(grid, value.period).map((time): Point => [time, date(new Date(time))]),
    );
  }
  if (name !== "FILL" || typeof value === "number") return undefined;
  const filled = (isSeries(value) ? [value] : value).map((series) => fill(series, rest[0], grid));
  if (filled.some((series) => series === undefined)) return undefined;
  const all = filled.filter((series) => series !== undefined);
  return isSeries(value) ? all[0] : all;
}

/** How many arguments a function takes. */
const ARGUMENTS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  ...Object.fromEntries([FOLDS, MAPPED, PAIRED, DATES].flatMap((group) => Object.keys(group).map((name) => [name, [1, 1]]))),
  FILL: [2, 2],
  FIRST: [1, 1],
  IF: [2, 3],
  LAST: [1, 1],
  METRIC_COUNT: [1, 1],
  PERIOD: [1, 1],
  REMOVE_EMPTY: [1, 1],
  RUNNING_SUM: [1, 1],
  SEARCH: [2, 3],
  SLICE: [2, 3],
  SORT: [3, 4],
  TIME_SERIES: [1, 1],
};

/** Whether a function takes so many arguments; undefined for what is none. */
export function takes(name: string, count = 1): boolean | undefined {
  const found = Object.hasOwn(ARGUMENTS, name) ? ARGUMENTS[name] : undefined;
  return found && count >= found[0] && count <= found[1];
}

/** The result of a function; undefined when there is none for these arguments. */
export function callFunction(name: string, args: readonly Argument[], grid: Grid & { readonly period: number }): Value | undefined {
  const [first, ...rest] = args;
  const fold = FOLDS[name];
  if (fold !== undefined) return aggregate(name, fold, first);
  if (name === "IF") return choose(args);
  if (name === "SORT") return sort(args);
  if (name === "PERIOD" && isSeries(first)) return first.period;
  if (name === "TIME_SERIES" && typeof first === "number") {
    const empty: Series = { points: new Map(), label: name, period: grid.period };
    return withPoints(
      empty,
      gridOf(grid, grid.period).map((time): Point => [time, first]),
    );
  }
  if (!isValue(first)) return undefined;
  const found = isList(first) ? ofList(name, first, rest) : undefined;
  return found ?? onSeries(name, first, rest, grid);
}
