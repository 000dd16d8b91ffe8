import { AwsException, notImplemented } from "../../aws/exception.ts";

/** Values by instant (ms). */
export type Series = ReadonlyMap<number, number>;
export type Value = number | Series;

/** What an expression can refer to. */
export interface Scope {
  /** The series of an id; undefined when no query has it. */
  series(id: string): Series | undefined;
  /** All metrics of the request, for METRICS(). */
  readonly metrics: readonly Series[];
  /** Seconds. */
  readonly period: number;
}

function invalid(expression: string): AwsException {
  return new AwsException("ValidationError", `Error in expression '${expression}'`, { status: 400 });
}

const TOKEN = /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|("[^"]*"|'[^']*')|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|&&|\|\||[-+*/^(),<>]))/y;

type Token = { readonly kind: "number" | "text" | "name" | "operator"; readonly text: string };

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) throw invalid(expression);
    const [, number, quoted, name, operator] = found;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (quoted !== undefined) tokens.push({ kind: "text", text: quoted.slice(1, -1) });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else tokens.push({ kind: "operator", text: operator ?? "" });
  }
  return tokens;
}

/** Binary operators by how loosely they bind, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["||", "OR"],
  ["&&", "AND"],
  ["==", "!=", "<", ">", "<=", ">="],
  ["+", "-"],
  ["*", "/"],
  ["^"],
];

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
  AND: (a, b) => Number(a !== 0 && b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
};

/** A point that cannot be computed (a division by zero) is left out. */
function combine(a: Value, b: Value, operator: string): Value {
  const apply = OPERATORS[operator] ?? ((): number => Number.NaN);
  if (typeof a === "number" && typeof b === "number") return apply(a, b);
  const times = new Set([...(typeof a === "number" ? [] : a.keys()), ...(typeof b === "number" ? [] : b.keys())]);
  const at = (value: Value, time: number): number | undefined => (typeof value === "number" ? value : value.get(time));
  const points: [number, number][] = [];
  for (const time of [...times].sort((x, y) => x - y)) {
    const left = at(a, time);
    const right = at(b, time);
    if (left === undefined || right === undefined) continue;
    const result = apply(left, right);
    if (Number.isFinite(result)) points.push([time, result]);
  }
  return new Map(points);
}

const map = (value: Value, change: (number: number) => number): Value =>
  typeof value === "number" ? change(value) : new Map([...value].map(([time, number]) => [time, change(number)]));

type Argument = Value | readonly Series[] | string;
const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
const AGGREGATES: Readonly<Record<string, (numbers: readonly number[]) => number>> = {
  SUM: total,
  AVG: (numbers) => total(numbers) / numbers.length,
  MIN: (numbers) => numbers.reduce((a, b) => Math.min(a, b)),
  MAX: (numbers) => numbers.reduce((a, b) => Math.max(a, b)),
  STDDEV: (numbers) => {
    const mean = total(numbers) / numbers.length;
    return Math.sqrt(total(numbers.map((number) => (number - mean) ** 2)) / numbers.length);
  },
};
const MAPPED: Readonly<Record<string, (number: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  LOG: Math.log,
  LOG10: Math.log10,
};

function isList(argument: Argument | undefined): argument is readonly Series[] {
  return Array.isArray(argument);
}

function isSeries(argument: Argument | undefined): argument is Series {
  return argument instanceof Map;
}

/** SUM and its like: of one series a number, of several series a series. */
function aggregate(argument: Argument | undefined, fold: (numbers: readonly number[]) => number): Value | undefined {
  if (isSeries(argument)) return argument.size === 0 ? new Map() : fold([...argument.values()]);
  if (!isList(argument)) return undefined;
  const times = [...new Set(argument.flatMap((series) => [...series.keys()]))].sort((a, b) => a - b);
  return new Map(times.map((time) => [time, fold(argument.flatMap((series) => series.get(time) ?? []))]));
}

/** Points computed from each point and the one before. */
function pairwise(series: Series, compute: (now: readonly [number, number], before: readonly [number, number]) => number): Series {
  const points = [...series];
  return new Map(points.slice(1).map((point, index) => [point[0], compute(point, points[index] ?? point)]));
}

function callFunction(name: string, args: readonly Argument[], scope: Scope): Argument | undefined {
  const [first, second, third] = args;
  const fold = AGGREGATES[name];
  if (fold !== undefined) return aggregate(first, fold);
  const change = MAPPED[name];
  if (change !== undefined && (typeof first === "number" || isSeries(first))) return map(first, change);
  if (name === "METRICS" && args.length === 0) return scope.metrics;
  if (name === "PERIOD" && isSeries(first)) return scope.period;
  if (name === "METRIC_COUNT" && isList(first)) return first.length;
  if (isSeries(first)) {
    if (name === "DIFF") return pairwise(first, ([, now], [, before]) => now - before);
    if (name === "DIFF_TIME") return pairwise(first, ([now], [before]) => (now - before) / 1_000);
    if (name === "RATE") return pairwise(first, ([t1, now], [t0, before]) => (now - before) / ((t1 - t0) / 1_000));
    if (name === "FIRST") return [...first.values()][0];
    if (name === "LAST") return [...first.values()].at(-1);
    if (name === "RUNNING_SUM") {
      let sum = 0;
      return map(first, (number) => (sum += number));
    }
  }
  if (name === "IF" && (typeof first === "number" || isSeries(first))) return choose(first, second, third);
  return undefined;
}

function choose(condition: Value, yes: Argument | undefined, no: Argument | undefined): Value | undefined {
  const usable = (argument: Argument | undefined): argument is Value => typeof argument === "number" || isSeries(argument);
  if (!usable(yes) || (no !== undefined && !usable(no))) return undefined;
  if (typeof condition === "number") return condition !== 0 ? yes : (no ?? new Map());
  const at = (value: Value | undefined, time: number): number | undefined => (typeof value === "number" ? value : value?.get(time));
  return new Map(
    [...condition].flatMap(([time, truth]) => {
      const value = at(truth !== 0 ? yes : no, time);
      return value === undefined ? [] : [[time, value] as const];
    }),
  );
}

/**
 * The value of a metric math expression.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @throws AwsException ValidationError; NotImplemented for functions that are not here
 */
export function evaluate(expression: string, scope: Scope): Value {
  const tokens = tokenize(expression);
  let at = 0;
  const accept = (text: string): boolean => {
    if (tokens[at]?.text !== text || tokens[at]?.kind === "text") return false;
    at++;
    return true;
  };
  const usable = (argument: Argument): Value => {
    if (typeof argument === "number" || isSeries(argument)) return argument;
    throw invalid(expression);
  };
  const binary = (level: number): Argument => {
    const operators = LEVELS[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    for (let operator = operators.find(accept); operator !== undefined; operator = operators.find(accept)) {
      left = combine(usable(left), usable(binary(level + 1)), operator);
    }
    return left;
  };
  const unary = (): Argument => (accept("-") ? map(usable(unary()), (number) => -number) : primary());
  const primary = (): Argument => {
    if (accept("(")) {
      const inner = binary(0);
      if (!accept(")")) throw invalid(expression);
      return inner;
    }
    const token = tokens[at++];
    if (token === undefined || token.kind === "operator") throw invalid(expression);
    if (token.kind === "number") return Number(token.text);
    if (token.kind === "text") return token.text;
    if (accept("(")) return callNamed(token.text);
    const series = scope.series(token.text);
    if (series === undefined) throw invalid(expression);
    return series;
  };
  const callNamed = (name: string): Argument => {
    const args: Argument[] = [];
    while (!accept(")")) {
      args.push(binary(0));
      if (!accept(",") && tokens[at]?.text !== ")") throw invalid(expression);
    }
    const result = callFunction(name, args, scope);
    if (result === undefined) throw notImplemented("cloudwatch", "GetMetricData", `the expression ${expression}`);
    return result;
  };
  const value = usable(binary(0));
  if (at !== tokens.length) throw invalid(expression);
  return value;
}
