/** Why a Metrics Insights query is none. */
export class QueryError extends SyntaxError {}

export interface Token {
  /** `name` is written without quotation marks, `quoted` with double ones, `text` with single ones. */
  readonly kind: "name" | "quoted" | "text" | "number" | "symbol" | "end";
  readonly text: string;
}

export const END: Token = { kind: "end", text: "the end of the query" };

const TOKEN = /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|"((?:\\.|[^"\\])*)"|'((?:\\.|''|[^'\\])*)'|(\d+)|(!=|[=(),.;]))/y;

const unescaped = (text: string): string => text.replace(/\\(.)/g, "$1");

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html#cloudwatch-metrics-insights-syntaxdetails
 * @throws QueryError
 */
export function tokenize(query: string): Token[] {
  const source = query.trimEnd();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (found === null) throw new QueryError(`unexpected '${source.slice(at).trimStart().slice(0, 10)}'`);
    const [, name, quoted, text, number, symbol = ""] = found;
    if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (quoted !== undefined) tokens.push({ kind: "quoted", text: unescaped(quoted) });
    else if (text !== undefined) tokens.push({ kind: "text", text: unescaped(text.replaceAll("''", "'")) });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else tokens.push({ kind: "symbol", text: symbol });
  }
  return tokens;
}
