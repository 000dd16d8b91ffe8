/**
 * Writes `generated/resource-spec.json`: what CloudFormation's engine knows of each resource type, out of
 * `@aws-cdk/aws-service-spec`. Types of the services that Orrery has come with their properties' types; all others in
 * reduced form, enough to model them. Loading the package costs half a second and 76 MB, which is why it is done here.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Grows with each change of what is written here. */
const FORMAT = 3;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "generated", "resource-spec.json");

/** CloudFormation's service names whose types are checked property by property. */
const FULL = new Set(
  "IAM S3 DynamoDB Lambda ApiGatewayV2 Events SQS SSM Logs CloudWatch ECR KMS CloudFormation SNS SecretsManager".split(" "),
);

interface SpecType {
  readonly type: string;
  readonly allowedValues?: readonly string[];
  readonly element?: SpecType;
  readonly types?: readonly SpecType[];
  readonly reference?: { readonly $ref: string };
}
interface SpecProperty {
  readonly type: SpecType;
  readonly required?: boolean;
  readonly causesReplacement?: "yes" | "no" | "maybe";
}
interface SpecDefinition {
  readonly $id: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, SpecProperty>>;
}
interface SpecResource extends SpecDefinition {
  readonly cloudFormationType: string;
  readonly attributes: Readonly<Record<string, { readonly type: SpecType }>>;
  readonly primaryIdentifier?: readonly string[];
  readonly cfnRefIdentifier?: readonly string[];
  readonly tagInformation?: { readonly tagPropertyName: string; readonly variant: string };
  readonly additionalReplacementProperties?: readonly (readonly string[])[];
  readonly arnTemplate?: string;
}
interface SpecDatabase {
  all(kind: "resource"): SpecResource[];
  get(kind: "typeDefinition", reference: { readonly $ref: string }): SpecDefinition;
}

type Names = Map<string, string>;

/** `s` `n` `i` `b` `j` `d`, `{a}` array, `{m}` map, `{r}` named type, `{u}` union, `{e}` text out of a list. */
function typeOf(type: SpecType, full: boolean, used: (reference: { readonly $ref: string }) => string): unknown {
  switch (type.type) {
    case "string":
      return type.allowedValues === undefined || !full ? "s" : { e: type.allowedValues };
    case "number":
      return "n";
    case "integer":
      return "i";
    case "boolean":
      return "b";
    case "date-time":
      return "d";
    case "array":
      return { a: type.element === undefined ? "j" : typeOf(type.element, full, used) };
    case "map":
      return { m: type.element === undefined ? "j" : typeOf(type.element, full, used) };
    case "union":
      return { u: (type.types ?? []).map((one) => typeOf(one, full, used)) };
    case "ref":
      return type.reference === undefined || !full ? "j" : { r: used(type.reference) };
    default:
      return "j";
  }
}

function describe(db: SpecDatabase, resource: SpecResource): Record<string, unknown> {
  const full = FULL.has(resource.cloudFormationType.split("::")[1] ?? "");
  const names: Names = new Map();
  const pending: SpecDefinition[] = [];
  const used = (reference: { readonly $ref: string }): string => {
    const known = names.get(reference.$ref);
    if (known !== undefined) return known;
    const definition = db.get("typeDefinition", reference);
    names.set(reference.$ref, definition.name);
    pending.push(definition);
    return definition.name;
  };
  const propertiesOf = (definition: SpecDefinition): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(definition.properties).map(([name, property]) => [
        name,
        {
          t: typeOf(property.type, full, used),
          ...(property.required ? { r: 1 } : {}),
          ...(property.causesReplacement === "yes" ? { c: "yes" } : property.causesReplacement === "maybe" ? { c: "maybe" } : {}),
        },
      ]),
    );
  const p = propertiesOf(resource);
  const types: Record<string, unknown> = {};
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) types[next.name] = propertiesOf(next);
  return {
    p,
    a: Object.fromEntries(Object.entries(resource.attributes).map(([name, { type }]) => [name, typeOf(type, false, used)])),
    ...(resource.primaryIdentifier === undefined ? {} : { id: resource.primaryIdentifier }),
    ...(resource.cfnRefIdentifier === undefined ? {} : { ref: resource.cfnRefIdentifier }),
    ...(resource.tagInformation === undefined ? {} : { tag: [resource.tagInformation.tagPropertyName, resource.tagInformation.variant] }),
    ...(resource.additionalReplacementProperties === undefined ? {} : { x: resource.additionalReplacementProperties }),
    ...(resource.arnTemplate === undefined ? {} : { arn: resource.arnTemplate }),
    ...(Object.keys(types).length === 0 ? {} : { types }),
  };
}

/** Does nothing when the file is there and was made by this version of the script from this version of the package. */
export async function generateResourceSpec(): Promise<void> {
  const manifest = join(root, "node_modules/@aws-cdk/aws-service-spec/package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const stamp = `${FORMAT}/${version}`;
  if (existsSync(target) && readFileSync(target, "utf8").slice(0, 60).includes(JSON.stringify(stamp))) return;
  const { loadAwsServiceSpecSync } = await import("@aws-cdk/aws-service-spec");
  const db = loadAwsServiceSpecSync() as unknown as SpecDatabase;
  const types = Object.fromEntries(
    [...db.all("resource")]
      .sort((a, b) => (a.cloudFormationType < b.cloudFormationType ? -1 : 1))
      .map((resource) => [resource.cloudFormationType, describe(db, resource)]),
  );
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, JSON.stringify({ stamp, types }));
  renameSync(`${target}.new`, target);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateResourceSpec();
