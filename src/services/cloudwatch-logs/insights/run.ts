import { compile } from "./evaluate.ts";
import { type Place, Row, type SourceEvent } from "./record.ts";
import { statsStage } from "./stats.ts";
import type { Command, Expression, Named } from "./syntax.ts";
import { compare, isTrue, shown, stringOf, type Value } from "./values.ts";

/** As many rows as a query ever answers with. */
export const MOST_RESULTS = 10_000;
const DEFAULT_FIELDS = ["@timestamp", "@message"];

export interface ResultField {
  readonly field: string;
  readonly value: string;
}

/** A query made ready: takes events as they come, newest first, and answers at the end. */
export interface Query {
  /** False where nothing looks at the message, which then need not be read. */
  readonly needsMessage: boolean;
  /** False when it has seen enough. */
  take(event: SourceEvent, place: Place): boolean;
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
export function prepare(commands: readonly Command[], now: number, limit = MOST_RESULTS): Query {
  const found: Row[] = [];
  let matched = 0;
  const most = Math.min(commands.findLast((command) => command.kind === "limit")?.count ?? limit, MOST_RESULTS);
  const collect: Stage = {
    take: (row) => {
      found.push(row);
      return found.length < most;
    },
    end: () => undefined,
  };
  const counting = (next: Stage): Stage => ({
    take: (row) => {
      matched++;
      return next.take(row);
    },
    end: () => next.end(),
  });
  const steps = commands.filter(({ kind }) => kind !== "limit");
  const firstStats = steps.findIndex(({ kind }) => kind === "stats");
  const stage = steps.reduceRight<Stage>(
    (next, command, i) => {
      const step = stageOf(command, next, now);
      return i === firstStats ? counting(step) : step;
    },
    firstStats < 0 ? counting(collect) : collect,
  );
  const fields = fieldsOf(commands);
  return {
    needsMessage: looksAtMessage(commands, fields),
    take: (event, place) => stage.take(new Row(event, place)),
    results: () => {
      stage.end();
      return found.slice(0, most).map((row) => resultOf(row, fields));
    },
    matched: () => matched,
  };
}

function stageOf(command: Command, next: Stage, now: number): Stage {
  switch (command.kind) {
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
          const order = compare(a.values[i] ?? null, b.values[i] ?? null) * sign;
          if (order !== 0) return order;
        }
        return 0;
      });
      for (const { row } of rows) if (!next.take(row)) break;
      next.end();
    },
  };
}

/** What results show: the last `display`, what the last `stats` made, else the fields that were named. */
function fieldsOf(commands: readonly Command[]): readonly string[] {
  const last = commands.findLast(({ kind }) => kind === "display" || kind === "stats");
  const names = (fields: readonly Named[]): string[] => fields.map(({ name }) => name);
  if (last?.kind === "display") return names(last.fields);
  if (last?.kind === "stats") {
    const added = commands.slice(commands.indexOf(last)).flatMap((command) => (command.kind === "fields" ? names(command.fields) : []));
    return [...new Set([...names(last.by), ...names(last.values), ...added])];
  }
  const named = commands.flatMap((command) =>
    command.kind === "fields" ? names(command.fields) : command.kind === "parse" ? command.names : [],
  );
  return [...new Set([...(commands.some(({ kind }) => kind === "fields") ? [] : DEFAULT_FIELDS), ...named])];
}

/** Rows that are events are followed by what GetLogRecord finds them by. */
function resultOf(row: Row, fields: readonly string[]): ResultField[] {
  const found = fields.flatMap((field) => {
    const value = row.get(field);
    return value === null ? [] : [{ field, value: shown(value) }];
  });
  return row.event === undefined ? found : [...found, { field: "@ptr", value: row.pointer }];
}

const PLAIN = new Set(["@timestamp", "@logStream", "@log", "@ingestionTime", "@ptr"]);

/** True unless all fields that a query names are those of an event without its message. */
function looksAtMessage(commands: readonly Command[], shownFields: readonly string[]): boolean {
  const first = commands.findIndex(({ kind }) => kind === "stats");
  const before = first < 0 ? commands : commands.slice(0, first + 1);
  const named = before.flatMap((command) => expressionsOf(command)).flatMap(fieldNames);
  return [...named, ...(first < 0 ? shownFields : [])].some((name) => !PLAIN.has(name));
}

function expressionsOf(command: Command): readonly Expression[] {
  switch (command.kind) {
    case "filter":
      return [command.condition];
    case "stats":
      return [...command.values, ...command.by].map(({ expression }) => expression);
    case "sort":
      return command.keys.map(({ expression }) => expression);
    case "parse":
      return [command.of];
    case "dedup":
      return command.fields;
    case "limit":
      return [];
    default:
      return command.fields.map(({ expression }) => expression);
  }
}

function fieldNames(expression: Expression): string[] {
  switch (expression.kind) {
    case "field":
      return [expression.name];
    case "binary":
      return [...fieldNames(expression.left), ...fieldNames(expression.right)];
    case "not":
    case "negative":
      return fieldNames(expression.of);
    case "call":
      return expression.args.flatMap(fieldNames);
    case "list":
      return expression.items.flatMap(fieldNames);
    default:
      return [];
  }
}
