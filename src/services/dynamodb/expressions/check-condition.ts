import { validation } from "../errors.ts";
import { type AttributeValue, compare, equal, type TypeName, typeOf } from "../values.ts";
import type { Bindings } from "./bindings.ts";
import { showPath } from "./paths.ts";
import type { Condition, Operand } from "./syntax.ts";
import type { ExpressionKind } from "./tokens.ts";

const ORDERED: ReadonlySet<TypeName> = new Set(["S", "N", "B"]);
const SIZED: ReadonlySet<TypeName> = new Set(["S", "B", "SS", "NS", "BS", "L", "M"]);
const TYPE_NAMES = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];

/**
 * Finds mistakes that the values of a request make in its condition, whatever the item.
 * @throws AwsException ValidationException
 */
export function checkCondition(kind: ExpressionKind, condition: Condition, bindings: Bindings): void {
  const fail = (message: string): Error => validation(`Invalid ${kind}: ${message}`);
  const given = (operand: Operand): AttributeValue | undefined =>
    operand.kind === "value" ? bindings.value(operand.name) : operand.kind === "literal" ? operand.value : undefined;
  const ordered = (operand: Operand, operator: string, allowed = ORDERED): void => {
    const value = given(operand);
    if (value !== undefined && !allowed.has(typeOf(value))) throw wrongType(operator, value, fail);
  };
  const visitOperand = (operand: Operand): void => {
    if (operand.kind === "size") ordered(operand.of, "size", SIZED);
  };
  const visit = (node: Condition): void => {
    switch (node.kind) {
      case "and":
      case "or":
        visit(node.left);
        visit(node.right);
        return;
      case "not":
        visit(node.condition);
        return;
      case "compare":
        for (const operand of [node.left, node.right]) {
          visitOperand(operand);
          if (node.operator !== "=" && node.operator !== "<>") ordered(operand, node.operator);
        }
        distinct(node.operator, [node.left, node.right], bindings, fail);
        return;
      case "between":
        for (const operand of [node.operand, node.low, node.high]) {
          visitOperand(operand);
          ordered(operand, "BETWEEN");
        }
        checkBounds(given(node.low), given(node.high), fail);
        return;
      case "in":
        for (const operand of [node.operand, ...node.options]) visitOperand(operand);
        return;
      case "function":
        for (const operand of node.args) visitOperand(operand);
        checkFunction(node, given, fail, bindings);
    }
  };
  visit(condition);
}

type Fail = (message: string) => Error;

function wrongType(operator: string, value: AttributeValue, fail: Fail): Error {
  return fail(`Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeOf(value)}`);
}

function distinct(operator: string, [left, right]: readonly [Operand, Operand], bindings: Bindings, fail: Fail): void {
  if (left.kind !== "path" || right.kind !== "path") return;
  const shown = showPath(bindings.path(left.parts));
  if (shown !== showPath(bindings.path(right.parts))) return;
  throw fail(
    `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${shown}`,
  );
}

function checkBounds(low: AttributeValue | undefined, high: AttributeValue | undefined, fail: Fail): void {
  if (low === undefined || high === undefined) return;
  const bounds = `lower bound operand: AttributeValue: ${show(low)}, upper bound operand: AttributeValue: ${show(high)}`;
  const order = compare(low, high);
  if (order === undefined) throw fail(`The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
  if (order > 0) throw fail(`The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`);
}

function show(value: AttributeValue): string {
  const type = typeOf(value);
  return `{${type}:${value.B === undefined ? String(value[type]) : Buffer.from(value.B).toString("base64")}}`;
}

function checkFunction(
  node: Condition & { readonly kind: "function" },
  given: (operand: Operand) => AttributeValue | undefined,
  fail: Fail,
  bindings: Bindings,
): void {
  const [first, second] = node.args;
  if (first === undefined || second === undefined) return;
  if (node.name === "contains") distinct("contains", [first, second], bindings, fail);
  const argument = given(second);
  if (argument === undefined) {
    if (node.name === "attribute_type") {
      throw fail("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: PATH");
    }
    return;
  }
  if (node.name === "attribute_type") {
    if (argument.S === undefined) throw wrongType("attribute_type", argument, fail);
    if (!TYPE_NAMES.includes(argument.S)) {
      throw fail(`Invalid attribute type name found; type: ${argument.S}, valid types: {${TYPE_NAMES.join(",")}}`);
    }
  }
  if (node.name === "begins_with" && argument.S === undefined && argument.B === undefined) {
    throw wrongType("begins_with", argument, fail);
  }
  const target = given(first);
  if (target !== undefined && equal(target, argument) && first.kind === "value" && second.kind === "value" && first.name === second.name) {
    throw fail(
      `The first operand must be distinct from the remaining operands for this operator or function; operator: ${node.name}, first operand: ${show(target)}`,
    );
  }
}
