import { Readable } from "node:stream";
import { EventStreamMarshaller, EventStreamSerde } from "@smithy/core/event-streams";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import type { Codec, EventStreamMarshaller as Marshaller, Message } from "@smithy/types";
import { KIND, type Schema, tupleOf, type Values } from "../../models/schema.ts";

type AnyCodec = Codec<string | Uint8Array, string | Uint8Array> | { createSerializer(): unknown; createDeserializer(): unknown };
type Events = (output: Schema, member: string, values: Values, style: "rpc" | "rest") => Promise<Readable>;

/**
 * Encodes the event-stream member of an output. RPC protocols send the other members as the first event, REST ones as
 * headers. The SDK's serializer knows events only, as clients send no exceptions: those are turned into exception
 * frames here (https://smithy.io/2.0/aws/amazon-eventstream.html).
 */
export function eventStreamWriter(codec: AnyCodec, contentType: string): Events {
  const base = new EventStreamMarshaller({ utf8Encoder: toUtf8, utf8Decoder: fromUtf8 });
  return async (output, member, values, style) => {
    const union = output.getMemberSchema(member);
    const marshaller: Marshaller = {
      serialize: (stream, encode) => base.serialize(stream, (event) => asException(encode(event), union)),
      deserialize: (body, decode) => base.deserialize(body, decode),
    };
    const serde = new EventStreamSerde({
      marshaller,
      serializer: codec.createSerializer() as never,
      deserializer: codec.createDeserializer() as never,
      defaultContentType: contentType,
    });
    const { [member]: eventStream, ...initial } = values;
    const body: unknown = await serde.serializeEventStream({
      eventStream: eventStream as AsyncIterable<unknown>,
      requestSchema: output,
      ...(style === "rpc" ? { initialRequest: initial, initialMessageType: "initial-response" } : {}),
    });
    return body instanceof Readable ? body : Readable.from(body as AsyncIterable<Uint8Array>, { objectMode: false });
  };
}

function asException(message: Message, union: Schema): Message {
  const type = message.headers[":event-type"]?.value;
  if (typeof type !== "string" || !tupleOf(union)?.[4].includes(type)) return message;
  if (tupleOf(union.getMemberSchema(type))?.[0] !== KIND.error) return message;
  const { ":event-type": _type, ...rest } = message.headers;
  const headers = { ...rest, ":message-type": { type: "string", value: "exception" }, ":exception-type": { type: "string", value: type } };
  return { ...message, headers: headers as Message["headers"] };
}
