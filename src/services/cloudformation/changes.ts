import type { Context } from "../../aws/context.ts";
import { replacementOf } from "./engine/attempt.ts";
import { type Desired, type Resource, resourcesOf, type Stack, templateOf } from "./engine/model.ts";
import { attributeIn, maskedProperties, maskedScope, type ScopeSource, scopeOf } from "./engine/scope.ts";
import { changedProperties, sameValue } from "./engine/types.ts";
import { recreationOf } from "./spec.ts";
import { evaluate } from "./template/evaluate.ts";
import { referencesOf } from "./template/functions.ts";
import { resourcesOf as definitionsOf, dependenciesOf, type ResourceDefinition } from "./template/graph.ts";
import { isRecord, type Json } from "./template/parse.ts";

/** What AWS shows for values that only the execution will know. */
const UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** Attributes that no change in place can touch. */
const IDENTITY = /(Arn|Id|Name)$/;

export interface ChangeDetail {
  readonly Target: {
    readonly Attribute: "Properties" | "Metadata" | "Tags" | "DeletionPolicy" | "UpdateReplacePolicy";
    readonly Name?: string;
    readonly RequiresRecreation?: "Never" | "Conditionally" | "Always";
    readonly Path?: string;
    readonly BeforeValue?: string;
    readonly AfterValue?: string;
    readonly AttributeChangeType?: "Add" | "Remove" | "Modify";
  };
  readonly Evaluation: "Static" | "Dynamic";
  readonly ChangeSource: "ResourceReference" | "ParameterReference" | "ResourceAttribute" | "DirectModification" | "Automatic";
  readonly CausingEntity?: string;
}

export interface ResourceChange {
  readonly Action: "Add" | "Modify" | "Remove";
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly Replacement?: "True" | "False" | "Conditional";
  readonly Scope: readonly ("Properties" | "Metadata" | "Tags" | "DeletionPolicy" | "UpdateReplacePolicy")[];
  readonly Details: readonly ChangeDetail[];
  readonly PolicyAction?: "Delete" | "Retain" | "Snapshot" | "ReplaceAndDelete" | "ReplaceAndRetain";
  readonly BeforeContext?: string;
  readonly AfterContext?: string;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** What an execution of `desired` would do to the stack, resource by resource, in the order of their dependencies. */
export function changesFor(
  ctx: Context,
  stack: Pick<Stack, "id" | "name" | "status"> & Partial<Pick<Stack, "body">>,
  desired: Desired,
): ResourceChange[] {
  const template = templateOf(ctx, desired.templateId);
  const there = new Map(
    resourcesOf(ctx, stack.id).flatMap((one) => (one.role === "live" && one.physical !== null ? [[one.logical, one]] : [])),
  );
  const changes = new Map<string, ResourceChange>();
  const replaced = (id: string): boolean => {
    const change = changes.get(id);
    return change !== undefined && (change.Action === "Add" || change.Replacement !== "False");
  };
  const source: ScopeSource = {
    template,
    desired,
    stack,
    resources: {
      ref: (id) => (replaced(id) ? UNKNOWN : (there.get(id)?.physical ?? UNKNOWN)),
      attribute: (id, name) => {
        const one = there.get(id);
        const unsure = replaced(id) || (changes.has(id) && !IDENTITY.test(name));
        return one === undefined || unsure ? UNKNOWN : (attributeIn(one.body.attributes, name) ?? UNKNOWN);
      },
    },
  };
  const scope = scopeOf(ctx, source);
  const visible = maskedScope(ctx, source);
  const definitions = new Map(
    [...definitionsOf(template)].filter(([, one]) => one.Condition === undefined || scope.condition(one.Condition)),
  );
  const current = stack.status === "REVIEW_IN_PROGRESS" ? undefined : stack.body?.desired;
  const oldTemplate = current === undefined ? {} : templateOf(ctx, current.templateId);
  for (const id of inOrder(definitions)) {
    const definition = definitions.get(id);
    if (definition === undefined) continue;
    const before = there.get(id);
    const after = evaluate(definition.Properties ?? {}, scope);
    const properties = isRecord(after) ? after : {};
    const shown = maskedProperties(definition, properties, visible) ?? properties;
    if (before === undefined) {
      changes.set(id, {
        Action: "Add",
        LogicalResourceId: id,
        ResourceType: definition.Type,
        Scope: [],
        Details: [],
        AfterContext: JSON.stringify({ Properties: shown }),
      });
      continue;
    }
    const tags = !sameValue(current?.tags ?? {}, desired.tags);
    const details = detailsOf(
      {
        definition,
        before: before.body.properties,
        after: properties,
        shown: [before.body.masked ?? before.body.properties, shown],
        old: definitionsOf(oldTemplate).get(id),
      },
      replaced,
    );
    if (tags)
      details.push({
        Target: { Attribute: "Tags", RequiresRecreation: "Never" },
        Evaluation: "Static",
        ChangeSource: "DirectModification",
      });
    if (details.length === 0 && definition.Type === before.type) continue;
    changes.set(id, modificationOf({ definition, before, shown, details }));
  }
  for (const [id, one] of there) {
    if (!definitions.has(id)) changes.set(id, removalOf(one));
  }
  return [...changes.values()];
}

function removalOf(one: Resource): ResourceChange {
  const keep = one.body.deletionPolicy === "Retain" || one.body.deletionPolicy === "RetainExceptOnCreate";
  return {
    Action: "Remove",
    LogicalResourceId: one.logical,
    PhysicalResourceId: one.physical ?? "",
    ResourceType: one.type,
    Scope: [],
    Details: [],
    PolicyAction: keep ? "Retain" : "Delete",
    BeforeContext: JSON.stringify({ Properties: one.body.masked ?? one.body.properties }),
  };
}

interface Modification {
  readonly definition: ResourceDefinition;
  readonly before: Resource;
  readonly shown: Json;
  readonly details: readonly ChangeDetail[];
}

function modificationOf({ definition, before, shown, details }: Modification): ResourceChange {
  const names = details.flatMap((one) => (one.Target.Name === undefined ? [] : [one.Target.Name]));
  const replacement = definition.Type === before.type ? dynamicOnly(details, replacementOf(definition.Type, names)) : "True";
  const keeps = definition.UpdateReplacePolicy === "Retain";
  return {
    Action: "Modify",
    LogicalResourceId: before.logical,
    PhysicalResourceId: before.physical ?? "",
    ResourceType: definition.Type,
    Replacement: replacement,
    Scope: [...new Set(details.map((one) => one.Target.Attribute))],
    Details: details,
    ...(replacement === "True" ? { PolicyAction: keeps ? ("ReplaceAndRetain" as const) : ("ReplaceAndDelete" as const) } : {}),
    BeforeContext: JSON.stringify({ Properties: before.body.masked ?? before.body.properties }),
    AfterContext: JSON.stringify({ Properties: shown }),
  };
}

/** A value that the execution will only know may turn out to be the same. */
function dynamicOnly(details: readonly ChangeDetail[], replacement: "True" | "False" | "Conditional"): "True" | "False" | "Conditional" {
  if (replacement !== "True") return replacement;
  const sure = details.some((one) => one.Target.RequiresRecreation === "Always" && one.Evaluation === "Static");
  return sure ? "True" : "Conditional";
}

function inOrder(definitions: ReadonlyMap<string, ResourceDefinition>): string[] {
  const done = new Set<string>();
  const visit = (id: string): void => {
    const definition = definitions.get(id);
    if (done.has(id) || definition === undefined) return;
    done.add(id);
    for (const need of dependenciesOf(definition, (name) => definitions.has(name))) visit(need);
    order.push(id);
  };
  const order: string[] = [];
  for (const id of [...definitions.keys()].sort()) visit(id);
  return order;
}

interface Comparison {
  readonly definition: ResourceDefinition;
  readonly before: Json;
  readonly after: Json;
  /** Both as they may be seen. */
  readonly shown: readonly [before: Json, after: Json];
  readonly old: ResourceDefinition | undefined;
}

function detailsOf(it: Comparison, changed: (logicalId: string) => boolean): ChangeDetail[] {
  const details: ChangeDetail[] = [];
  for (const name of changedProperties(it.before, it.after)) {
    const before = it.before[name];
    const after = it.after[name];
    const references = referencesOf(it.definition.Properties?.[name]);
    const cause = [...references.refs, ...references.attributes.map((one) => one.logicalId)].find((id) => changed(id));
    const kind = before === undefined ? "Add" : after === undefined ? "Remove" : "Modify";
    const attribute = references.attributes.find((one) => one.logicalId === cause);
    const direct = cause === undefined || !sameValue(it.old?.Properties?.[name], it.definition.Properties?.[name]);
    details.push({
      Target: {
        Attribute: "Properties",
        Name: name,
        RequiresRecreation: recreationOf(it.definition.Type, name),
        Path: `/Properties/${name}`,
        ...(before === undefined ? {} : { BeforeValue: text(it.shown[0][name]) }),
        ...(after === undefined ? {} : { AfterValue: text(it.shown[1][name]) }),
        AttributeChangeType: kind,
      },
      Evaluation: text(after ?? "").includes(UNKNOWN) ? "Dynamic" : "Static",
      ChangeSource: direct ? "DirectModification" : attribute === undefined ? "ResourceReference" : "ResourceAttribute",
      ...(direct || cause === undefined ? {} : { CausingEntity: attribute === undefined ? cause : `${cause}.${attribute.attribute}` }),
    });
  }
  for (const part of ["Metadata", "DeletionPolicy", "UpdateReplacePolicy"] as const) {
    if (it.old === undefined || sameValue(it.old[part], it.definition[part])) continue;
    details.push({ Target: { Attribute: part, RequiresRecreation: "Never" }, Evaluation: "Static", ChangeSource: "DirectModification" });
  }
  return details;
}
