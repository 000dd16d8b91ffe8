import { AwsException } from "../../aws/exception.ts";

/** Finds what a selector points to in an event: no value, or several where the selector holds a wildcard. */
export type Resolve = (selector: string) => readonly unknown[];
/** A condition of a filter pattern, over JSON selectors or over the names of fields. */
export type Condition = (resolve: Resolve) => boolean;

export interface Expression {
  readonly test: Condition;
  /** Selectors in the order in which they stand. */
  readonly selectors: readonly string[];
}

export function invalidPattern(): AwsException {
  return new AwsException("InvalidParameterException", "Invalid filter pattern", { status: 400 });
}

interface Token {
  readonly kind: "operator" | "text" | "regex" | "word";
  readonly text: string;
}

const TOKEN =
  /\s*(?:(?<operator>&&|\|\||[()]|!=|>=|<=|=|>|<)|"(?<text>(?:[^"\\]|\\.)*)"|%(?<regex>[^%]*)%|(?<word>(?:\[[^\]]*\]|[^\s()=<>!&|"%])+))/y;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const text = source.trimEnd();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw invalidPattern();
    for (const kind of ["operator", "text", "regex", "word"] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: kind === "text" ? found.replace(/\\(.)/g, "$1") : found });
    }
  }
  return tokens;
}

/** Parses conditions with `&&`, `||` and parentheses; `&&` binds more tightly. */
export function parseExpression(source: string): Expression {
  const tokens = tokenize(source);
  const selectors: string[] = [];
  let at = 0;
  const accept = (text: string): boolean => {
    const token = tokens[at];
    if (token === undefined || token.text !== text || (token.kind !== "operator" && token.kind !== "word")) return false;
    at++;
    return true;
  };
  const any = (): Condition => {
    const parts = [all()];
    while (accept("||")) parts.push(all());
    return (resolve) => parts.some((part) => part(resolve));
  };
  const all = (): Condition => {
    const parts = [one()];
    while (accept("&&")) parts.push(one());
    return (resolve) => parts.every((part) => part(resolve));
  };
  const one = (): Condition => {
    if (accept("(")) {
      const inner = any();
      if (!accept(")")) throw invalidPattern();
      return inner;
    }
    const selector = tokens[at++];
    if (selector?.kind !== "word") throw invalidPattern();
    selectors.push(selector.text);
    if (accept("IS")) return isConstant(selector.text, tokens[at++]?.text);
    if (accept("NOT")) {
      if (!accept("EXISTS")) throw invalidPattern();
      return (resolve) => resolve(selector.text).length === 0;
    }
    const operator = tokens[at++];
    const value = tokens[at++];
    if (operator?.kind !== "operator" || value === undefined || value.kind === "operator") throw invalidPattern();
    const test = compare(operator.text, value);
    return (resolve) => resolve(selector.text).some(test);
  };
  const test = any();
  if (at !== tokens.length) throw invalidPattern();
  return { test, selectors };
}

function isConstant(selector: string, name: string | undefined): Condition {
  const constants: Readonly<Record<string, unknown>> = { NULL: null, TRUE: true, FALSE: false };
  if (name === undefined || !(name in constants)) throw invalidPattern();
  return (resolve) => resolve(selector).some((value) => value === constants[name]);
}

/** The comparison of one value with what the pattern gives. Objects and arrays match nothing. */
function compare(operator: string, token: Token): (value: unknown) => boolean {
  const simple = (value: unknown): boolean => value === null || typeof value !== "object";
  if (operator === "=" || operator === "!=") {
    const equals = equalTo(token);
    return (value) => simple(value) && equals(value) === (operator === "=");
  }
  const limit = numberIn(token.text);
  if (limit === undefined || token.kind === "regex") throw invalidPattern();
  return (value) => {
    const number = typeof value === "number" ? value : typeof value === "string" ? numberIn(value) : undefined;
    if (number === undefined) return false;
    if (operator === ">") return number > limit;
    if (operator === ">=") return number >= limit;
    return operator === "<" ? number < limit : number <= limit;
  };
}

function numberIn(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined;
}

function equalTo(token: Token): (value: unknown) => boolean {
  if (token.kind === "regex") {
    const expression = compileRegex(token.text);
    return (value) => expression.test(String(value));
  }
  if (token.text.includes("*")) {
    const expression = new RegExp(`^${token.text.split("*").map(escapeRegex).join(".*")}$`, "s");
    return (value) => expression.test(String(value));
  }
  const number = token.kind === "word" ? numberIn(token.text) : undefined;
  return (value) =>
    String(value) === token.text || (number !== undefined && (typeof value === "number" ? value : numberIn(String(value))) === number);
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/**
 * The part of the language between percent signs: no groups, ASCII only.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
 */
export function compileRegex(source: string): RegExp {
  if (!/^[A-Za-z0-9:_#=@/;,\- ^$?[\]{}|\\*+.'"<>&!~`]+$/.test(source) || /[!'"<>&~`]/.test(source.replace(/\\./g, "")))
    throw invalidPattern();
  try {
    return new RegExp(source);
  } catch {
    throw invalidPattern();
  }
}
