import { factsOf, queryErrorHeader, typedSchemaOfError } from "./errors.ts";
import { eventStreamWriter } from "./event-stream.ts";
import { readJson, rpcCodec, writeJson } from "./json.ts";
import type { Protocol } from "./protocol.ts";

const EMPTY = "{}";
const writeEvents = eventStreamWriter(rpcCodec, "application/json");

/** https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function awsJson(version: "1.0" | "1.1"): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  return {
    decode: async ({ operation }, request) => {
      const bytes = await request.bytes();
      return operation.input.isUnitSchema() ? {} : readJson(operation.input, bytes, "rpc");
    },
    encode: async ({ operation }, output, requestId) => {
      const headers = { "content-type": contentType, "x-amzn-requestid": requestId };
      if (operation.eventStream !== undefined) {
        const body = await writeEvents(operation.output, operation.eventStream, output, "rpc");
        return { status: 200, headers: { ...headers, "content-type": "application/vnd.amazon.eventstream" }, body };
      }
      return { status: 200, headers, body: operation.output.isUnitSchema() ? EMPTY : writeJson(operation.output, output, "rpc") };
    },
    encodeError: (service, error, { requestId }) => {
      const facts = factsOf(service, error);
      const headers: Record<string, string> = { "content-type": contentType, "x-amzn-requestid": requestId };
      if (service?.meta.queryCompatible) headers["x-amzn-query-error"] = queryErrorHeader(facts);
      // Without a service nobody knows the namespace; clients look only at what follows the hash.
      const type = service === undefined ? facts.name : `${service.meta.namespace}#${facts.name}`;
      return { status: facts.status, headers, body: writeJson(typedSchemaOfError(facts), { __type: type, ...facts.values }, "rpc") };
    },
  };
}
