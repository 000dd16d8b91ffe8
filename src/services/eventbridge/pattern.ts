import { type LeafTest, leafTest, PatternError } from "./pattern-tests.ts";

/** A pattern, ready to be asked. */
export interface CompiledPattern {
  /** The event as parsed JSON, envelope included. */
  matches(event: unknown): boolean;
  /** The exact values that `source` must have, when the pattern says so at its top; an index over rules is built from it. */
  readonly sources: readonly string[] | undefined;
}

type Test = (value: unknown) => boolean;
type Json = Readonly<Record<string, unknown>>;

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-complex-example-or */
const MAX_OR_COMBINATIONS = 1_000;

/**
 * Compiles an event pattern.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws PatternError whose message is the reason in AWS's words
 */
export function compilePattern(text: string): CompiledPattern {
  const pattern = parse(text);
  if (!isObject(pattern)) throw new PatternError("Filter is not an object");
  if (combinations(pattern) > MAX_OR_COMBINATIONS) {
    throw new PatternError(`Rule is too complex: more than ${MAX_OR_COMBINATIONS} combinations of $or`);
  }
  return { matches: objectTest(pattern), sources: exactSources(pattern) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PatternError(text.trim() === "" ? "Filter is not an object" : `Filter is not valid JSON: ${text.slice(0, 100)}`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All fields must match; of an array of objects one element must satisfy all fields below it together. */
function objectTest(pattern: Json): Test {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new PatternError("Empty objects are not allowed");
  const tests = entries.map(([name, value]) => fieldTest(name, value));
  return (event) => tests.every((test) => test(event));
}

function fieldTest(name: string, value: unknown): Test {
  if (name === "$or" && isAlternatives(value)) {
    const tests = value.map(objectTest);
    return (event) => tests.some((test) => test(event));
  }
  if (isObject(value)) {
    const test = objectTest(value);
    return (event) => objectsIn(member(event, name)).some(test);
  }
  if (Array.isArray(value)) {
    const test = valuesTest(value);
    return (event) => test(leavesOf(member(event, name)));
  }
  throw new PatternError(`"${name}" must be an object or an array`);
}

/** `$or` is an operator when it holds two or more objects; else it is a field of that name. */
function isAlternatives(value: unknown): value is readonly Json[] {
  return Array.isArray(value) && value.length >= 2 && value.every(isObject);
}

function valuesTest(values: readonly unknown[]): (leaves: readonly unknown[]) => boolean {
  if (values.length === 0) throw new PatternError("Empty arrays are not allowed");
  const exact = new Set<unknown>();
  const tests: LeafTest[] = [];
  for (const value of values) {
    if (isObject(value)) tests.push(leafTest(value));
    else if (Array.isArray(value)) throw new PatternError("Match value must be String, number, true, false, or null");
    else exact.add(value);
  }
  return (leaves) => leaves.some((leaf) => exact.has(leaf)) || tests.some((test) => test(leaves));
}

function member(event: unknown, name: string): unknown {
  return isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

/** The objects behind a field; one empty object when there is none, so that `exists: false` below it holds. */
function objectsIn(value: unknown): readonly Json[] {
  const found = flatten(value).filter(isObject);
  return found.length === 0 ? [{}] : found;
}

/** The plain values behind a field: arrays opened, objects left out, since patterns look at leaves only. */
function leavesOf(value: unknown): readonly unknown[] {
  return flatten(value).filter((item) => item !== undefined && !isObject(item));
}

function flatten(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [value];
}

function exactSources(pattern: Json): string[] | undefined {
  const source = pattern["source"];
  if (!Array.isArray(source)) return undefined;
  const values = source.filter((value): value is string => typeof value === "string");
  return values.length === source.length ? values : undefined;
}

function combinations(pattern: Json): number {
  let product = 1;
  for (const [name, value] of Object.entries(pattern)) {
    if (name === "$or" && isAlternatives(value)) product *= value.reduce((sum, item) => sum + combinations(item), 0);
    else if (isObject(value)) product *= combinations(value);
  }
  return product;
}
