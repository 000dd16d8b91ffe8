import { type Constraint, type Constraints, constraintsOf } from "../../models/constraints.ts";
import type { ServiceModel } from "../../models/model.ts";
import { members, requiredCount, type Schema, traitsOf, tupleOf, type Values } from "../../models/schema.ts";
import { compilePattern } from "./pattern.ts";
import type { ValidationRules } from "./rules.ts";

/** One constraint that a value breaks. */
export interface Violation {
  /** In AWS's notation: `tags.1.member.key`. */
  readonly path: string;
  readonly value: unknown;
  readonly sensitive: boolean;
  /** `Member must …`. */
  readonly constraint: string;
  /** Model name of a member that is missing; undefined for other violations. */
  readonly missing?: string;
}

type Check = (value: unknown, path: string, violations: Violation[]) => void;

/** Checks of one service, compiled per structure at its first use. A part of the input without constraints costs nothing. */
export class Validator {
  readonly #constraints: Constraints;
  readonly #rules: ValidationRules;
  readonly #checks = new Map<string, Check | undefined>();

  constructor(service: ServiceModel, rules: ValidationRules) {
    this.#constraints = rules.constraints === "gateway" ? constraintsOf(service.meta.id) : { structures: {}, shapes: {} };
    this.#rules = rules;
  }

  /** All that is wrong with an operation's input, in the order of the model. */
  violations(schema: Schema, input: Values): Violation[] {
    const found: Violation[] = [];
    this.#structure(schema)?.(input, "", found);
    return found;
  }

  #structure(schema: Schema): Check | undefined {
    const name = tupleOf(schema)?.[2];
    if (name === undefined) return undefined;
    if (this.#checks.has(name)) return this.#checks.get(name);
    let ready: Check | undefined;
    // Kept before it is compiled, for recursive structures; a check that turns out to be empty is dropped below.
    this.#checks.set(name, (value, path, violations) => ready?.(value, path, violations));
    ready = this.#compileStructure(schema, name);
    this.#checks.set(name, ready);
    return ready;
  }

  #compileStructure(schema: Schema, name: string): Check | undefined {
    const required = this.#rules.required === "gateway" ? requiredCount(schema) : 0;
    const checks: { readonly key: string; readonly label: string; readonly required: boolean; readonly check: Check | undefined }[] = [];
    for (const [index, [key, member]] of members(schema).entries()) {
      if (this.#rules.skip?.has(`${name}.${key}`)) continue;
      const check = this.#member(member, this.#constraints.structures[name]?.[key]);
      if (index < required || check !== undefined) checks.push({ key, label: lowerFirst(key), required: index < required, check });
    }
    if (checks.length === 0) return undefined;
    return (value, path, violations) => {
      for (const { key, label, required: needed, check } of checks) {
        const member = (value as Values)[key];
        const at = path === "" ? label : `${path}.${label}`;
        if (member === undefined || member === null) {
          if (needed) violations.push({ path: at, value: null, sensitive: false, constraint: "Member must not be null", missing: key });
        } else check?.(member, at, violations);
      }
    };
  }

  #member(schema: Schema, shapeName: string | undefined): Check | undefined {
    const shape = shapeName === undefined ? undefined : this.#constraints.shapes[shapeName];
    const own = shape === undefined ? undefined : this.#own(schema, shape);
    const inner = this.#inner(schema, shape);
    if (own === undefined || inner === undefined) return own ?? inner;
    return (value, path, violations) => {
      own(value, path, violations);
      inner(value, path, violations);
    };
  }

  /** Constraints of a value itself: its length, range, pattern and enum, and those of simple elements of a list or map. */
  #own(schema: Schema, shape: Constraint): Check | undefined {
    const broken = this.#describe(schema, shape);
    if (broken === undefined) return undefined;
    const sensitive = traitsOf(schema).sensitive !== undefined;
    return (value, path, violations) => {
      for (const constraint of broken(value)) violations.push({ path, value, sensitive, constraint });
    };
  }

  /** Says which constraints a value breaks. */
  #describe(schema: Schema, shape: Constraint): ((value: unknown) => string[]) | undefined {
    if (schema.isListSchema()) return this.#describeList(schema, shape);
    if (schema.isMapSchema()) return this.#describeMap(schema, shape);
    if (schema.isStructSchema() || schema.isStreaming()) return undefined;
    if (schema.isNumericSchema()) return (value) => outOfRange(value as number, shape, "value");
    return simpleDescriber(shape);
  }

  #describeList(schema: Schema, shape: Constraint): (value: unknown) => string[] {
    const element = shape.member === undefined ? undefined : this.#constraints.shapes[shape.member];
    const describe = element === undefined ? undefined : this.#describe(schema.getValueSchema(), element);
    return (value) => {
      const items = value as readonly unknown[];
      const broken = outOfRange(items.length, shape, "length");
      if (element !== undefined && describe !== undefined && items.some((item) => describe(item).length > 0)) {
        broken.push(`Member must satisfy constraint: [${allConstraints(element).join(", ")}]`);
      }
      return broken;
    };
  }

  #describeMap(schema: Schema, shape: Constraint): (value: unknown) => string[] {
    const keyShape = shape.key === undefined ? undefined : this.#constraints.shapes[shape.key];
    const valueShape = shape.value === undefined ? undefined : this.#constraints.shapes[shape.value];
    const describeKey = keyShape === undefined ? undefined : simpleDescriber(keyShape);
    const describeValue = valueShape === undefined ? undefined : this.#describe(schema.getValueSchema(), valueShape);
    return (value) => {
      const entries = Object.entries(value as Values);
      const broken = outOfRange(entries.length, shape, "length");
      if (keyShape !== undefined && describeKey !== undefined && entries.some(([key]) => describeKey(key).length > 0)) {
        broken.push(`Map keys must satisfy constraint: [${allConstraints(keyShape).join(", ")}]`);
      }
      if (valueShape !== undefined && describeValue !== undefined && entries.some(([, item]) => describeValue(item).length > 0)) {
        broken.push(`Map value must satisfy constraint: [${allConstraints(valueShape).join(", ")}]`);
      }
      return broken;
    };
  }

  /** Structures inside of the value. */
  #inner(schema: Schema, shape: Constraint | undefined): Check | undefined {
    if (schema.isStructSchema()) return this.#structure(schema);
    if (schema.isListSchema()) {
      const check = this.#innerElement(schema.getValueSchema(), shape?.member);
      if (check === undefined) return undefined;
      return (value, path, violations) => {
        for (const [index, item] of (value as readonly unknown[]).entries()) check(item, `${path}.${index + 1}.member`, violations);
      };
    }
    if (!schema.isMapSchema()) return undefined;
    const check = this.#innerElement(schema.getValueSchema(), shape?.value);
    if (check === undefined) return undefined;
    return (value, path, violations) => {
      for (const [key, item] of Object.entries(value as Values)) check(item, `${path}.${key}.member`, violations);
    };
  }

  #innerElement(schema: Schema, shapeName: string | undefined): Check | undefined {
    const shape = shapeName === undefined ? undefined : this.#constraints.shapes[shapeName];
    return this.#inner(schema, shape);
  }
}

function simpleDescriber(shape: Constraint): (value: unknown) => string[] {
  const pattern = shape.pattern === undefined ? undefined : compilePattern(shape.pattern);
  const allowed = shape.enum === undefined ? undefined : new Set(shape.enum);
  return (value) => {
    if (value instanceof Uint8Array) return outOfRange(value.length, shape, "length");
    if (typeof value !== "string") return typeof value === "number" ? outOfRange(value, shape, "value") : [];
    if (allowed !== undefined && !allowed.has(value)) return [enumText(shape)];
    const broken = outOfRange(lengthOf(value), shape, "length");
    // A value over its length is not matched too: the length bounds what the pattern may cost.
    const tooLong = shape.max !== undefined && value.length > shape.max;
    if (pattern !== undefined && !tooLong && !pattern.test(value)) broken.unshift(patternText(shape));
    return broken;
  };
}

function outOfRange(size: number, shape: Constraint, what: "length" | "value"): string[] {
  const broken: string[] = [];
  if (shape.max !== undefined && size > shape.max) broken.push(`Member must have ${what} less than or equal to ${shape.max}`);
  if (shape.min !== undefined && size < shape.min) broken.push(`Member must have ${what} greater than or equal to ${shape.min}`);
  return broken;
}

/** Characters, not UTF-16 units. */
function lengthOf(text: string): number {
  return /[\ud800-\udbff]/.test(text) ? [...text].length : text.length;
}

function patternText(shape: Constraint): string {
  return `Member must satisfy regular expression pattern: ${shape.pattern ?? ""}`;
}

function enumText(shape: Constraint): string {
  return `Member must satisfy enum value set: [${(shape.enum ?? []).join(", ")}]`;
}

/** What AWS lists for the elements of a list or map: every constraint that they have. */
function allConstraints(shape: Constraint): string[] {
  return [
    ...(shape.max === undefined ? [] : [`Member must have length less than or equal to ${shape.max}`]),
    ...(shape.min === undefined ? [] : [`Member must have length greater than or equal to ${shape.min}`]),
    ...(shape.pattern === undefined ? [] : [patternText(shape)]),
    ...(shape.enum === undefined ? [] : [enumText(shape)]),
  ];
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
