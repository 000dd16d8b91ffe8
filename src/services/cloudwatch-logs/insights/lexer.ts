/** Where and why a query cannot be read; offsets are those of its text. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

export type TokenKind = "word" | "field" | "number" | "period" | "string" | "regex" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** A word or symbol as it is written; the content of a string, a regular expression or a quoted field. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /(?:\s+|#[^\n]*)+/y;
const WORD = /[A-Za-z_@][\w@.]*/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const UNIT = /[a-z]+/y;
const SYMBOL = /!=|!|<=|>=|=~|[|,()[\]=<>+\-*/%^.:{}]/y;

/** After these a slash divides. */
const OPERANDS: ReadonlySet<TokenKind> = new Set(["word", "field", "number", "period", "string"]);

/** Splits a query into tokens; the last one is `end`. @throws QueryError */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  /** First word of the command that is being read. */
  let command = "";
  const push = (kind: TokenKind, content: string, end: number): void => {
    const before = tokens.at(-1);
    if (kind === "word" && (before === undefined || before.text === "|")) command = content.toLowerCase();
    tokens.push({ kind, text: content, start: at, end });
    at = end;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += match(SPACE)?.length ?? 0;
    const char = text[at];
    if (char === undefined) break;
    const before = tokens.at(-1);
    const divides = before !== undefined && (OPERANDS.has(before.kind) || before.text === ")" || before.text === "]") && !isWord(before);
    const word = match(WORD);
    const number = match(NUMBER);
    if (word !== undefined) push("word", word.replace(/\.$/, ""), at + word.replace(/\.$/, "").length);
    else if (number !== undefined) pushNumber(number);
    else if (char === '"' || char === "'") push("string", ...quoted(text, at, char));
    else if (char === "`") push("field", ...quoted(text, at, char));
    else if (char === "/" && (!divides || command === "parse")) push("regex", ...quoted(text, at, char));
    else {
      const symbol = match(SYMBOL);
      if (symbol === undefined) throw new QueryError(`unexpected symbol found ${char}`, at, at + 1);
      push("symbol", symbol, at + symbol.length);
    }
  }
  push("end", "", at);
  return tokens;

  function pushNumber(number: string): void {
    UNIT.lastIndex = at + number.length;
    const unit = UNIT.exec(text)?.[0] ?? "";
    push(unit === "" ? "number" : "period", number + unit, at + number.length + unit.length);
  }
}

/** Words that are no operands: what follows them begins anew. */
const KEYWORDS = new Set(["like", "and", "or", "not", "in", "by", "as", "filter", "where"]);
const isWord = ({ kind, text }: Token): boolean => kind === "word" && KEYWORDS.has(text.toLowerCase());

/** A delimited text and where it ends; in regular expressions a backslash stays what it is. */
function quoted(text: string, start: number, delimiter: string): [string, number] {
  let content = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === delimiter) return [content, at + 1];
    if (char !== "\\") content += char;
    else {
      const next = text[++at] ?? "";
      content += delimiter === "/" && next !== "/" ? `\\${next}` : next === "n" && delimiter !== "/" ? "\n" : next;
    }
  }
  throw new QueryError(`the ${delimiter} that begins here has no end`, start, text.length);
}
