import { BlockList, isIP } from "node:net";

/** Why a pattern is not valid; the message is AWS's reason without its "Event pattern is not valid. Reason: ". */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** Asks the values found at one field. */
export type LeafTest = (leaves: readonly unknown[]) => boolean;
type Operand = unknown;

/**
 * One match expression, e.g. `{"prefix": "a"}`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws PatternError in the words of AWS's rule compiler
 */
export function leafTest(expression: Readonly<Record<string, unknown>>): LeafTest {
  const entries = Object.entries(expression);
  const [first] = entries;
  if (first === undefined) throw new PatternError("Match expression name not found");
  if (entries.length > 1) throw new PatternError("Only one key allowed in match expression");
  const [name, operand] = first;
  if (name === "exists") return exists(operand);
  const build = OPERATORS[name];
  if (build === undefined) throw new PatternError(`Unrecognized match type ${name}`);
  const test = build(operand);
  return (leaves) => leaves.some(test);
}

type ValueTest = (value: unknown) => boolean;

const OPERATORS: Readonly<Record<string, (operand: Operand) => ValueTest>> = {
  exactly: (operand) => {
    const text = stringOf(operand, "exactly");
    return (value) => value === text;
  },
  prefix: (operand) => affix(operand, "prefix"),
  suffix: (operand) => affix(operand, "suffix"),
  "equals-ignore-case": (operand) => {
    const text = stringOf(operand, "equals-ignore-case").toLowerCase();
    return (value) => typeof value === "string" && value.toLowerCase() === text;
  },
  wildcard: (operand) => wildcard(stringOf(operand, "wildcard")),
  numeric,
  cidr,
  "anything-but": anythingBut,
};

function exists(operand: Operand): LeafTest {
  if (typeof operand !== "boolean") throw new PatternError("exists match pattern must be either true or false.");
  return (leaves) => leaves.length > 0 === operand;
}

function stringOf(operand: Operand, name: string): string {
  if (typeof operand !== "string") throw new PatternError(`${name} match pattern must be a string`);
  return operand;
}

function affix(operand: Operand, name: "prefix" | "suffix"): ValueTest {
  const folded = ignoreCaseOperand(operand, name);
  const text = folded ?? stringOf(operand, name);
  const wanted = folded === undefined ? text : text.toLowerCase();
  return (value) => {
    if (typeof value !== "string") return false;
    const subject = folded === undefined ? value : value.toLowerCase();
    return name === "prefix" ? subject.startsWith(wanted) : subject.endsWith(wanted);
  };
}

/** `{"prefix": {"equals-ignore-case": "x"}}` */
function ignoreCaseOperand(operand: Operand, name: string): string | undefined {
  if (typeof operand !== "object" || operand === null || Array.isArray(operand)) return undefined;
  const [entry, more] = Object.entries(operand);
  if (entry === undefined) throw new PatternError(`${name} match pattern must be a string`);
  const [inner, text] = entry;
  if (inner !== "equals-ignore-case") throw new PatternError(`Unsupported ${name} pattern: ${inner}`);
  if (more !== undefined) throw new PatternError("Only one key allowed in match expression");
  return stringOf(text, "equals-ignore-case");
}

/** `*` stands for any run of characters, `\*` and `\\` for themselves. */
function wildcard(text: string): ValueTest {
  let source = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "\\") {
      const escaped = text[++i];
      if (escaped !== "*" && escaped !== "\\") throw new PatternError(`Invalid escape character at pos ${i - 1}`);
      source += `\\${escaped}`;
    } else if (character === "*") {
      if (text[i + 1] === "*") throw new PatternError(`Consecutive wildcard characters at pos ${i}`);
      source += "[^]*";
    } else {
      source += character.replace(/[.+?^${}()|[\]/]/, "\\$&");
    }
  }
  const expression = new RegExp(`^${source}$`);
  return (value) => typeof value === "string" && expression.test(value);
}

type Compare = (value: number) => boolean;
const COMPARISONS: Readonly<Record<string, (bound: number) => Compare>> = {
  "=": (bound) => (value) => value === bound,
  "<": (bound) => (value) => value < bound,
  "<=": (bound) => (value) => value <= bound,
  ">": (bound) => (value) => value > bound,
  ">=": (bound) => (value) => value >= bound,
};

/** The range in which AWS compares numbers: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
const LARGEST_NUMBER = 5e9;

function numeric(operand: Operand): ValueTest {
  if (!Array.isArray(operand)) throw new PatternError("Value of numeric must be an array.");
  const [operator, bound, secondOperator, secondBound, ...more] = operand as unknown[];
  const first = comparison(operator, bound);
  if (operand.length === 2) return numberTest([first]);
  if (operator === "=" || more.length > 0) throw new PatternError("Too many elements in numeric expression");
  const opposite = String(operator).startsWith("<") ? ">" : "<";
  if (!String(secondOperator).startsWith(opposite)) throw new PatternError(`Bad numeric range operator: ${String(secondOperator)}`);
  const second = comparison(secondOperator, secondBound);
  const [low, high] = opposite === "<" ? [bound, secondBound] : [secondBound, bound];
  if (Number(low) >= Number(high)) throw new PatternError("Bottom must be less than top");
  return numberTest([first, second]);
}

function comparison(operator: unknown, bound: unknown): Compare {
  if (typeof operator !== "string")
    throw new PatternError(`Invalid member in numeric match: ${operator === undefined ? "]" : String(operator)}`);
  const build = COMPARISONS[operator];
  if (build === undefined) throw new PatternError(`Unrecognized numeric range operator: ${operator}`);
  if (typeof bound !== "number") throw new PatternError(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
  if (Math.abs(bound) > LARGEST_NUMBER) throw new PatternError(`Value must be between -5.0E9 and 5.0E9, inclusive: ${bound}`);
  return build(bound);
}

function numberTest(comparisons: readonly Compare[]): ValueTest {
  return (value) => typeof value === "number" && comparisons.every((holds) => holds(value));
}

function cidr(operand: Operand): ValueTest {
  const text = stringOf(operand, "CIDR");
  const [address = "", bits, ...more] = text.split("/");
  if (bits === undefined || more.length > 0) throw new PatternError("Malformed CIDR, one '/' required");
  const family = isIP(address);
  if (family === 0) throw new PatternError(`Nonstandard IP address: ${address}`);
  const length = Number(bits);
  if (!/^\d+$/.test(bits) || length > (family === 4 ? 32 : 128)) throw new PatternError("Malformed CIDR, mask bits must be an integer");
  const block = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  block.addSubnet(address, length, kind);
  return (value) => typeof value === "string" && isIP(value) === family && block.check(value, kind);
}

function anythingBut(operand: Operand): ValueTest {
  if (typeof operand === "object" && operand !== null && !Array.isArray(operand)) return anythingButExpression(operand);
  const list: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw new PatternError("Empty arrays are not allowed");
  if (!list.every((item) => typeof item === "string" || typeof item === "number")) {
    throw new PatternError("Value of anything-but must be an array or single string/number value.");
  }
  if (new Set(list.map((item) => typeof item)).size > 1) {
    throw new PatternError("Inside anything but list, either all values are number or string, mixed type is not supported");
  }
  const excluded = new Set<unknown>(list);
  return (value) => !excluded.has(value);
}

const NEGATABLE = ["prefix", "suffix", "equals-ignore-case", "wildcard"];

/** `{"anything-but": {"prefix": "a"}}`; each of the four takes one text or a list of them. */
function anythingButExpression(operand: object): ValueTest {
  const [entry, more] = Object.entries(operand);
  if (entry === undefined || more !== undefined) throw new PatternError("Only one key allowed in match expression");
  const [name, texts] = entry;
  const build = NEGATABLE.includes(name) ? OPERATORS[name] : undefined;
  if (build === undefined) throw new PatternError(`Unsupported anything-but pattern: ${name}`);
  const list: unknown[] = Array.isArray(texts) ? texts : [texts];
  if (list.length === 0) throw new PatternError("Empty arrays are not allowed");
  if (!list.every((text) => typeof text === "string" && (text !== "" || name === "equals-ignore-case"))) {
    throw new PatternError(`${name} match pattern must be a string`);
  }
  const tests = list.map(build);
  return (value) => !tests.some((test) => test(value));
}
