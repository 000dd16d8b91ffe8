import { JsonCodec2 } from "@aws-sdk/core/protocols";
import { type Schema, SIMPLE, type Values } from "../../models/schema.ts";
import { jsonReader, serialization } from "./json-reader.ts";

const timestampFormat = { useTrait: true, default: SIMPLE.epochSeconds } as const;
/** RPC protocols call members by their model names, REST ones by `jsonName`. */
export const rpcCodec = new JsonCodec2({ timestampFormat, jsonName: false });
export const restCodec = new JsonCodec2({ timestampFormat, httpBindings: true, jsonName: true });

const rpcWriter = rpcCodec.createSerializer();
const restWriter = restCodec.createSerializer();

export function writeJson(schema: Schema, value: unknown, style: "rpc" | "rest"): Uint8Array {
  const writer = style === "rpc" ? rpcWriter : restWriter;
  writer.write(schema, value);
  return writer.flush();
}

/** @throws AwsException SerializationException when it is not JSON or does not fit the schema */
export function readJson(schema: Schema, bytes: Buffer, style: "rpc" | "rest"): Values {
  if (bytes.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw serialization("Could not parse request body into json: the body is not well-formed JSON");
  }
  return (parsed === null ? {} : jsonReader(schema, style)(parsed)) as Values;
}
