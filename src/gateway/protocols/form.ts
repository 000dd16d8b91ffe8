import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { members, type Schema, type Traits, traitsOf, type Values } from "../../models/schema.ts";
import type { Query } from "../query.ts";
import { textReader } from "./text.ts";

/** A form whose keys are paths: `A.member.1.B=x`. */
type Tree = { [key: string]: Tree | string };
export type FormStyle = "query" | "ec2";

const fromText = textReader("dateTime");

function emptyTree(): Tree {
  return Object.create(null) as Tree;
}

export function formTree(form: Query): Tree {
  const root = emptyTree();
  for (const [key, value] of form.pairs) {
    const parts = key.split(".");
    const last = parts.pop() ?? "";
    let node = root;
    for (const part of parts) {
      const child = node[part];
      if (typeof child === "object") node = child;
      else {
        const made = emptyTree();
        node[part] = made;
        node = made;
      }
    }
    if (typeof node[last] !== "object") node[last] = value;
  }
  return root;
}

/** The input that a form stands for. @throws AwsException MalformedInput for text that is not of the member's type */
export function readForm(schema: Schema, tree: Tree, style: FormStyle): Values {
  return readStructure(schema, tree, style);
}

function readStructure(schema: Schema, tree: Tree, style: FormStyle): Values {
  const values: Values = {};
  for (const [name, member] of members(schema)) {
    const value = read(member, tree[keyOf(name, traitsOf(member), style)], style);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function keyOf(name: string, traits: Traits, style: FormStyle): string {
  const key = traits.xmlName ?? name;
  if (style === "query") return key;
  return traits.ec2QueryName ?? key.charAt(0).toUpperCase() + key.slice(1);
}

function read(schema: Schema, node: Tree | string | undefined, style: FormStyle): unknown {
  if (node === undefined) return undefined;
  if (schema.isStructSchema()) return typeof node === "string" ? {} : readStructure(schema, node, style);
  if (schema.isListSchema()) return readList(schema, node, style);
  if (schema.isMapSchema()) return readMap(schema, node, style);
  return typeof node === "string" ? readText(schema, node) : undefined;
}

function readText(schema: Schema, text: string): unknown {
  try {
    return fromText(schema, text);
  } catch (error) {
    throw new AwsException("MalformedInput", messageOf(error), { status: 400 });
  }
}

function readList(schema: Schema, node: Tree | string, style: FormStyle): unknown[] {
  // `Key=` alone is how clients send an empty list.
  if (typeof node === "string") return [];
  const element = schema.getValueSchema();
  const flat = style === "ec2" || traitsOf(schema).xmlFlattened !== undefined;
  // Some clients flatten lists that the model does not, and the other way round.
  const wrapped = flat ? undefined : (node[traitsOf(element).xmlName ?? "member"] ?? node["member"]);
  const items = wrapped ?? node;
  return typeof items === "string" ? [] : inOrder(items).map((item) => read(element, item, style));
}

function readMap(schema: Schema, node: Tree | string, style: FormStyle): Values {
  const values: Values = {};
  if (typeof node === "string") return values;
  const keyName = traitsOf(schema.getKeySchema()).xmlName ?? "key";
  const element = schema.getValueSchema();
  const valueName = traitsOf(element).xmlName ?? "value";
  const items = traitsOf(schema).xmlFlattened !== undefined ? node : node["entry"];
  if (typeof items !== "object") return values;
  for (const item of inOrder(items)) {
    if (typeof item !== "object") continue;
    const key = item[keyName];
    if (typeof key === "string") setOwn(values, key, read(element, item[valueName], style));
  }
  return values;
}

/** A key of a client's may be `__proto__`. */
function setOwn(values: Values, key: string, value: unknown): void {
  Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
}

function inOrder(tree: Tree): (Tree | string)[] {
  return Object.keys(tree)
    .filter((key) => /^\d+$/.test(key))
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((key) => tree[key] ?? []);
}
