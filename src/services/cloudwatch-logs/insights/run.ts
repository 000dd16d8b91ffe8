import { fieldsOf, looksAtMessage } from "./analysis.ts";
import { addtotals, appendcols, outlier, sessionize } from "./columns.ts";
import { compile } from "./evaluate.ts";
import { lookup } from "./lookups.ts";
import { patternStage } from "./patterns.ts";
import { type Place, Row, type SourceEvent } from "./record.ts";
import { accum, autoregress, countFrequent, filldown, fillmissing, join, unnest } from "./row-stages.ts";
import { statsStage } from "./stats.ts";
import type { Command, Expression } from "./syntax.ts";
import { isTrue, naturalOrder, shown, stringOf, type Value } from "./values.ts";

/** Rows that a query answers with when nothing is said, and ever: CWL_QuerySyntax-Limit.html */
const USUAL_RESULTS = 10_000;
const MOST_RESULTS = 100_000;

export interface ResultField {
  readonly field: string;
  readonly value: string;
}

/** A query made ready: takes events as they come, newest first, and answers at the end. */
export interface Query {
  /** False where nothing looks at the message, which then need not be read. */
  readonly needsMessage: boolean;
  /** False when it has seen enough. */
  take(event: SourceEvent, place: Place, isPrevious?: boolean): boolean;
  /** All rows that are left, and what they show of themselves; at the end. */
  finish(): { readonly rows: readonly Row[]; readonly fields: readonly string[] };
  results(): ResultField[][];
  /** Events that passed the filters so far. */
  matched(): number;
}

/** One step of a query: gives its rows on, at once or at the end; false when it needs no more. */
export interface Stage {
  take(row: Row): boolean;
  end(): void;
}

/**
 * @param now Virtual ms at which the query began.
 * @param limit Of whoever asks; the query's own comes first.
 * @throws QueryError for what the language does not have
 */
export function prepare(commands: readonly Command[], now: number, limit = USUAL_RESULTS): Query {
  const found: Row[] = [];
  let matched = 0;
  const wanted = commands.findLast((command) => command.kind === "limit")?.count ?? limit;
  const most = wanted === Number.POSITIVE_INFINITY ? wanted : Math.min(wanted, MOST_RESULTS);
  const collect: Stage = {
    take: (row) => {
      found.push(row);
      return found.length < most;
    },
    end: () => undefined,
  };
  const counting = (next: Stage): Stage => ({
    take: (row) => {
      if (!row.isPrevious) matched++;
      return next.take(row);
    },
    end: () => next.end(),
  });
  const isDiff = commands.some(({ kind }) => kind === "diff");
  const steps = stepsOf(commands);
  const firstStats = steps.findIndex(({ kind }) => GATHERING.has(kind));
  const stage = steps.reduceRight<Stage>(
    (next, command, i) => {
      const step = stageOf(command, next, { now, isDiff, before: steps.slice(0, i) });
      return i === firstStats ? counting(step) : step;
    },
    firstStats < 0 ? counting(collect) : collect,
  );
  const fields = fieldsOf(steps);
  const finish = () => {
    stage.end();
    return { rows: found.slice(0, most), fields };
  };
  return {
    needsMessage: looksAtMessage(steps, fields),
    take: (event, place, isPrevious = false) => stage.take(new Row(event, place, isPrevious)),
    finish,
    results: () => finish().rows.map((row) => resultOf(row, fields)),
    matched: () => matched,
  };
}

/** Commands that have a part of their own; what is compared with another time are patterns. */
function stepsOf(commands: readonly Command[]): readonly Command[] {
  const steps = commands.filter(({ kind }) => kind !== "limit" && kind !== "diff");
  const isDiff = commands.some(({ kind }) => kind === "diff");
  if (!isDiff || steps.some(({ kind }) => kind === "pattern")) return isDiff ? [...steps, DIFF] : steps;
  return [...steps, { kind: "pattern", of: { kind: "field", name: "@message" } }, DIFF];
}

const DIFF: Command = { kind: "diff", period: "previous" };
/** After these rows are no events any more. */
const GATHERING: ReadonlySet<Command["kind"]> = new Set(["stats", "pattern", "countFrequent"]);

interface Setting {
  readonly now: number;
  readonly isDiff: boolean;
  /** The commands before. */
  readonly before: readonly Command[];
}

function stageOf(command: Command, next: Stage, { now, isDiff, before }: Setting): Stage {
  switch (command.kind) {
    case "filterIndex":
    case "filter": {
      const holds = compile(command.condition, now);
      return { ...forward(next), take: (row) => !isTrue(holds(row)) || next.take(row) };
    }
    case "fields":
    case "display": {
      const computed = command.fields.filter(({ expression, name }) => expression.kind !== "field" || expression.name !== name);
      const values = computed.map(({ expression, name }) => ({ name, value: compile(expression, now) }));
      return {
        ...forward(next),
        take: (row) => {
          for (const { name, value } of values) row.set(name, value(row));
          return next.take(row);
        },
      };
    }
    case "parse": {
      const of = compile(command.of, now);
      return {
        ...forward(next),
        take: (row) => {
          const match = command.pattern.exec(stringOf(of(row)) ?? "");
          for (const [i, name] of command.names.entries()) row.set(name, match?.groups?.[name] ?? match?.[i + 1] ?? null);
          return next.take(row);
        },
      };
    }
    case "unnest":
      return unnest(command, next, now);
    case "pattern":
      return patternStage(command.of, isDiff, next, now);
    case "filldown":
      return filldown(command, next);
    case "fillmissing":
      return fillmissing(
        command,
        before.findLast((one) => one.kind === "stats"),
        next,
      );
    case "accum":
      return accum(command, next, now);
    case "autoregress":
      return autoregress(command, next, now);
    case "countFrequent":
      return countFrequent(command, next, now);
    case "join":
      return join(command, next);
    case "addtotals":
      return addtotals(command, before, next);
    case "sessionize":
      return sessionize(command, next);
    case "outlier":
      return outlier(command, next);
    case "lookup":
      return lookup(command, next);
    case "appendcols":
      return appendcols(command, next);
    case "dedup":
      return dedup(command.fields, next, now);
    case "sort":
      return sort(command.keys, next, now);
    case "stats":
      return statsStage(command, next, now);
    default:
      return next;
  }
}

const forward = (next: Stage): Stage => ({ take: (row) => next.take(row), end: () => next.end() });

/** The first row of each combination of values; rows that lack one of the fields stay. */
function dedup(fields: readonly Expression[], next: Stage, now: number): Stage {
  const values = fields.map((field) => compile(field, now));
  const seen = new Set<string>();
  return {
    ...forward(next),
    take: (row) => {
      const found = values.map((value) => value(row));
      if (found.some((value) => value === null)) return next.take(row);
      const key = JSON.stringify(found.map(shown));
      if (seen.has(key)) return true;
      seen.add(key);
      return next.take(row);
    },
  };
}

function sort(keys: Extract<Command, { kind: "sort" }>["keys"], next: Stage, now: number): Stage {
  const by = keys.map(({ expression, descending }) => ({ value: compile(expression, now), sign: descending ? -1 : 1 }));
  const rows: { readonly row: Row; readonly values: readonly Value[] }[] = [];
  return {
    take: (row) => {
      rows.push({ row, values: by.map(({ value }) => value(row)) });
      return true;
    },
    end: () => {
      rows.sort((a, b) => {
        for (const [i, { sign }] of by.entries()) {
          const order = naturalOrder(a.values[i] ?? null, b.values[i] ?? null) * sign;
          if (order !== 0) return order;
        }
        return 0;
      });
      for (const { row } of rows) if (!next.take(row)) break;
      next.end();
    },
  };
}

/** Rows that are events are followed by what GetLogRecord finds them by. */
function resultOf(row: Row, fields: readonly string[]): ResultField[] {
  const found = fields.flatMap((field) => {
    const value = row.get(field);
    return value === null ? [] : [{ field, value: shown(value) }];
  });
  return row.event === undefined ? found : [...found, { field: "@ptr", value: row.pointer }];
}
