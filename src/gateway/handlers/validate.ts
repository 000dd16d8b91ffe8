import { AwsException } from "../../aws/exception.ts";
import type { OperationModel, ServiceModel } from "../../models/model.ts";
import type { Values } from "../../models/schema.ts";
import { rulesOf, type ValidationRules } from "../validation/rules.ts";
import { Validator, type Violation } from "../validation/validator.ts";
import { authStyleOf } from "./auth-errors.ts";

const validators = new WeakMap<ServiceModel, { readonly rules: ValidationRules; readonly validator: Validator }>();

function validatorOf(service: ServiceModel): { readonly rules: ValidationRules; readonly validator: Validator } {
  let entry = validators.get(service);
  if (entry === undefined) {
    const rules = rulesOf(service.meta.id, authStyleOf(service.meta.id, service.meta.protocol));
    entry = { rules, validator: new Validator(service, rules) };
    validators.set(service, entry);
  }
  return entry;
}

/**
 * Required members, lengths, ranges, patterns and enums of an input.
 * @throws AwsException the service's own validation error, naming every violation
 */
export function validate(service: ServiceModel, operation: OperationModel, input: Values): void {
  const { rules, validator } = validatorOf(service);
  const violations = validator.violations(operation.input, input);
  const [first] = violations;
  if (first === undefined) return;
  const own = rules.word?.(first);
  if (own !== undefined) throw new AwsException(own.code, own.message, { status: 400 });
  throw new AwsException(rules.code, wording(violations), { status: 400 });
}

function wording(violations: readonly Violation[]): string {
  const count = `${violations.length} validation error${violations.length === 1 ? "" : "s"} detected: `;
  return (
    count +
    violations
      .map((violation) => `Value ${quoted(violation)}at '${violation.path}' failed to satisfy constraint: ${violation.constraint}`)
      .join("; ")
  );
}

function quoted({ value, sensitive }: Violation): string {
  if (value === null) return "null ";
  return sensitive ? "" : `'${text(value)}' `;
}

/** As Java prints it. */
function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (value instanceof Date || typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}=${text(item)}`)
    .join(", ")}}`;
}
