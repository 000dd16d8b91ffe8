import { AwsException } from "../../aws/exception.ts";
import { members, type Schema, SIMPLE, traitsOf, type Values } from "../../models/schema.ts";

/** Turns a parsed JSON value into the member's value. @throws AwsException SerializationException in AWS's words */
type Reader = (value: unknown) => unknown;

const compiled = { rpc: new WeakMap<object, Reader>(), rest: new WeakMap<object, Reader>() };

/**
 * Reader of a schema, compiled once: checks types, which the SDK's own codec does not, and converts timestamps and blobs
 * on the way. Members that the schema does not have are left out, and so is null.
 */
export function jsonReader(schema: Schema, style: "rpc" | "rest"): Reader {
  const key = schema.getSchema();
  if (typeof key !== "object" || key === null || !schema.isStructSchema()) return compile(schema, style);
  const known = compiled[style].get(key);
  if (known !== undefined) return known;
  let ready: Reader | undefined;
  // Kept before it is compiled: a recursive schema asks for its own reader.
  const reader: Reader = (value) => {
    ready ??= structureReader(schema, style);
    return ready(value);
  };
  compiled[style].set(key, reader);
  return reader;
}

function compile(schema: Schema, style: "rpc" | "rest"): Reader {
  if (schema.isListSchema()) return listReader(jsonReader(schema.getValueSchema(), style));
  if (schema.isMapSchema()) return mapReader(jsonReader(schema.getValueSchema(), style));
  if (schema.isDocumentSchema()) return (value) => value;
  if (schema.isTimestampSchema()) return timestampReader(schema.getSchema());
  if (schema.isBlobSchema()) return readBlob;
  if (schema.isBooleanSchema()) return (value) => (typeof value === "boolean" ? value : refuse(value, "Boolean"));
  if (schema.isStringSchema()) return (value) => (typeof value === "string" ? value : refuse(value, "String"));
  if (schema.isBigIntegerSchema()) return readBigInteger;
  return readNumber;
}

function structureReader(schema: Schema, style: "rpc" | "rest"): Reader {
  const readers = members(schema).map(([name, member]) => {
    const key = style === "rest" ? (traitsOf(member).jsonName ?? name) : name;
    return [key, name, jsonReader(member, style)] as const;
  });
  return (value) => {
    if (!isObject(value)) return refuseStructure(value);
    const result: Values = {};
    for (const [key, name, read] of readers) {
      const member = value[key];
      // An own property alone: a client's JSON cannot reach into Object.prototype.
      if (member !== undefined && member !== null && Object.hasOwn(value, key)) result[name] = read(member);
    }
    return result;
  };
}

function listReader(read: Reader): Reader {
  return (value) => {
    if (!Array.isArray(value)) throw serialization("Expected list or null");
    const result: unknown[] = [];
    for (const item of value) if (item !== null) result.push(read(item));
    return result;
  };
}

function mapReader(read: Reader): Reader {
  return (value) => {
    if (!isObject(value)) throw serialization("Expected map or null");
    const result: Values = {};
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === null) continue;
      if (key === "__proto__")
        Object.defineProperty(result, key, { value: read(item), enumerable: true, configurable: true, writable: true });
      else result[key] = read(item);
    }
    return result;
  };
}

function timestampReader(format: unknown): Reader {
  return (value) => {
    if (typeof value !== "number" && typeof value !== "string") return refuse(value, "Timestamp");
    // Whatever the format, both are taken: clients of several generations are about.
    const numeric = typeof value === "number" || (format !== SIMPLE.dateTime && value !== "" && !Number.isNaN(Number(value)));
    const date = numeric ? new Date(Math.round(Number(value) * 1000)) : new Date(value);
    return Number.isNaN(date.getTime()) ? refuse(value, "Timestamp") : date;
  };
}

function readBlob(value: unknown): unknown {
  if (typeof value !== "string") return refuse(value, "Blob");
  if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(value)) throw serialization("Invalid base64 encoded data");
  return Buffer.from(value, "base64");
}

function readNumber(value: unknown): unknown {
  if (typeof value === "number") return value;
  // https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html: these three are strings in JSON.
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return refuse(value, "Number");
}

function readBigInteger(value: unknown): unknown {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : refuse(value, "BigInteger");
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseStructure(value: unknown): never {
  throw serialization(Array.isArray(value) ? "Start of list found where not expected" : "Unexpected value type in payload");
}

function refuse(value: unknown, type: string): never {
  if (Array.isArray(value)) throw serialization("Start of list found where not expected");
  if (typeof value === "object") throw serialization("Start of structure or map found where not expected");
  const found = typeof value === "boolean" ? `${String(value).toUpperCase()}_VALUE` : `${(typeof value).toUpperCase()}_VALUE`;
  throw serialization(`${found} cannot be converted to ${type}`);
}

export function serialization(message: string): AwsException {
  return new AwsException("SerializationException", message, { status: 400 });
}
