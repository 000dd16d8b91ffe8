import { parse, type ScalarTag } from "yaml";

export interface TemplateResource {
  readonly type: string;
  /** Logical ids of what it refers to or must wait for. */
  readonly needs: readonly string[];
  /** Where the CDK's constructs have it, from `aws:cdk:path`. */
  readonly path: string | undefined;
}

type Object_ = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Object_ => typeof value === "object" && value !== null && !Array.isArray(value);

const SHORT = [
  "Ref",
  "Condition",
  ...[
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
    "If",
    "And",
    "Equals",
    "Not",
    "Or",
    "Transform",
    "Length",
    "ToJsonString",
    "ForEach",
  ].map((name) => `Fn::${name}`),
];

/** The short forms of CloudFormation's functions as the objects that they stand for. */
const TAGS = SHORT.flatMap((name) => {
  const tag = `!${name.replace("Fn::", "")}`;
  const resolve = (value: unknown): unknown => ({
    [name]: isObject(value) && "toJSON" in value ? (value as { toJSON(): unknown }).toJSON() : value,
  });
  return [
    { tag, resolve: (text: string) => resolve(text) },
    { tag, collection: "seq" as const, resolve },
    { tag, collection: "map" as const, resolve },
  ];
});

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parse(text, { customTags: TAGS as unknown as ScalarTag[], logLevel: "silent" }) as unknown;
  }
}

/** What a value refers to: `Ref`, `Fn::GetAtt`, and the names in `Fn::Sub`. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "Ref" && typeof inner === "string") return [inner];
    if (key === "Fn::GetAtt") return [String(Array.isArray(inner) ? inner[0] : String(inner).split(".")[0])];
    if (key === "Fn::Sub") {
      const [text, names] = Array.isArray(inner) ? (inner as [unknown, unknown]) : [inner, {}];
      const found = [...String(text).matchAll(/\$\{([^!}][^}.]*)/g)].map(([, name]) => name ?? "");
      return [...found, ...references(names)];
    }
    return references(inner);
  });
}

/** The resources of a template by logical id; empty for a text that is none. */
export function resourcesOf(text: string): Map<string, TemplateResource> {
  let template: unknown;
  try {
    template = read(text);
  } catch {
    return new Map();
  }
  const all = isObject(template) && isObject(template["Resources"]) ? template["Resources"] : {};
  return new Map(
    Object.entries(all).flatMap(([id, resource]): [string, TemplateResource][] => {
      if (!isObject(resource)) return [];
      const { Type, DependsOn, Metadata, ...rest } = resource;
      const named = [DependsOn ?? []].flat().map(String);
      const needs = [...new Set([...references(rest), ...named])].filter((other) => other !== id && other in all);
      const path = isObject(Metadata) ? Metadata["aws:cdk:path"] : undefined;
      return [[id, { type: String(Type), needs, path: typeof path === "string" ? path : undefined }]];
    }),
  );
}

export interface Branch {
  readonly id: string;
  readonly name: string;
  /** Its resource's logical id; undefined for a construct. */
  readonly logical: string | undefined;
  readonly branches: readonly Branch[];
}

interface Growing {
  id: string;
  name: string;
  logical: string | undefined;
  branches: Growing[];
}

/** Resources by where the CDK's constructs have them; one without a path stands by itself. A construct's `Resource` is itself. */
export function treeOf(resources: ReadonlyMap<string, TemplateResource>): readonly Branch[] {
  const root: Growing = { id: "", name: "", logical: undefined, branches: [] };
  for (const [logical, { path }] of resources) {
    const parts =
      path === undefined
        ? [logical]
        : path
            .split("/")
            .slice(1)
            .filter((part, i, all) => !(i === all.length - 1 && i > 0 && (part === "Resource" || part === "Default")));
    let at = root;
    for (const part of parts) {
      const id = `${at.id}/${part}`;
      let next = at.branches.find((branch) => branch.id === id);
      if (next === undefined) {
        next = { id, name: part, logical: undefined, branches: [] };
        at.branches.push(next);
      }
      at = next;
    }
    at.logical = logical;
  }
  return root.branches;
}
