import { END, QueryError, type Token, tokenize } from "./tokens.ts";

const FUNCTIONS = ["AVG", "COUNT", "MAX", "MIN", "SUM"] as const;
export type Aggregate = (typeof FUNCTIONS)[number];

/** A dimension, a resource's tag or the account that a metric belongs to. */
export interface LabelKey {
  readonly kind: "dimension" | "tag" | "account";
  readonly name: string;
}

export interface Condition {
  readonly key: LabelKey;
  readonly isEqual: boolean;
  /** Undefined for `CURRENT_ACCOUNT_ID()`. */
  readonly value: string | undefined;
}

export interface InsightsQuery {
  readonly aggregate: Aggregate;
  readonly metric: string;
  readonly namespace: string;
  /** Exactly these dimensions; undefined where any will do. */
  readonly schema: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
  readonly groups: readonly LabelKey[];
  readonly order: { readonly by: Aggregate; readonly isDescending: boolean } | undefined;
  readonly limit: number | undefined;
}

export const MOST_SERIES = 500;

/**
 * Words that have a place of their own in the grammar. AWS reserves many more, and yet its own sample queries write such
 * as `Class`, `Resource` and `Type` without quotation marks: those are taken as names.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-queryexamples.html
 */
const WORDS: ReadonlySet<string> = new Set([
  ..."SELECT FROM SCHEMA WHERE AND OR NOT IN LIKE BETWEEN IS NULL HAVING GROUP ORDER BY ASC DESC LIMIT".split(" "),
  ...FUNCTIONS,
]);

/** True for what is meant as a query rather than as metric math. */
export const isInsightsQuery = (expression: string | undefined): boolean => /^\s*SELECT\b/i.test(expression ?? "");

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(query: string) {
    this.#tokens = tokenize(query);
  }

  query(): InsightsQuery {
    this.#expect("SELECT");
    const aggregate = this.#function();
    this.#expectSymbol("(");
    const metric = this.#name("a metric's name");
    this.#expectSymbol(")");
    this.#expect("FROM");
    const { namespace, schema } = this.#source();
    const conditions = this.#accept("WHERE") ? this.#conditions() : [];
    const groups = this.#acceptPair("GROUP") ? this.#keys() : [];
    const order = this.#acceptPair("ORDER") ? this.#order() : undefined;
    const limit = this.#accept("LIMIT") ? this.#limit() : undefined;
    this.#acceptSymbol(";");
    if (this.#peek() !== END) throw this.#unexpected("the end of the query");
    if (new Set(groups.map(({ kind, name }) => `${kind} ${name}`)).size < groups.length) {
      throw new QueryError("GROUP BY names the same label twice");
    }
    return { aggregate, metric, namespace, schema, conditions, groups, order, limit };
  }

  #source(): Pick<InsightsQuery, "namespace" | "schema"> {
    if (!this.#accept("SCHEMA")) return { namespace: this.#name("a namespace"), schema: undefined };
    this.#expectSymbol("(");
    const namespace = this.#name("a namespace");
    const schema: string[] = [];
    while (this.#acceptSymbol(",")) schema.push(this.#name("a dimension's name"));
    this.#expectSymbol(")");
    return { namespace, schema };
  }

  #conditions(): Condition[] {
    const conditions: Condition[] = [];
    do conditions.push(this.#condition());
    while (this.#accept("AND"));
    return conditions;
  }

  #condition(): Condition {
    const key = this.#key();
    const isEqual = this.#acceptSymbol("=");
    if (!isEqual && !this.#acceptSymbol("!=")) throw this.#unexpected("= or !=");
    if (key.kind === "account" && this.#accept("CURRENT_ACCOUNT_ID")) {
      this.#expectSymbol("(");
      this.#expectSymbol(")");
      return { key, isEqual, value: undefined };
    }
    const { kind, text } = this.#peek();
    if (kind !== "text" && !(kind === "number" && key.kind === "account")) throw this.#unexpected("a value in single quotation marks");
    this.#at++;
    return { key, isEqual, value: text };
  }

  #keys(): LabelKey[] {
    const keys: LabelKey[] = [];
    do keys.push(this.#key());
    while (this.#acceptSymbol(","));
    return keys;
  }

  #key(): LabelKey {
    const { kind } = this.#peek();
    const name = this.#name("a label's name");
    if (kind === "quoted" || !this.#acceptSymbol(".")) return { kind: "dimension", name };
    const member = this.#peek();
    this.#at++;
    if (member.kind !== "name" && member.kind !== "quoted") throw new QueryError(`unexpected '${member.text}' after ${name}.`);
    if (name.toLowerCase() === "tag") return { kind: "tag", name: member.text };
    if (name === "AWS" && member.text === "AccountId") return { kind: "account", name: "AWS.AccountId" };
    throw new QueryError(`the label ${name}.${member.text} must be surrounded by double quotation marks`);
  }

  #order(): NonNullable<InsightsQuery["order"]> {
    const by = this.#function();
    this.#expectSymbol("(");
    this.#expectSymbol(")");
    const isDescending = this.#accept("DESC");
    if (!isDescending) this.#accept("ASC");
    return { by, isDescending };
  }

  #limit(): number {
    const { kind, text } = this.#peek();
    const limit = Number(text);
    if (kind !== "number") throw this.#unexpected("a number");
    if (limit < 1 || limit > MOST_SERIES) throw new QueryError(`LIMIT must be between 1 and ${MOST_SERIES}`);
    this.#at++;
    return limit;
  }

  #function(): Aggregate {
    const { kind, text } = this.#peek();
    const found = kind === "name" ? FUNCTIONS.find((name) => name === text.toUpperCase()) : undefined;
    if (found === undefined) throw this.#unexpected(`one of ${FUNCTIONS.join(", ")}`);
    this.#at++;
    return found;
  }

  #name(what: string): string {
    const { kind, text } = this.#peek();
    if (kind === "name" && WORDS.has(text.toUpperCase())) {
      throw new QueryError(`'${text}' is a reserved keyword: as ${what} it must be surrounded by double quotation marks`);
    }
    if ((kind !== "name" && kind !== "quoted") || text === "") throw this.#unexpected(what);
    this.#at++;
    return text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #unexpected(wanted: string): QueryError {
    const token = this.#peek();
    return new QueryError(`${wanted} is expected, not ${token === END ? token.text : `'${token.text}'`}`);
  }

  #accept(word: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== "name" || text.toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  #acceptPair(word: string): boolean {
    if (!this.#accept(word)) return false;
    this.#expect("BY");
    return true;
  }

  #expect(word: string): void {
    if (!this.#accept(word)) throw this.#unexpected(word);
  }

  #acceptSymbol(symbol: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== "symbol" || text !== symbol) return false;
    this.#at++;
    return true;
  }

  #expectSymbol(symbol: string): void {
    if (!this.#acceptSymbol(symbol)) throw this.#unexpected(`'${symbol}'`);
  }
}

/**
 * Reads a Metrics Insights query.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 * @throws QueryError
 */
export function parseInsightsQuery(text: string): InsightsQuery {
  return new Parser(text).query();
}
