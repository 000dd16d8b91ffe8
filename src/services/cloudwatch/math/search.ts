/** One metric, as searches see it. */
export interface Searched {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
}

type Test = (metric: Searched) => boolean;

const TOKEN =
  /\s*(?:([()])|((?:[\w.:-]+|"[^"]*")\s*=\s*(?:"[^"]*"|'[^']*'|[^\s()]+|\((?:[^()"']|"[^"]*"|'[^']*')*\)))|("[^"]*"|'[^']*')|([^\s()]+))/y;

const unquoted = (text: string): string => text.replace(/^["']|["']$/g, "");
/** Words of a text: what a search for part of it compares with. */
const words = (text: string): string[] => text.toLowerCase().match(/[a-z]+|\d+/g) ?? [];

/** `a-b` is found in `x-a-b-c`: its words come in this order, next to each other. */
function contains(text: string, part: string): boolean {
  const [all, wanted] = [words(text), words(part)];
  return wanted.length > 0 && all.some((_, at) => wanted.every((word, index) => all[at + index] === word));
}

function textsOf({ namespace, name, dimensions }: Searched): string[] {
  return [namespace, name, ...dimensions.flat()];
}

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
  return ({ namespace, name, dimensions }) => {
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

/** `{AWS/Lambda,FunctionName}`: the namespace and exactly these dimensions. */
function schemaTest(schema: string): Test {
  const [namespace = "", ...names] = (schema.match(/"[^"]*"|[^,]+/g) ?? []).map((part) => unquoted(part.trim()));
  const wanted = names.toSorted().join("\n");
  return (metric) =>
    metric.namespace === namespace &&
    metric.dimensions
      .map(([name]) => name)
      .toSorted()
      .join("\n") === wanted;
}

/**
 * What a search expression asks of a metric: `{AWS/Lambda,FunctionName} MetricName="Errors"`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function searchTest(expression: string): Test {
  const [, schema, terms = ""] = /^\s*(?:\{([^}]*)\})?([\s\S]*)$/.exec(expression) ?? [];
  const test = new Parser(terms).any();
  if (schema === undefined) return test;
  const fits = schemaTest(schema);
  return (metric) => fits(metric) && test(metric);
}
