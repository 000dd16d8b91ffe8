import { JsonCodec2 } from "@aws-sdk/core/protocols";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { type Schema, SIMPLE, type Values } from "../../models/schema.ts";

const timestampFormat = { useTrait: true, default: SIMPLE.epochSeconds } as const;
/** RPC protocols call members by their model names, REST ones by `jsonName`. */
export const rpcCodec = new JsonCodec2({ timestampFormat, jsonName: false });
export const restCodec = new JsonCodec2({ timestampFormat, httpBindings: true, jsonName: true });

const rpcWriter = rpcCodec.createSerializer();
const restWriter = restCodec.createSerializer();
const rpcReader = rpcCodec.createDeserializer();
const restReader = restCodec.createDeserializer();

export function writeJson(schema: Schema, value: unknown, style: "rpc" | "rest"): Uint8Array {
  const writer = style === "rpc" ? rpcWriter : restWriter;
  writer.write(schema, value);
  return writer.flush();
}

/** @throws AwsException SerializationException when it is not JSON or does not fit the schema */
export async function readJson(schema: Schema, bytes: Buffer, style: "rpc" | "rest"): Promise<Values> {
  if (bytes.length === 0) return {};
  try {
    const reader = style === "rpc" ? rpcReader : restReader;
    return ((await reader.read(schema, bytes as unknown as string)) ?? {}) as Values;
  } catch (error) {
    throw new AwsException("SerializationException", messageOf(error), { status: 400 });
  }
}
