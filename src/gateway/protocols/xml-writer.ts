import { members, memberTraitsOf, type Schema, SIMPLE, traitsOf, type Values } from "../../models/schema.ts";

type Writer<T = unknown> = (value: T) => string;

const SPECIAL = /[&<>"\r\n\u0085\u2028]/;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
  "\n": "&#xA;",
  "\u0085": "&#x85;",
  "\u2028": "&#x2028;",
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 cannot carry
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g;

/** Text or attribute value. Characters that XML 1.0 has no way to write come out as U+FFFD. */
export function escapeXml(text: string): string {
  const escaped = SPECIAL.test(text) ? text.replaceAll(/[&<>"\r\n\u0085\u2028]/g, (character) => ESCAPES[character] ?? character) : text;
  return escaped.replaceAll(FORBIDDEN, "\ufffd");
}

const compiled = new WeakMap<object, Writer<Values>>();

/**
 * Writer of what is inside of a structure's element, compiled once per schema: several times faster than walking the
 * schema for each value, which the SDK's own serializer does.
 */
export function xmlContents(schema: Schema): Writer<Values> {
  const key = schema.getSchema();
  if (typeof key !== "object" || key === null) return () => "";
  const known = compiled.get(key);
  if (known !== undefined) return known;
  let ready: Writer<Values> | undefined;
  // Kept before it is compiled: a recursive schema asks for its own writer.
  const writer: Writer<Values> = (value) => {
    ready ??= structureContents(schema);
    return ready(value);
  };
  compiled.set(key, writer);
  return writer;
}

/** A whole element, its attributes included. */
export function xmlElement(schema: Schema, name: string): Writer {
  return memberWriter(schema, name);
}

function structureContents(schema: Schema): Writer<Values> {
  const writers: [string, Writer][] = [];
  for (const [name, member] of members(schema)) {
    if (traitsOf(member).xmlAttribute) continue;
    writers.push([name, memberWriter(member, memberTraitsOf(member).xmlName ?? name)]);
  }
  return (value) => {
    let text = "";
    for (const [name, write] of writers) {
      const member = value[name];
      if (member !== undefined && member !== null) text += write(member);
    }
    return text;
  };
}

function memberWriter(schema: Schema, name: string): Writer {
  if (schema.isListSchema()) return listWriter(schema, name);
  if (schema.isMapSchema()) return mapWriter(schema, name);
  const open = opening(schema, name);
  const close = `</${name}>`;
  if (schema.isStructSchema()) {
    const contents = xmlContents(schema) as Writer;
    const attributes = attributeWriter(schema);
    return (value) => `${open}${attributes(value)}>${contents(value)}${close}`;
  }
  const text = textWriter(schema);
  return (value) => `${open}>${text(value)}${close}`;
}

/** Without its final `>`. */
function opening(schema: Schema, name: string): string {
  const namespace = traitsOf(schema).xmlNamespace;
  if (namespace === undefined) return `<${name}`;
  const [prefix, uri] = namespace;
  return `<${name} xmlns${prefix === "" ? "" : `:${prefix}`}="${uri}"`;
}

function attributeWriter(schema: Schema): Writer {
  const attributes = members(schema).filter(([, member]) => traitsOf(member).xmlAttribute);
  if (attributes.length === 0) return () => "";
  return (value) => {
    let text = "";
    for (const [name, member] of attributes) {
      const attribute = (value as Values)[name];
      if (attribute !== undefined && attribute !== null) text += ` ${traitsOf(member).xmlName ?? name}="${escapeXml(String(attribute))}"`;
    }
    return text;
  };
}

function listWriter(schema: Schema, name: string): Writer {
  const element = schema.getValueSchema();
  const flat = traitsOf(schema).xmlFlattened !== undefined;
  const write = memberWriter(element, flat ? name : (traitsOf(element).xmlName ?? "member"));
  const open = flat ? "" : `${opening(schema, name)}>`;
  const close = flat ? "" : `</${name}>`;
  return (value) => {
    let text = open;
    for (const item of value as Iterable<unknown>) if (item !== undefined && item !== null) text += write(item);
    return text + close;
  };
}

function mapWriter(schema: Schema, name: string): Writer {
  const flat = traitsOf(schema).xmlFlattened !== undefined;
  const keyName = traitsOf(schema.getKeySchema()).xmlName ?? "key";
  const element = schema.getValueSchema();
  const write = memberWriter(element, traitsOf(element).xmlName ?? "value");
  const entry = flat ? name : "entry";
  const open = flat ? "" : `${opening(schema, name)}>`;
  const close = flat ? "" : `</${name}>`;
  return (value) => {
    let text = open;
    for (const [key, item] of Object.entries(value as Values)) {
      if (item !== undefined && item !== null) text += `<${entry}><${keyName}>${escapeXml(key)}</${keyName}>${write(item)}</${entry}>`;
    }
    return text + close;
  };
}

function textWriter(schema: Schema): Writer {
  if (schema.isTimestampSchema()) return timestampWriter(schema.getSchema());
  if (schema.isBlobSchema())
    return (value) => (typeof value === "string" ? Buffer.from(value) : Buffer.from(value as Uint8Array)).toString("base64");
  if (schema.isStringSchema()) return (value) => escapeXml(String(value));
  return (value) => String(value);
}

function timestampWriter(format: unknown): Writer {
  if (format === SIMPLE.httpDate) return (value) => (value as Date).toUTCString();
  if (format === SIMPLE.epochSeconds) return (value) => String((value as Date).getTime() / 1000);
  return (value) => (value as Date).toISOString().replace(".000Z", "Z");
}
