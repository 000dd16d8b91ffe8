import { notImplemented } from "../../../aws/exception.ts";
import { regexOf } from "./expressions.ts";
import { FUNCTIONS, ROUNDINGS } from "./functions.ts";
import { QueryError } from "./lexer.ts";
import { periodOf } from "./periods.ts";
import type { Row } from "./record.ts";
import type { Expression } from "./syntax.ts";
import { compare, Instant, isStructure, isTrue, numberOf, shown, stringOf, type Value } from "./values.ts";

/** An expression made ready: what it is worth for a row. */
export type Evaluate = (row: Row) => Value;

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
};
const ORDER: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  ">": (order) => order > 0,
  "<=": (order) => order <= 0,
  ">=": (order) => order >= 0,
};

/** Compiles an expression once for all rows. @param now Virtual ms at which the query began. @throws QueryError */
export function compile(expression: Expression, now: number): Evaluate {
  const { kind } = expression;
  if (kind === "value") return () => expression.value;
  if (kind === "field") return (row) => row.get(expression.name);
  if (kind === "not") {
    const of = compile(expression.of, now);
    return (row) => !isTrue(of(row));
  }
  if (kind === "negative") {
    const of = compile(expression.of, now);
    return (row) => {
      const number = numberOf(of(row));
      return number === undefined ? null : -number;
    };
  }
  if (kind === "binary") return binary(expression, now);
  if (kind === "call") return called(expression, now);
  throw new QueryError(`a ${kind} cannot stand here`, 0, 0);
}

type Binary = Extract<Expression, { kind: "binary" }>;

function binary({ operator, left, right }: Binary, now: number): Evaluate {
  const one = compile(left, now);
  if (operator === "like") return like(one, right, now);
  if (operator === "in") return among(one, right, now);
  const other = compile(right, now);
  if (operator === "and") return (row) => isTrue(one(row)) && isTrue(other(row));
  if (operator === "or") return (row) => isTrue(one(row)) || isTrue(other(row));
  const holds = ORDER[operator];
  if (holds !== undefined) return (row) => ordered(one(row), other(row), operator, holds);
  const calculate = ARITHMETIC[operator] ?? (() => Number.NaN);
  return (row) => {
    const [a, b] = [numberOf(one(row)), numberOf(other(row))];
    const result = a === undefined || b === undefined ? Number.NaN : calculate(a, b);
    return Number.isFinite(result) ? result : null;
  };
}

/** With nothing or a structure every comparison is false, but that something is not equal to it. */
function ordered(a: Value, b: Value, operator: string, holds: (order: number) => boolean): boolean {
  if (a === null || b === null || isStructure(a) || isStructure(b))
    return operator === "!=" ? a !== b : operator === "=" ? a === null && b === null : false;
  return holds(compare(a, b));
}

/** A text is looked for as it is, a regular expression anywhere. */
function like(one: Evaluate, right: Expression, now: number): Evaluate {
  if (right.kind === "regex") {
    const pattern = regexOf(right.source);
    return (row) => pattern.test(stringOf(one(row)) ?? "");
  }
  const other = compile(right, now);
  return (row) => {
    const text = stringOf(one(row));
    return text?.includes(stringOf(other(row)) ?? "") ?? false;
  };
}

function among(one: Evaluate, right: Expression, now: number): Evaluate {
  if (right.kind === "subquery") {
    let found: ReadonlySet<string> | undefined;
    return (row) => {
      // What it found is known once rows come.
      found ??= new Set(right.found);
      const value = one(row);
      return value !== null && found.has(shown(value));
    };
  }
  if (right.kind !== "list") throw new QueryError("in needs a list such as [1, 2]", 0, 0);
  const items = right.items.map((item) => compile(item, now));
  return (row) => {
    const value = one(row);
    return value !== null && items.some((item) => compare(value, item(row)) === 0);
  };
}

type Call = Extract<Expression, { kind: "call" }>;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-viewunmasked.html */
function unmasked([field, ...more]: readonly Expression[], start: number, end: number): Evaluate {
  if (field?.kind !== "field" || more.length > 0) throw new QueryError("unmask needs a field", start, end);
  return (row) => row.unmasked(field.name);
}

function called({ name, args, start, end }: Call, now: number): Evaluate {
  const rounding = ROUNDINGS[name];
  if (rounding !== undefined) {
    const period = args.at(-1);
    const found = period?.kind === "period" ? periodOf(period.text) : undefined;
    const wanted = name === "bin" ? 1 : 2;
    if (found === undefined || args.length !== wanted)
      throw new QueryError(`${name} needs ${wanted === 2 ? "an instant and " : ""}a period such as 5m`, start, end);
    const of = name === "bin" ? (row: Row) => row.get("@timestamp") : compile(args[0] as Expression, now);
    return (row) => {
      const ms = numberOf(of(row));
      return ms === undefined ? null : new Instant(rounding(found, ms));
    };
  }
  if (name === "unmask") return unmasked(args, start, end);
  // What its map looks like is not documented.
  if (name === "histogram") throw notImplemented("cloudwatch-logs", "StartQuery", "the function histogram");
  const scalar = FUNCTIONS[name];
  if (scalar === undefined) throw new QueryError(`unknown function ${name}`, start, end);
  if (args.length < scalar.least || args.length > scalar.most)
    throw new QueryError(`${name} does not take ${args.length} arguments`, start, end);
  const values = args.map((arg) => compile(arg, now));
  const constants = args.map((arg) => (arg.kind === "value" ? arg.value : undefined));
  const run = scalar.ready === undefined ? scalar.run : scalar.ready(constants);
  if (run === undefined) throw new QueryError(`${name} needs constants that can be read`, start, end);
  return (row) =>
    run(
      values.map((value) => value(row)),
      now,
    );
}
