import type { Appended, Command, Expression, Join, Lookup, Named, Subquery } from "./syntax.ts";

const DEFAULT_FIELDS = ["@timestamp", "@message"];
const PATTERN_FIELDS = ["@pattern", "@ratio", "@sampleCount", "@severityLabel"];
/** AWS's documentation tells what they say, but not what they are called. */
const DIFF_FIELDS = ["@diffEventCount", "@differenceDescription"];

/** Commands whose rows have fields of their own. */
const MAKERS: ReadonlySet<Command["kind"]> = new Set(["display", "stats", "pattern", "countFrequent"]);
const names = (fields: readonly { readonly name: string }[]): string[] => fields.map(({ name }) => name);
const fieldsIn = (command: Command): readonly Named[] => (command.kind === "fields" ? command.fields : []);

/** Fields that a command adds to each row. */
function madeBy(command: Command): readonly string[] {
  if (command.kind === "parse") return command.names;
  if (command.kind === "unnest" || command.kind === "accum") return [command.name];
  if (command.kind === "sessionize") return [command.name];
  if (command.kind === "addtotals") return command.hasRow ? [command.name] : [];
  if (command.kind === "lookup") return names(command.outputs);
  if (command.kind === "appendcols") return fieldsOf(command.commands);
  return command.kind === "autoregress" ? command.lags.map(({ name }) => name) : [];
}

function ownFields(command: Command, commands: readonly Command[]): readonly string[] {
  if (command.kind === "stats") return [...names(command.by), ...names(command.values)];
  if (command.kind === "countFrequent") return [...names(command.fields), "_approxcount"];
  return commands.some(({ kind }) => kind === "diff") ? [...PATTERN_FIELDS, ...DIFF_FIELDS] : PATTERN_FIELDS;
}

/** What results show: the last `display`, what the last `stats` made, else the fields that were named. */
export function fieldsOf(commands: readonly Command[]): readonly string[] {
  const last = commands.findLast(({ kind }) => MAKERS.has(kind));
  if (last?.kind === "display") return names(last.fields);
  if (last !== undefined) {
    const added = commands.slice(commands.indexOf(last)).flatMap((command) => [...names(fieldsIn(command)), ...madeBy(command)]);
    return [...new Set([...ownFields(last, commands), ...added])];
  }
  const named = commands.flatMap((command) => [...names(fieldsIn(command)), ...madeBy(command)]);
  return [...new Set([...(commands.some(({ kind }) => kind === "fields") ? [] : DEFAULT_FIELDS), ...named])];
}

/** Commands that may look at any field. */
const LOOKING: ReadonlySet<Command["kind"]> = new Set(["join", "filldown", "addtotals", "sessionize", "outlier", "appendcols", "lookup"]);
const PLAIN = new Set(["@timestamp", "@logStream", "@log", "@ingestionTime", "@ptr"]);

/** True unless all fields that a query names are those of an event without its message. */
export function looksAtMessage(commands: readonly Command[], shownFields: readonly string[]): boolean {
  if (commands.some(({ kind }) => LOOKING.has(kind))) return true;
  const first = commands.findIndex(({ kind }) => kind === "stats" || kind === "countFrequent");
  const before = first < 0 ? commands : commands.slice(0, first + 1);
  const named = before.flatMap((command) => expressionsOf(command)).flatMap(fieldNames);
  return [...named, ...(first < 0 ? shownFields : [])].some((name) => !PLAIN.has(name));
}

function expressionsOf(command: Command): readonly Expression[] {
  switch (command.kind) {
    case "filter":
    case "filterIndex":
      return [command.condition];
    case "unnest":
    case "pattern":
    case "accum":
    case "autoregress":
      return [command.of];
    case "stats":
      return [...command.values, ...command.by].map(({ expression }) => expression);
    case "sort":
      return command.keys.map(({ expression }) => expression);
    case "parse":
      return [command.of];
    case "dedup":
      return command.fields;
    case "limit":
    case "diff":
    case "filldown":
    case "fillmissing":
    case "join":
    case "addtotals":
    case "sessionize":
    case "outlier":
    case "appendcols":
    case "lookup":
      return [];
    default:
      return command.fields.map(({ expression }) => expression);
  }
}

/** An expression and all that it is made of. */
function partsOf(expression: Expression): Expression[] {
  const inner = (): readonly Expression[] => {
    switch (expression.kind) {
      case "binary":
        return [expression.left, expression.right];
      case "not":
      case "negative":
        return [expression.of];
      case "call":
        return expression.args;
      case "list":
        return expression.items;
      default:
        return [];
    }
  };
  return [expression, ...inner().flatMap(partsOf)];
}

const fieldNames = (expression: Expression): string[] => partsOf(expression).flatMap((part) => (part.kind === "field" ? [part.name] : []));

/** What is to be read before a query runs: the other sides of its joins, the columns that it appends, and its subqueries with the field that they are for. */
export function nestedIn(commands: readonly Command[]): Nested {
  const parts = commands.flatMap(expressionsOf).flatMap(partsOf);
  return {
    joins: commands.filter((command) => command.kind === "join"),
    lookups: commands.filter((command) => command.kind === "lookup"),
    appended: commands.filter((command) => command.kind === "appendcols"),
    subqueries: parts.flatMap((part) => {
      if (part.kind !== "binary" || part.right.kind !== "subquery") return [];
      return [{ subquery: part.right, field: part.left.kind === "field" ? part.left.name : undefined }];
    }),
  };
}

interface Nested {
  readonly joins: readonly Join[];
  readonly lookups: readonly Lookup[];
  readonly appended: readonly Appended[];
  readonly subqueries: readonly For[];
}

export interface For {
  readonly subquery: Subquery;
  readonly field: string | undefined;
}

/** Whether it shows what is masked. */
export function unmasks(commands: readonly Command[]): boolean {
  if (commands.some((command) => command.kind === "appendcols" && unmasks(command.commands))) return true;
  return commands
    .flatMap(expressionsOf)
    .flatMap(partsOf)
    .some((part) => (part.kind === "call" && part.name === "unmask") || (part.kind === "subquery" && unmasks(part.commands)));
}
