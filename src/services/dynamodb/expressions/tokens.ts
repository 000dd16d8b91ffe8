import { validation } from "../errors.ts";
import { isReserved } from "./reserved-words.ts";
import type { PathPart } from "./syntax.ts";

/** The request member that holds an expression, as AWS's messages name it. */
export type ExpressionKind =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

interface Token {
  readonly kind: "word" | "name" | "value" | "number" | "symbol" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(\d+)|(<>|<=|>=|[^\s]))/y;
const MAX_EXPRESSION = 4096;
const MAX_PATH = 32;
/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters */
const MAX_OPERATORS = 300;

/** Reads an expression from left to right; all of its errors are DynamoDB's. */
export class Tokens {
  readonly kind: ExpressionKind;
  readonly #text: string;
  readonly #tokens: Token[];
  #next = 0;
  #operators = 0;
  /** Placeholders met so far, `#…` and `:…`. */
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  /** Conditions that have parentheses around them. */
  readonly grouped = new WeakSet<object>();

  /** @throws AwsException ValidationException when it is empty, too long, or has a character that means nothing */
  constructor(kind: ExpressionKind, text: string) {
    this.kind = kind;
    this.#text = text;
    if (text.trim() === "") throw this.error("The expression can not be empty;");
    const size = Buffer.byteLength(text);
    if (size > MAX_EXPRESSION) {
      throw this.error(`Expression size has exceeded the maximum allowed size; expression size: ${size}`);
    }
    this.#tokens = tokenise(text);
  }

  error(message: string): Error {
    return validation(`Invalid ${this.kind}: ${message}`);
  }

  /** The error for the next token; `near` shows it with its neighbours. */
  syntaxError(): Error {
    const token = this.#at(this.#next);
    const from = this.#at(Math.max(0, this.#next - 1));
    const to = token.kind === "end" ? token : this.#at(this.#next + 1);
    const text = token.kind === "end" ? "<EOF>" : token.text;
    return this.error(`Syntax error; token: "${text}", near: "${this.#text.slice(from.start, to.end)}"`);
  }

  #at(index: number): Token {
    const end = this.#text.length;
    return this.#tokens[Math.min(index, this.#tokens.length - 1)] ?? { kind: "end", text: "", start: end, end };
  }

  /** To be called for each operator, function and parenthesis: it bounds how deep an expression can be. */
  countOperator(): void {
    this.#operators++;
    if (this.#operators > MAX_OPERATORS) {
      throw this.error(`The expression contains too many operators; operator count: ${this.#operators}`);
    }
  }

  get atEnd(): boolean {
    return this.#at(this.#next).kind === "end";
  }

  expectEnd(): void {
    if (!this.atEnd) throw this.syntaxError();
  }

  /** Whether the next token is this symbol. */
  isSymbol(symbol: string): boolean {
    const token = this.#at(this.#next);
    return token.kind === "symbol" && token.text === symbol;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#next++;
    return true;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError();
  }

  /** Whether the next token is this keyword, in any case. */
  isKeyword(keyword: string): boolean {
    const token = this.#at(this.#next);
    return token.kind === "word" && token.text.toUpperCase() === keyword;
  }

  takeKeyword(keyword: string): boolean {
    if (!this.isKeyword(keyword)) return false;
    this.#next++;
    return true;
  }

  expectKeyword(keyword: string): void {
    if (!this.takeKeyword(keyword)) throw this.syntaxError();
  }

  /** The first of these symbols that comes next. */
  takeOneOf<const S extends string>(symbols: readonly S[]): S | undefined {
    return symbols.find((symbol) => this.takeSymbol(symbol));
  }

  /** The name of a function, when a word and an opening parenthesis come next; both are taken. */
  takeFunction(): string | undefined {
    const token = this.#at(this.#next);
    const paren = this.#at(this.#next + 1);
    if (token.kind !== "word" || paren.kind !== "symbol" || paren.text !== "(") return undefined;
    if (isReserved(token.text) && token.text !== "size" && token.text !== "contains") return undefined;
    this.#next += 2;
    return token.text;
  }

  takeValue(): string | undefined {
    const token = this.#at(this.#next);
    if (token.kind !== "value") return undefined;
    this.#next++;
    this.values.add(token.text);
    return token.text;
  }

  /** A document path: `a.b[0].#c`. */
  takePath(): PathPart[] {
    const parts: PathPart[] = [this.#takeName()];
    while (true) {
      if (this.takeSymbol(".")) parts.push(this.#takeName());
      else if (this.takeSymbol("[")) parts.push(this.#takeIndex());
      else break;
    }
    if (parts.length > MAX_PATH) {
      throw this.error(`The document path has too many nesting elements; nesting levels: ${parts.length}`);
    }
    return parts;
  }

  #takeName(): PathPart {
    const token = this.#at(this.#next);
    if (token.kind === "name") this.names.add(token.text);
    else if (token.kind !== "word") throw this.syntaxError();
    else if (isReserved(token.text)) {
      throw this.error(`Attribute name is a reserved keyword; reserved keyword: ${token.text}`);
    }
    this.#next++;
    return token.text;
  }

  #takeIndex(): PathPart {
    const token = this.#at(this.#next);
    if (token.kind !== "number") throw this.syntaxError();
    this.#next++;
    this.expectSymbol("]");
    return Number(token.text);
  }
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  const kinds = ["word", "name", "value", "number", "symbol"] as const;
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    end = TOKEN.lastIndex;
    const group = kinds.findIndex((_, i) => match?.[i + 1] !== undefined);
    const token = match[group + 1] ?? "";
    tokens.push({ kind: kinds[group] ?? "symbol", text: token, start: end - token.length, end });
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}
