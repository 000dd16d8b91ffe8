import { evaluate, type Scope } from "./evaluate.ts";
import { isRecord, type Json, type Template, validationError } from "./parse.ts";

/**
 * `Fn::ForEach` of AWS::LanguageExtensions: `"Fn::ForEach::Name": [variable, list, {key template: value template}]`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
 */
export function expandLoops(template: Template, scope: Scope): Template {
  return expand(template, scope) as Template;
}

function expand(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => expand(item, scope));
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key.startsWith("Fn::ForEach::")) Object.assign(result, loop(key, inner, scope));
    else result[key] = expand(inner, scope);
  }
  return result;
}

function loop(key: string, argument: unknown, scope: Scope): Json {
  const [variable, list, body] = Array.isArray(argument) ? (argument as unknown[]) : [];
  const items = evaluate(list, scope);
  if (typeof variable !== "string" || !Array.isArray(items) || !isRecord(body)) {
    throw validationError(`Transform AWS::LanguageExtensions failed with: ${key} layout is incorrect`);
  }
  const result: Record<string, unknown> = {};
  for (const item of items) Object.assign(result, expand(substitute(body, variable, String(item)), scope));
  return result;
}

/** `${Variable}`, `&{Variable}` (without its non-alphanumeric characters) and `{"Ref": "Variable"}`. */
function substitute(value: unknown, variable: string, item: string): unknown {
  if (typeof value === "string") {
    return value.replaceAll(`\${${variable}}`, item).replaceAll(`&{${variable}}`, item.replaceAll(/[^A-Za-z0-9]/g, ""));
  }
  if (Array.isArray(value)) return value.map((inner) => substitute(inner, variable, item));
  if (!isRecord(value)) return value;
  if (value["Ref"] === variable && Object.keys(value).length === 1) return item;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [String(substitute(key, variable, item)), substitute(inner, variable, item)]),
  );
}
