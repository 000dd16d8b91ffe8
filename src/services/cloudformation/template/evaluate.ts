import { cidrBlocks } from "./cidr.ts";
import { functionOf, splitDot, subParts } from "./functions.ts";
import { isRecord, type Json, validationError } from "./parse.ts";

/** What `AWS::NoValue` is worth: whatever holds it leaves it out. */
export const NO_VALUE = Symbol("AWS::NoValue");

/** Where an evaluation gets its values from. `undefined` from `ref` and `attribute` means that there is no such thing yet. */
export interface Scope {
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  importValue(name: string): string;
  readonly mappings: Json;
  zones(region: string): string[];
}

/** Evaluates every intrinsic function in a value. `NO_VALUE` comes back when the value itself is `AWS::NoValue`. */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isRecord(value)) return value;
  const call = functionOf(value);
  if (call !== undefined) {
    const handler = HANDLERS[call[0]];
    if (handler !== undefined) return handler(call[1], scope);
  }
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const evaluated = evaluate(inner, scope);
    if (evaluated !== NO_VALUE) result[key] = evaluated;
  }
  return result;
}

type Handler = (argument: unknown, scope: Scope) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  Ref: (argument, scope) => {
    if (typeof argument !== "string") throw validationError("Template format error: Every Ref object must have a single String value.");
    if (argument === "AWS::NoValue") return NO_VALUE;
    const value = scope.ref(argument);
    if (value === undefined) throw unresolved(argument);
    return value;
  },
  Condition: (argument, scope) => (typeof argument === "string" ? scope.condition(argument) : { Condition: argument }),
  "Fn::GetAtt": getAtt,
  "Fn::Sub": sub,
  "Fn::Join": join,
  "Fn::Select": select,
  "Fn::Split": split,
  "Fn::FindInMap": findInMap,
  "Fn::If": (argument, scope) => {
    const [condition, yes, no] = Array.isArray(argument) ? (argument as unknown[]) : [];
    if (!Array.isArray(argument) || argument.length !== 3 || typeof condition !== "string") {
      throw validationError(
        "Template error: Fn::If requires a list argument with the first element being a condition name and second and third being values",
      );
    }
    return evaluate(scope.condition(condition) ? yes : no, scope);
  },
  "Fn::Equals": (argument, scope) => {
    if (!Array.isArray(argument) || argument.length !== 2) {
      throw validationError("Template error: Fn::Equals requires a list argument with two elements");
    }
    const [left, right] = argument.map((item) => comparable(evaluate(item, scope)));
    return left === right;
  },
  "Fn::And": (argument, scope) => conditionList("Fn::And", argument).every((item) => truth(evaluate(item, scope))),
  "Fn::Or": (argument, scope) => conditionList("Fn::Or", argument).some((item) => truth(evaluate(item, scope))),
  "Fn::Not": (argument, scope) => {
    if (!Array.isArray(argument) || argument.length !== 1) {
      throw validationError("Template error: Fn::Not requires a list argument with one element");
    }
    return !truth(evaluate(argument[0], scope));
  },
  "Fn::Base64": (argument, scope) => Buffer.from(text(evaluate(argument, scope), "Fn::Base64")).toString("base64"),
  "Fn::Cidr": (argument, scope) => {
    const parts = Array.isArray(argument) ? argument.map((item) => evaluate(item, scope)) : [];
    const [block, count, bits] = parts;
    return cidrBlocks(text(block, "Fn::Cidr"), Number(count), bits === undefined ? undefined : Number(bits));
  },
  "Fn::GetAZs": (argument, scope) => scope.zones(text(evaluate(argument, scope), "Fn::GetAZs")),
  "Fn::ImportValue": (argument, scope) => scope.importValue(text(evaluate(argument, scope), "Fn::ImportValue")),
  "Fn::Length": (argument, scope) => {
    const list = evaluate(argument, scope);
    if (!Array.isArray(list)) throw validationError("Template error: Fn::Length expects a list");
    return list.length;
  },
  "Fn::ToJsonString": (argument, scope) => JSON.stringify(evaluate(argument, scope)),
  "Fn::Contains": (argument, scope) => {
    const [list, value] = Array.isArray(argument) ? argument.map((item) => evaluate(item, scope)) : [];
    return Array.isArray(list) && list.map(comparable).includes(comparable(value));
  },
  "Fn::EachMemberEquals": (argument, scope) => {
    const [list, value] = Array.isArray(argument) ? argument.map((item) => evaluate(item, scope)) : [];
    return Array.isArray(list) && list.every((item) => comparable(item) === comparable(value));
  },
  "Fn::EachMemberIn": (argument, scope) => {
    const [list, allowed] = Array.isArray(argument) ? argument.map((item) => evaluate(item, scope)) : [];
    const set = new Set(Array.isArray(allowed) ? allowed.map(comparable) : []);
    return Array.isArray(list) && list.every((item) => set.has(comparable(item)));
  },
};

export function unresolved(name: string): Error {
  return validationError(`Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`);
}

function comparable(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function truth(value: unknown): boolean {
  return value === true || value === "true";
}

function conditionList(name: string, argument: unknown): unknown[] {
  if (!Array.isArray(argument) || argument.length < 2 || argument.length > 10) {
    throw validationError(`Template error: every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`);
  }
  return argument;
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw validationError(`Template error: every ${name} object must have a String-typed value.`);
}

function getAtt(argument: unknown, scope: Scope): unknown {
  const parts = typeof argument === "string" ? splitDot(argument) : argument;
  if (!Array.isArray(parts) || parts.length !== 2) {
    throw validationError(
      "Template error: Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    );
  }
  const logicalId = text(parts[0], "Fn::GetAtt");
  const attribute = text(evaluate(parts[1], scope), "Fn::GetAtt");
  const value = scope.attribute(logicalId, attribute);
  if (value === undefined) {
    throw validationError(`Template error: resource ${logicalId} does not support attribute type ${attribute} in Fn::GetAtt`);
  }
  return value;
}

function sub(argument: unknown, scope: Scope): string {
  const [source, variables] = Array.isArray(argument) ? (argument as unknown[]) : [argument, {}];
  if (typeof source !== "string" || !isRecord(variables)) {
    throw validationError(
      "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  return subParts(source)
    .map((part) => {
      if ("text" in part) return part.text;
      if (Object.hasOwn(variables, part.name)) return text(evaluate(variables[part.name], scope), "Fn::Sub");
      const dotted = splitDot(part.name);
      const value = dotted.length === 2 ? getAtt(dotted, scope) : evaluate({ Ref: part.name }, scope);
      return Array.isArray(value) ? value.join(",") : text(value === NO_VALUE ? "" : value, "Fn::Sub");
    })
    .join("");
}

function join(argument: unknown, scope: Scope): string {
  const [delimiter, list] = Array.isArray(argument) ? (argument as unknown[]) : [];
  const items = evaluate(list, scope);
  if (typeof delimiter !== "string" || !Array.isArray(items)) {
    throw validationError(
      "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    );
  }
  return items.map((item) => text(item, "Fn::Join")).join(delimiter);
}

function select(argument: unknown, scope: Scope): unknown {
  const [index, list] = Array.isArray(argument) ? argument.map((item) => evaluate(item, scope)) : [];
  const position = Number(index);
  const items = typeof list === "string" ? list.split(",") : list;
  if (index === undefined || !Number.isInteger(position) || !Array.isArray(items)) {
    throw validationError("Template error: Fn::Select requires a list argument with two elements: an integer index and a list");
  }
  if (position < 0 || position >= items.length) {
    throw validationError(`Template error: Fn::Select cannot select nonexistent value at index ${position}`);
  }
  return items[position] as unknown;
}

function split(argument: unknown, scope: Scope): string[] {
  const [delimiter, source] = Array.isArray(argument) ? (argument as unknown[]) : [];
  if (typeof delimiter !== "string" || delimiter === "" || source === undefined) {
    throw validationError(
      "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
    );
  }
  return text(evaluate(source, scope), "Fn::Split").split(delimiter);
}

function findInMap(argument: unknown, scope: Scope): unknown {
  const [mapName, top, second, options] = Array.isArray(argument) ? argument.map((item) => evaluate(item, scope)) : [];
  if (mapName === undefined || top === undefined || second === undefined) {
    throw validationError("Template error: Fn::FindInMap object requires three or four parameters");
  }
  const map = scope.mappings[text(mapName, "Fn::FindInMap")];
  const row = isRecord(map) ? map[text(top, "Fn::FindInMap")] : undefined;
  const value = isRecord(row) ? row[text(second, "Fn::FindInMap")] : undefined;
  if (value !== undefined) return value;
  if (isRecord(options) && "DefaultValue" in options) return options["DefaultValue"];
  if (map === undefined)
    throw validationError(`Template error: Mapping named '${String(mapName)}' is not present in the 'Mappings' section of template.`);
  throw validationError(`Template error: Unable to get mapping for ${String(mapName)}::${String(top)}::${String(second)}`);
}
