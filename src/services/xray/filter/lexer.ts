import { AwsException } from "../../../aws/exception.ts";

export type Token =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  | { readonly kind: "text"; readonly text: string; readonly at: number }
  | { readonly kind: "number"; readonly value: number; readonly text: string; readonly at: number }
  /** `#[…]`: JSON, which may stand in braces of its own. */
  | { readonly kind: "json"; readonly value: unknown; readonly text: string; readonly at: number }
  | { readonly kind: "sign"; readonly text: string; readonly at: number };

export function invalidFilter(what: string): AwsException {
  return new AwsException("InvalidRequestException", `Invalid filter expression: ${what}`, { status: 400 });
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_][\w.-]*/y;
const TEXT = /"((?:[^"\\]|\\.)*)"/y;
const SIGN = /!=|<=|>=|[=<>!(){}[\],:]/y;

/** @throws AwsException InvalidRequestException */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    if (/\s/.test(text[at] ?? "")) {
      at++;
      continue;
    }
    const begin = at;
    const found = text.startsWith("#[", at) ? jsonAt(text, at) : tokenAt(take, at);
    if (found === undefined) throw invalidFilter(`unexpected '${text[at]}' at position ${at}`);
    at += found.length;
    tokens.push({ ...found.token, at: begin });
  }
  return tokens;
}

function tokenAt(take: (pattern: RegExp) => RegExpExecArray | null, at: number): { token: Token; length: number } | undefined {
  const text = take(TEXT);
  if (text !== null) return { token: { kind: "text", text: (text[1] ?? "").replace(/\\(.)/gs, "$1"), at }, length: text[0].length };
  const number = take(NUMBER);
  if (number !== null) return { token: { kind: "number", value: Number(number[0]), text: number[0], at }, length: number[0].length };
  const word = take(WORD);
  if (word !== null) return { token: { kind: "word", text: word[0], at }, length: word[0].length };
  const sign = take(SIGN);
  return sign === null ? undefined : { token: { kind: "sign", text: sign[0], at }, length: sign[0].length };
}

/** Up to the bracket that closes it; brackets in strings do not count. */
function jsonAt(text: string, at: number): { token: Token; length: number } {
  let depth = 0;
  let quoted = false;
  for (let i = at + 1; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === "\\") i++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) {
      const content = text.slice(at + 2, i).trim();
      return { token: { kind: "json", value: jsonOf(content), text: content, at }, length: i + 1 - at };
    }
  }
  throw invalidFilter("'#[' is not closed");
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw invalidFilter("what '#[' encloses is not JSON");
  }
}
