import { type Accumulator, AGGREGATES } from "./aggregates.ts";
import { compile, type Evaluate } from "./evaluate.ts";
import { QueryError } from "./lexer.ts";
import { lengthOf, periodOf } from "./periods.ts";
import { Row } from "./record.ts";
import type { Stage } from "./run.ts";
import type { Command, Expression } from "./syntax.ts";
import { Instant, shown, type Value } from "./values.ts";

/** Groups of one `stats`; events of those that come later are left out. */
const MOST_GROUPS = 1_000_000;

/** One aggregate function of a `stats`, wherever it stands in its expressions. */
interface Aggregate {
  readonly field: Evaluate | undefined;
  make(): Accumulator;
}

interface Group {
  readonly by: readonly Value[];
  readonly accumulators: readonly Accumulator[];
}

/** Gathers rows in groups, and gives one row for each on at the end, in the order in which the groups came. */
export function statsStage({ values, by }: Extract<Command, { kind: "stats" }>, next: Stage, now: number): Stage {
  const aggregates: Aggregate[] = [];
  const outputs = values.map(({ expression, name }) => ({ name, value: compile(separate(expression, aggregates, now), now) }));
  const keys = by.map(({ expression, name }) => ({ name, value: compile(expression, now) }));
  const isFrequent = values.some(({ expression }) => expression.kind === "call" && expression.name === "topk");
  if (isFrequent && values.length + by.length > 1) throw new QueryError("topk does not go with by or other functions", 0, 0);
  const groups = new Map<string | number, Group>();
  const newGroup = (found: readonly Value[]): Group => ({ by: found, accumulators: aggregates.map(({ make }) => make()) });
  return {
    take: (row) => {
      const found = keys.map(({ value }) => value(row));
      const key = keyOf(found);
      let group = groups.get(key);
      if (group === undefined) {
        if (groups.size >= MOST_GROUPS) return true;
        group = newGroup(found);
        groups.set(key, group);
      }
      const time = row.event?.time ?? 0;
      for (const [i, { field }] of aggregates.entries()) group.accumulators[i]?.add(field === undefined ? null : field(row), time);
      return true;
    },
    end: () => {
      // Without groups there is one, of nothing.
      if (groups.size === 0 && keys.length === 0) groups.set("", newGroup([]));
      for (const { by: found, accumulators } of groups.values()) {
        const row = new Row();
        for (const [i, { name }] of keys.entries()) row.set(name, found[i] ?? null);
        for (const [i, accumulator] of accumulators.entries()) row.set(placeOf(i), accumulator.result());
        for (const { name, value } of outputs) row.set(name, value(row));
        if (!next.take(row)) break;
      }
      next.end();
    },
  };
}

/** One instant is a key by itself, which is what most queries group by. */
function keyOf(values: readonly Value[]): string | number {
  const [only] = values;
  if (values.length === 1 && only instanceof Instant) return only.ms;
  return values.length === 0 ? "" : JSON.stringify(values.map((value) => (value === null ? null : shown(value))));
}

/** A name that no query can write. */
const placeOf = (index: number): string => `|${index}`;

type Call = Extract<Expression, { kind: "call" }>;
const MOST_FREQUENT = 10_000;

/** The field that an aggregate is of, and its number: a percentage, a count, or ms. @throws QueryError */
function argumentsOf({ name, args, start, end }: Call): readonly [Expression | undefined, number | undefined] {
  const [field, parameter] = name === "topk" ? [args[1], args[0]] : args;
  const refuse = (message: string): never => {
    throw new QueryError(message, start, end);
  };
  if (field === undefined && name !== "count" && name !== "countovertime") refuse(`${name} needs a field`);
  if (name === "rate") {
    const period = parameter?.kind === "period" ? periodOf(parameter.text) : undefined;
    return [field, period === undefined ? refuse("rate needs a period such as 5m") : lengthOf(period)];
  }
  const number = parameter?.kind === "value" ? Number(parameter.value) : undefined;
  if (name === "pct" && number === undefined) refuse("pct needs a percentage");
  if (name === "topk" && (number === undefined || !Number.isInteger(number) || number < 1 || number > MOST_FREQUENT))
    refuse(`topk needs a count from 1 to ${MOST_FREQUENT}`);
  return [field, number];
}

/** The expression with a field in place of each of its aggregates. @throws QueryError for a value that is of no group */
function separate(expression: Expression, aggregates: Aggregate[], now: number): Expression {
  switch (expression.kind) {
    case "call": {
      const known = AGGREGATES[expression.name];
      if (known === undefined) return { ...expression, args: expression.args.map((arg) => separate(arg, aggregates, now)) };
      const [field, number] = argumentsOf(expression);
      const counts = field !== undefined;
      aggregates.push({ field: field === undefined ? undefined : compile(field, now), make: () => known(number, counts) });
      return { kind: "field", name: placeOf(aggregates.length - 1) };
    }
    case "binary":
      return { ...expression, left: separate(expression.left, aggregates, now), right: separate(expression.right, aggregates, now) };
    case "negative":
    case "not":
      return { ...expression, of: separate(expression.of, aggregates, now) };
    default:
      return expression;
  }
}
