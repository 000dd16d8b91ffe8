/** What is wrong with a part of a dashboard's or widget's JSON; the path is a JSON pointer, empty for the whole. */
export interface Finding {
  readonly path: string;
  readonly message: string;
}

/** The few words of JSON schema that dashboards need. */
export type Schema =
  | { readonly type: "any" }
  | { readonly type: "boolean" }
  | { readonly type: "scalar"; readonly maxLength?: number }
  | {
      readonly type: "string";
      readonly values?: readonly string[];
      readonly pattern?: RegExp;
      readonly minLength?: number;
      readonly maxLength?: number;
    }
  | {
      readonly type: "number" | "integer";
      readonly min?: number;
      readonly max?: number;
      /** Allowed besides multiples of `step`. */
      readonly values?: readonly number[];
      readonly step?: number;
    }
  | { readonly type: "array"; readonly items: Schema; readonly min?: number; readonly max?: number }
  /** One value, or a pair of them, as annotations with a band are. */
  | { readonly type: "oneOrPair"; readonly one: Schema }
  | ObjectSchema;

export interface ObjectSchema {
  readonly type: "object";
  readonly members: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Members that mean nothing without another one. */
  readonly together?: Readonly<Record<string, string>>;
}

export type Members = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);

/** Errors and warnings found so far. */
export class Findings {
  readonly errors: Finding[] = [];
  readonly warnings: Finding[] = [];

  error(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  warn(path: string, message: string): void {
    this.warnings.push({ path, message });
  }
}

type Of<T extends Schema["type"]> = Extract<Schema, { readonly type: T }>;

function stringProblem(value: string, { values, pattern, minLength, maxLength }: Of<"string">): string | undefined {
  if (values !== undefined && !values.includes(value)) return "Should be equal to one of the allowed values";
  if (pattern !== undefined && !pattern.test(value)) return `Should match pattern "${pattern.source}"`;
  if (maxLength !== undefined && value.length > maxLength) return `Should NOT be longer than ${maxLength} characters`;
  if (minLength !== undefined && value.length < minLength) return `Should NOT be shorter than ${minLength} characters`;
  return undefined;
}

function numberProblem(value: number, { type, min, max, values, step }: Of<"number" | "integer">): string | undefined {
  if (type === "integer" && !Number.isInteger(value)) return "Should be integer";
  if (values?.includes(value) === true) return undefined;
  if (min !== undefined && value < min) return `Should be >= ${min}`;
  if (max !== undefined && value > max) return `Should be <= ${max}`;
  if (step !== undefined && value % step !== 0) return `Should be multiple of ${step}`;
  return undefined;
}

function leafProblem(value: unknown, schema: Schema): string | undefined {
  switch (schema.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "Should be boolean";
    case "scalar":
      if (!["string", "number", "boolean"].includes(typeof value)) return "Should be string,number,boolean";
      return schema.maxLength !== undefined && String(value).length > schema.maxLength
        ? `Should NOT be longer than ${schema.maxLength} characters`
        : undefined;
    case "string":
      return typeof value === "string" ? stringProblem(value, schema) : "Should be string";
    case "number":
    case "integer":
      return typeof value === "number" ? numberProblem(value, schema) : `Should be ${schema.type}`;
    default:
      return undefined;
  }
}

function checkObject(value: unknown, schema: ObjectSchema, path: string, found: Findings): void {
  if (!isObject(value)) {
    found.error(path, "Should be object");
    return;
  }
  for (const name of schema.required ?? []) if (value[name] === undefined) found.error(path, `Should have required property '${name}'`);
  for (const [name, other] of Object.entries(schema.together ?? {})) {
    if (value[name] !== undefined && value[other] === undefined)
      found.error(path, `Should have property ${other} when property ${name} is present`);
  }
  for (const [name, member] of Object.entries(value)) {
    const known = schema.members[name];
    if (known === undefined) found.warn(`${path}/${name}`, "Should NOT have additional properties");
    else check(member, known, `${path}/${name}`, found);
  }
}

function checkPair(value: readonly unknown[], one: Schema, path: string, found: Findings): void {
  if (value.length !== 2) found.error(path, `Should NOT have ${value.length < 2 ? "less" : "more"} than 2 items`);
  for (const [index, item] of value.entries()) check(item, one, `${path}/${index}`, found);
}

function checkArray(value: readonly unknown[], { items, min, max }: Of<"array">, path: string, found: Findings): void {
  if (max !== undefined && value.length > max) found.error(path, `Should NOT have more than ${max} items`);
  if (min !== undefined && value.length < min) found.error(path, `Should NOT have less than ${min} items`);
  for (const [index, item] of value.entries()) check(item, items, `${path}/${index}`, found);
}

/** Adds what is wrong with a value. Messages are those of AWS's validator, where they are known. */
export function check(value: unknown, schema: Schema, path: string, found: Findings): void {
  if (schema.type === "object") checkObject(value, schema, path, found);
  else if (schema.type === "oneOrPair" && Array.isArray(value)) checkPair(value, schema.one, path, found);
  else if (schema.type === "oneOrPair") check(value, schema.one, path, found);
  else if (schema.type === "array" && Array.isArray(value)) checkArray(value, schema, path, found);
  else {
    const problem = schema.type === "array" ? "Should be array" : leafProblem(value, schema);
    if (problem !== undefined) found.error(path, problem);
  }
}
