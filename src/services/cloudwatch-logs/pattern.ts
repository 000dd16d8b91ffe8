import { compileRegex, type Expression, invalidPattern, parseExpression } from "./pattern-expression.ts";

/** What a pattern found in an event. */
export interface Match {
  /** By selector: `$.user.id` of JSON, `$status` of space-delimited patterns. */
  readonly values: Readonly<Record<string, string>>;
  /** The value of any selector, also of one that the pattern does not name; undefined when there is none. */
  value(selector: string): string | undefined;
}

export interface Pattern {
  match(message: string): Match | undefined;
}

/**
 * The filter pattern language of metric filters, subscription filters and FilterLogEvents.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @throws AwsException InvalidParameterException
 */
export function compilePattern(source: string): Pattern {
  const text = source.trim();
  if (text.startsWith("{")) return jsonPattern(text);
  if (text.startsWith("[")) return delimitedPattern(text);
  return termsPattern(text);
}

/** A match of something that is not known to hold values; JSON messages can still be asked for theirs. */
function matchOf(message: string): Match {
  return { values: {}, value: (selector) => textOf(resolveJson(parseJson(message), selector)[0]) };
}

const TERM = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"]+))/y;

/** Terms: all that stand alone must be there, none with `-`; of those with `?` one, where there are no others. */
function termsPattern(text: string): Pattern {
  const required: ((message: string) => boolean)[] = [];
  const optional: ((message: string) => boolean)[] = [];
  let excluded = 0;
  TERM.lastIndex = 0;
  for (let at = 0; at < text.length; at = TERM.lastIndex) {
    TERM.lastIndex = at;
    const found = TERM.exec(text);
    if (found === null) throw invalidPattern();
    const [, sign, phrase, regex, word] = found;
    const test = termTest(phrase, regex, word);
    if (sign === "?") optional.push(test);
    else if (sign === "-") {
      excluded++;
      required.push((message) => !test(message));
    } else required.push(test);
  }
  const alone = required.length === 0 && excluded === 0;
  return {
    match: (message) => {
      const passes = alone ? optional.length === 0 || optional.some((test) => test(message)) : required.every((test) => test(message));
      return passes ? matchOf(message) : undefined;
    },
  };
}

function termTest(phrase: string | undefined, regex: string | undefined, word: string | undefined): (message: string) => boolean {
  if (regex !== undefined) {
    const expression = compileRegex(regex);
    return (message) => expression.test(message);
  }
  if (word !== undefined && !/^[A-Za-z0-9_]+$/.test(word)) throw invalidPattern();
  const wanted = word ?? (phrase ?? "").replace(/\\(.)/g, "$1");
  // `" "` is documented to match everything.
  if (wanted.trim() === "") return () => true;
  return (message) => message.includes(wanted);
}

function parseJson(message: string): unknown {
  const text = message.trim();
  if (!text.startsWith("{") && !text.startsWith("[")) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const STEP = /\.?\[\s*(?:'([^']*)'|(\*)|(\d+))\s*\]|\.([A-Za-z0-9_:@-]+)|\.(\*)/y;

/** Property names, indexes and wildcards (`*`) of `$.a['b'][0].*`. */
function stepsOf(selector: string): (string | number)[] {
  if (!selector.startsWith("$")) throw invalidPattern();
  const steps: (string | number)[] = [];
  for (let at = 1; at < selector.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const found = STEP.exec(selector);
    if (found === null) throw invalidPattern();
    const [, quoted, star, index, name, anyField] = found;
    steps.push(index === undefined ? (quoted ?? name ?? star ?? anyField ?? "") : Number(index));
  }
  return steps;
}

function resolveJson(root: unknown, selector: string): unknown[] {
  let current: unknown[] = root === undefined ? [] : [root];
  for (const step of stepsOf(selector)) {
    current = current.flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      if (step === "*") return Object.values(value);
      const child = (value as Readonly<Record<string, unknown>>)[step];
      return child === undefined || !Object.hasOwn(value, step) ? [] : [child];
    });
  }
  return current;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function jsonPattern(text: string): Pattern {
  if (!text.endsWith("}")) throw invalidPattern();
  const expression = parseExpression(text.slice(1, -1));
  for (const selector of expression.selectors) stepsOf(selector);
  return {
    match: (message) => {
      const root = parseJson(message);
      if (root === undefined || !expression.test((selector) => resolveJson(root, selector))) return undefined;
      const value = (selector: string): string | undefined => textOf(resolveJson(root, selector)[0]);
      const found = expression.selectors.flatMap((selector) => {
        const text = value(selector);
        return text === undefined ? [] : [[selector, text]];
      });
      return { values: Object.fromEntries(found), value };
    },
  };
}

interface Field {
  readonly name: string;
  readonly condition: Expression | undefined;
}

function fieldOf(source: string, index: number): Field {
  const text = source.trim();
  if (text === "") return { name: String(index + 1), condition: undefined };
  if (/^[A-Za-z0-9_]+$/.test(text)) return { name: text, condition: undefined };
  const condition = parseExpression(text);
  const name = condition.selectors[0] ?? "";
  if (condition.selectors.some((selector) => selector !== name)) throw invalidPattern();
  return { name, condition };
}

/** Splits at commas that stand in neither quotes nor percent signs. */
function splitFields(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|%[^%]*%|[^,"%])+|(?<=,)(?=,|$)|^(?=,)/g) ?? [];
}

/** Words; what stands in quotes or brackets is one. */
function wordsOf(message: string): string[] {
  return [...message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g)].map(([, quoted, bracketed, word]) => quoted ?? bracketed ?? word ?? "");
}

function delimitedPattern(text: string): Pattern {
  if (!text.endsWith("]")) throw invalidPattern();
  const sources = splitFields(text.slice(1, -1)).map((source) => source.trim());
  const gap = sources.indexOf("...");
  if (sources.length === 0 || gap !== sources.lastIndexOf("...")) throw invalidPattern();
  const before = sources.slice(0, gap < 0 ? sources.length : gap).map(fieldOf);
  const after = gap < 0 ? [] : sources.slice(gap + 1).map((source, index) => fieldOf(source, gap + 1 + index));
  return {
    match: (message) => {
      const words = wordsOf(message);
      if (words.length < before.length + after.length) return undefined;
      const head = words.slice(0, before.length);
      // Without an ellipsis the last field holds all that is left.
      if (gap < 0 && words.length > head.length) head[head.length - 1] = words.slice(head.length - 1).join(" ");
      const tail = after.length === 0 ? [] : words.slice(-after.length);
      const fields = [...before, ...after];
      const values = Object.fromEntries([...head, ...tail].map((word, index) => [`$${fields[index]?.name}`, word]));
      const resolve = (name: string): string[] => (values[`$${name}`] === undefined ? [] : [values[`$${name}`] ?? ""]);
      return fields.every(({ condition }) => condition?.test(resolve) ?? true)
        ? { values, value: (selector) => values[selector] }
        : undefined;
    },
  };
}
