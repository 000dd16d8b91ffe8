import { OrreryError } from "../../../kernel/errors.ts";

/** One element of an XML document; `text` is that of the element itself, CDATA included. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

// Sticky, and no part can take what another one might: a document that is broken is found to be so in one pass.
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(!DOCTYPE)[^<>[]*(?:(\[)|>)|<\/([^\s<>]+)\s*>|<([^\s<>/!?]+)((?:\s[^<>"'/]*(?:"[^"]*"|'[^']*'))*)\s*(\/)?>|([^<]+)/y;
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads the XML that test tools write. Entities that a document declares itself are refused: reports need none, and they can
 * be made to grow without bound. Names lose their namespace's prefix.
 * @throws OrreryError WorkloadFailed
 */
export function parseXml(given: string): Element {
  const source = given.replace(/^\uFEFF/, "");
  const root: Open = { name: "", attributes: {}, children: [], text: "" };
  const stack: Open[] = [root];
  let end = 0;
  while (end < source.length) {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(source);
    if (match === null) break;
    const [whole, cdata, doctype, subset, closes, opens, attributes = "", empty, text] = match;
    end += whole.length;
    const top = stack.at(-1) ?? root;
    if (doctype !== undefined && subset !== undefined) throw malformed("a document type with declarations of its own");
    if (text !== undefined) top.text += decode(text);
    else if (cdata !== undefined) top.text += cdata;
    else if (opens !== undefined) {
      const element = opened(local(opens), attributes);
      top.children.push(element);
      if (empty === undefined) stack.push(element);
    } else if (closes !== undefined) close(stack, local(closes));
  }
  const [first] = root.children;
  if (stack.length !== 1 || first === undefined || end !== source.length)
    throw malformed(`it ends too early, or cannot be read on from character ${end}`);
  return first;
}

function opened(name: string, attributes: string): Open {
  const element: Open = { name, attributes: {}, children: [], text: "" };
  for (const [, key = "", double, single = ""] of attributes.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    element.attributes[local(key)] = decode(double ?? single);
  return element;
}

function close(stack: Open[], name: string): void {
  const top = stack.pop();
  if (top?.name !== name || stack.length === 0) throw malformed(`</${name}> closes <${top?.name ?? ""}>`);
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function decode(text: string): string {
  return text.replace(/&(#x[\da-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith("#")) return NAMED[name] ?? whole;
    const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
  });
}

/** All elements of a name, at any depth. */
export function descendants(element: Element, name: string): Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...descendants(child, name)]);
}

export function child(element: Element, name: string): Element | undefined {
  return element.children.find((one) => one.name === name);
}

function malformed(problem: string): OrreryError {
  return new OrreryError("WorkloadFailed", `the file is not well-formed XML: ${problem}`);
}
