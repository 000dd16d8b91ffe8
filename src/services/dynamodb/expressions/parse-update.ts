import type { Operand, ParsedUpdate, UpdateAction, UpdateOperand, UpdateValue } from "./syntax.ts";
import { Tokens } from "./tokens.ts";

const CLAUSES = ["SET", "REMOVE", "ADD", "DELETE"] as const;

/**
 * Parses an update expression.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 * @throws AwsException ValidationException
 */
export function parseUpdate(text: string): ParsedUpdate {
  const tokens = new Tokens("UpdateExpression", text);
  const actions: UpdateAction[] = [];
  const seen = new Set<string>();
  while (!tokens.atEnd) {
    const clause = CLAUSES.find((keyword) => tokens.takeKeyword(keyword));
    if (clause === undefined) throw tokens.syntaxError();
    if (seen.has(clause)) throw tokens.error(`The "${clause}" section can only be used once in an update expression;`);
    seen.add(clause);
    do actions.push(parseAction(tokens, clause));
    while (tokens.takeSymbol(","));
  }
  return { actions, names: [...tokens.names], values: [...tokens.values] };
}

function parseAction(tokens: Tokens, clause: (typeof CLAUSES)[number]): UpdateAction {
  const path = tokens.takePath();
  if (clause === "REMOVE") return { kind: "REMOVE", path };
  if (clause === "SET") {
    tokens.expectSymbol("=");
    return { kind: "SET", path, value: parseValue(tokens) };
  }
  const name = tokens.takeValue();
  if (name === undefined) throw tokens.syntaxError();
  const operand: Operand = { kind: "value", name };
  return { kind: clause, path, operand };
}

function parseValue(tokens: Tokens): UpdateValue {
  const left = parseOperand(tokens);
  if (tokens.takeSymbol("+")) return { kind: "plus", left, right: parseOperand(tokens) };
  if (tokens.takeSymbol("-")) return { kind: "minus", left, right: parseOperand(tokens) };
  return left;
}

function parseOperand(tokens: Tokens): UpdateOperand {
  if (tokens.takeSymbol("(")) {
    tokens.countOperator();
    const inner = parseOperand(tokens);
    tokens.expectSymbol(")");
    return inner;
  }
  const value = tokens.takeValue();
  if (value !== undefined) return { kind: "value", name: value };
  const name = tokens.takeFunction();
  return name === undefined ? { kind: "path", parts: tokens.takePath() } : parseFunction(tokens, name);
}

function parseFunction(tokens: Tokens, name: string): UpdateOperand {
  tokens.countOperator();
  if (name !== "if_not_exists" && name !== "list_append") {
    const known = /^(attribute_(not_)?exists|attribute_type|begins_with|contains|size)$/.test(name);
    throw tokens.error(
      known ? `The function is not allowed in an update expression; function: ${name}` : `Invalid function name; function: ${name}`,
    );
  }
  const args = [parseOperand(tokens)];
  while (tokens.takeSymbol(",")) args.push(parseOperand(tokens));
  tokens.expectSymbol(")");
  const [first, second] = args;
  if (first === undefined || second === undefined || args.length !== 2) {
    throw tokens.error(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`,
    );
  }
  if (name === "list_append") return { kind: "list_append", left: first, right: second };
  if (first.kind !== "path") {
    throw tokens.error("Operator or function requires a document path; operator or function: if_not_exists");
  }
  return { kind: "if_not_exists", path: first.parts, otherwise: second };
}
