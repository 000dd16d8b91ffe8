import type { Answer } from "./call.ts";

type Headers = [string, string][];

/** Headers that API Gateway sets by itself, whatever the function says. */
const OWN = new Set(["content-length", "transfer-encoding", "connection", "keep-alive", "date", "apigw-requestid"]);

/**
 * A function's result as an answer; undefined when it is not one that API Gateway takes, which clients see as a 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function answerOf(payload: string, version: string | undefined): Answer | undefined {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const structured = typeof result === "object" && result !== null && !Array.isArray(result) && "statusCode" in result;
  if (structured) return fromStructure(result as Record<string, unknown>, version === "1.0");
  if (version === "1.0") return undefined;
  const body = typeof result === "string" ? result : payload;
  return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(body) };
}

function fromStructure(result: Record<string, unknown>, multiValue: boolean): Answer | undefined {
  const status = Number(result["statusCode"]);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const headers = headersOf(result, multiValue);
  const { body = "" } = result;
  if (headers === undefined || (typeof body !== "string" && body !== null)) return undefined;
  if (!headers.some(([name]) => name === "content-type")) headers.push(["content-type", "text/plain;charset=UTF-8"]);
  return { status, headers, body: Buffer.from(body ?? "", result["isBase64Encoded"] === true ? "base64" : "utf8") };
}

function headersOf(result: Record<string, unknown>, multiValue: boolean): Headers | undefined {
  const pairs: Headers = [];
  const add = (name: string, value: unknown): boolean => {
    if (typeof value === "object" || value === undefined) return value === null;
    const key = name.toLowerCase();
    if (!OWN.has(key)) pairs.push([key, String(value)]);
    return true;
  };
  const single = asObject(result["headers"]);
  const multiple = multiValue ? asObject(result["multiValueHeaders"]) : {};
  const cookies = multiValue ? [] : (result["cookies"] ?? []);
  if (single === undefined || multiple === undefined || !Array.isArray(cookies)) return undefined;
  const repeated = new Set(Object.keys(multiple).map((name) => name.toLowerCase()));
  for (const [name, value] of Object.entries(single)) if (!repeated.has(name.toLowerCase()) && !add(name, value)) return undefined;
  for (const [name, values] of Object.entries(multiple)) {
    if (!Array.isArray(values) || !values.every((value) => add(name, value))) return undefined;
  }
  if (!cookies.every((cookie) => add("set-cookie", cookie))) return undefined;
  return pairs;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return {};
  return typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
