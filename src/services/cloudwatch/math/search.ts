/** One metric, as searches see it. */
export interface Searched {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  /** The account that owns it. */
  readonly account?: string;
}

type Test = (metric: Searched) => boolean;

/** Quoted text; a backslash stands before characters that would end it. */
const QUOTED = String.raw`"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'`;
const TOKEN = new RegExp(
  String.raw`\s*(?:([()])|((?:[\w.:-]+|"[^"]*")\s*=\s*(?:${QUOTED}|[^\s()]+|\((?:[^()"']|${QUOTED})*\)))|(${QUOTED})|([^\s()]+))`,
  "y",
);

const unquoted = (text: string): string => (/^["']/.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text);

/** `SDBFailure2` is SDB, Failure and 2. */
const partsOf = (text: string): string[] => text.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{L}[\p{Ll}\p{Lo}]*|\p{N}+/gu) ?? [];

/** Words of what is searched for: those of one piece that has several must be written as they are. */
function wordsOf(text: string): { readonly word: string; readonly isExact: boolean }[] {
  return text.split(/[^\p{L}\p{N}]+/u).flatMap((piece) => {
    const parts = partsOf(piece);
    return parts.map((word) => ({ word, isExact: parts.length > 1 }));
  });
}

/**
 * `a-b` is found in `x-a-b-c`: its words come in this order, next to each other; one word is also a whole name.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html#search-expression-syntax-tokenization
 */
function contains(text: string, part: string): boolean {
  const [all, wanted] = [partsOf(text), wordsOf(part)];
  const [only] = wanted;
  if (only === undefined) return false;
  const same = (has: string | undefined, { word, isExact }: (typeof wanted)[number]): boolean =>
    isExact ? has === word : has?.toLowerCase() === word.toLowerCase();
  if (wanted.length === 1 && same(all.join(""), only)) return true;
  return all.some((_, at) => wanted.every((word, index) => same(all[at + index], word)));
}

function textsOf({ namespace, name, dimensions }: Searched): string[] {
  return [namespace, name, ...dimensions.flat()];
}

/** Of a metric's account, which is always this one. */
const ACCOUNT = ":aws.AccountId";

/** `MetricName="Errors"` is exact, `FunctionName=pay` a part; several values in parentheses are joined by OR. */
function propertyTest(text: string): Test {
  const at = text.indexOf("=");
  const property = unquoted(text.slice(0, at).trim());
  const wanted = text.slice(at + 1).trim();
  const values = wanted.startsWith("(") ? wanted.slice(1, -1).split(/\s+OR\s+/) : [wanted];
  const tests = values.map((value) => {
    const plain = unquoted(value.trim());
    return /^["']/.test(value.trim()) ? (has: string) => has === plain : (has: string) => contains(has, plain);
  });
  return ({ namespace, name, dimensions, account = "LOCAL" }) => {
    if (property === ACCOUNT) return values.some((value) => [account, "LOCAL"].includes(unquoted(value.trim())));
    const has = property === "MetricName" ? name : property === "Namespace" ? namespace : dimensions.find(([key]) => key === property)?.[1];
    return has !== undefined && tests.some((test) => test(has));
  };
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  const source = text.trimEnd();
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    if (found === null) break;
    tokens.push(found[0].trim());
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/** AND binds closer than OR; what stands side by side is joined by AND. */
class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  any(): Test {
    const tests = [this.#all()];
    while (this.#accept("OR")) tests.push(this.#all());
    return (metric) => tests.some((test) => test(metric));
  }

  #all(): Test {
    const tests: Test[] = [];
    for (let next = this.#tokens[this.#at]; next !== undefined && next !== "OR" && next !== ")"; next = this.#tokens[this.#at]) {
      if (!this.#accept("AND")) tests.push(this.#one());
    }
    return (metric) => tests.every((test) => test(metric));
  }

  #one(): Test {
    if (this.#accept("NOT")) {
      const test = this.#one();
      return (metric) => !test(metric);
    }
    if (this.#accept("(")) {
      const test = this.any();
      this.#accept(")");
      return test;
    }
    const token = this.#tokens[this.#at++] ?? "";
    if (/^(?:[\w.:-]+|"[^"]*")\s*=/.test(token)) return propertyTest(token);
    if (/^["']/.test(token)) return (metric) => textsOf(metric).includes(unquoted(token));
    return (metric) => textsOf(metric).some((text) => contains(text, token));
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

/** `{AWS/Lambda,FunctionName}`: the namespace and exactly these dimensions, or any when none is named. */
function schemaTest(schema: string): Test {
  const [namespace = "", ...names] = (schema.match(/"[^"]*"|[^,]+/g) ?? []).map((part) => unquoted(part.trim()));
  const wanted = names.toSorted().join("\n");
  return (metric) =>
    metric.namespace === namespace &&
    (names.length === 0 ||
      metric.dimensions
        .map(([name]) => name)
        .toSorted()
        .join("\n") === wanted);
}

/** Characters of a search. */
const LONGEST = 1_024;

/** Why a search is none; undefined for those that are. */
export function searchFault(expression: string): string | undefined {
  if (expression.length > LONGEST) return `a search has at most ${LONGEST} characters`;
  return expression.trim() === "" ? "a search has a metric schema, a search term or both" : undefined;
}

/**
 * What a search expression asks of a metric: `{AWS/Lambda,FunctionName} MetricName="Errors"`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function searchTest(expression: string): Test {
  // A comma may stand between the two.
  const [, schema, terms = ""] = /^\s*(?:\{([^}]*)\}\s*,?)?([\s\S]*)$/.exec(expression) ?? [];
  const test = new Parser(terms).any();
  if (schema === undefined) return test;
  const fits = schemaTest(schema);
  return (metric) => fits(metric) && test(metric);
}
