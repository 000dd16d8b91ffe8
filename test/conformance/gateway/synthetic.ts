import type { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { members, type Schema, traitsOf, type Values } from "../../../src/models/schema.ts";

/** Nested containers end here, as many schemas are recursive. */
const DEEPEST = 3;
const DEEPEST_UNION = 5;

/** Values with every character that encodings trip over, made from a schema; a new one is made for each run. */
export class Synthetic {
  #sequence = 0;

  /** Undefined when the schema has nothing that could be made within the depth. */
  value(schema: Schema, depth = 0): unknown {
    if (schema.isUnionSchema()) return this.#union(schema, depth);
    if (schema.isStructSchema()) return this.#structure(schema, depth);
    if (schema.isListSchema()) return this.#list(schema, depth);
    if (schema.isMapSchema()) return this.#map(schema, depth);
    return this.#simple(schema);
  }

  structure(schema: Schema): Values {
    return schema.isStructSchema() ? this.#structure(schema, 0) : {};
  }

  #structure(schema: Schema, depth: number): Values {
    const values: Values = {};
    for (const [name, member] of members(schema)) {
      if (depth > DEEPEST && (member.isStructSchema() || member.isListSchema() || member.isMapSchema())) continue;
      const value = this.value(member, depth + 1);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  #union(schema: Schema, depth: number): unknown {
    const all = members(schema);
    const candidates = depth > DEEPEST_UNION ? all.filter(([, m]) => !m.isStructSchema() && !m.isListSchema() && !m.isMapSchema()) : all;
    const chosen = candidates[this.#sequence++ % Math.max(candidates.length, 1)];
    if (chosen === undefined) return undefined;
    const value = this.value(chosen[1], depth + 1);
    return value === undefined ? undefined : { [chosen[0]]: value };
  }

  #list(schema: Schema, depth: number): unknown {
    const items = [1, 2].map(() => this.value(schema.getValueSchema(), depth + 1)).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }

  #map(schema: Schema, depth: number): unknown {
    const first = this.value(schema.getValueSchema(), depth + 1);
    return first === undefined ? undefined : { k1: first, k2: this.value(schema.getValueSchema(), depth + 1) };
  }

  #simple(schema: Schema): unknown {
    const traits = traitsOf(schema);
    const next = this.#sequence++;
    if (schema.isBlobSchema()) return new Uint8Array([1, 2, 250, 0]);
    if (schema.isTimestampSchema()) return new Date(1_700_000_000_000 + (next % 1000) * 1000);
    if (schema.isBooleanSchema()) return next % 2 === 0;
    if (schema.isNumericSchema()) return (next % 97) + 1;
    if (schema.isBigIntegerSchema()) return 12_345_678_901_234_567_890n;
    if (schema.isBigDecimalSchema()) return undefined;
    if (schema.isDocumentSchema()) return { a: [1, "x", { b: true }] };
    if (traits.mediaType !== undefined) return '{"j":"é"}';
    if (traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined) return `h v${next}`;
    return traits.httpLabel ? `lab el+é&${next}` : `s<b>&"' é+%= ${next}`;
  }
}

/** The same value in a form in which equal means equal on the wire. */
export function normal(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Date) return value.getTime();
  if (typeof value === "string" || value instanceof String) return String(value);
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key, member]) => member !== undefined && member !== null && key !== "$metadata");
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, normal(member)]));
}

/** Where two values differ first, and how; undefined when they are equal. */
export function difference(sent: unknown, got: unknown, path = ""): string | undefined {
  const a = normal(sent);
  const b = normal(got);
  if (isDeepStrictEqual(a, b)) return undefined;
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = difference(a[key], b[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
  }
  return `${path}: sent ${JSON.stringify(a)?.slice(0, 80)} got ${JSON.stringify(b)?.slice(0, 80)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export async function bytesOf(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Buffer[] = [];
  for await (const chunk of body as Readable) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
