import { QueryError } from "./lexer.ts";
import { TokenReader } from "./reader.ts";
import type { Command, Expression, Named, Source } from "./syntax.ts";

const COMPARISONS = new Set(["=", "!=", "<", ">", "<=", ">=", "=~"]);

/** Reads expressions; what a query within one is made of, the parser of commands knows. */
export abstract class ExpressionReader extends TokenReader {
  #depth = 0;

  /** Commands up to the end, or to a closing parenthesis. */
  protected abstract pipeline(): Command[];
  protected abstract source(): Source;

  /** Without an alias a value has the name that it is written by. */
  protected named(): Named {
    const { start } = this.token;
    const expression = this.expression();
    const end = this.tokens[this.at - 1]?.end ?? start;
    if (this.takeWord("as")) return { expression, name: this.name() };
    return { expression, name: expression.kind === "field" ? expression.name : this.text.slice(start, end).trim() };
  }

  protected expression(): Expression {
    let left = this.and();
    while (this.takeWord("or")) left = { kind: "binary", operator: "or", left, right: this.and() };
    return left;
  }

  private and(): Expression {
    let left = this.not();
    while (this.takeWord("and")) left = { kind: "binary", operator: "and", left, right: this.not() };
    return left;
  }

  private not(): Expression {
    return this.takeWord("not") || this.takeSymbol("!") ? { kind: "not", of: this.not() } : this.comparison();
  }

  private comparison(): Expression {
    const left = this.sum();
    const { kind, text } = this.token;
    if (kind === "symbol" && COMPARISONS.has(text)) {
      this.at++;
      return { kind: "binary", operator: text === "=~" ? "like" : text, left, right: this.sum() };
    }
    const next = this.tokens[this.at + 1];
    const negated = this.isWord("not") && next?.kind === "word" && ["like", "in"].includes(next.text.toLowerCase());
    if (negated) this.at++;
    const operator = this.isWord("like") ? "like" : this.isWord("in") ? "in" : undefined;
    if (operator === undefined) return left;
    this.at++;
    const right = operator === "in" && this.isSubquery() ? this.subquery() : this.sum();
    const found: Expression = { kind: "binary", operator, left, right };
    return negated ? { kind: "not", of: found } : found;
  }

  private isSubquery(): boolean {
    const next = this.tokens[this.at + 1];
    return this.token.text === "(" && next?.kind === "word" && next.text.toLowerCase() === "source";
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Subqueries.html */
  private subquery(): Expression {
    const { start } = this.token;
    if (this.#depth > 0) throw new QueryError("nested subqueries are not supported", start, start + 1);
    this.expect("(");
    this.#depth++;
    const source = this.source();
    const commands = this.takeSymbol("|") ? this.pipeline() : [];
    this.#depth--;
    this.expect(")");
    return { kind: "subquery", source, commands, found: [] };
  }

  private sum(): Expression {
    let left = this.product();
    for (;;) {
      const operator = ["+", "-"].find((symbol) => this.takeSymbol(symbol));
      if (operator === undefined) return left;
      left = { kind: "binary", operator, left, right: this.product() };
    }
  }

  private product(): Expression {
    let left = this.power();
    for (;;) {
      const operator = ["*", "/", "%"].find((symbol) => this.takeSymbol(symbol));
      if (operator === undefined) return left;
      left = { kind: "binary", operator, left, right: this.power() };
    }
  }

  private power(): Expression {
    if (this.takeSymbol("-")) return { kind: "negative", of: this.power() };
    const left = this.primary();
    return this.takeSymbol("^") ? { kind: "binary", operator: "^", left, right: this.power() } : left;
  }

  protected primary(): Expression {
    const { kind, text, start, end } = this.token;
    if (this.takeSymbol("(")) {
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    if (this.takeSymbol("[")) {
      const items = this.list(() => this.expression());
      this.expect("]");
      return { kind: "list", items };
    }
    if (kind === "symbol" || kind === "end") this.unexpected();
    this.at++;
    if (kind === "number") return { kind: "value", value: Number(text) };
    if (kind === "period") return { kind: "period", text };
    if (kind === "string") return { kind: "value", value: text };
    if (kind === "regex") {
      regexOf(text, start, end);
      return { kind: "regex", source: text };
    }
    if (kind === "word" && this.takeSymbol("(")) return this.call(text, start);
    if (kind === "word" && /^(true|false|null)$/i.test(text)) return { kind: "value", value: literal(text.toLowerCase()) };
    const isTag = text === "@" && this.token.kind === "field" && this.token.start === end;
    return { kind: "field", name: this.path(isTag ? `@${this.name()}` : text) };
  }

  /** What follows a field's name: `.part`, `` .`part` `` and `[0]`. */
  protected path(first: string): string {
    let name = first;
    for (;;) {
      if (this.takeSymbol(".")) name += `.${this.name()}`;
      else if (this.token.text === "[" && this.tokens[this.at + 1]?.kind === "number" && this.tokens[this.at + 2]?.text === "]") {
        name += `.${this.tokens[this.at + 1]?.text ?? ""}`;
        this.at += 3;
      } else return name;
    }
  }

  private call(name: string, start: number): Expression {
    const args: Expression[] = [];
    if (this.takeSymbol("*")) this.expect(")");
    else if (!this.takeSymbol(")")) {
      args.push(...this.list(() => this.expression()));
      this.expect(")");
    }
    return { kind: "call", name: name.toLowerCase(), args, start, end: this.tokens[this.at - 1]?.end ?? start };
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
