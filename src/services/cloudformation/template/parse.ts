import { isMap, isScalar, isSeq, LineCounter, parseDocument, type ScalarTag, type Tags, visit, YAMLMap, YAMLSeq } from "yaml";
import { AwsException } from "../../../aws/exception.ts";

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function validationError(message: string): AwsException {
  return new AwsException("ValidationError", message, { status: 400 });
}

/** A template as its text says it, short forms written out. */
export interface Template {
  readonly AWSTemplateFormatVersion?: unknown;
  readonly Description?: string;
  readonly Transform?: unknown;
  readonly Metadata?: Json;
  readonly Parameters?: Json;
  readonly Mappings?: Json;
  readonly Conditions?: Json;
  readonly Rules?: Json;
  readonly Resources?: Json;
  readonly Outputs?: Json;
  readonly Hooks?: Json;
}

const FUNCTIONS = [
  "Base64",
  "Cidr",
  "FindInMap",
  "GetAtt",
  "GetAZs",
  "ImportValue",
  "Join",
  "Select",
  "Split",
  "Sub",
  "Transform",
  "And",
  "Equals",
  "If",
  "Not",
  "Or",
  "Contains",
  "EachMemberEquals",
  "EachMemberIn",
  "RefAll",
  "ValueOf",
  "ValueOfAll",
  "Length",
  "ToJsonString",
  "ForEach",
];

/** `!GetAtt a.b.c` is `["a", "b.c"]`: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getatt.html */
function scalarForm(name: string, text: string): unknown {
  const dot = text.indexOf(".");
  return name === "GetAtt" && dot > 0 ? [text.slice(0, dot), text.slice(dot + 1)] : text;
}

function shortForms(): Tags {
  const names = [...FUNCTIONS.map((name) => [name, `Fn::${name}`]), ["Ref", "Ref"], ["Condition", "Condition"]] as [string, string][];
  return names.flatMap(([name, key]): Tags => {
    const tag = `!${name}`;
    const wrap = (value: unknown): unknown => ({ [key]: value });
    const scalar: ScalarTag = { tag, resolve: (text) => wrap(scalarForm(name, text)) };
    return [
      scalar,
      { tag, collection: "seq", resolve: (node) => wrapNode(node, key) },
      { tag, collection: "map", resolve: (node) => wrapNode(node, key) },
    ];
  });
}

function wrapNode(node: unknown, key: string): YAMLMap {
  const map = new YAMLMap();
  // The wrapped node must lose its tag, or it would be wrapped again when it is turned into a value.
  const inner = node instanceof YAMLSeq ? new YAMLSeq() : new YAMLMap();
  if (node instanceof YAMLSeq || node instanceof YAMLMap) inner.items = node.items as never;
  map.set(key, inner);
  return map;
}

const TAGS = shortForms();

function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    schema: "yaml-1.1",
    lineCounter,
    uniqueKeys: true,
    merge: false,
    prettyErrors: true,
    logLevel: "silent",
    customTags: (tags) => [...tags.filter((tag) => typeof tag !== "object" || !/timestamp|binary|omap|pairs|set$/.test(tag.tag)), ...TAGS],
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw validationError(`Template format error: YAML not well-formed. (line ${line}, column ${col})`);
  }
  visit(document, {
    Alias: () => {
      throw validationError("Template error: YAML aliases are not allowed in CloudFormation templates");
    },
    Pair: (_key, pair) => {
      // Keys that YAML 1.1 reads as something else (`on`, `1`) are text in a template.
      if (isScalar(pair.key) && typeof pair.key.value !== "string") pair.key.value = pair.key.source ?? String(pair.key.value);
    },
  });
  const [warning] = document.warnings;
  if (warning !== undefined && /Unresolved tag/.test(warning.message)) {
    throw validationError(`Template format error: Unsupported tag: ${/!\S+/.exec(warning.message)?.[0] ?? ""}`);
  }
  const root = document.contents;
  if (!isMap(root) && !isSeq(root) && !isScalar(root)) return undefined;
  return document.toJS() as unknown;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : "");
    const before = text.slice(0, at === null ? text.length : Number(at[1])).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw validationError(`Template format error: JSON not well-formed. (line ${before.length}, column ${column})`);
  }
}

function refuseNulls(value: unknown, path: string): void {
  if (value === null) throw validationError(`Template format error: [${path}] 'null' values are not allowed in templates`);
  if (typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) refuseNulls(inner, `${path}/${key}`);
}

/**
 * JSON or YAML text to a template, with AWS's errors for text that is neither.
 * Which YAML is allowed: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
 * @throws AwsException ValidationError
 */
export function parseTemplate(text: string): Template {
  const value = /^\s*\{/.test(text) ? parseJson(text) : parseYaml(text);
  if (!isRecord(value)) throw validationError("Template format error: unsupported structure.");
  for (const section of ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"]) {
    refuseNulls(value[section], `/${section}`);
  }
  return value as Template;
}

/** The line, from 1, at which a resource begins in the template's text; undefined when it is made by a transform. */
export function lineOf(text: string, logicalId: string): number | undefined {
  const start = text.search(/(^|[\s{,])["']?Resources["']?\s*:/);
  const name = new RegExp(`(^|[\\s{,])["']?${logicalId}["']?\\s*:`, "m");
  const found = start < 0 ? null : name.exec(text.slice(start));
  if (found === null) return undefined;
  return text.slice(0, start + found.index + found[0].length).split("\n").length;
}
