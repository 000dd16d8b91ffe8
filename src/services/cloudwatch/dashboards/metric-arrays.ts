import { type Findings, isObject, type Members } from "./schema.ts";

/** One entry of a `metrics` array, written out. */
export interface MetricEntry {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  /** The rendering properties, or an expression with its own. */
  readonly options: Members;
}

/** `...` stands for all of the previous entry but what follows, `.` for the previous entry's same place. Undefined when there is none. */
function writtenOut(parts: readonly string[], before: readonly string[]): string[] | undefined {
  const [first, ...rest] = parts;
  if (first === "...") {
    if (before.length < rest.length || before.length === 0) return undefined;
    const kept = before.slice(0, before.length - rest.length);
    return [...kept, ...rest.map((part, index) => (part === "." ? (before[kept.length + index] ?? "") : part))];
  }
  const full = parts.map((part, index) => (part === "." ? before[index] : part));
  return full.every((part) => part !== undefined) ? (full as string[]) : undefined;
}

function entryOf(parts: readonly string[], options: Members): MetricEntry | undefined {
  const [namespace, name, ...pairs] = parts;
  if (namespace === undefined || name === undefined || pairs.length % 2 === 1) return undefined;
  const dimensions = pairs.flatMap((part, index) => (index % 2 === 0 ? [[part, pairs[index + 1] ?? ""] as const] : []));
  return { namespace, name, dimensions, options };
}

/**
 * A `metrics` array with its shorthand resolved; entries that are wrong are left out and told.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html#CloudWatch-Dashboard-Properties-Metrics-Array-Format
 */
export function metricEntries(metrics: unknown, path: string, found: Findings): MetricEntry[] {
  if (!Array.isArray(metrics)) return [];
  let before: readonly string[] = [];
  return metrics.flatMap((metric: unknown, index): MetricEntry[] => {
    const at = `${path}/${index}`;
    if (!Array.isArray(metric)) {
      found.error(at, "Should be array");
      return [];
    }
    const last: unknown = metric.at(-1);
    const options = isObject(last) ? last : {};
    const parts: readonly unknown[] = isObject(last) ? metric.slice(0, -1) : metric;
    if (parts.length === 0) {
      if (typeof options["expression"] === "string") return [{ namespace: "", name: "", dimensions: [], options }];
      found.error(at, "Should NOT have less than 1 items");
      return [];
    }
    const wrong = parts.findIndex((part) => typeof part !== "string");
    const full = wrong === -1 ? writtenOut(parts as string[], before) : undefined;
    const entry = full === undefined ? undefined : entryOf(full, options);
    if (wrong !== -1) found.error(`${at}/${wrong}`, "Should be string");
    else if (full === undefined) found.error(at, "The shorthand should follow a metric that it refers to");
    else if (entry === undefined)
      found.error(at, full.length < 2 ? "Should NOT have less than 2 items" : "Should have a value for each dimension");
    before = full ?? before;
    return entry === undefined ? [] : [entry];
  });
}
