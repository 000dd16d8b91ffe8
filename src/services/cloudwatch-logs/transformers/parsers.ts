import type { Processor } from "@aws-sdk/client-cloudwatch-logs";
import { TransformError, type TransformedEvent } from "./event.ts";

type Options<K extends keyof Processor> = NonNullable<Processor[K]>;
type Step = (event: TransformedEvent) => void;
type Json = Record<string, unknown>;

function textAt(event: TransformedEvent, source = "@message"): string {
  const value = event.get(source);
  if (typeof value !== "string") throw new TransformError(`${source} is not a text.`);
  return value;
}

export function parseJson({ source, destination }: Options<"parseJSON">): Step {
  return (event) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(textAt(event, source));
    } catch (error) {
      throw error instanceof TransformError ? error : new TransformError(`${source ?? "@message"} is not JSON.`);
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      if (destination === undefined) throw new TransformError(`${source ?? "@message"} is not a JSON object.`);
      event.set(destination, parsed);
    } else event.merge(destination, parsed as Json);
  };
}

const DELIMITERS: Readonly<Record<string, string>> = { "\\t": "\t", "\\s": " " };

export function csv({ source, delimiter = ",", quoteCharacter = '"', columns, destination }: Options<"csv">): Step {
  const separator = DELIMITERS[delimiter] ?? delimiter;
  return (event) => {
    const values = columnsOf(textAt(event, source), separator, quoteCharacter);
    const named = values.map((value, i) => [columns?.[i] ?? `column_${i + 1}`, value] as const);
    for (const [name, value] of named) event.set(destination === undefined ? name : `${destination}.${name}`, value);
  };
}

/** A quote that is doubled within quotes stands for itself. */
function columnsOf(text: string, separator: string, quote: string): string[] {
  const columns = [""];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const last = columns.length - 1;
    if (char === quote) {
      if (isQuoted && text[at + 1] === quote) columns[last] += text[++at] ?? "";
      else isQuoted = !isQuoted;
    } else if (char === separator && !isQuoted) columns.push("");
    else columns[last] += char;
  }
  return columns;
}

export function parseKeyValue(options: Options<"parseKeyValue">): Step {
  const { source, destination, fieldDelimiter = "&", keyValueDelimiter = "=", keyPrefix = "", nonMatchValue, overwriteIfExists } = options;
  return (event) => {
    for (const field of textAt(event, source).split(fieldDelimiter)) {
      const at = field.indexOf(keyValueDelimiter);
      const value = at < 0 ? nonMatchValue : field.slice(at + keyValueDelimiter.length);
      const key = `${keyPrefix}${at < 0 ? field : field.slice(0, at)}`;
      const path = destination === undefined ? key : `${destination}.${key}`;
      if (value !== undefined && (overwriteIfExists === true || event.get(path) === undefined)) event.set(path, value);
    }
  };
}
