import { createHash } from "node:crypto";
import { AwsException } from "../../aws/exception.ts";

/** A message attribute or message system attribute, as the operations take it. */
export interface AttributeValue {
  readonly DataType?: string | undefined;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: Uint8Array | undefined;
}
export type AttributeValues = Readonly<Record<string, AttributeValue>>;

export function md5(text: string | Uint8Array): string {
  return createHash("md5").update(text).digest("hex");
}

/**
 * The MD5 of message attributes, which SDKs compute too and compare.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function attributesMd5(attributes: AttributeValues): string {
  const hash = createHash("md5");
  const field = (value: string | Uint8Array): void => {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value === undefined) continue;
    field(name);
    field(value.DataType ?? "");
    hash.update(Uint8Array.of(value.BinaryValue === undefined ? 1 : 2));
    field(value.BinaryValue ?? value.StringValue ?? "");
  }
  return hash.digest("hex");
}

/** Bytes that count against MaximumMessageSize: the body and each attribute's name, type and value. */
export function sizeOf(body: string, attributes: AttributeValues = {}): number {
  let size = Buffer.byteLength(body);
  for (const [name, value] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value.DataType ?? "");
    size += value.BinaryValue?.length ?? Buffer.byteLength(value.StringValue ?? "");
  }
  return size;
}

const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that SQS refuses
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** @throws AwsException InvalidMessageContents */
export function checkCharacters(text: string): void {
  const found = FORBIDDEN.exec(text);
  if (found === null) return;
  throw new AwsException(
    "InvalidMessageContents",
    `Invalid binary character '#x${found[0].charCodeAt(0).toString(16).toUpperCase()}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`,
  );
}

const NAME = /^(?!\.)(?!.*\.\.)(?!.*\.$)[A-Za-z0-9_.-]{1,256}$/;

function invalid(message: string): AwsException {
  return new AwsException("InvalidParameterValue", message, { status: 400 });
}

/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 * @throws AwsException InvalidParameterValue
 */
export function checkAttributeValues(attributes: AttributeValues): void {
  const entries = Object.entries(attributes);
  if (entries.length > 10) {
    throw invalid(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`);
  }
  for (const [name, value] of entries) {
    if (!NAME.test(name) || /^(aws|amazon)\./i.test(name)) {
      throw invalid(
        "Message (user) attribute name can contain the characters A-Z, a-z, 0-9, underscore (_), hyphen (-) and period (.), must not begin with AWS. or Amazon., and has 1 to 256 characters.",
      );
    }
    checkAttributeValue(name, value);
  }
}

function checkAttributeValue(name: string, value: AttributeValue): void {
  const type = value.DataType ?? "";
  const base = type.split(".", 1)[0];
  if (base !== "String" && base !== "Number" && base !== "Binary") {
    throw invalid(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  const present = base === "Binary" ? value.BinaryValue?.length : value.StringValue?.length;
  if (present === undefined) {
    throw invalid(
      `The message (user) attribute '${name}' with type '${type}' must use field '${base === "Binary" ? "Binary" : "String"}'.`,
    );
  }
  if (present === 0) throw invalid(`The message (user) attribute '${name}' must contain a non-empty message attribute value.`);
  if (base === "Number" && !isNumber(value.StringValue ?? ""))
    throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  if (base !== "Binary") checkCharacters(value.StringValue ?? "");
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim());
}

/** JSON of attributes for the store; blobs in base64. */
export function freeze(attributes: AttributeValues | undefined): string | null {
  if (attributes === undefined || Object.keys(attributes).length === 0) return null;
  const plain = Object.entries(attributes).map(([name, value]) => [
    name,
    value.BinaryValue === undefined
      ? { DataType: value.DataType, StringValue: value.StringValue }
      : { DataType: value.DataType, base64: Buffer.from(value.BinaryValue).toString("base64") },
  ]);
  return JSON.stringify(Object.fromEntries(plain));
}

export function thaw(text: string): Record<string, { DataType: string; StringValue?: string; BinaryValue?: Uint8Array }> {
  const plain = JSON.parse(text) as Record<string, { DataType: string; StringValue?: string; base64?: string }>;
  return Object.fromEntries(
    Object.entries(plain).map(([name, { DataType, StringValue, base64 }]) => [
      name,
      base64 === undefined ? { DataType, StringValue: StringValue ?? "" } : { DataType, BinaryValue: Buffer.from(base64, "base64") },
    ]),
  );
}

/** Which attributes a ReceiveMessage asked for: names, `All`, `.*`, or a prefix with `.*`. */
export function selects(patterns: readonly string[], name: string): boolean {
  return patterns.some(
    (pattern) => pattern === "All" || pattern === name || (pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -2))),
  );
}
