import { notImplemented } from "../../../aws/exception.ts";
import { invalidParameter } from "../groups.ts";
import type { Identifier } from "./identifiers/identifier.ts";
import { MANAGED, OTHERS } from "./identifiers/index.ts";

/** A data protection policy that may stand. */
export interface Protection {
  readonly identifiers: ReadonlyMap<string, Identifier>;
  /** Where reports of findings go. */
  readonly logGroup: string | undefined;
  readonly bucket: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html */
const MOST_CUSTOM = 10;
const CUSTOM_NAME = /^[A-Za-z0-9_-]{1,128}$/;
const CUSTOM_REGEX = /^[A-Za-z0-9_#=@/;,\- ^$?[\]{}|\\*+.]{1,200}$/;
const MOST_CHARACTERS = 30_720;
const ARN = /^arn:aws[^:]*:dataprotection::aws:data-identifier\/(.+)$/;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * Reads a policy: one statement that audits and one that masks, over the same identifiers.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-start.html
 * @throws AwsException InvalidParameterException; NotImplemented for identifiers and destinations that are not here
 */
export function readProtection(operation: string, document: string): Protection {
  const policy = parse(document);
  if (policy["Version"] !== undefined && policy["Version"] !== "2021-06-01") throw wrong("its Version is not 2021-06-01");
  const statements = listOf(policy["Statement"]).filter(isObject);
  const operationOf = (statement: Json, name: string): unknown =>
    isObject(statement["Operation"]) ? statement["Operation"][name] : undefined;
  const audits = statements.filter((statement) => operationOf(statement, "Audit") !== undefined);
  const redacts = statements.filter((statement) => operationOf(statement, "Deidentify") !== undefined);
  const [audit] = audits;
  if (audit === undefined || audits.length !== 1 || redacts.length === 0)
    throw wrong("it needs one statement with Audit and one with Deidentify");
  const names = namesOf(audit);
  for (const redact of redacts) {
    const deidentify = operationOf(redact, "Deidentify");
    const config = isObject(deidentify) ? deidentify["MaskConfig"] : undefined;
    if (!isObject(config) || Object.keys(config).length > 0) throw wrong("Deidentify needs an empty MaskConfig");
  }
  const masked = redacts.flatMap(namesOf);
  if (names.length !== masked.length || names.some((name) => !masked.includes(name)))
    throw wrong("the DataIdentifier arrays of its statements do not match exactly");
  return { identifiers: identifiersOf(operation, names, customOf(policy)), ...destinationsOf(operation, operationOf(audit, "Audit")) };
}

const wrong = (why: string) => invalidParameter(`The data protection policy is not valid: ${why}.`);

function parse(document: string): Json {
  if (document.length > MOST_CHARACTERS) throw wrong(`it is longer than ${MOST_CHARACTERS} characters`);
  try {
    const parsed: unknown = JSON.parse(document);
    if (isObject(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw wrong("it is not a JSON object");
}

function namesOf(statement: Json): string[] {
  const given = listOf(statement["DataIdentifier"]);
  if (given.length === 0) throw wrong("a statement has no DataIdentifier");
  return given.map((text) => ARN.exec(String(text))?.[1] ?? String(text));
}

function customOf(policy: Json): ReadonlyMap<string, Identifier> {
  const configuration = policy["Configuration"];
  const given = isObject(configuration) ? listOf(configuration["CustomDataIdentifier"]).filter(isObject) : [];
  if (given.length > MOST_CUSTOM) throw wrong(`it has more than ${MOST_CUSTOM} custom data identifiers`);
  return new Map(
    given.map(({ Name, Regex }) => {
      const [name, regex] = [String(Name), String(Regex)];
      if (!CUSTOM_NAME.test(name)) throw wrong(`${name} is no name of a custom data identifier`);
      if (MANAGED[name] !== undefined || OTHERS.has(name)) throw wrong(`${name} is the name of a managed data identifier`);
      if (!CUSTOM_REGEX.test(regex))
        throw wrong(`the regular expression of ${name} has more than 200 or other characters than it may have`);
      return [name, { pattern: compile(name, regex) }];
    }),
  );
}

function compile(name: string, regex: string): RegExp {
  try {
    return new RegExp(regex, "g");
  } catch {
    throw wrong(`the regular expression of ${name} cannot be read`);
  }
}

function identifiersOf(
  operation: string,
  names: readonly string[],
  custom: ReadonlyMap<string, Identifier>,
): ReadonlyMap<string, Identifier> {
  return new Map(
    names.map((name) => {
      if (OTHERS.has(name)) throw notImplemented("cloudwatch-logs", operation, `the data identifier ${name}`);
      const identifier = custom.get(name) ?? MANAGED[name];
      if (identifier === undefined) throw wrong(`${name} is no data identifier`);
      return [name, identifier];
    }),
  );
}

function destinationsOf(operation: string, audit: unknown): Pick<Protection, "logGroup" | "bucket"> {
  const destination = isObject(audit) ? audit["FindingsDestination"] : undefined;
  if (!isObject(destination)) throw wrong("Audit needs a FindingsDestination, which may be empty");
  if (destination["Firehose"] !== undefined) throw notImplemented("cloudwatch-logs", operation, "findings in Firehose");
  const nameIn = (kind: string, member: string): string | undefined => {
    const given = destination[kind];
    if (given === undefined) return undefined;
    const name = isObject(given) ? given[member] : undefined;
    if (typeof name !== "string" || name === "") throw wrong(`${kind} needs a ${member}`);
    return name;
  };
  return { logGroup: nameIn("CloudWatchLogs", "LogGroup"), bucket: nameIn("S3", "Bucket") };
}
