import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import { type Schema, SIMPLE } from "../../models/schema.ts";

/** Why a text is not a value of its member's type. */
class UnreadableText extends TypeError {}

export type TextReader = (schema: Schema, text: string) => unknown;

/**
 * Reads simple values from text: path, query, headers and forms. The SDK's own reader makes NaN and invalid dates of what
 * it cannot read; here that is an error.
 */
export function textReader(timestamps: "dateTime" | "epochSeconds"): TextReader {
  const reader = new FromStringShapeDeserializer({ timestampFormat: { useTrait: true, default: SIMPLE[timestamps] }, httpBindings: true });
  return (schema, text) => {
    const value: unknown = read(reader, schema, text);
    if (typeof value === "number" && Number.isNaN(value) && text !== "NaN") throw unreadable(text, "a number");
    if (value instanceof Date && Number.isNaN(value.getTime())) throw unreadable(text, "a timestamp");
    if (schema.isBooleanSchema() && typeof value !== "boolean") throw unreadable(text, "a boolean");
    return value;
  };
}

function read(reader: FromStringShapeDeserializer, schema: Schema, text: string): unknown {
  if (schema.isBooleanSchema()) return { true: true, false: false }[text.toLowerCase()];
  try {
    return reader.read(schema, text);
  } catch {
    throw unreadable(text, "of the right type");
  }
}

function unreadable(text: string, what: string): UnreadableText {
  return new UnreadableText(`'${text}' is not ${what}`);
}
