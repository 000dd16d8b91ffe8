import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { Condition } from "./policy.ts";

/** Context keys in lower case to their values; a key that is not there was not part of the request. */
export type ContextKeys = ReadonlyMap<string, readonly string[]>;

type Test = (actual: string, expected: string) => boolean;

const wildcards = new Map<string, RegExp>();

/** Matches `*` (any text) and `?` (any character) over the whole of `text`. */
export function like(text: string, pattern: string, ignoreCase = false): boolean {
  if (pattern === "*") return true;
  if (!pattern.includes("*") && !pattern.includes("?") && !pattern.includes("\uE000")) {
    return ignoreCase ? text.toLowerCase() === pattern.toLowerCase() : text === pattern;
  }
  const key = ignoreCase ? `i${pattern}` : `c${pattern}`;
  let expression = wildcards.get(key);
  if (expression === undefined) {
    if (wildcards.size > 5_000) wildcards.clear();
    expression = new RegExp(`^${translate(pattern)}$`, ignoreCase ? "is" : "s");
    wildcards.set(key, expression);
  }
  return expression.test(text);
}

/** A private-use character before another marks what came out of `${*}`, `${?}` and variables: it is taken literally. */
function translate(pattern: string): string {
  return (
    pattern
      .replace(/\uE000?[\s\S]/g, (token) => {
        if (token === "*") return ".*";
        if (token === "?") return ".";
        const character = token.length > 1 ? token.slice(1) : token;
        return character.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
      })
      // Consecutive stars would only make the expression slow.
      .replace(/(\.\*)+/g, ".*")
  );
}

/** Takes away the marks that `substitute` left, for operators without wildcards. */
function plain(text: string): string {
  return text.replaceAll("\uE000", "");
}

const number: (compare: (a: number, b: number) => boolean) => Test = (compare) => (actual, expected) => {
  const [a, b] = [Number(actual), Number(expected)];
  return actual.trim() !== "" && !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
};

const date: (compare: (a: number, b: number) => boolean) => Test = (compare) => (actual, expected) => {
  const [a, b] = [instant(actual), instant(expected)];
  return !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
};

/** ISO 8601, or seconds since the epoch. */
function instant(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

/** Each of the six parts is compared by itself, so that a star does not reach over a colon. */
export function arnLike(actual: string, pattern: string): boolean {
  const [left, right] = [sixParts(actual), sixParts(pattern)];
  return left.length === right.length && right.every((part, i) => like(left[i] ?? "", part));
}

function sixParts(arn: string): string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

/** Whether the address lies in the range, given in CIDR notation or as one address. */
export function inRange(address: string, range: string): boolean {
  const [network = "", bits] = range.split("/");
  const family = isIPv4(network) ? "ipv4" : isIPv6(network) ? "ipv6" : undefined;
  if (family === undefined) return false;
  const mapped = address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
  if ((family === "ipv4") !== isIPv4(mapped) || !(isIPv4(mapped) || isIPv6(mapped))) return false;
  const prefix = bits === undefined ? (family === "ipv4" ? 32 : 128) : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === "ipv4" ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(mapped, family);
}

/** Positive tests by operator; the negated ones are made from them. */
const tests: Readonly<Record<string, Test>> = {
  stringequals: (a, e) => a === plain(e),
  stringequalsignorecase: (a, e) => a.toLowerCase() === plain(e).toLowerCase(),
  stringlike: (a, e) => like(a, e),
  numericequals: number((a, e) => a === e),
  numericlessthan: number((a, e) => a < e),
  numericlessthanequals: number((a, e) => a <= e),
  numericgreaterthan: number((a, e) => a > e),
  numericgreaterthanequals: number((a, e) => a >= e),
  dateequals: date((a, e) => a === e),
  datelessthan: date((a, e) => a < e),
  datelessthanequals: date((a, e) => a <= e),
  dategreaterthan: date((a, e) => a > e),
  dategreaterthanequals: date((a, e) => a >= e),
  bool: (a, e) => a.toLowerCase() === plain(e).toLowerCase(),
  binaryequals: (a, e) => a === plain(e),
  ipaddress: (a, e) => inRange(a, plain(e)),
  arnequals: arnLike,
  arnlike: arnLike,
};

const negated: Readonly<Record<string, string>> = {
  stringnotequals: "stringequals",
  stringnotequalsignorecase: "stringequalsignorecase",
  stringnotlike: "stringlike",
  numericnotequals: "numericequals",
  datenotequals: "dateequals",
  notipaddress: "ipaddress",
  arnnotequals: "arnequals",
  arnnotlike: "arnlike",
};

/**
 * Whether one condition holds. Several expected values are an OR for positive operators and a NOR for negated ones.
 * A key that the request does not have fails a positive operator and passes a negated one, `IfExists` and `ForAllValues`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function conditionHolds(condition: Condition, context: ContextKeys, substitute: (text: string) => string | undefined): boolean {
  const actual = context.get(condition.key);
  if (condition.operator === "null") {
    return condition.values.some((value) => (value.toLowerCase() === "true") === (actual === undefined || actual.length === 0));
  }
  const positive = negated[condition.operator];
  const test = tests[positive ?? condition.operator];
  if (test === undefined) return false;
  if (actual === undefined || actual.length === 0) {
    if (condition.qualifier !== undefined) return condition.qualifier === "all";
    return condition.ifExists || positive !== undefined;
  }
  const expected = condition.values.map(substitute).filter((value) => value !== undefined);
  const holds = (value: string): boolean => expected.some((wanted) => test(value, wanted)) === (positive === undefined);
  if (condition.qualifier === "all") return actual.every(holds);
  if (condition.qualifier === "any") return actual.some(holds);
  return positive === undefined ? actual.some(holds) : actual.every(holds);
}
