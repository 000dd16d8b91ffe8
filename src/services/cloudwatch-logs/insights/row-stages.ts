import { compile, type Evaluate } from "./evaluate.ts";
import { QueryError } from "./lexer.ts";
import { type Period, periodOf } from "./periods.ts";
import { JoinedRow, Row } from "./record.ts";
import type { Stage } from "./run.ts";
import type { Command, Join } from "./syntax.ts";
import { Instant, isStructure, numberOf, ofJson, shown, stringOf, type Value } from "./values.ts";

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Join.html */
const MOST_KEYS = 50_000;
const MOST_BINS = 100_000;
const DISCOVERED_ITEM = /^\d+$/;

const forward = (next: Stage): Stage => ({ take: (row) => next.take(row), end: () => next.end() });

/**
 * One row for each item of a list; what is no list is one item.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html
 */
export function unnest({ of, name }: Of<"unnest">, next: Stage, now: number): Stage {
  const list = compile(of, now);
  return {
    ...forward(next),
    take: (row) => {
      const value = list(row) ?? null;
      const items = itemsOf(value) ?? (value === null && of.kind === "field" ? discoveredItems(row, of.name) : undefined) ?? [value];
      for (const item of items) {
        const own = row.copy();
        own.set(name, item);
        if (!next.take(own)) return false;
      }
      return true;
    },
  };
}

function itemsOf(value: Value): Value[] | undefined {
  if (isStructure(value)) return Array.isArray(value.json) ? value.json.map(ofJson) : undefined;
  const text = stringOf(value)?.trim();
  if (text === undefined || !text.startsWith("[")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.map(ofJson) : undefined;
  } catch {
    return undefined;
  }
}

/** Discovered fields are flat: an array of JSON is `items.0`, `items.1` and so on. */
function discoveredItems(row: Row, name: string): Value[] | undefined {
  const found = row.names().filter((other) => other.startsWith(`${name}.`) && DISCOVERED_ITEM.test(other.slice(name.length + 1)));
  return found.length === 0 ? undefined : found.map((other) => row.get(other));
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filldown.html */
export function filldown({ names }: Of<"filldown">, next: Stage): Stage {
  const last = new Map<string, Value>();
  const isWanted = (name: string): boolean =>
    names.length === 0 || names.some((wanted) => (wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : wanted === name));
  const exact = names.filter((name) => !name.endsWith("*"));
  return {
    ...forward(next),
    take: (row) => {
      for (const name of new Set([...exact, ...row.names().filter(isWanted), ...last.keys()])) {
        const value = row.get(name);
        if (value !== null) last.set(name, value);
        else if (last.has(name)) row.set(name, last.get(name) ?? null);
      }
      return next.take(row);
    },
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Accum.html */
export function accum({ of, name }: Of<"accum">, next: Stage, now: number): Stage {
  const value = compile(of, now);
  let sum = 0;
  return {
    ...forward(next),
    take: (row) => {
      sum += numberOf(value(row)) ?? 0;
      row.set(name, sum);
      return next.take(row);
    },
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Autoregress.html */
export function autoregress({ of, lags }: Of<"autoregress">, next: Stage, now: number): Stage {
  const value = compile(of, now);
  const before: Value[] = [];
  const most = Math.max(...lags.map(({ lag }) => lag));
  return {
    ...forward(next),
    take: (row) => {
      for (const { lag, name } of lags) row.set(name, before[lag - 1] ?? null);
      before.unshift(value(row));
      before.length = Math.min(before.length, most);
      return next.take(row);
    },
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-CountFrequent.html; counted exactly here. */
export function countFrequent({ fields }: Of<"countFrequent">, next: Stage, now: number): Stage {
  const values = fields.map(({ expression, name }) => ({ name, value: compile(expression, now) }));
  const counts = new Map<string, { readonly found: readonly Value[]; count: number }>();
  return {
    take: (row) => {
      const found = values.map(({ value }) => value(row));
      const key = JSON.stringify(found.map(shown));
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { found, count: 1 });
      else known.count++;
      return true;
    },
    end: () => {
      for (const { found, count } of [...counts.values()].sort((a, b) => b.count - a.count)) {
        const row = new Row();
        for (const [i, { name }] of values.entries()) row.set(name, found[i] ?? null);
        row.set("_approxcount", count);
        if (!next.take(row)) break;
      }
      next.end();
    },
  };
}

/**
 * Rows for the bins in which nothing was, between those in which something was.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Fillmissing.html
 * @throws QueryError unless it follows a `stats` that groups by one bin
 */
export function fillmissing({ constants }: Of<"fillmissing">, stats: Of<"stats"> | undefined, next: Stage): Stage {
  const [by, ...more] = stats?.by ?? [];
  const call = by?.expression;
  const argument = call?.kind === "call" && call.name === "bin" ? call.args[0] : undefined;
  const period = argument?.kind === "period" ? periodOf(argument.text) : undefined;
  if (by === undefined || period === undefined || more.length > 0)
    throw new QueryError("fillmissing needs stats by one bin before it", 0, 0);
  const rows: Row[] = [];
  return {
    take: (row) => {
      rows.push(row);
      return true;
    },
    end: () => {
      const known = new Map(rows.map((row) => [numberOf(row.get(by.name)) ?? 0, row]));
      for (const time of binsOf([...known.keys()], period)) {
        if (!next.take(known.get(time) ?? emptyBin(by.name, time, constants))) break;
      }
      next.end();
    },
  };
}

function emptyBin(name: string, time: number, constants: Of<"fillmissing">["constants"]): Row {
  const row = new Row();
  row.set(name, new Instant(time));
  for (const constant of constants) row.set(constant.name, constant.value);
  return row;
}

/** From the newest to the oldest, as rows come. */
function binsOf(times: readonly number[], period: Period): number[] {
  if (times.length === 0) return [];
  const last = times.reduce((a, b) => Math.max(a, b));
  const bins: number[] = [];
  for (let time = times.reduce((a, b) => Math.min(a, b)); time <= last; time = period.next(time)) {
    if (bins.length >= MOST_BINS) throw new QueryError(`fillmissing makes up to ${MOST_BINS} bins`, 0, 0);
    bins.push(time);
  }
  return bins.reverse();
}

/** @throws QueryError when the other side has too many keys */
export function join(command: Join, next: Stage): Stage {
  const { left, right, leftField, rightField, keepsUnmatched } = command;
  let byKey: ReadonlyMap<string, readonly Row[]> | undefined;
  return {
    ...forward(next),
    take: (row) => {
      byKey ??= keyed(command.found, (other) => other.get(rightField));
      const key = row.get(leftField);
      const matches = key === null ? [] : (byKey.get(shown(key)) ?? []);
      const others = matches.length === 0 && keepsUnmatched ? [undefined] : matches;
      const sides = (other: Row | undefined): ReadonlyMap<string, Row | undefined> =>
        new Map([
          [left, row],
          [right, other],
        ]);
      return others.every((other) => next.take(new JoinedRow(row, sides(other))));
    },
  };
}

function keyed(rows: readonly Row[], value: Evaluate): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const key = value(row);
    if (key === null) continue;
    const text = shown(key);
    const known = found.get(text);
    if (known === undefined) found.set(text, [row]);
    else known.push(row);
    if (found.size > MOST_KEYS) throw new QueryError(`the right side of a join can have up to ${MOST_KEYS} keys`, 0, 0);
  }
  return found;
}
