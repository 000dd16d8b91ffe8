import { notImplemented } from "../../../aws/exception.ts";
import { ExpressionReader, regexOf } from "./expressions.ts";
import { QueryError } from "./lexer.ts";
import { lengthOf, periodOf } from "./periods.ts";
import { type Command, type DiffPeriod, type Expression, PERIODS, type Source } from "./syntax.ts";

const MOST_STATS = 10;
const MOST_PREFIXES = 5;
const MOST_LAGS = 1_000;
const USUAL_GAP_MS = 1_800_000;
const USUAL_FACTOR = 2.5;
const USUAL_COLUMNS = 10_000;
const MOST_COLUMNS = 100_000;
/** Commands that AWS has beside, in lower case. */
const OTHERS = ["anomaly", "estimate", "logcompare", "relevantfields"];

/** A query, and the groups that it names itself. */
export interface ParsedQuery {
  readonly source: Source | undefined;
  readonly commands: readonly Command[];
}

/** Reads a query of the Logs Insights language. @throws QueryError; AwsException NotImplemented for commands that are not here */
export function parseQuery(text: string): ParsedQuery {
  const query = new Parser(text).query();
  const { commands } = query;
  const refuse = (message: string): never => {
    throw new QueryError(message, 0, text.length);
  };
  const count = (kind: Command["kind"]): number => commands.filter((command) => command.kind === kind).length;
  if (count("stats") > MOST_STATS) refuse(`a query may have up to ${MOST_STATS} stats commands`);
  if (count("join") > 1) refuse("only one join command is supported per query");
  const lastStats = commands.findLastIndex(({ kind }) => kind === "stats");
  const early = commands.findIndex(({ kind }) => kind === "sort" || kind === "limit");
  if (early >= 0 && early < lastStats) refuse("sort and limit must come after the last stats command");
  const pattern = commands.findIndex(({ kind }) => kind === "pattern");
  if (early >= 0 && early < pattern) refuse("a pattern command must not come after sort or limit");
  if (pattern >= 0 && lastStats >= 0 && lastStats < pattern) refuse("a pattern command must not come after stats");
  const dedup = commands.findIndex(({ kind }) => kind === "dedup");
  if (dedup >= 0 && commands.slice(dedup + 1).some(({ kind }) => kind !== "limit")) refuse("only limit can come after dedup");
  if (count("diff") > 0 && lastStats >= 0) refuse("diff compares patterns, and does not go with stats");
  return query;
}

class Parser extends ExpressionReader {
  query(): ParsedQuery {
    const source = this.isWord("source") ? this.source() : undefined;
    if (source !== undefined && !this.isOver()) this.expect("|");
    const commands = this.pipeline();
    if (!this.isOver()) this.unexpected();
    return { source, commands };
  }

  protected pipeline(): Command[] {
    const commands: Command[] = [];
    const isAtEnd = (): boolean => this.isOver() || this.token.text === ")";
    while (!isAtEnd()) {
      if (!this.takeSymbol("|") && commands.length > 0) this.unexpected();
      if (!isAtEnd()) commands.push(this.command());
    }
    return commands;
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html */
  protected source(): Source {
    const { start, end } = this.token;
    if (!this.takeWord("source")) this.unexpected();
    if (this.token.kind === "string") return { names: this.list(() => this.string()) };
    if (this.token.kind === "word" && !this.isWord("datasource", "loggroups")) return { names: this.list(() => this.name()) };
    if (this.isWord("datasource")) throw notImplemented("cloudwatch-logs", "StartQuery", "SOURCE dataSource");
    if (!this.takeWord("loggroups")) this.unexpected();
    this.expect("(");
    const given: Record<string, readonly string[]> = {};
    while (!this.takeSymbol(")")) {
      const name = this.name().toLowerCase();
      this.expect(":");
      this.expect("[");
      given[name] = this.list(() => this.string());
      this.expect("]");
      if (!this.takeSymbol(",") && this.token.text !== ")") this.unexpected();
    }
    const { nameprefix: prefixes, accountidentifiers: accounts, class: classes, loggroupclass: longer, ...others } = given;
    const [other] = Object.keys(others);
    if (other !== undefined) throw new QueryError(`logGroups does not take ${other}`, start, end);
    if ((prefixes?.length ?? 0) > MOST_PREFIXES) throw new QueryError(`logGroups takes up to ${MOST_PREFIXES} prefixes`, start, end);
    return {
      prefixes: prefixes ?? [""],
      classes: classes ?? longer ?? ["STANDARD"],
      ...(accounts === undefined ? {} : { accounts }),
    };
  }

  private string(): string {
    const { kind, text } = this.token;
    if (kind !== "string") this.unexpected();
    this.at++;
    return text;
  }

  private integer(): number {
    const { kind, text, start, end } = this.token;
    if (kind !== "number") this.unexpected();
    this.at++;
    if (!/^\d+$/.test(text)) throw new QueryError(`${text} is no whole number`, start, end);
    return Number(text);
  }

  private command(): Command {
    const { kind, text, start, end } = this.token;
    const name = text.toLowerCase();
    if (kind === "word" && OTHERS.includes(name)) throw notImplemented("cloudwatch-logs", "StartQuery", `the command ${text}`);
    const read = kind === "word" ? this.#commands[name] : undefined;
    if (read === undefined) throw new QueryError(`unexpected symbol found ${text}`, start, end);
    this.at++;
    return read();
  }

  readonly #commands: Readonly<Record<string, () => Command>> = {
    fields: () => ({ kind: "fields", fields: this.list(() => this.named()) }),
    display: () => ({ kind: "display", fields: this.list(() => this.named()) }),
    filter: () => ({ kind: "filter", condition: this.expression() }),
    where: () => ({ kind: "filter", condition: this.expression() }),
    filterindex: () => this.filterIndex(),
    stats: () => this.stats(),
    sort: () => ({ kind: "sort", keys: this.list(() => this.sortKey()) }),
    dedup: () => ({ kind: "dedup", fields: this.list(() => this.expression()) }),
    parse: () => this.parse(),
    limit: () => this.limit(),
    head: () => this.limit(),
    unnest: () => this.unnest(),
    expand: () => {
      const name = this.path(this.name());
      return { kind: "unnest", of: { kind: "field", name }, name };
    },
    pattern: () => ({ kind: "pattern", of: this.expression() }),
    diff: () => this.diff(),
    filldown: () => this.filldown(),
    fillmissing: () => this.fillmissing(),
    accum: () => {
      const { expression, name } = this.named();
      return { kind: "accum", of: expression, name };
    },
    autoregress: () => this.autoregress(),
    countfrequent: () => ({ kind: "countFrequent", fields: this.list(() => this.named()) }),
    count_frequent: () => ({ kind: "countFrequent", fields: this.list(() => this.named()) }),
    join: () => this.join(),
    addtotals: () => this.addtotals(),
    sessionize: () => this.sessionize(),
    outlier: () => this.outlier(),
    appendcols: () => this.appendcols(),
    lookup: () => this.lookup(),
    cidrlookup: () => this.cidrlookup(),
  };

  /** What is said as `name=value`, by name. */
  private options(...names: readonly string[]): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    while (this.isWord(...names) && this.tokens[this.at + 1]?.text === "=") {
      const name = this.token.text.toLowerCase();
      this.at += 2;
      found.set(name, this.token.text);
      this.at++;
    }
    return found;
  }

  private names(): string[] {
    const names: string[] = [];
    while (this.token.kind === "word" || this.token.kind === "field") {
      names.push(this.path(this.name()));
      this.takeSymbol(",");
    }
    return names;
  }

  private addtotals(): Command {
    const given = this.options("fieldname", "row", "col");
    const fields = this.names();
    const name = given.get("fieldname") ?? "Total";
    return { kind: "addtotals", fields, name, hasRow: given.get("row") !== "false", hasColumn: given.get("col") === "true" };
  }

  private sessionize(): Command {
    const fields = this.list(() => this.path(this.name()));
    let gap = USUAL_GAP_MS;
    if (this.takeWord("maxspan")) {
      const { kind, text } = this.token;
      const period = kind === "period" ? periodOf(text) : undefined;
      if (period === undefined) this.unexpected();
      this.at++;
      gap = lengthOf(period);
    }
    return { kind: "sessionize", fields, gap, name: this.takeWord("as") ? this.name() : "session_id" };
  }

  private outlier(): Command {
    const { start, end } = this.token;
    const given = this.options("action", "param", "uselower", "mark");
    const action = given.get("action") ?? "transform";
    const factor = Number(given.get("param") ?? USUAL_FACTOR);
    if (action !== "remove" && action !== "transform") throw new QueryError(`action is remove or transform, not ${action}`, start, end);
    if (!(factor > 0)) throw new QueryError("param needs a number", start, end);
    // How the field with the mark is called is not documented.
    if (given.get("mark") === "true") throw notImplemented("cloudwatch-logs", "StartQuery", "mark of outlier");
    const fields = this.names();
    if (fields.length === 0) this.unexpected();
    return { kind: "outlier", fields, isRemoving: action === "remove", factor, usesLower: given.get("uselower") === "true" };
  }

  private lookup(): Command {
    const table = this.name();
    const keys = this.list(() => {
      const column = this.name();
      return { column, field: this.takeWord("as") ? this.path(this.name()) : column };
    });
    return { kind: "lookup", table, isNetwork: false, keys, ...this.outputs("output"), found: [] };
  }

  private cidrlookup(): Command {
    const table = this.name();
    const field = this.path(this.name());
    const column = this.takeWord("as") ? this.name() : field;
    return { kind: "lookup", table, isNetwork: true, keys: [{ column, field }], ...this.outputs("output", "outputnew"), found: [] };
  }

  private outputs(...modes: readonly string[]) {
    const keepsOwn = this.isWord("outputnew");
    if (!this.takeWord(...modes)) this.unexpected();
    const outputs = this.list(() => {
      const column = this.name();
      return { column, name: this.takeWord("as") ? this.name() : column };
    });
    return { outputs, keepsOwn };
  }

  private appendcols(): Command {
    const { start, end } = this.token;
    const given = this.options("override", "max");
    const most = Number(given.get("max") ?? USUAL_COLUMNS);
    if (!(most >= 1 && most <= MOST_COLUMNS)) throw new QueryError(`max is from 1 to ${MOST_COLUMNS}`, start, end);
    this.expect("(");
    const source = this.isWord("source") ? this.source() : undefined;
    const commands = this.pipeline();
    this.expect(")");
    return { kind: "appendcols", source, commands, overrides: given.get("override") === "true", most, found: [] };
  }

  private limit(): Command {
    this.takeWord("any");
    return { kind: "limit", count: this.integer() };
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-FilterIndex.html */
  private filterIndex(): Command {
    const { start } = this.token;
    const condition = this.expression();
    const end = this.tokens[this.at - 1]?.end ?? start;
    const isOne =
      condition.kind === "binary" && (condition.operator === "=" || condition.operator === "in") && condition.left.kind === "field";
    if (!isOne || condition.left.kind !== "field") throw new QueryError("filterIndex needs a field with = or in", start, end);
    return { kind: "filterIndex", condition, field: condition.left.name };
  }

  private stats(): Command {
    const values = this.list(() => this.named());
    const by = this.takeWord("by") ? this.list(() => this.named()) : [];
    if (this.isWord("offset")) throw notImplemented("cloudwatch-logs", "StartQuery", "offset of stats");
    return { kind: "stats", values, by };
  }

  private sortKey() {
    const expression = this.expression();
    const descending = this.takeWord("desc");
    if (!descending) this.takeWord("asc");
    return { expression, descending };
  }

  /** A glob's stars are its fields, a regular expression's named groups are. */
  private parse(): Command {
    const of = this.primary();
    const { kind, text, start, end } = this.token;
    if (kind === "regex") {
      this.at++;
      const pattern = regexOf(text, start, end);
      const names = [...text.matchAll(/\(\?<(\w+)>/g)].flatMap(([, name]) => name ?? []);
      if (names.length === 0) throw new QueryError("the regular expression has no named group", start, end);
      return { kind: "parse", of, pattern, names };
    }
    if (kind !== "string") this.unexpected();
    this.at++;
    if (!this.takeWord("as")) this.unexpected();
    const names = this.list(() => this.name());
    const parts = text.split("*");
    if (parts.length - 1 !== names.length) throw new QueryError(`${parts.length - 1} stars need as many names`, start, end);
    const source = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join("(.*?)");
    // The last star takes the rest.
    return { kind: "parse", of, pattern: new RegExp(source.replace(/\(\.\*\?\)$/, "(.*)"), "s"), names };
  }

  private unnest(): Command {
    const of = this.primary();
    if (!this.takeWord("into")) this.unexpected();
    return { kind: "unnest", of, name: this.name() };
  }

  private diff(): Command {
    const written = this.token.kind === "word" ? this.token.text.toLowerCase() : "previous";
    const period = PERIODS.find((one): one is DiffPeriod => one === written);
    if (period === undefined) this.unexpected();
    if (this.token.kind === "word") this.at++;
    return { kind: "diff", period };
  }

  private filldown(): Command {
    const names: string[] = [];
    while (this.token.kind === "word" || this.token.kind === "field") {
      const name = this.name();
      const isTouching = this.tokens[this.at - 1]?.end === this.token.start;
      names.push(isTouching && this.takeSymbol("*") ? `${name}*` : name);
      this.takeSymbol(",");
    }
    return { kind: "filldown", names };
  }

  private fillmissing(): Command {
    if (!this.takeWord("with")) return { kind: "fillmissing", constants: [] };
    const constants = this.list(() => {
      const value = this.primary();
      if (value.kind !== "value" || typeof value.value === "boolean" || value.value === null) this.unexpected();
      if (!this.takeWord("for")) this.unexpected();
      return { value: value.value, name: this.name() };
    });
    return { kind: "fillmissing", constants };
  }

  /** `bytes p=1-4` gives `bytes_p1` to `bytes_p4`. */
  private autoregress(): Command {
    const { start, end } = this.token;
    const of: Expression = { kind: "field", name: this.path(this.name()) };
    const alias = this.takeWord("as") ? this.name() : undefined;
    let [from, to] = [1, 1];
    if (this.takeWord("p")) {
      this.expect("=");
      from = this.integer();
      to = this.takeSymbol("-") ? this.integer() : from;
    }
    if (from < 1 || to < from || to > MOST_LAGS) throw new QueryError("p needs lags such as 1 or 1-4", start, end);
    const base = alias ?? (of.kind === "field" ? of.name : "");
    const isAlone = from === to && alias !== undefined;
    const lags = Array.from({ length: to - from + 1 }, (_, i) => ({ lag: from + i, name: isAlone ? base : `${base}_p${from + i}` }));
    return { kind: "autoregress", of, lags };
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Join.html */
  private join(): Command {
    const { start, end } = this.token;
    const option = (name: string): string | undefined => {
      if (!this.takeWord(name)) return undefined;
      this.expect("=");
      return this.name();
    };
    const type = option("type")?.toLowerCase() ?? "inner";
    if (type !== "inner" && type !== "left") throw new QueryError(`${type} is no type of a join: inner and left are`, start, end);
    const [left, right] = [option("left"), option("right")];
    if (left === undefined || right === undefined || !this.takeWord("where", "on")) this.unexpected();
    const one = this.name();
    this.expect("=");
    const other = this.name();
    const keyOf = (alias: string): string | undefined => [one, other].find((name) => name.startsWith(`${alias}.`))?.slice(alias.length + 1);
    const [leftField, rightField] = [keyOf(left), keyOf(right)];
    if (leftField === undefined || rightField === undefined)
      throw new QueryError(`where needs a field of ${left} and one of ${right}`, start, end);
    this.expect("(");
    const source = this.source();
    this.expect(")");
    return { kind: "join", keepsUnmatched: type === "left", left, right, leftField, rightField, source, found: [] };
  }
}
