import type { Context } from "../../../aws/context.ts";
import * as store from "../store.ts";
import { evaluate, NO_VALUE, type Scope } from "../template/evaluate.ts";
import { isNoEcho, parameterRef, parametersOf } from "../template/parameters.ts";
import { isRecord, type Json, type Template, validationError } from "../template/parse.ts";
import { type Desired, liveResource, type Stack } from "./model.ts";
import { sameValue } from "./types.ts";

/** Where a resource's `Ref` and attributes come from. */
export interface ResourceLookup {
  ref(logicalId: string): unknown;
  attribute(logicalId: string, name: string): unknown;
}

/** Zones are made of the region's name: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html */
function zones(region: string): string[] {
  return ["a", "b", "c"].map((letter) => `${region}${letter}`);
}

export interface ScopeSource {
  readonly template: Template;
  readonly desired: Pick<Desired, "parameters" | "notificationArns">;
  readonly stack: { readonly id: string; readonly name: string };
  readonly resources: ResourceLookup;
}

function pseudo(ctx: Context, source: ScopeSource, name: string): unknown {
  switch (name) {
    case "AWS::AccountId":
      return ctx.account;
    case "AWS::Region":
      return ctx.region;
    case "AWS::Partition":
      return "aws";
    case "AWS::URLSuffix":
      return "amazonaws.com";
    case "AWS::StackId":
      return source.stack.id;
    case "AWS::StackName":
      return source.stack.name;
    case "AWS::NotificationARNs":
      return source.desired.notificationArns;
    default:
      return undefined;
  }
}

export function scopeOf(ctx: Context, source: ScopeSource): Scope {
  const definitions = parametersOf(source.template);
  const conditions = source.template.Conditions ?? {};
  const decided = new Map<string, boolean>();
  const scope: Scope = {
    mappings: source.template.Mappings ?? {},
    zones: (region) => zones(region === "" ? ctx.region : region),
    ref: (name) => {
      const value = pseudo(ctx, source, name);
      if (value !== undefined) return value;
      const given = source.desired.parameters[name];
      return given === undefined ? source.resources.ref(name) : parameterRef(definitions.get(name), given);
    },
    attribute: (logicalId, name) => source.resources.attribute(logicalId, name),
    condition: (name) => {
      const known = decided.get(name);
      if (known !== undefined) return known;
      if (!Object.hasOwn(conditions, name)) throw validationError(`Template error: Condition ${name} is not defined`);
      decided.set(name, false);
      const value = evaluate(conditions[name], scope);
      decided.set(name, value === true || value === "true");
      return decided.get(name) === true;
    },
    importValue: (name) => {
      const found = ctx.get(store.exportByName, { name });
      if (found === undefined) throw validationError(`No export named ${name} found.`);
      return found.value;
    },
  };
  return scope;
}

/** Resources as they are now. */
export function liveLookup(ctx: Context, stack: { readonly id: string }): ResourceLookup {
  return {
    ref: (logicalId) => liveResource(ctx, stack.id, logicalId)?.physical ?? undefined,
    attribute: (logicalId, name) => {
      const resource = liveResource(ctx, stack.id, logicalId);
      return resource === undefined ? undefined : attributeIn(resource.body.attributes, name);
    },
  };
}

/** What stands for a value that must not be seen. */
export const MASK = "****";

/** The scope as events and change sets tell of it: without the values of NoEcho parameters and NoEcho answers. */
export function maskedScope(ctx: Context, source: ScopeSource): Scope {
  const definitions = parametersOf(source.template);
  const hidden = (name: string): boolean => isNoEcho(definitions.get(name));
  const { resources, stack } = source;
  const scope = scopeOf(ctx, {
    ...source,
    resources: {
      ref: (id) => resources.ref(id),
      attribute: (id, name) => (liveResource(ctx, stack.id, id)?.body.noEcho ? MASK : resources.attribute(id, name)),
    },
  });
  return { ...scope, ref: (name) => (hidden(name) ? MASK : scope.ref(name)) };
}

/** The properties as they may be shown; null where nothing in them is hidden. */
export function maskedProperties(definition: { readonly Properties?: Json }, properties: Json, scope: Scope): Json | null {
  let masked: Json;
  try {
    masked = asRecord(evaluate(definition.Properties ?? {}, scope));
  } catch {
    // A function that needs the hidden value, such as a Select from it: then nothing is shown.
    return {};
  }
  return sameValue(masked, properties) ? null : masked;
}

export function asRecord(value: unknown): Json {
  return value === NO_VALUE || !isRecord(value) ? {} : value;
}

/** Dots may be part of an attribute's name or lead into an object. */
export function attributeIn(attributes: Json, name: string): unknown {
  if (Object.hasOwn(attributes, name)) return attributes[name];
  let value: unknown = attributes;
  for (const part of name.split(".")) value = isRecord(value) ? value[part] : undefined;
  return value;
}

export function stackScope(ctx: Context, stack: Stack, template: Template, desired: Desired = stack.body.desired): Scope {
  return scopeOf(ctx, { template, desired, stack, resources: liveLookup(ctx, stack) });
}
