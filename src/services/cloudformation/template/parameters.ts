import { isRecord, type Json, type Template, validationError } from "./parse.ts";

/** A parameter of a template: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html */
export interface ParameterDefinition {
  readonly Type: string;
  readonly Default?: unknown;
  readonly Description?: string;
  readonly NoEcho?: unknown;
  readonly AllowedPattern?: string;
  readonly AllowedValues?: readonly unknown[];
  readonly ConstraintDescription?: string;
  readonly MinLength?: unknown;
  readonly MaxLength?: unknown;
  readonly MinValue?: unknown;
  readonly MaxValue?: unknown;
}

/** A parameter's value as it was given, and what `Ref` gives where that differs (SSM types). */
export interface ParameterValue {
  readonly value: string;
  readonly resolved?: string;
}

export function parametersOf(template: Template): Map<string, ParameterDefinition> {
  return new Map(
    Object.entries(template.Parameters ?? {}).filter(([, value]) => isRecord(value)) as unknown as [string, ParameterDefinition][],
  );
}

export interface GivenParameter {
  readonly ParameterKey?: string | undefined;
  readonly ParameterValue?: string | undefined;
  readonly UsePreviousValue?: boolean | undefined;
}

/** Values for all parameters of a template, from what was given, what was there before, and the defaults; constraints checked. */
export function chooseParameters(
  template: Template,
  given: readonly GivenParameter[],
  previous: Readonly<Record<string, ParameterValue>>,
): Record<string, string> {
  const definitions = parametersOf(template);
  const byKey = new Map(given.map((one) => [one.ParameterKey ?? "", one]));
  const unknown = [...byKey.keys()].filter((key) => !definitions.has(key));
  if (unknown.length > 0) throw validationError(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, definition] of definitions) {
    const one = byKey.get(name);
    const before = previous[name]?.value;
    const value = one?.UsePreviousValue ? before : (one?.ParameterValue ?? defaultOf(definition));
    if (value === undefined) missing.push(name);
    else {
      check(name, definition, value);
      values[name] = value;
    }
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(", ")}] must have values`);
  return values;
}

function defaultOf(definition: ParameterDefinition): string | undefined {
  return definition.Default === undefined ? undefined : String(definition.Default);
}

function check(name: string, definition: ParameterDefinition, value: string): void {
  const fail = (reason: string): never => {
    const detail = definition.ConstraintDescription;
    throw validationError(
      detail === undefined ? `Parameter '${name}' ${reason}` : `Parameter ${name} failed to satisfy constraint: ${detail}`,
    );
  };
  const type = definition.Type;
  if (type === "Number" && (value.trim() === "" || Number.isNaN(Number(value)))) {
    throw validationError(`Parameter '${name}' must be a number.`);
  }
  const items = isListType(type) ? value.split(",").map((item) => item.trim()) : [value];
  if (type === "List<Number>" && items.some((item) => Number.isNaN(Number(item)))) {
    throw validationError(`Parameter '${name}' must be a list of numbers.`);
  }
  if (definition.AllowedValues !== undefined) {
    const allowed = new Set(definition.AllowedValues.map(String));
    if (!items.every((item) => allowed.has(item))) fail(`must be one of AllowedValues`);
  }
  if (definition.AllowedPattern !== undefined && !new RegExp(`^(?:${definition.AllowedPattern})$`, "u").test(value)) {
    fail(`must match pattern ${definition.AllowedPattern}`);
  }
  if (definition.MinLength !== undefined && value.length < Number(definition.MinLength)) {
    fail(`must contain at least ${String(definition.MinLength)} characters`);
  }
  if (definition.MaxLength !== undefined && value.length > Number(definition.MaxLength)) {
    fail(`must contain at most ${String(definition.MaxLength)} characters`);
  }
  if (definition.MinValue !== undefined && Number(value) < Number(definition.MinValue)) {
    fail(`must be a number not less than ${String(definition.MinValue)}`);
  }
  if (definition.MaxValue !== undefined && Number(value) > Number(definition.MaxValue)) {
    fail(`must be a number not greater than ${String(definition.MaxValue)}`);
  }
}

export function isListType(type: string): boolean {
  return type === "CommaDelimitedList" || type.startsWith("List<") || /^AWS::SSM::Parameter::Value<(List<|CommaDelimitedList)/.test(type);
}

/** What `Ref` of a parameter gives. */
export function parameterRef(definition: ParameterDefinition | undefined, value: ParameterValue): unknown {
  const text = value.resolved ?? value.value;
  if (definition === undefined || !isListType(definition.Type)) return text;
  return text === "" ? [] : text.split(",").map((item) => item.trim());
}

export function isNoEcho(definition: ParameterDefinition | undefined): boolean {
  return String(definition?.NoEcho) === "true";
}

/** The SSM parameter types, whose values are names: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html */
export function isSsmValue(type: string): boolean {
  return type.startsWith("AWS::SSM::Parameter::Value<");
}

/** Rules over parameters: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html */
export function checkRules(template: Template, evaluate: (value: unknown) => unknown): void {
  for (const [name, rule] of Object.entries(template.Rules ?? {})) {
    if (!isRecord(rule)) continue;
    if (rule["RuleCondition"] !== undefined && evaluate(rule["RuleCondition"]) !== true) continue;
    for (const assertion of Array.isArray(rule["Assertions"]) ? (rule["Assertions"] as Json[]) : []) {
      if (evaluate(assertion["Assert"]) === true) continue;
      const text = assertion["AssertDescription"];
      throw validationError(`Template validation error: Rule ${name} failed${typeof text === "string" ? `: ${text}` : ""}`);
    }
  }
}
