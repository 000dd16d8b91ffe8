import type { Comparator, Condition, ConditionFunction, Operand, ParsedCondition } from "./syntax.ts";
import { type ExpressionKind, Tokens } from "./tokens.ts";

const COMPARATORS: readonly Comparator[] = ["=", "<>", "<=", ">=", "<", ">"];
const OPERANDS_OF: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
};
const MAX_IN = 100;
/** Functions that only updates have. */
const UPDATE_ONLY: ReadonlySet<string> = new Set(["if_not_exists", "list_append"]);

/**
 * Parses a condition, filter or key condition.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 * @throws AwsException ValidationException
 */
export function parseCondition(kind: ExpressionKind, text: string): ParsedCondition {
  const tokens = new Tokens(kind, text);
  const root = parseOr(tokens);
  tokens.expectEnd();
  return { root, names: [...tokens.names], values: [...tokens.values] };
}

function parseOr(tokens: Tokens): Condition {
  let left = parseAnd(tokens);
  while (tokens.takeKeyword("OR")) left = { kind: "or", left, right: parseAnd(tokens) };
  return left;
}

function parseAnd(tokens: Tokens): Condition {
  let left = parseNot(tokens);
  while (tokens.takeKeyword("AND")) left = { kind: "and", left, right: parseNot(tokens) };
  return left;
}

function parseNot(tokens: Tokens): Condition {
  if (!tokens.takeKeyword("NOT")) return parsePrimary(tokens);
  tokens.countOperator();
  return { kind: "not", condition: parseNot(tokens) };
}

function parsePrimary(tokens: Tokens): Condition {
  if (!tokens.takeSymbol("(")) return parseComparison(tokens);
  tokens.countOperator();
  const inner = parseOr(tokens);
  tokens.expectSymbol(")");
  if (tokens.grouped.has(inner)) throw tokens.error("The expression has redundant parentheses;");
  tokens.grouped.add(inner);
  return inner;
}

function parseComparison(tokens: Tokens): Condition {
  tokens.countOperator();
  const name = tokens.takeFunction();
  if (name !== undefined && name !== "size") return parseFunction(tokens, name);
  const left = name === "size" ? parseSize(tokens) : parseSimple(tokens);
  const operator = tokens.takeOneOf(COMPARATORS);
  if (operator !== undefined) return { kind: "compare", operator, left, right: parseOperand(tokens) };
  if (tokens.takeKeyword("BETWEEN")) {
    const low = parseOperand(tokens);
    tokens.expectKeyword("AND");
    return { kind: "between", operand: left, low, high: parseOperand(tokens) };
  }
  if (tokens.takeKeyword("IN")) return { kind: "in", operand: left, options: parseOptions(tokens) };
  if (left.kind === "size") throw misused(tokens, "size");
  throw tokens.syntaxError();
}

function parseOptions(tokens: Tokens): Operand[] {
  tokens.expectSymbol("(");
  const options = parseList(tokens);
  if (options.length > MAX_IN) throw wrongCount(tokens, "IN", options.length);
  return options;
}

function parseList(tokens: Tokens): Operand[] {
  const list = [parseOperand(tokens)];
  while (tokens.takeSymbol(",")) list.push(parseOperand(tokens));
  tokens.expectSymbol(")");
  return list;
}

function parseOperand(tokens: Tokens): Operand {
  const name = tokens.takeFunction();
  if (name === undefined) return parseSimple(tokens);
  if (name === "size") return parseSize(tokens);
  throw OPERANDS_OF[name] === undefined && !UPDATE_ONLY.has(name)
    ? tokens.error(`Invalid function name; function: ${name}`)
    : misused(tokens, name);
}

function parseSimple(tokens: Tokens): Operand {
  const value = tokens.takeValue();
  return value === undefined ? { kind: "path", parts: tokens.takePath() } : { kind: "value", name: value };
}

function parseSize(tokens: Tokens): Operand {
  tokens.countOperator();
  const args = parseList(tokens);
  const [of] = args;
  if (of === undefined || args.length !== 1) throw wrongCount(tokens, "size", args.length);
  if (of.kind === "size") throw misused(tokens, "size");
  return { kind: "size", of };
}

function parseFunction(tokens: Tokens, name: string): Condition {
  if (UPDATE_ONLY.has(name)) throw tokens.error(`The function is not allowed in a ${phrase(tokens.kind)}; function: ${name}`);
  const wanted = OPERANDS_OF[name];
  if (wanted === undefined) throw tokens.error(`Invalid function name; function: ${name}`);
  const args = parseList(tokens);
  if (args.length !== wanted) throw wrongCount(tokens, name, args.length);
  if (name.startsWith("attribute_") && args[0]?.kind !== "path") {
    throw tokens.error(`Operator or function requires a document path; operator or function: ${name}`);
  }
  for (const symbol of COMPARATORS) if (tokens.isSymbol(symbol)) throw misused(tokens, name);
  return { kind: "function", name: name as ConditionFunction, args };
}

function phrase(kind: ExpressionKind): string {
  return kind === "ConditionExpression"
    ? "condition expression"
    : kind === "FilterExpression"
      ? "filter expression"
      : "key condition expression";
}

function misused(tokens: Tokens, name: string): Error {
  return tokens.error(`The function is not allowed to be used this way in an expression; function: ${name}`);
}

function wrongCount(tokens: Tokens, name: string, count: number): Error {
  return tokens.error(`Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`);
}
