import { parseArn } from "../../aws/arn.ts";
import { AwsException } from "../../aws/exception.ts";

/** Attributes of a queue by name, as SetQueueAttributes takes them. */
export type Attributes = Readonly<Record<string, string>>;

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  readonly redrivePermission: "allowAll" | "denyAll" | "byQueue";
  readonly sourceQueueArns: readonly string[];
}

/** Range and default of each number: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
const NUMBERS: Readonly<Record<string, readonly [min: number, max: number, initial: number]>> = {
  VisibilityTimeout: [0, 43_200, 30],
  MaximumMessageSize: [1_024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  DelaySeconds: [0, 900, 0],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
};
const OPTIONAL_NUMBERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ["true", "false"],
  ContentBasedDeduplication: ["true", "false"],
  SqsManagedSseEnabled: ["true", "false"],
  DeduplicationScope: ["messageGroup", "queue"],
  FifoThroughputLimit: ["perQueue", "perMessageGroupId"],
};
const FIFO_ONLY = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];

/** Names that GetQueueAttributes knows beside those that can be set. */
export const READ_ONLY = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
] as const;
export const SETTABLE = [
  ...Object.keys(NUMBERS),
  ...Object.keys(OPTIONAL_NUMBERS),
  ...Object.keys(CHOICES),
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
];

/** What a queue of this name has before anything is set. */
export function defaults(fifo: boolean): Attributes {
  const numbers = Object.fromEntries(Object.entries(NUMBERS).map(([name, [, , initial]]) => [name, String(initial)]));
  const common = { ...numbers, SqsManagedSseEnabled: "true" };
  return fifo
    ? { ...common, FifoQueue: "true", ContentBasedDeduplication: "false", DeduplicationScope: "queue", FifoThroughputLimit: "perQueue" }
    : common;
}

function invalid(name: string, reason?: string): AwsException {
  return new AwsException(
    "InvalidAttributeValue",
    reason === undefined ? `Invalid value for the parameter ${name}.` : `Value for parameter ${name} is invalid. Reason: ${reason}`,
    { status: 400 },
  );
}

/**
 * Checks attributes that a caller gave and answers them as they are to be stored. An empty text takes an attribute away.
 * @throws AwsException InvalidAttributeName, InvalidAttributeValue
 */
export function checkAttributes(given: Readonly<Record<string, string | undefined>>, fifo: boolean): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!SETTABLE.includes(name) || (name === "FifoQueue" && !fifo) || (FIFO_ONLY.includes(name) && !fifo)) {
      throw new AwsException("InvalidAttributeName", `Unknown Attribute ${name}.`);
    }
    checked[name] = checkValue(name, value);
  }
  if (fifo && checked["FifoQueue"] === "false") throw invalid("FifoQueue");
  return checked;
}

function checkValue(name: string, value: string): string {
  const range = NUMBERS[name] ?? OPTIONAL_NUMBERS[name];
  if (range !== undefined) {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < range[0] || number > range[1]) throw invalid(name);
    return String(number);
  }
  const choices = CHOICES[name];
  if (choices !== undefined) {
    const match = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
    if (match === undefined) throw invalid(name);
    return match;
  }
  if (value === "") return value;
  if (name === "RedrivePolicy") return JSON.stringify(checkRedrivePolicy(value));
  if (name === "RedriveAllowPolicy") return JSON.stringify(checkRedriveAllowPolicy(value));
  if (name === "Policy") checkJson(name, value);
  return value;
}

function checkJson(name: string, value: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  } catch {
    // Told below, as for JSON that is no object.
  }
  if (name === "Policy") throw invalid(name);
  throw invalid(name, `${name} is not a valid JSON map.`);
}

function checkRedrivePolicy(value: string): RedrivePolicy {
  const { deadLetterTargetArn, maxReceiveCount, ...rest } = checkJson("RedrivePolicy", value);
  const shown = `Value ${value} for parameter RedrivePolicy is invalid. Reason: `;
  const fail = (reason: string): AwsException => new AwsException("InvalidParameterValue", shown + reason, { status: 400 });
  const [extra] = Object.keys(rest);
  if (extra !== undefined) throw fail(`Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].`);
  if (deadLetterTargetArn === undefined) throw fail("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (maxReceiveCount === undefined) throw fail("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1_000) {
    throw fail("Invalid value for maxReceiveCount: must be an integer between 1 and 1000.");
  }
  if (typeof deadLetterTargetArn !== "string" || parseArn(deadLetterTargetArn)?.service !== "sqs") {
    throw fail("Invalid value for deadLetterTargetArn.");
  }
  return { deadLetterTargetArn, maxReceiveCount: count };
}

function checkRedriveAllowPolicy(value: string): RedriveAllowPolicy {
  const { redrivePermission, sourceQueueArns } = checkJson("RedriveAllowPolicy", value);
  if (redrivePermission !== "allowAll" && redrivePermission !== "denyAll" && redrivePermission !== "byQueue") {
    throw invalid("RedriveAllowPolicy", "redrivePermission must be allowAll, denyAll or byQueue.");
  }
  const arns = Array.isArray(sourceQueueArns) ? sourceQueueArns.map(String) : [];
  if ((redrivePermission === "byQueue") !== arns.length > 0 || arns.length > 10) {
    throw invalid("RedriveAllowPolicy", "sourceQueueArns takes 1 to 10 ARNs, with byQueue only.");
  }
  return { redrivePermission, sourceQueueArns: arns };
}

export function redrivePolicyOf(attributes: Attributes): RedrivePolicy | undefined {
  const text = attributes["RedrivePolicy"];
  return text === undefined ? undefined : (JSON.parse(text) as RedrivePolicy);
}

/** Whether a queue with these attributes lets `source` use it as its dead-letter queue. */
export function allowsRedriveFrom(attributes: Attributes, source: string): boolean {
  const text = attributes["RedriveAllowPolicy"];
  if (text === undefined) return true;
  const policy = JSON.parse(text) as RedriveAllowPolicy;
  return policy.redrivePermission === "allowAll" || (policy.redrivePermission === "byQueue" && policy.sourceQueueArns.includes(source));
}

export function numberOf(attributes: Attributes, name: string): number {
  return Number(attributes[name] ?? NUMBERS[name]?.[2] ?? 0);
}
