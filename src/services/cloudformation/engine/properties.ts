import { type SpecProperty, type SpecType, specOf, type TypeSpec } from "../spec.ts";
import { isRecord, type Json } from "../template/parse.ts";
import { resourceFailed } from "./request.ts";

/** Members that AWS accepts and its published schemas do not have. */
const TOLERATED = new Set(["AWS::CloudFormation::Stack"]);

/**
 * Properties against the type's schema, in the words of the schema validator that AWS's handlers use.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 * @throws AwsException when a property is unknown, missing, or not in its list of values
 */
export function checkProperties(type: string, logicalId: string, properties: Json): void {
  const spec = specOf(type);
  if (spec === undefined || TOLERATED.has(type)) return;
  const faults: string[] = [];
  checkObject({ spec, properties: spec.p, path: "#", faults }, properties);
  if (faults.length > 0) {
    throw resourceFailed(
      `Properties validation failed for resource ${logicalId} with message:\n${faults.map((one) => `[${one}]`).join("\n")}`,
    );
  }
}

interface Check {
  readonly spec: TypeSpec;
  readonly properties: Readonly<Record<string, SpecProperty>>;
  readonly path: string;
  readonly faults: string[];
}

function checkObject(check: Check, value: Json): void {
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(check.properties, name)) check.faults.push(`${check.path}: extraneous key [${name}] is not permitted`);
  }
  for (const [name, property] of Object.entries(check.properties)) {
    const inner = value[name];
    if (inner === undefined) {
      if (property.r === 1) check.faults.push(`${check.path}: required key [${name}] not found`);
    } else checkValue({ ...check, path: `${check.path}/${name}` }, property.t, inner);
  }
}

function checkValue(check: Check, type: SpecType, value: unknown): void {
  if (typeof type === "string") return;
  if ("e" in type) {
    if (typeof value === "string" && !value.includes("{{resolve:") && !type.e.includes(value)) {
      check.faults.push(`${check.path}: ${value} is not a valid enum value`);
    }
  } else if ("a" in type) {
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) checkValue({ ...check, path: `${check.path}/${index}` }, type.a, item);
  } else if ("m" in type) {
    if (isRecord(value))
      for (const [key, item] of Object.entries(value)) checkValue({ ...check, path: `${check.path}/${key}` }, type.m, item);
  } else if ("r" in type) {
    const properties = check.spec.types?.[type.r];
    if (properties !== undefined && isRecord(value)) checkObject({ ...check, properties }, value);
  }
}
