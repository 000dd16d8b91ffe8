import { invalidFilter, type Token, tokensOf } from "./lexer.ts";

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "CONTAINS" | "BEGINSWITH" | "ENDSWITH";
export type Literal = string | number | boolean;

/** `id(name: "…", type: "…", account.id: "…")`, or a name alone; a member that is not there matches everything. */
export interface Selector {
  readonly name?: string;
  readonly type?: string;
  readonly account?: string;
}

export type Expression =
  | { readonly kind: "and" | "or"; readonly parts: readonly Expression[] }
  | { readonly kind: "not"; readonly part: Expression }
  /** A keyword that is true, or is set. */
  | { readonly kind: "is"; readonly keyword: Keyword }
  | { readonly kind: "compare"; readonly keyword: Keyword; readonly operator: Operator; readonly value: Literal }
  | { readonly kind: "service"; readonly selector: Selector; readonly filter: Expression | undefined }
  | { readonly kind: "edge"; readonly from: Selector; readonly to: Selector; readonly filter: Expression | undefined }
  | { readonly kind: "cause"; readonly of: CauseKind; readonly what: CausePart; readonly filter: Expression | undefined }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "group"; readonly by: "name" | "arn"; readonly value: string };

export interface Keyword {
  /** In lower case: `responsetime`, `http.url`, `annotation`. */
  readonly name: string;
  /** Of an annotation. */
  readonly key?: string;
  /** In an edge's filter: whose it is. */
  readonly side?: "source" | "destination";
}

export type CauseKind = "fault" | "error" | "responsetime";
export type CausePart = "service" | "entity" | "exception";

const BOOLEANS = ["ok", "error", "throttle", "fault", "partial", "inferred", "first", "last", "remote", "root"];
const NUMBERS = ["responsetime", "duration", "http.status", "index", "coverage"];
const TEXTS = [
  ...["http.url", "http.method", "http.useragent", "http.clientip", "user", "name", "type", "message"],
  ...["availabilityzone", "instance.id", "resource.arn", "account.id"],
];
const COMPARISONS = new Set(["=", "!=", "<", "<=", ">", ">="]);
const WORDS = new Set(["CONTAINS", "BEGINSWITH", "ENDSWITH"]);
const MOST_DEEP = 64;

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html @throws AwsException InvalidRequestException */
export function parseFilter(text: string): Expression {
  const parser = new Parser(tokensOf(text));
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#or();
    const rest = this.#peek();
    if (rest !== undefined) throw invalidFilter(`unexpected '${rest.text}' at position ${rest.at}`);
    return expression;
  }

  #peek(offset = 0): Token | undefined {
    return this.#tokens[this.#at + offset];
  }

  #isSign(text: string, offset = 0): boolean {
    const token = this.#peek(offset);
    return token?.kind === "sign" && token.text === text;
  }

  #isWord(text: string): boolean {
    const token = this.#peek();
    return token?.kind === "word" && token.text.toUpperCase() === text;
  }

  #take(text: string): void {
    if (!this.#isSign(text)) {
      const token = this.#peek();
      throw invalidFilter(token === undefined ? `'${text}' is missing at the end` : `'${text}' expected at position ${token.at}`);
    }
    this.#at++;
  }

  #or(): Expression {
    if (++this.#depth > MOST_DEEP) throw invalidFilter("it is nested too deeply");
    const parts = [this.#and()];
    while (this.#isWord("OR")) {
      this.#at++;
      parts.push(this.#and());
    }
    this.#depth--;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "or", parts };
  }

  /** Terms beside each other must all hold: `ok !partial duration < 3`. */
  #and(): Expression {
    const parts = [this.#not()];
    for (;;) {
      if (this.#isWord("AND")) this.#at++;
      else if (this.#peek() === undefined || this.#isWord("OR") || this.#isSign(")") || this.#isSign("}")) break;
      parts.push(this.#not());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "and", parts };
  }

  #not(): Expression {
    if (this.#isSign("!") || this.#isWord("NOT")) {
      this.#at++;
      return { kind: "not", part: this.#not() };
    }
    if (this.#isSign("(")) {
      this.#at++;
      const inner = this.#or();
      this.#take(")");
      return inner;
    }
    return this.#term();
  }

  #term(): Expression {
    const token = this.#peek();
    if (token?.kind !== "word")
      throw invalidFilter(token === undefined ? "a keyword is missing" : `a keyword expected at position ${token.at}`);
    const word = token.text.toLowerCase();
    if (word === "service" || word === "edge") return this.#complex(word);
    if (word.startsWith("rootcause.")) return this.#rootCause(word);
    if (word === "group.name" || word === "group.arn") {
      this.#at++;
      this.#take("=");
      return { kind: "group", by: word === "group.name" ? "name" : "arn", value: String(this.#literal()) };
    }
    return this.#comparison(this.#keyword());
  }

  #complex(word: "service" | "edge"): Expression {
    this.#at++;
    const selectors: Selector[] = [];
    if (this.#isSign("(")) {
      this.#at++;
      while (!this.#isSign(")")) {
        selectors.push(this.#selector());
        if (!this.#isSign(")")) this.#take(",");
      }
      this.#at++;
    }
    if (selectors.length > (word === "edge" ? 2 : 1)) throw invalidFilter(`${word} has too many arguments`);
    const filter = this.#braces();
    const [first = {}, second = {}] = selectors;
    return word === "service" ? { kind: "service", selector: first, filter } : { kind: "edge", from: first, to: second, filter };
  }

  #braces(): Expression | undefined {
    if (!this.#isSign("{")) return undefined;
    this.#at++;
    const filter = this.#isSign("}") ? undefined : this.#or();
    this.#take("}");
    return filter;
  }

  #selector(): Selector {
    const token = this.#peek();
    if (token?.kind === "text") {
      this.#at++;
      return { name: token.text };
    }
    if (token?.kind !== "word" || token.text.toLowerCase() !== "id") throw invalidFilter("a service's name or id(…) expected");
    this.#at++;
    this.#take("(");
    const members: Record<string, string> = {};
    while (!this.#isSign(")")) {
      const key = this.#peek();
      this.#at++;
      this.#take(":");
      const name = key?.text.toLowerCase() ?? "";
      if (!["name", "type", "account.id"].includes(name)) throw invalidFilter(`id has no member '${key?.text}'`);
      members[name] = String(this.#literal());
      if (!this.#isSign(")")) this.#take(",");
    }
    this.#at++;
    const { name, type, "account.id": account } = members;
    return {
      ...(name === undefined ? {} : { name }),
      ...(type === undefined ? {} : { type }),
      ...(account === undefined ? {} : { account }),
    };
  }

  #rootCause(word: string): Expression {
    this.#at++;
    if (word === "rootcause.json") {
      this.#take("=");
      const token = this.#peek();
      if (token?.kind !== "json") throw invalidFilter("#[…] expected after rootcause.json =");
      this.#at++;
      return { kind: "json", value: token.value };
    }
    const [, of, what] = /^rootcause\.(fault|error|responsetime)\.(service|entity|exception)$/.exec(word) ?? [];
    if (of === undefined || what === undefined) throw invalidFilter(`unknown keyword '${word}'`);
    return { kind: "cause", of: of as CauseKind, what: what as CausePart, filter: this.#braces() };
  }

  #keyword(): Keyword {
    const token = this.#peek();
    this.#at++;
    const [, side, rest = ""] = /^(?:(source|destination)\.)?(.*)$/i.exec(token?.text ?? "") ?? [];
    const whose = side === undefined ? {} : { side: side.toLowerCase() as "source" | "destination" };
    const [first = "", ...path] = rest.split(".");
    if (first.toLowerCase() === "annotation") {
      if (path.length > 0) return { name: "annotation", key: path.join("."), ...whose };
      this.#take("[");
      const key: string[] = [];
      while (!this.#isSign("]")) {
        const part = this.#peek();
        if (part === undefined) throw invalidFilter("']' is missing at the end");
        key.push(part.text);
        this.#at++;
      }
      this.#at++;
      return { name: "annotation", key: key.join(""), ...whose };
    }
    const name = rest.toLowerCase();
    if (![...BOOLEANS, ...NUMBERS, ...TEXTS].includes(name)) throw invalidFilter(`unknown keyword '${token?.text}'`);
    return { name, ...whose };
  }

  #comparison(keyword: Keyword): Expression {
    const token = this.#peek();
    const sign = token?.kind === "sign" && COMPARISONS.has(token.text) ? token.text : undefined;
    const word = token?.kind === "word" && WORDS.has(token.text.toUpperCase()) ? token.text.toUpperCase() : undefined;
    const operator = (sign ?? word) as Operator | undefined;
    if (operator === undefined) return { kind: "is", keyword };
    this.#at++;
    const value = this.#literal();
    checkTypes(keyword, operator, value);
    return { kind: "compare", keyword, operator, value };
  }

  #literal(): Literal {
    const token = this.#peek();
    if (token === undefined || token.kind === "sign" || token.kind === "json") throw invalidFilter("a value is missing");
    this.#at++;
    if (token.kind === "number") return token.value;
    if (token.kind === "word" && /^(true|false)$/i.test(token.text)) return token.text.toLowerCase() === "true";
    return token.text;
  }
}

function checkTypes({ name }: Keyword, operator: Operator, value: Literal): void {
  const wrong = (): never => {
    throw invalidFilter(`'${name}' cannot be compared by '${operator}' with ${JSON.stringify(value)}`);
  };
  if (BOOLEANS.includes(name) && (typeof value !== "boolean" || (operator !== "=" && operator !== "!="))) wrong();
  if (NUMBERS.includes(name) && (typeof value !== "number" || WORDS.has(operator))) wrong();
  if (TEXTS.includes(name) && (typeof value !== "string" || ["<", "<=", ">", ">="].includes(operator))) wrong();
}
