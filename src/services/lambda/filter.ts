type Json = Readonly<Record<string, unknown>>;

/**
 * True when a record satisfies a filter pattern: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 * A member that is absent only satisfies `{"exists": false}`.
 */
export function matchesFilter(pattern: Json, record: unknown): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === "$or" && Array.isArray(wanted)) return wanted.some((one) => isObject(one) && matchesFilter(one, record));
    const has = isObject(record) && name in record;
    const value = has ? record[name] : undefined;
    if (Array.isArray(wanted)) return wanted.some((rule) => fits(rule, value, has));
    return isObject(wanted) && (Array.isArray(value) ? value : [value]).some((one) => matchesFilter(wanted, one));
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fits(rule: unknown, value: unknown, has: boolean): boolean {
  if (isObject(rule) && "exists" in rule) return rule["exists"] === has;
  if (!has) return false;
  const values = Array.isArray(value) ? value : [value];
  return values.some((one) => (isObject(rule) ? fitsRule(rule, one) : rule === one));
}

function fitsRule(rule: Json, value: unknown): boolean {
  return Object.entries(rule).every(([kind, operand]) => {
    const test = TESTS[kind];
    return test?.(operand, value) ?? false;
  });
}

const same = (a: unknown, b: unknown): boolean => typeof a === "string" && typeof b === "string" && a.toLowerCase() === b.toLowerCase();

const TESTS: Readonly<Record<string, (operand: unknown, value: unknown) => boolean>> = {
  prefix: (operand, value) => typeof value === "string" && value.startsWith(String(operand)),
  suffix: (operand, value) => typeof value === "string" && value.endsWith(String(operand)),
  "equals-ignore-case": same,
  "anything-but": (operand, value) => {
    if (isObject(operand)) return !fitsRule(operand, value);
    return !(Array.isArray(operand) ? operand : [operand]).includes(value);
  },
  numeric: (operand, value) => typeof value === "number" && Array.isArray(operand) && fitsNumeric(operand, value),
};

function fitsNumeric(operand: readonly unknown[], value: number): boolean {
  for (let i = 0; i + 1 < operand.length; i += 2) {
    const limit = Number(operand[i + 1]);
    const holds: Record<string, boolean> = {
      "=": value === limit,
      "<": value < limit,
      "<=": value <= limit,
      ">": value > limit,
      ">=": value >= limit,
    };
    if (holds[String(operand[i])] !== true) return false;
  }
  return operand.length > 0;
}
