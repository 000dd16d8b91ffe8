import { ToStringShapeSerializer } from "@smithy/core/protocols";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Binding } from "../../models/bindings.ts";
import type { HttpModel } from "../../models/model.ts";
import { type Schema, SIMPLE, schemaOf, type Values } from "../../models/schema.ts";
import type { Headers, WireRequest } from "./protocol.ts";
import { textReader } from "./text.ts";

const settings = { timestampFormat: { useTrait: true, default: SIMPLE.epochSeconds }, httpBindings: true } as const;
const fromText = textReader("epochSeconds");
const toText = new ToStringShapeSerializer(settings);
const dateTime = schemaOf(SIMPLE.dateTime);

/** Input members that travel in path, query and headers. @throws AwsException SerializationException */
export function readBindings(http: HttpModel, request: WireRequest): Values {
  const input: Values = {};
  for (const binding of http.input) {
    const value = readBinding(binding, http, request);
    if (value !== undefined) input[binding.name] = value;
  }
  return input;
}

function readBinding(binding: Binding, http: HttpModel, request: WireRequest): unknown {
  switch (binding.kind) {
    case "label":
      return readText(binding, binding.schema, request.labels[binding.wire]);
    case "query":
      return readQuery(binding, request);
    case "queryParams":
      return readQueryParams(binding, http, request);
    case "header":
      return readText(binding, binding.schema, headerText(request.headers, binding.wire));
    case "prefix":
      return readPrefix(binding.wire, request.headers);
    default:
      return undefined;
  }
}

function readText(binding: Binding, schema: Schema, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return fromText(schema, text);
  } catch (error) {
    throw new AwsException("SerializationException", `${binding.name}: ${messageOf(error)}`, { status: 400 });
  }
}

function readQuery(binding: Binding, request: WireRequest): unknown {
  if (!binding.schema.isListSchema()) return readText(binding, binding.schema, request.query.get(binding.wire));
  const texts = request.query.all(binding.wire);
  if (texts.length === 0) return undefined;
  const element = binding.schema.getValueSchema();
  // Timestamps in a query are date-time unless the model says otherwise.
  const schema = element.getSchema() === SIMPLE.timestamp ? dateTime : element;
  return texts.map((text) => readText(binding, schema, text));
}

function readQueryParams(binding: Binding, http: HttpModel, request: WireRequest): unknown {
  const bound = new Set(http.input.filter(({ kind }) => kind === "query").map(({ wire }) => wire));
  const lists = binding.schema.getValueSchema().isListSchema();
  const params: Record<string, string | string[]> = {};
  for (const [key, value] of request.query.pairs) {
    if (bound.has(key)) continue;
    if (!lists) params[key] ??= value;
    else params[key] = [...(params[key] ?? []), value];
  }
  return Object.keys(params).length === 0 ? undefined : params;
}

function readPrefix(prefix: string, headers: Headers): unknown {
  const found: Record<string, string> = {};
  for (const name in headers) {
    if (name.length <= prefix.length || !name.startsWith(prefix)) continue;
    const text = headerText(headers, name);
    if (text !== undefined) found[name.slice(prefix.length)] = text;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Output members that travel in headers. */
export function writeBindings(http: HttpModel, output: Values, headers: Record<string, string>): void {
  for (const { kind, name, schema, wire } of http.output) {
    const value = output[name];
    if (value === undefined || value === null) continue;
    if (kind === "header") {
      toText.write(schema, value);
      headers[wire] = toText.flush();
    } else if (kind === "prefix") {
      for (const [key, text] of Object.entries(value)) headers[(wire + key).toLowerCase()] = String(text);
    }
  }
}
