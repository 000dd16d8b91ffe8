import { invalidParameter } from "../groups.ts";

export interface FieldIndex {
  readonly name: string;
  readonly type: "FIELD_INDEX" | "FACET";
  /** Virtual ms: events of before are not in it. */
  readonly since: number;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing-Syntax.html */
const MOST_FIELDS = 20;
const MOST_CHARACTERS = 100;
const GENERATED = new Set(
  "@logStream @ingestionTime @requestId @type @initDuration @duration @billedDuration @memorySize @maxMemoryUsed @xrayTraceId @xraySegmentId".split(
    " ",
  ),
);
/** On every log group of the Standard class. */
const DEFAULTS =
  "@logStream @aws.region @aws.account @source.log @data_source_name @data_source_type @data_format traceId severityText attributes.session.id";
export const DEFAULT_INDEXES: readonly FieldIndex[] = DEFAULTS.split(" ").map((name) => ({ name, type: "FIELD_INDEX", since: 0 }));

const wrong = (why: string) => invalidParameter(`The index policy is not valid: ${why}.`);
type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

function parse(document: string): Json {
  try {
    const parsed: unknown = JSON.parse(document);
    if (isObject(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw wrong("it is not a JSON object");
}

/**
 * The indexes of a policy; those that it had before go on as they were.
 * @throws AwsException InvalidParameterException
 */
export function readIndexes(document: string, before: readonly FieldIndex[], now: number): FieldIndex[] {
  const { Fields: plain = [], FieldsV2: typed = {} } = parse(document);
  if (!Array.isArray(plain) || !plain.every((name) => typeof name === "string")) throw wrong("Fields is no list of names");
  if (!isObject(typed)) throw wrong("FieldsV2 is no object");
  const found = new Map<string, FieldIndex["type"]>((plain as string[]).map((name) => [name, "FIELD_INDEX"]));
  for (const [name, options] of Object.entries(typed)) {
    if (found.has(name)) throw wrong(`${name} is in Fields and in FieldsV2`);
    const type = isObject(options) ? options["type"] : undefined;
    if (type !== "FIELD_INDEX" && type !== "FACET") throw wrong(`the type of ${name} is not FIELD_INDEX or FACET`);
    found.set(name, type);
  }
  if (found.size === 0 || found.size > MOST_FIELDS) throw wrong(`it needs 1 to ${MOST_FIELDS} fields`);
  return [...found].map(([given, type]) => {
    if (given === "" || given.length > MOST_CHARACTERS) throw wrong(`a field has 1 to ${MOST_CHARACTERS} characters`);
    if (given.startsWith("@") && !given.startsWith("@@") && !GENERATED.has(given)) throw wrong(`${given} cannot be indexed`);
    const name = given.replace(/^@@/, "@");
    return { name, type, since: before.find((one) => one.name === name)?.since ?? now };
  });
}
