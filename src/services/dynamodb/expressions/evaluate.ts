import { type AttributeValue, byteLength, compare, equal, type Item, typeOf } from "../values.ts";
import type { Bindings } from "./bindings.ts";
import { valueAt } from "./paths.ts";
import type { Comparator, Condition, Operand } from "./syntax.ts";

/**
 * Whether an item meets a condition. What is not there makes every comparison false, `<>` excepted.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export function evaluate(condition: Condition, item: Item, bindings: Bindings): boolean {
  switch (condition.kind) {
    case "and":
      return evaluate(condition.left, item, bindings) && evaluate(condition.right, item, bindings);
    case "or":
      return evaluate(condition.left, item, bindings) || evaluate(condition.right, item, bindings);
    case "not":
      return !evaluate(condition.condition, item, bindings);
    case "compare": {
      const left = operandValue(condition.left, item, bindings);
      const right = operandValue(condition.right, item, bindings);
      return compares(condition.operator, left, right);
    }
    case "between": {
      const value = operandValue(condition.operand, item, bindings);
      const low = operandValue(condition.low, item, bindings);
      return compares(">=", value, low) && compares("<=", value, operandValue(condition.high, item, bindings));
    }
    case "in": {
      const value = operandValue(condition.operand, item, bindings);
      return condition.options.some((option) => compares("=", value, operandValue(option, item, bindings)));
    }
    case "function":
      return callFunction(condition, item, bindings);
  }
}

/** The value of an operand; undefined for a path that leads nowhere. */
export function operandValue(operand: Operand, item: Item, bindings: Bindings): AttributeValue | undefined {
  switch (operand.kind) {
    case "value":
      return bindings.value(operand.name);
    case "literal":
      return operand.value;
    case "path":
      return valueAt(item, bindings.path(operand.parts));
    case "size":
      return sizeOf(operandValue(operand.of, item, bindings));
  }
}

function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  if (value === undefined) return undefined;
  if (value.S !== undefined) return { N: String(byteLength(value.S)) };
  if (value.M !== undefined) return { N: String(Object.keys(value.M).length) };
  const counted = value.B ?? value.SS ?? value.NS ?? value.BS ?? value.L;
  return counted === undefined ? undefined : { N: String(counted.length) };
}

function compares(operator: Comparator, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (left === undefined || right === undefined) return operator === "<>" && left !== right;
  if (operator === "=") return equal(left, right);
  if (operator === "<>") return !equal(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order >= 0;
}

function callFunction(node: Condition & { readonly kind: "function" }, item: Item, bindings: Bindings): boolean {
  const [first, second] = node.args;
  const value = first === undefined ? undefined : operandValue(first, item, bindings);
  if (node.name === "attribute_exists") return value !== undefined;
  if (node.name === "attribute_not_exists") return value === undefined;
  const argument = second === undefined ? undefined : operandValue(second, item, bindings);
  if (value === undefined || argument === undefined) return false;
  if (node.name === "attribute_type") return typeOf(value) === argument.S;
  return node.name === "begins_with" ? beginsWith(value, argument) : contains(value, argument);
}

function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S);
  if (value.B === undefined || prefix.B === undefined) return false;
  return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined) return part.B !== undefined && Buffer.from(value.B).includes(Buffer.from(part.B));
  if (value.SS !== undefined) return part.S !== undefined && value.SS.includes(part.S);
  if (value.NS !== undefined) return part.N !== undefined && value.NS.includes(part.N);
  const { B } = part;
  if (value.BS !== undefined) return B !== undefined && value.BS.some((member) => Buffer.compare(member, B) === 0);
  return value.L?.some((element) => equal(element, part)) ?? false;
}
