export type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: "minus"; readonly operand: Node }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Node; readonly right: Node };

/** Why an expression is none. */
export class ExpressionError extends SyntaxError {}

interface Token {
  readonly kind: "number" | "text" | "name" | "symbol" | "end";
  readonly text: string;
}

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|("[^"]*"|'[^']*')|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|&&|\|\||[-+*/^(),<>[\]]))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const source = text.trimEnd();
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    if (found === null) throw new ExpressionError(`unexpected '${source.slice(at, at + 10)}'`);
    const [, number, quoted, name, symbol = ""] = found;
    at = TOKEN.lastIndex;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (quoted !== undefined) tokens.push({ kind: "text", text: quoted.slice(1, -1) });
    else if (name === "AND") tokens.push({ kind: "symbol", text: "&&" });
    else if (name === "OR") tokens.push({ kind: "symbol", text: "||" });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else tokens.push({ kind: "symbol", text: symbol });
  }
  return tokens;
}

/** How closely operators bind. */
const POWER: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  ">": 4,
  "<=": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "^": 8,
};
/** The minus before something binds closer than a product, and less than a power. */
const MINUS_POWER = 7;
const END: Token = { kind: "end", text: "the end" };
const DEEPEST = 100;

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Node {
    const node = this.#expression(0);
    if (this.#peek() !== END) throw new ExpressionError(`unexpected '${this.#peek().text}'`);
    return node;
  }

  #expression(power: number): Node {
    if (++this.#depth > DEEPEST) throw new ExpressionError("nested too deeply");
    let left = this.#prefix();
    for (;;) {
      const { kind, text } = this.#peek();
      const binding = kind === "symbol" ? (POWER[text] ?? 0) : 0;
      if (binding <= power) break;
      this.#at++;
      // Powers bind to the right.
      left = { kind: "binary", operator: text, left, right: this.#expression(text === "^" ? binding - 1 : binding) };
    }
    this.#depth--;
    return left;
  }

  #prefix(): Node {
    const token = this.#peek();
    this.#at++;
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "text") return { kind: "text", value: token.text };
    if (token.kind === "name") return this.#accept("(") ? this.#call(token.text) : { kind: "name", name: token.text };
    if (token.text === "-" && token.kind === "symbol") return { kind: "minus", operand: this.#expression(MINUS_POWER) };
    if (token.text === "[") return { kind: "list", items: this.#until("]") };
    if (token.text === "(") {
      const inner = this.#expression(0);
      if (!this.#accept(")")) throw new ExpressionError("')' is missing");
      return inner;
    }
    throw new ExpressionError(`unexpected ${token === END ? "end" : `'${token.text}'`}`);
  }

  #call(name: string): Node {
    return { kind: "call", name, args: this.#until(")") };
  }

  #until(end: string): Node[] {
    const items: Node[] = [];
    if (this.#accept(end)) return items;
    do items.push(this.#expression(0));
    while (this.#accept(","));
    if (!this.#accept(end)) throw new ExpressionError(`'${end}' is missing`);
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #accept(symbol: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== "symbol" || text !== symbol) return false;
    this.#at++;
    return true;
  }
}

/** Names of the functions that an expression calls. */
export function callsIn(node: Node): Set<string> {
  if (node.kind === "minus") return callsIn(node.operand);
  const own = node.kind === "call" ? [node.name] : [];
  return new Set([...own, ...partsOf(node).flatMap((part) => [...callsIn(part)])]);
}

function partsOf(node: Node): readonly Node[] {
  if (node.kind === "binary") return [node.left, node.right];
  if (node.kind === "list") return node.items;
  return node.kind === "call" ? node.args : [];
}

/** @throws ExpressionError */
export function parseExpression(text: string): Node {
  return new Parser(text).parse();
}

/** Names that an expression refers to, those in functions included. */
export function namesIn(node: Node): Set<string> {
  if (node.kind === "name") return new Set([node.name]);
  if (node.kind === "minus") return namesIn(node.operand);
  return new Set(partsOf(node).flatMap((part) => [...namesIn(part)]));
}
