import type { ParsedProjection, PathPart } from "./syntax.ts";
import { Tokens } from "./tokens.ts";

/**
 * Parses a list of document paths.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
 * @throws AwsException ValidationException
 */
export function parseProjection(text: string): ParsedProjection {
  const tokens = new Tokens("ProjectionExpression", text);
  const paths: PathPart[][] = [];
  do paths.push(tokens.takePath());
  while (tokens.takeSymbol(","));
  tokens.expectEnd();
  return { paths, names: [...tokens.names], values: [] };
}
