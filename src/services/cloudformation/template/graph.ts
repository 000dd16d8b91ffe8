import { referencesOf } from "./functions.ts";
import { isRecord, type Json, type Template, validationError } from "./parse.ts";

export function listOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** The definition of a resource in a template. */
export interface ResourceDefinition {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Json;
  readonly DependsOn?: string | readonly string[];
  readonly Metadata?: Json;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly CreationPolicy?: Json;
  readonly UpdatePolicy?: Json;
}

export function resourcesOf(template: Template): Map<string, ResourceDefinition> {
  return new Map(Object.entries(template.Resources ?? {}).filter(([, value]) => isRecord(value)) as [string, ResourceDefinition][]);
}

/** The resources that a resource must wait for: `DependsOn`, and all that its properties and policies refer to. */
export function dependenciesOf(
  definition: ResourceDefinition,
  exists: (logicalId: string) => boolean,
  taken?: (condition: string) => boolean,
): string[] {
  const found = referencesOf([definition.Properties, definition.Metadata, definition.CreationPolicy, definition.UpdatePolicy], taken);
  const names = [...listOf(definition.DependsOn), ...found.refs, ...found.attributes.map(({ logicalId }) => logicalId)];
  return [...new Set(names)].filter(exists);
}

/**
 * @throws AwsException ValidationError "Circular dependency between resources: [A, B]", naming all that cannot be ordered
 */
export function refuseCycles(dependencies: ReadonlyMap<string, readonly string[]>): void {
  const left = new Map(dependencies);
  const free: string[] = [...left].filter(([, needs]) => needs.length === 0).map(([id]) => id);
  const users = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const [id, needs] of dependencies) {
    waiting.set(id, needs.length);
    for (const need of needs) users.set(need, [...(users.get(need) ?? []), id]);
  }
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left.delete(id);
    for (const user of users.get(id) ?? []) {
      const count = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, count);
      if (count === 0) free.push(user);
    }
  }
  if (left.size > 0) throw validationError(`Circular dependency between resources: [${[...left.keys()].sort().join(", ")}]`);
}
