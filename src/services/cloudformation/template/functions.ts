import { isRecord } from "./parse.ts";

const OTHERS = new Set(["Ref", "Condition"]);

/** `{ "Fn::X": argument }` or `{ "Ref": … }` as name and argument; undefined for any other value. */
export function functionOf(value: unknown): readonly [name: string, argument: unknown] | undefined {
  if (!isRecord(value)) return undefined;
  const keys = Object.keys(value);
  const [name] = keys;
  if (keys.length !== 1 || name === undefined || !(name.startsWith("Fn::") || OTHERS.has(name))) return undefined;
  return [name, value[name]];
}

/** A piece of `Fn::Sub` text: plain, or the name between `${` and `}`. */
export type SubPart = { readonly text: string } | { readonly name: string };

/** `${!Literal}` stands for `${Literal}`: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html */
export function subParts(text: string): SubPart[] {
  const parts: SubPart[] = [];
  let last = 0;
  for (const match of text.matchAll(/\$\{(!?)([^}]*)\}/g)) {
    if (match.index > last) parts.push({ text: text.slice(last, match.index) });
    const name = match[2] ?? "";
    parts.push(match[1] === "!" ? { text: `\${${name}}` } : { name: name.trim() });
    last = match.index + match[0].length;
  }
  if (last < text.length) parts.push({ text: text.slice(last) });
  return parts;
}

/** What a value needs of the rest of the template. */
export interface References {
  /** Names given to `Ref` or written `${Name}` in a `Sub`. */
  readonly refs: Set<string>;
  /** `Fn::GetAtt` by logical id and attribute, also `${Name.Attribute}`. */
  readonly attributes: { readonly logicalId: string; readonly attribute: string }[];
  readonly conditions: Set<string>;
}

/** Every reference in a value. With `taken`, only the branch of an `Fn::If` that its condition chooses is looked at. */
export function referencesOf(value: unknown, taken?: (condition: string) => boolean): References {
  const found: References = { refs: new Set(), attributes: [], conditions: new Set() };
  collect(value, found, taken);
  return found;
}

function collect(value: unknown, found: References, taken: ((condition: string) => boolean) | undefined): void {
  if (typeof value !== "object" || value === null) return;
  const call = functionOf(value);
  if (call === undefined) {
    for (const inner of Object.values(value)) collect(inner, found, taken);
    return;
  }
  const [name, argument] = call;
  if (name === "Ref") {
    if (typeof argument === "string") found.refs.add(argument);
  } else if (name === "Condition") {
    if (typeof argument === "string") found.conditions.add(argument);
  } else if (name === "Fn::GetAtt") collectGetAtt(argument, found, taken);
  else if (name === "Fn::Sub") collectSub(argument, found, taken);
  else if (name === "Fn::If") collectIf(argument, found, taken);
  else collect(argument, found, taken);
}

function collectGetAtt(argument: unknown, found: References, taken: ((condition: string) => boolean) | undefined): void {
  const parts = typeof argument === "string" ? splitDot(argument) : argument;
  if (!Array.isArray(parts)) return;
  const [logicalId, attribute] = parts as unknown[];
  if (typeof logicalId === "string") found.attributes.push({ logicalId, attribute: typeof attribute === "string" ? attribute : "" });
  if (typeof attribute === "object") collect(attribute, found, taken);
}

function collectSub(argument: unknown, found: References, taken: ((condition: string) => boolean) | undefined): void {
  const [text, variables] = Array.isArray(argument) ? (argument as unknown[]) : [argument, undefined];
  if (typeof text !== "string") return;
  const own = isRecord(variables) ? variables : {};
  for (const part of subParts(text)) {
    if (!("name" in part) || Object.hasOwn(own, part.name)) continue;
    const dotted = splitDot(part.name);
    if (dotted.length === 2) found.attributes.push({ logicalId: dotted[0] ?? "", attribute: dotted[1] ?? "" });
    else found.refs.add(part.name);
  }
  for (const inner of Object.values(own)) collect(inner, found, taken);
}

function collectIf(argument: unknown, found: References, taken: ((condition: string) => boolean) | undefined): void {
  if (!Array.isArray(argument)) return;
  const [condition, yes, no] = argument as unknown[];
  if (typeof condition !== "string") return;
  found.conditions.add(condition);
  if (taken === undefined || taken(condition)) collect(yes, found, taken);
  if (taken === undefined || !taken(condition)) collect(no, found, taken);
}

/** `a.b.c` is `["a", "b.c"]`. */
export function splitDot(text: string): string[] {
  const dot = text.indexOf(".");
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}
