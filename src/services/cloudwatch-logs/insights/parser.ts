import { QueryError, type Token, tokensOf } from "./lexer.ts";
import type { Command, Expression, Named } from "./syntax.ts";

const MOST_STATS = 10;
const COMMANDS = ["fields", "filter", "where", "stats", "sort", "limit", "head", "parse", "display", "dedup"];
const COMPARISONS = new Set(["=", "!=", "<", ">", "<=", ">=", "=~"]);

/** Reads a query of the Logs Insights language. @throws QueryError */
export function parseQuery(text: string): Command[] {
  const commands = new Parser(text).query();
  if (commands.filter(({ kind }) => kind === "stats").length > MOST_STATS)
    throw new QueryError(`a query may have up to ${MOST_STATS} stats commands`, 0, text.length);
  const lastStats = commands.findLastIndex(({ kind }) => kind === "stats");
  const early = commands.findIndex(({ kind }) => kind === "sort" || kind === "limit");
  if (early >= 0 && early < lastStats) throw new QueryError("sort and limit must come after the last stats command", 0, text.length);
  return commands;
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  query(): Command[] {
    const commands: Command[] = [];
    while (!this.#isOver()) {
      if (!this.#takeSymbol("|") && commands.length > 0) this.#unexpected();
      if (!this.#isOver()) commands.push(this.#command());
    }
    return commands;
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "", start: this.#text.length, end: this.#text.length };
  }

  #isOver(): boolean {
    return this.#token.kind === "end";
  }

  #unexpected(): never {
    const { kind, text, start, end } = this.#token;
    throw new QueryError(
      kind === "end" ? "unexpected end of the query" : `unexpected symbol found ${text}`,
      start,
      Math.max(end, start + 1),
    );
  }

  #isWord(...words: readonly string[]): boolean {
    return this.#token.kind === "word" && words.includes(this.#token.text.toLowerCase());
  }

  #takeWord(...words: readonly string[]): boolean {
    const is = this.#isWord(...words);
    if (is) this.#at++;
    return is;
  }

  #takeSymbol(symbol: string): boolean {
    const is = this.#token.kind === "symbol" && this.#token.text === symbol;
    if (is) this.#at++;
    return is;
  }

  #expect(symbol: string): void {
    if (!this.#takeSymbol(symbol)) this.#unexpected();
  }

  #list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.#takeSymbol(",")) items.push(read());
    return items;
  }

  #command(): Command {
    const { kind, text, start, end } = this.#token;
    const name = text.toLowerCase();
    if (kind !== "word" || !COMMANDS.includes(name)) throw new QueryError(`unexpected symbol found ${text}`, start, end);
    this.#at++;
    if (name === "fields" || name === "display") return { kind: name, fields: this.#list(() => this.#named()) };
    if (name === "filter" || name === "where") return { kind: "filter", condition: this.#expression() };
    if (name === "stats") return this.#stats();
    if (name === "sort") return { kind: "sort", keys: this.#list(() => this.#sortKey()) };
    if (name === "dedup") return { kind: "dedup", fields: this.#list(() => this.#expression()) };
    if (name === "parse") return this.#parse();
    const count = this.#token;
    if (count.kind !== "number") this.#unexpected();
    this.#at++;
    return { kind: "limit", count: Number(count.text) };
  }

  #stats(): Command {
    const values = this.#list(() => this.#named());
    return { kind: "stats", values, by: this.#takeWord("by") ? this.#list(() => this.#named()) : [] };
  }

  #sortKey() {
    const expression = this.#expression();
    const descending = this.#takeWord("desc");
    if (!descending) this.#takeWord("asc");
    return { expression, descending };
  }

  /** A glob's stars are its fields, a regular expression's named groups are. */
  #parse(): Command {
    const of = this.#primary();
    const { kind, text, start, end } = this.#token;
    if (kind === "regex") {
      this.#at++;
      const pattern = regexOf(text, start, end);
      const names = [...text.matchAll(/\(\?<(\w+)>/g)].flatMap(([, name]) => name ?? []);
      if (names.length === 0) throw new QueryError("the regular expression has no named group", start, end);
      return { kind: "parse", of, pattern, names };
    }
    if (kind !== "string") this.#unexpected();
    this.#at++;
    if (!this.#takeWord("as")) this.#unexpected();
    const names = this.#list(() => this.#name());
    const parts = text.split("*");
    if (parts.length - 1 !== names.length) throw new QueryError(`${parts.length - 1} stars need as many names`, start, end);
    const source = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join("(.*?)");
    // The last star takes the rest.
    return { kind: "parse", of, pattern: new RegExp(source.replace(/\(\.\*\?\)$/, "(.*)"), "s"), names };
  }

  #name(): string {
    const { kind, text } = this.#token;
    if (kind !== "word" && kind !== "field") this.#unexpected();
    this.#at++;
    return text;
  }

  /** Without an alias a value has the name that it is written by. */
  #named(): Named {
    const { start } = this.#token;
    const expression = this.#expression();
    const end = this.#tokens[this.#at - 1]?.end ?? start;
    if (this.#takeWord("as")) return { expression, name: this.#name() };
    return { expression, name: expression.kind === "field" ? expression.name : this.#text.slice(start, end).trim() };
  }

  #expression(): Expression {
    let left = this.#and();
    while (this.#takeWord("or")) left = { kind: "binary", operator: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#takeWord("and")) left = { kind: "binary", operator: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.#takeWord("not") ? { kind: "not", of: this.#not() } : this.#comparison();
  }

  #comparison(): Expression {
    const left = this.#sum();
    const { kind, text } = this.#token;
    if (kind === "symbol" && COMPARISONS.has(text)) {
      this.#at++;
      return { kind: "binary", operator: text === "=~" ? "like" : text, left, right: this.#sum() };
    }
    const next = this.#tokens[this.#at + 1];
    const negated = this.#isWord("not") && next?.kind === "word" && ["like", "in"].includes(next.text.toLowerCase());
    if (negated) this.#at++;
    const operator = this.#isWord("like") ? "like" : this.#isWord("in") ? "in" : undefined;
    if (operator === undefined) return left;
    this.#at++;
    const found: Expression = { kind: "binary", operator, left, right: this.#sum() };
    return negated ? { kind: "not", of: found } : found;
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = ["+", "-"].find((symbol) => this.#takeSymbol(symbol));
      if (operator === undefined) return left;
      left = { kind: "binary", operator, left, right: this.#product() };
    }
  }

  #product(): Expression {
    let left = this.#power();
    for (;;) {
      const operator = ["*", "/", "%"].find((symbol) => this.#takeSymbol(symbol));
      if (operator === undefined) return left;
      left = { kind: "binary", operator, left, right: this.#power() };
    }
  }

  #power(): Expression {
    if (this.#takeSymbol("-")) return { kind: "negative", of: this.#power() };
    const left = this.#primary();
    return this.#takeSymbol("^") ? { kind: "binary", operator: "^", left, right: this.#power() } : left;
  }

  #primary(): Expression {
    const { kind, text, start, end } = this.#token;
    if (this.#takeSymbol("(")) {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    if (this.#takeSymbol("[")) {
      const items = this.#list(() => this.#expression());
      this.#expect("]");
      return { kind: "list", items };
    }
    if (kind === "symbol" || kind === "end") this.#unexpected();
    this.#at++;
    if (kind === "number") return { kind: "value", value: Number(text) };
    if (kind === "period") return { kind: "period", text };
    if (kind === "string") return { kind: "value", value: text };
    if (kind === "regex") {
      regexOf(text, start, end);
      return { kind: "regex", source: text };
    }
    if (kind === "word" && this.#takeSymbol("(")) return this.#call(text, start);
    if (kind === "word" && /^(true|false|null)$/i.test(text)) return { kind: "value", value: literal(text.toLowerCase()) };
    return { kind: "field", name: this.#path(text) };
  }

  /** What follows a field's name: `.part`, `` .`part` `` and `[0]`. */
  #path(first: string): string {
    let name = first;
    for (;;) {
      if (this.#takeSymbol(".")) name += `.${this.#name()}`;
      else if (this.#token.text === "[" && this.#tokens[this.#at + 1]?.kind === "number" && this.#tokens[this.#at + 2]?.text === "]") {
        name += `.${this.#tokens[this.#at + 1]?.text ?? ""}`;
        this.#at += 3;
      } else return name;
    }
  }

  #call(name: string, start: number): Expression {
    const args: Expression[] = [];
    if (this.#takeSymbol("*")) this.#expect(")");
    else if (!this.#takeSymbol(")")) {
      args.push(...this.#list(() => this.#expression()));
      this.#expect(")");
    }
    return { kind: "call", name: name.toLowerCase(), args, start, end: this.#tokens[this.#at - 1]?.end ?? start };
  }
}

const literal = (text: string): boolean | null => (text === "null" ? null : text === "true");

/** In the dialect of AWS a leading `(?i)` makes it ignore case. @throws QueryError */
export function regexOf(source: string, start = 0, end = source.length): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  try {
    return new RegExp(flags === null ? source : source.slice(flags[0].length), flags?.[1] ?? "");
  } catch {
    throw new QueryError(`invalid regular expression /${source}/`, start, end);
  }
}
