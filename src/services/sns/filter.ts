import { BlockList, isIP } from "node:net";
import { AwsException } from "../../aws/exception.ts";

/** What a key of a filter policy is compared with; none when the message has no such key. */
type Values = readonly unknown[];

export function invalidParameter(reason: string): AwsException {
  return new AwsException("InvalidParameterException", `Invalid parameter: ${reason}`, { status: 400 });
}

type Policy = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Policy => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads a filter policy and checks that this matcher knows all of it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 * @throws AwsException InvalidParameterException
 */
export function parsePolicy(text: string, scope: string): Policy {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter("FilterPolicy: failed to parse JSON.");
  }
  if (!isObject(policy)) throw invalidParameter("FilterPolicy: must be a JSON object.");
  checkPolicy(policy, scope === "MessageBody");
  return policy;
}

function checkPolicy(policy: Policy, nested: boolean): void {
  for (const [key, rule] of Object.entries(policy)) {
    if (key === "$or" && Array.isArray(rule)) for (const part of rule) checkPolicy(isObject(part) ? part : {}, nested);
    else if (isObject(rule)) {
      if (!nested)
        throw invalidParameter(
          "Attributes Reason: FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy",
        );
      checkPolicy(rule, nested);
    } else if (Array.isArray(rule)) for (const condition of rule) checkCondition(key, condition);
    else throw invalidParameter(`Attributes Reason: FilterPolicy: "${key}" must be an object or an array`);
  }
}

const OPERATORS = ["prefix", "suffix", "anything-but", "equals-ignore-case", "numeric", "exists", "cidr"];

function checkCondition(key: string, condition: unknown): void {
  if (!isObject(condition)) return;
  const [operator, ...rest] = Object.keys(condition);
  if (operator === undefined || rest.length > 0 || !OPERATORS.includes(operator)) {
    throw invalidParameter(`Attributes Reason: FilterPolicy: Unrecognized match type ${operator} of "${key}"`);
  }
  if (operator !== "cidr") return;
  const network = String(condition["cidr"]);
  const [base = "", bits] = network.split("/");
  const most = isIP(base) === 4 ? 32 : 128;
  if (isIP(base) === 0 || (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= most))) {
    throw invalidParameter(`Attributes Reason: FilterPolicy: Malformed CIDR ${network} of "${key}"`);
  }
}

/** Whether a message passes; `lookUp` gives the values at the path of a key. */
function passes(policy: Policy, lookUp: (path: readonly string[]) => Values, path: readonly string[] = []): boolean {
  return Object.entries(policy).every(([key, rule]) => {
    if (key === "$or" && Array.isArray(rule)) return rule.some((part) => isObject(part) && passes(part, lookUp, path));
    if (isObject(rule)) return passes(rule, lookUp, [...path, key]);
    const values = lookUp([...path, key]);
    return (rule as unknown[]).some((condition) => meets(condition, values));
  });
}

function meets(condition: unknown, values: Values): boolean {
  if (!isObject(condition)) return values.some((value) => value === condition);
  const [[operator, operand] = ["", undefined]] = Object.entries(condition);
  if (operator === "exists") return values.length > 0 === operand;
  return values.some((value) => compare(operator, operand, value));
}

function compare(operator: string, operand: unknown, value: unknown): boolean {
  if (operator === "numeric") return typeof value === "number" && inRange(operand as unknown[], value);
  if (operator === "anything-but") {
    if (isObject(operand)) return !Object.entries(operand).some(([inner, text]) => compare(inner, text, value));
    return !(Array.isArray(operand) ? operand : [operand]).includes(value);
  }
  if (typeof value !== "string" || typeof operand !== "string") return false;
  if (operator === "prefix") return value.startsWith(operand);
  if (operator === "suffix") return value.endsWith(operand);
  if (operator === "cidr") return isInNetwork(value, operand);
  return operator === "equals-ignore-case" && value.toLowerCase() === operand.toLowerCase();
}

/** Of an address, IPv4 or IPv6, and a network such as `10.0.0.0/24`. */
function isInNetwork(address: string, network: string): boolean {
  const [base = "", bits] = network.split("/");
  const version = isIP(base);
  if (version === 0 || isIP(address) !== version) return false;
  const type = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(base, Number(bits ?? (version === 4 ? 32 : 128)), type);
  return list.check(address, type);
}

/** `[">=", 1, "<", 10]`. */
function inRange(terms: readonly unknown[], value: number): boolean {
  for (let index = 0; index + 1 < terms.length; index += 2) {
    const limit = Number(terms[index + 1]);
    const holds = { "=": value === limit, ">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit }[
      String(terms[index])
    ];
    if (holds !== true) return false;
  }
  return true;
}

export interface Attribute {
  readonly DataType?: string | undefined;
  readonly StringValue?: string | undefined;
}

function attributeValues(attribute: Attribute | undefined): Values {
  if (attribute?.StringValue === undefined) return attribute === undefined ? [] : [undefined];
  const type = attribute.DataType ?? "String";
  if (type.startsWith("Number")) return [Number(attribute.StringValue)];
  if (type !== "String.Array") return [attribute.StringValue];
  try {
    const list: unknown = JSON.parse(attribute.StringValue);
    return Array.isArray(list) ? list : [list];
  } catch {
    return [];
  }
}

/** Values at a path in a body; arrays stand for each of their items. */
function bodyValues(root: unknown, path: readonly string[]): Values {
  let current: unknown[] = [root];
  for (const key of path) {
    current = current
      .flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]))
      .flatMap((value) => (isObject(value) && key in value ? [value[key]] : []));
  }
  return current.flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]));
}

/** Whether a message goes to a subscription with this filter policy. */
export function matches(
  policy: Policy,
  scope: string,
  message: { readonly body: string; readonly attributes: Readonly<Record<string, Attribute>> },
): boolean {
  if (scope !== "MessageBody") return passes(policy, ([key = ""]) => attributeValues(message.attributes[key]));
  try {
    const root: unknown = JSON.parse(message.body);
    return isObject(root) && passes(policy, (path) => bodyValues(root, path));
  } catch {
    return false;
  }
}
