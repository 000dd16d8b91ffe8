/** One metric of one event, with the values that it had there. */
export interface EmbeddedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  /** Seconds. */
  readonly resolution: 1 | 60;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  /** Ms. */
  readonly time: number;
  readonly values: readonly number[];
}

export interface Extraction {
  readonly metrics: readonly EmbeddedMetric[];
  /** What does not have the form of the specification. */
  readonly parsingErrors: number;
  /** What has the form, and breaks a limit or names what is not there. */
  readonly validationErrors: number;
}

const MOST_METRICS = 100;
const MOST_DIMENSIONS = 30;
const MOST_VALUES = 100;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const MOST_CHARACTERS = 255;
const MOST_VALUE_CHARACTERS = 1_024;
const LARGEST = 2 ** 360;
const TWO_WEEKS = 14 * 86_400_000;
const TWO_HOURS = 2 * 3_600_000;
const SIZES = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"];
const UNITS = new Set([
  "Seconds",
  "Microseconds",
  "Milliseconds",
  "Percent",
  "Count",
  "Count/Second",
  "None",
  ...SIZES,
  ...SIZES.map((size) => `${size}/Second`),
]);

/** Cheap: whether an event is worth parsing. */
export function looksEmbedded(message: string): boolean {
  return message.includes('"_aws"') && message.includes('"CloudWatchMetrics"') && message.trimStart().startsWith("{");
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === "string");

interface Definition {
  readonly Name: string;
  readonly Unit?: string;
  readonly StorageResolution?: number;
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly Definition[];
}

function isDefinition(value: unknown): value is Definition {
  return (
    isObject(value) &&
    typeof value["Name"] === "string" &&
    ["undefined", "string"].includes(typeof value["Unit"]) &&
    ["undefined", "number"].includes(typeof value["StorageResolution"])
  );
}

function isDirective(value: unknown): value is Directive {
  if (!isObject(value) || typeof value["Namespace"] !== "string") return false;
  const { Dimensions, Metrics } = value;
  if (!Array.isArray(Dimensions) || !Dimensions.every(isTexts)) return false;
  return Array.isArray(Metrics) && Metrics.every(isDefinition);
}

const BROKEN: Extraction = { metrics: [], parsingErrors: 1, validationErrors: 0 };
const NOTHING: Extraction = { metrics: [], parsingErrors: 0, validationErrors: 0 };

/**
 * The metrics in one log event.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param now Virtual ms: metrics may be two weeks old, and two hours ahead.
 */
export function extractMetrics(message: string, now: number): Extraction {
  let root: unknown;
  try {
    root = JSON.parse(message);
  } catch {
    return BROKEN;
  }
  const metadata = isObject(root) ? root["_aws"] : undefined;
  // Both names stand in it, but not where they make it one.
  if (!isObject(root) || metadata === undefined || (isObject(metadata) && metadata["CloudWatchMetrics"] === undefined)) return NOTHING;
  if (!isObject(metadata)) return BROKEN;
  const { Timestamp: time, CloudWatchMetrics: directives } = metadata;
  if (typeof time !== "number" || !Number.isInteger(time) || !Array.isArray(directives)) return BROKEN;
  if (time < now - TWO_WEEKS || time > now + TWO_HOURS) return { ...NOTHING, validationErrors: 1 };
  const metrics: EmbeddedMetric[] = [];
  let parsingErrors = 0;
  let validationErrors = 0;
  for (const directive of directives as readonly unknown[]) {
    if (isDirective(directive)) validationErrors += addMetrics(directive, { root, time }, metrics);
    else parsingErrors++;
  }
  return { metrics, parsingErrors, validationErrors };
}

interface Source {
  readonly root: Json;
  readonly time: number;
}

/** Adds the metrics of one directive; answers how many errors there were. */
function addMetrics({ Namespace, Dimensions, Metrics }: Directive, { root, time }: Source, into: EmbeddedMetric[]): number {
  // Everything in it shares the fault.
  if (!isNamespace(Namespace) || Metrics.length > MOST_METRICS || Dimensions.length === 0) return 1;
  const sets = Dimensions.map((names) => dimensionsOf(names, root));
  let errors = sets.filter((set) => set === undefined).length;
  for (const { Name: name, Unit: unit = "None", StorageResolution: resolution = 60 } of Metrics) {
    const values = valuesOf(root, name);
    if (values === undefined || name === "" || name.length > MOST_CHARACTERS || !UNITS.has(unit) || !isResolution(resolution)) {
      errors++;
      continue;
    }
    for (const dimensions of sets) {
      if (dimensions !== undefined) into.push({ namespace: Namespace, name, unit, resolution, dimensions, time, values });
    }
  }
  return errors;
}

const isResolution = (value: number): value is 1 | 60 => value === 1 || value === 60;

/** `AWS/` is where AWS's own services write. */
function isNamespace(text: string): boolean {
  return text.trim() !== "" && text.length <= MOST_CHARACTERS && !text.startsWith(":") && !text.startsWith("AWS/");
}

function dimensionsOf(names: readonly string[], root: Json): (readonly [string, string])[] | undefined {
  if (names.length > MOST_DIMENSIONS || new Set(names).size < names.length) return undefined;
  const found: (readonly [string, string])[] = [];
  for (const name of names) {
    const value = Object.hasOwn(root, name) ? root[name] : undefined;
    if (name === "" || name.length > MOST_CHARACTERS || name.startsWith(":")) return undefined;
    if (typeof value !== "string" || value === "" || value.length > MOST_VALUE_CHARACTERS) return undefined;
    found.push([name, value]);
  }
  return found;
}

function valuesOf(root: Json, name: string): readonly number[] | undefined {
  const target = Object.hasOwn(root, name) ? root[name] : undefined;
  const values: readonly unknown[] = Array.isArray(target) ? target : [target];
  if (values.length === 0 || values.length > MOST_VALUES) return undefined;
  return values.every((value): value is number => typeof value === "number" && Math.abs(value) <= LARGEST) ? values : undefined;
}
