import type { Context } from "../../../aws/context.ts";
import type { ResourceType } from "../../../aws/resource.ts";
import { recreationOf, specOf, type TypeSpec } from "../spec.ts";
import type { Json } from "../template/parse.ts";
import { customResource } from "../types/custom.ts";

/** What makes resources of a type: the service's own type, or a modelled one. */
export interface TypeHandler {
  readonly type: ResourceType;
  readonly modelled: boolean;
}

export function isCustom(type: string): boolean {
  return type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource";
}

/** CloudFormation knows `AWS::CDK::Metadata` and makes nothing for it. */
const NOTHING: ResourceType = {
  create: async (_ctx, request) => ({ physicalId: request.generatedName(128) }),
  update: async (_ctx, request) => ({ physicalId: request.physicalId }),
  delete: async () => undefined,
};

/** Does CloudFormation know such a type at all? */
export function isKnownType(ctx: Context, type: string): boolean {
  return isCustom(type) || type === "AWS::CDK::Metadata" || ctx.cloud.resourceTypes.has(type) || specOf(type) !== undefined;
}

/** The handler of a type; undefined when Orrery has none and was not told to model what it does not have. */
export function handlerOf(ctx: Context, type: string): TypeHandler | undefined {
  if (type === "AWS::CDK::Metadata") return { type: NOTHING, modelled: false };
  const own = isCustom(type) ? customResource(type) : ctx.cloud.resourceTypes.get(type);
  if (own !== undefined) return { type: own, modelled: false };
  const spec = specOf(type);
  return spec !== undefined && ctx.cloud.options.modelUnknownTypes ? { type: modelled(type, spec), modelled: true } : undefined;
}

function valueFor(type: string, name: string, arn: string, physicalId: string): string {
  if (/arn$/i.test(name)) return arn;
  if (/(id|name)$/i.test(name)) return physicalId;
  return `${type.split("::").pop()?.toLowerCase() ?? "resource"}-${name.toLowerCase()}-${physicalId}`;
}

/** A resource of a type that Orrery does not have: an id and attributes in the shape of its schema, and nothing behind them. */
function modelled(type: string, spec: TypeSpec): ResourceType {
  const state = (ctx: Context, properties: Json, physicalId: string) => {
    const service = (type.split("::")[1] ?? "").toLowerCase();
    const arn = ctx.arn(service, physicalId);
    const attributes = Object.fromEntries(
      Object.keys(spec.a).map((name) => [name, properties[name] ?? valueFor(type, name, arn, physicalId)]),
    );
    return { physicalId, attributes };
  };
  return {
    create: async (ctx, request) => {
      const [key] = spec.ref ?? spec.id ?? [];
      const given = key === undefined ? undefined : request.properties[key];
      return state(ctx, request.properties, typeof given === "string" ? given : request.generatedName(64));
    },
    update: async (ctx, request) => state(ctx, request.properties, request.physicalId),
    delete: async () => undefined,
  };
}

/** Text and number of one value are the same to CloudFormation. */
export function sameValue(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
  }
  return JSON.stringify(String(value));
}

/** Names of the top-level properties that differ. */
export function changedProperties(before: Json, after: Json): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !sameValue(before[name], after[name])).sort();
}

/** Whether a change of these properties means a new resource. "Conditionally" alone is tried in place. */
export function needsReplacement(type: string, names: readonly string[]): boolean {
  return names.some((name) => recreationOf(type, name) === "Always");
}
