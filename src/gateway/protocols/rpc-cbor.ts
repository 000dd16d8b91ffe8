import { CborCodec } from "@smithy/core/cbor";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Schema, Values } from "../../models/schema.ts";
import { factsOf, queryErrorHeader, typedSchemaOfError } from "./errors.ts";
import { eventStreamWriter } from "./event-stream.ts";
import type { Protocol } from "./protocol.ts";

const codec = new CborCodec();
const writer = codec.createSerializer();
const reader = codec.createDeserializer();
const writeEvents = eventStreamWriter(codec, "application/cbor");
/** CBOR's `{}`. */
const EMPTY = Buffer.from([0xa0]);

function headersOf(requestId: string): Record<string, string> {
  return { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-requestid": requestId };
}

function write(schema: Schema, value: unknown): Uint8Array {
  writer.write(schema, value);
  return writer.flush();
}

/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export const rpcCbor: Protocol = {
  decode: async ({ operation }, request) => {
    const bytes = await request.bytes();
    if (bytes.length === 0 || operation.input.isUnitSchema()) return {};
    try {
      return ((await reader.read(operation.input, bytes)) ?? {}) as Values;
    } catch (error) {
      throw new AwsException("SerializationException", messageOf(error), { status: 400 });
    }
  },
  encode: async ({ operation }, output, requestId) => {
    const headers = headersOf(requestId);
    if (operation.eventStream !== undefined) {
      const body = await writeEvents(operation.output, operation.eventStream, output, "rpc");
      return { status: 200, headers: { ...headers, "content-type": "application/vnd.amazon.eventstream" }, body };
    }
    return { status: 200, headers, body: operation.output.isUnitSchema() ? EMPTY : write(operation.output, output) };
  },
  encodeError: (service, error, { requestId }) => {
    const facts = factsOf(service, error);
    const headers = headersOf(requestId);
    if (service?.meta.queryCompatible) headers["x-amzn-query-error"] = queryErrorHeader(facts);
    const type = service === undefined ? facts.name : `${service.meta.namespace}#${facts.name}`;
    return { status: facts.status, headers, body: write(typedSchemaOfError(facts), { __type: type, ...facts.values }) };
  },
};
