import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import { invalidParameter } from "../groups.ts";
import { compileDates } from "./dates.ts";
import { TransformError, type TransformedEvent } from "./event.ts";
import { compileGrok } from "./grok.ts";
import { csv, parseJson, parseKeyValue } from "./parsers.ts";

/** One processor made ready. @throws TransformError */
export type Step = (event: TransformedEvent) => void;
type Options<K extends keyof Processor> = NonNullable<Processor[K]>;
type Compilers = { readonly [K in keyof Processor]?: (options: Options<K>) => Step };

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** Changes each text of several fields. */
const onStrings =
  (change: (text: string) => string) =>
  ({ withKeys }: { readonly withKeys?: string[] | undefined }): Step =>
  (event) => {
    for (const key of withKeys ?? []) {
      const value = event.get(key);
      if (typeof value === "string") event.set(key, change(value));
    }
  };

function put(event: TransformedEvent, path: string, value: unknown, overwrite: boolean | undefined): void {
  if (overwrite === true || event.get(path) === undefined) event.set(path, value);
}

const CONVERTERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  integer: (value) => whole(Number.parseInt(String(value), 10), value),
  double: (value) => whole(Number.parseFloat(String(value)), value),
  string: (value) => (typeof value === "object" ? JSON.stringify(value) : String(value)),
  boolean: (value) => (typeof value === "string" ? value.toLowerCase() === "true" : Boolean(value)),
};
const whole = (number: number, value: unknown): unknown => (Number.isNaN(number) ? value : number);

/** Names of groups are written as Java or Python do. */
function substitution(from: string, to: string): (text: string) => string {
  let pattern: RegExp;
  try {
    pattern = new RegExp(from.replaceAll("(?P<", "(?<"), "g");
  } catch {
    throw invalidParameter(`The regular expression ${from} cannot be read.`);
  }
  const by = to.replaceAll(/\$\{(\w+)\}/g, "$<$1>");
  return (text) => text.replaceAll(pattern, by);
}

function listToMap({ source, key, valueKey, target, flatten, flattenedElement }: Options<"listToMap">): Step {
  if (flatten === true && flattenedElement === undefined) throw invalidParameter("listToMap needs flattenedElement when flatten is true.");
  return (event) => {
    const list = event.get(source ?? "");
    if (!Array.isArray(list)) throw new TransformError(`${source} is not a list.`);
    const byKey = new Map<string, unknown[]>();
    for (const item of list as readonly unknown[]) {
      const name = isObject(item) ? item[key ?? ""] : undefined;
      if (!isObject(item) || typeof name !== "string") continue;
      byKey.set(name, [...(byKey.get(name) ?? []), valueKey === undefined ? item : item[valueKey]]);
    }
    const entries = [...byKey].map(
      ([name, values]) => [name, flatten !== true ? values : flattenedElement === "last" ? values.at(-1) : values[0]] as const,
    );
    event.merge(target, Object.fromEntries(entries));
  };
}

/** The target keeps its members, and gets the source's last name as one more where it is an object. */
function move(event: TransformedEvent, source: string, target: string, overwrite: boolean | undefined): void {
  const value = event.get(source);
  if (value === undefined) return;
  const place = isObject(event.get(target)) ? `${target}.${source.split(".").at(-1)}` : target;
  if (overwrite !== true && event.get(place) !== undefined) return;
  event.remove(source);
  event.set(place, value);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Processors.html */
export const PROCESSORS: Compilers = {
  parseJSON: parseJson,
  csv,
  parseKeyValue,
  grok: ({ source = "@message", match }) => {
    const grok = compileGrok(match ?? "");
    return (event) => {
      const text = event.get(source);
      if (typeof text !== "string") throw new TransformError(`${source} is not a text.`);
      for (const [path, value] of grok(text)) event.set(path, value);
    };
  },
  addKeys:
    ({ entries = [] }) =>
    (event) => {
      for (const { key = "", value, overwriteIfExists } of entries) put(event, key, value, overwriteIfExists);
    },
  copyValue:
    ({ entries = [] }) =>
    (event) => {
      for (const { source = "", target = "", overwriteIfExists } of entries) {
        const value = event.get(source);
        if (value !== undefined) put(event, target, structuredClone(value), overwriteIfExists);
      }
    },
  deleteKeys:
    ({ withKeys = [] }) =>
    (event) => {
      for (const key of withKeys) event.remove(key);
    },
  moveKeys:
    ({ entries = [] }) =>
    (event) => {
      for (const { source = "", target = "", overwriteIfExists } of entries) move(event, source, target, overwriteIfExists);
    },
  renameKeys:
    ({ entries = [] }) =>
    (event) => {
      for (const { key = "", renameTo = "", overwriteIfExists } of entries) {
        const value = event.get(key);
        if (value === undefined || (overwriteIfExists !== true && event.get(renameTo) !== undefined)) continue;
        event.remove(key);
        event.set(renameTo, value);
      }
    },
  listToMap,
  lowerCaseString: onStrings((text) => text.toLowerCase()),
  upperCaseString: onStrings((text) => text.toUpperCase()),
  trimString: onStrings((text) => text.trim()),
  splitString:
    ({ entries = [] }) =>
    (event) => {
      for (const { source = "", delimiter = "" } of entries) {
        const value = event.get(source);
        if (typeof value === "string") event.set(source, value.split(delimiter));
      }
    },
  substituteString: ({ entries = [] }) => {
    const ready = entries.map(({ source = "", from = "", to = "" }) => ({ source, change: substitution(from, to) }));
    return (event) => {
      for (const { source, change } of ready) {
        const value = event.get(source);
        if (typeof value === "string") event.set(source, change(value));
      }
    };
  },
  typeConverter:
    ({ entries = [] }) =>
    (event) => {
      for (const { key = "", type = "string" } of entries) {
        const value = event.get(key);
        if (value !== undefined && value !== null) event.set(key, CONVERTERS[type]?.(value));
      }
    },
  dateTimeConverter: ({ source = "", target = "", matchPatterns = [], ...more }) => {
    const convert = compileDates({ matchPatterns, ...more });
    return (event) => {
      const value = event.get(source);
      if (value !== undefined) event.set(target, convert(String(value)));
    };
  },
};
