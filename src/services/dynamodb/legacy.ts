import type {
  AttributeValueUpdate,
  ComparisonOperator,
  ExpectedAttributeValue,
  Condition as LegacyCondition,
} from "@aws-sdk/client-dynamodb";
import { invalidValues, validation } from "./errors.ts";
import { Bindings } from "./expressions/bindings.ts";
import { checkCondition } from "./expressions/check-condition.ts";
import type { Condition, Operand, UpdateAction } from "./expressions/syntax.ts";
import { type AttributeValue, normalise } from "./values.ts";
import type { BoundCondition, BoundUpdate } from "./write-request.ts";

/*
 * The parameters from before expressions, turned into what expressions are parsed to.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
 */

const NONE = new Bindings({}, true);
const OPERANDS: Readonly<Record<ComparisonOperator, number | "some">> = {
  EQ: 1,
  NE: 1,
  LE: 1,
  LT: 1,
  GE: 1,
  GT: 1,
  NOT_NULL: 0,
  NULL: 0,
  CONTAINS: 1,
  NOT_CONTAINS: 1,
  BEGINS_WITH: 1,
  IN: "some",
  BETWEEN: 2,
};
const COMPARATORS = { EQ: "=", NE: "<>", LE: "<=", LT: "<", GE: ">=", GT: ">" } as const;

/** @throws AwsException ValidationException when a request mixes both forms */
export function refuseMixed(input: object, legacy: readonly string[], expressions: readonly string[]): void {
  const given = (names: readonly string[]): string[] => names.filter((name) => (input as Record<string, unknown>)[name] !== undefined);
  const old = given(legacy);
  if (old.length === 0) return;
  const fresh = given(expressions);
  if (fresh.length > 0) {
    throw validation(
      `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${old.join(", ")}} Expression parameters: {${fresh.join(", ")}}`,
    );
  }
}

interface ExpectedMembers {
  readonly Expected?: Record<string, ExpectedAttributeValue> | undefined;
  readonly ConditionalOperator?: "AND" | "OR" | undefined;
}

/** The condition of `Expected`; undefined when there is none. */
export function expected({ Expected, ConditionalOperator }: ExpectedMembers): BoundCondition | undefined {
  const entries = Object.entries(Expected ?? {});
  const root = combine(
    entries.map(([name, entry]) => expectedOne(name, entry)),
    ConditionalOperator,
  );
  if (root === undefined) return undefined;
  checkCondition("ConditionExpression", root, NONE);
  return { root, bindings: NONE };
}

function expectedOne(
  name: string,
  { Value, Exists, ComparisonOperator: operator, AttributeValueList: list }: ExpectedAttributeValue,
): Condition {
  if (operator !== undefined) {
    if (Value !== undefined || Exists !== undefined) {
      throw invalidValues(`Value or Exists cannot be used with ComparisonOperator for Attribute: ${name}`);
    }
    return compareWith(name, operator, list ?? []);
  }
  if (Exists === false) {
    if (Value !== undefined) throw invalidValues(`Value cannot be used when Exists is false for Attribute: ${name}`);
    return compareWith(name, "NULL", []);
  }
  if (Value === undefined) throw invalidValues(`Value must be provided when Exists is ${Exists ?? "null"} for Attribute: ${name}`);
  return compareWith(name, "EQ", [Value]);
}

/** The condition of a filter or of key conditions; undefined when it is empty. */
export function legacyConditions(
  conditions: Record<string, LegacyCondition> | undefined,
  operator?: "AND" | "OR",
): BoundCondition | undefined {
  const root = combine(
    Object.entries(conditions ?? {}).map(([name, { ComparisonOperator: comparison, AttributeValueList: list }]) =>
      compareWith(name, comparison, list ?? []),
    ),
    operator,
  );
  return root === undefined ? undefined : { root, bindings: NONE };
}

function combine(conditions: readonly Condition[], operator: "AND" | "OR" = "AND"): Condition | undefined {
  const [first, ...rest] = conditions;
  return rest.reduce<Condition | undefined>(
    (left, right) => (left === undefined ? right : { kind: operator === "OR" ? "or" : "and", left, right }),
    first,
  );
}

function compareWith(name: string, operator: ComparisonOperator | undefined, values: readonly AttributeValue[]): Condition {
  const wanted = operator === undefined ? undefined : OPERANDS[operator];
  if (operator === undefined || (wanted === "some" ? values.length === 0 : values.length !== wanted)) {
    throw invalidValues(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  }
  const path: Operand = { kind: "path", parts: [name] };
  const [first, second] = values.map((value): Operand => ({ kind: "literal", value: normalise(value, { size: 0, binary: false }) }));
  if (operator === "NULL") return { kind: "function", name: "attribute_not_exists", args: [path] };
  if (operator === "NOT_NULL") return { kind: "function", name: "attribute_exists", args: [path] };
  if (first === undefined) throw invalidValues(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  switch (operator) {
    case "BETWEEN":
      return { kind: "between", operand: path, low: first, high: second ?? first };
    case "IN":
      return { kind: "in", operand: path, options: values.map((value) => ({ kind: "literal", value })) };
    case "BEGINS_WITH":
      return { kind: "function", name: "begins_with", args: [path, first] };
    case "CONTAINS":
      return { kind: "function", name: "contains", args: [path, first] };
    case "NOT_CONTAINS":
      return { kind: "not", condition: { kind: "function", name: "contains", args: [path, first] } };
    default:
      return { kind: "compare", operator: COMPARATORS[operator], left: path, right: first };
  }
}

/** The update of `AttributeUpdates`; undefined when there is none. */
export function attributeUpdates(updates: Record<string, AttributeValueUpdate> | undefined): BoundUpdate | undefined {
  if (updates === undefined) return undefined;
  const actions = Object.entries(updates).map(([name, { Action = "PUT", Value }]): UpdateAction => {
    const path = [name];
    if (Value === undefined) {
      if (Action === "DELETE") return { kind: "REMOVE", path };
      throw invalidValues(`Only DELETE action is allowed when no attribute value is specified`);
    }
    const operand: Operand = { kind: "literal", value: normalise(Value, { size: 0, binary: false }) };
    return Action === "PUT" ? { kind: "SET", path, value: operand } : { kind: Action, path, operand };
  });
  return { root: { actions, names: [], values: [] }, bindings: NONE };
}
