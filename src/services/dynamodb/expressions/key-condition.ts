import { invalidValues, validation } from "../errors.ts";
import { after, afterPrefix, type KeyType, keyBytes, RANGE_END } from "../key-bytes.ts";
import type { AttributeValue } from "../values.ts";
import type { Bindings } from "./bindings.ts";
import { operandValue } from "./evaluate.ts";
import type { Condition, Operand } from "./syntax.ts";

/** One attribute of a key. */
export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

/** Where a query reads: one partition, and from `low` up to and without `high` in it, as key bytes. */
export interface KeyRange {
  readonly partition: AttributeValue;
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

interface Term {
  readonly name: string;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "BETWEEN" | "begins_with";
  readonly values: readonly AttributeValue[];
}

const MIRRORED = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;
const NOTHING = new Uint8Array(0);

/**
 * Turns a key condition into a range of keys.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 * @throws AwsException ValidationException
 */
export function keyRange(condition: Condition, hash: KeyAttribute, range: KeyAttribute | undefined, bindings: Bindings): KeyRange {
  const terms = collect(condition, bindings);
  const names = terms.map(({ name }) => name);
  if (new Set(names).size < names.length) throw validation("KeyConditionExpressions must only contain one condition per key");
  const partition = terms.find(({ name }) => name === hash.name);
  if (partition === undefined) throw validation(`Query condition missed key schema element: ${hash.name}`);
  if (partition.operator !== "=") throw validation("Query key condition not supported");
  const [value] = checkedValues(partition, hash);
  const rest = terms.filter((term) => term !== partition);
  const sort = rest.find(({ name }) => name === range?.name);
  if (rest.length > (sort === undefined ? 0 : 1)) {
    throw validation(
      range === undefined || sort !== undefined
        ? "Query key condition not supported"
        : `Query condition missed key schema element: ${range.name}`,
    );
  }
  const bounds = sort === undefined || range === undefined ? { low: NOTHING, high: RANGE_END } : boundsOf(sort, range);
  return { partition: value, ...bounds };
}

function checkedValues(term: Term, key: KeyAttribute): [AttributeValue, ...AttributeValue[]] {
  const [first, ...others] = term.values;
  if (first === undefined) throw validation("Query key condition not supported");
  for (const value of term.values) {
    if (value[key.type] === undefined) throw invalidValues("Condition parameter type does not match schema type");
    if (value.S === "" && term.operator !== "begins_with") {
      throw validation(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${key.name}`,
      );
    }
  }
  return [first, ...others];
}

function boundsOf(term: Term, key: KeyAttribute): { low: Uint8Array; high: Uint8Array } {
  const [value, second] = checkedValues(term, key);
  const bytes = keyBytes(value);
  switch (term.operator) {
    case "=":
      return { low: bytes, high: after(bytes) };
    case "<":
      return { low: NOTHING, high: bytes };
    case "<=":
      return { low: NOTHING, high: after(bytes) };
    case ">":
      return { low: after(bytes), high: RANGE_END };
    case ">=":
      return { low: bytes, high: RANGE_END };
    case "BETWEEN":
      return { low: bytes, high: after(keyBytes(second)) };
    case "begins_with":
      if (value.N !== undefined) {
        throw validation(
          "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        );
      }
      return { low: bytes, high: afterPrefix(bytes) };
  }
}

function collect(condition: Condition, bindings: Bindings): Term[] {
  switch (condition.kind) {
    case "and":
      return [...collect(condition.left, bindings), ...collect(condition.right, bindings)];
    case "compare": {
      const { operator, left, right } = condition;
      if (operator === "<>") throw invalidOperator("<>");
      return left.kind === "path"
        ? [{ name: keyName(left, bindings), operator, values: [constant(right, bindings)] }]
        : [{ name: keyName(right, bindings), operator: MIRRORED[operator], values: [constant(left, bindings)] }];
    }
    case "between": {
      const values = [constant(condition.low, bindings), constant(condition.high, bindings)];
      return [{ name: keyName(condition.operand, bindings), operator: "BETWEEN", values }];
    }
    case "function": {
      const [path, value] = condition.args;
      if (condition.name !== "begins_with" || path === undefined || value === undefined) throw invalidOperator(condition.name);
      return [{ name: keyName(path, bindings), operator: "begins_with", values: [constant(value, bindings)] }];
    }
    default:
      throw invalidOperator(condition.kind.toUpperCase());
  }
}

function invalidOperator(operator: string): Error {
  return validation(`Invalid operator used in KeyConditionExpression: ${operator}`);
}

function keyName(operand: Operand, bindings: Bindings): string {
  if (operand.kind !== "path") {
    throw validation("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
  }
  const [name, ...rest] = bindings.path(operand.parts);
  if (typeof name !== "string" || rest.length > 0) {
    throw validation("Key condition expressions cannot have conditions on nested attributes");
  }
  return name;
}

function constant(operand: Operand, bindings: Bindings): AttributeValue {
  if (operand.kind === "path") {
    throw validation("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
  }
  if (operand.kind === "size") throw invalidOperator("size");
  return operandValue(operand, {}, bindings) ?? { NULL: true };
}
