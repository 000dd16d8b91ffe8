import { factsOf, schemaOfError } from "./errors.ts";
import { eventStreamWriter } from "./event-stream.ts";
import { readJson, restCodec, writeJson } from "./json.ts";
import type { Protocol } from "./protocol.ts";
import { type Documents, decodeRest, encodeRest } from "./rest.ts";

const writeEvents = eventStreamWriter(restCodec, "application/json");

const documents: Documents = {
  contentType: "application/json",
  read: (_service, schema, bytes) => readJson(schema, bytes, "rest"),
  write: (_service, schema, value) => writeJson(schema, value, "rest"),
  writeEvents: ({ operation }, output) => writeEvents(operation.output, operation.eventStream ?? "", output, "rest"),
};

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson: Protocol = {
  decode: (target, request) => decodeRest(documents, target, request),
  encode: (target, output, requestId) => encodeRest(documents, target, output, requestId),
  encodeError: (service, error, { requestId }) => {
    const facts = factsOf(service, error);
    const headers = { "content-type": "application/json", "x-amzn-errortype": facts.name, "x-amzn-requestid": requestId };
    return { status: facts.status, headers, body: writeJson(schemaOfError(facts), facts.values, "rest") };
  },
};
