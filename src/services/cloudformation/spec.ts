import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OrreryError } from "../../kernel/errors.ts";

/** See scripts/generate-resource-spec.ts for the letters. */
export type SpecType =
  | string
  | { readonly a: SpecType }
  | { readonly m: SpecType }
  | { readonly r: string }
  | { readonly u: readonly SpecType[] }
  | { readonly e: readonly string[] };

export interface SpecProperty {
  readonly t: SpecType;
  readonly r?: 1;
  readonly c?: "yes" | "maybe";
}

/** What is known of a resource type from AWS's own metadata. */
export interface TypeSpec {
  readonly p: Readonly<Record<string, SpecProperty>>;
  /** Attributes by name. */
  readonly a: Readonly<Record<string, SpecType>>;
  /** Primary identifier. */
  readonly id?: readonly string[];
  readonly ref?: readonly string[];
  readonly tag?: readonly [name: string, variant: "standard" | "asg" | "map"];
  readonly x?: readonly (readonly string[])[];
  readonly arn?: string;
  readonly types?: Readonly<Record<string, Readonly<Record<string, SpecProperty>>>>;
}

let loaded: Readonly<Record<string, TypeSpec>> | undefined;

function load(): Readonly<Record<string, TypeSpec>> {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, "generated", "resource-spec.json");
    if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { types: Record<string, TypeSpec> }).types;
    if (folder === dirname(folder)) {
      throw new OrreryError("GeneratedCodeMissing", "generated/resource-spec.json is missing: run 'node scripts/build.ts'");
    }
  }
}

/** Read on the first use: a cloud without stacks never pays for it. A table of constants, not state. */
export function specOf(type: string): TypeSpec | undefined {
  loaded ??= load();
  return Object.hasOwn(loaded, type) ? loaded[type] : undefined;
}

export type Recreation = "Never" | "Conditionally" | "Always";

/** Whether a change of this property means a new resource. */
export function recreationOf(type: string, property: string): Recreation {
  if (type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource") {
    return property === "ServiceToken" ? "Always" : "Never";
  }
  const spec = specOf(type)?.p[property];
  return spec?.c === "yes" ? "Always" : spec?.c === "maybe" ? "Conditionally" : "Never";
}
