import { createRequire } from "node:module";
import { Readable } from "node:stream";
import {
  AwsJson1_0Protocol,
  AwsJson1_1Protocol,
  AwsQueryProtocol,
  AwsRestJsonProtocol,
  AwsRestXmlProtocol,
  AwsSmithyRpcV2CborProtocol,
} from "@aws-sdk/core/protocols";
import { HttpResponse } from "@smithy/core/protocols";
import { fromBase64, fromUtf8, toBase64, toUtf8 } from "@smithy/core/serde";
import { describe, expect, it } from "vitest";
import { AwsException } from "../../../src/aws/exception.ts";
import { protocols } from "../../../src/gateway/protocols/index.ts";
import type { WireRequest } from "../../../src/gateway/protocols/protocol.ts";
import { Query } from "../../../src/gateway/query.ts";
import { loadModel, type OperationModel, type ServiceModel } from "../../../src/models/model.ts";
import { matchRoute } from "../../../src/models/routes.ts";
import { traitsOf } from "../../../src/models/schema.ts";
import { type ProtocolName, serviceMetas } from "../../../src/models/services.ts";
import { bytesOf, difference, Synthetic } from "./synthetic.ts";

// Truth: documented. The other end is the protocol implementation of AWS's own SDK:
// https://smithy.io/2.0/aws/protocols/index.html

/** What of the SDK's client protocols is used here. */
interface ClientProtocol {
  setSerdeContext(context: object): void;
  serializeRequest(operation: object, input: object, context: object): Promise<ClientRequest>;
  deserializeResponse(operation: object, context: object, response: HttpResponse): Promise<Record<string, unknown>>;
}
interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
type ClientProtocolClass = new (options: object) => ClientProtocol;

const require = createRequire(import.meta.url);
const CLIENTS: Readonly<Record<ProtocolName, unknown>> = {
  awsJson1_0: AwsJson1_0Protocol,
  awsJson1_1: AwsJson1_1Protocol,
  awsQuery: AwsQueryProtocol,
  ec2Query: undefined,
  restJson: AwsRestJsonProtocol,
  restXml: AwsRestXmlProtocol,
  rpcV2Cbor: AwsSmithyRpcV2CborProtocol,
};
const clientContext = {
  endpoint: async () => ({ protocol: "http:", hostname: "localhost", path: "/" }),
  base64Decoder: fromBase64,
  base64Encoder: toBase64,
  utf8Decoder: fromUtf8,
  utf8Encoder: toUtf8,
  streamCollector: async (stream: unknown) => new Uint8Array(await bytesOf(stream)),
  disableHostPrefix: true,
  sdkStreamMixin: (stream: unknown) => stream,
};

/** What the wire cannot carry, each with its reason; anything else that differs is a defect. */
const KNOWN: Readonly<Record<string, string>> = {
  "s3.ListDirectoryBuckets": "the same request as ListBuckets: only the host of S3 Express tells them apart",
  "cloudwatch.DashboardNotFoundError": "its query code is that of ResourceNotFound too, and clients go by the code",
  "sqs.ReceiveMessage in awsQuery": "AttributeNames and MessageSystemAttributeNames have one name on the wire",
};

function isKnown(service: string, name: string, protocol: string): boolean {
  return KNOWN[`${service}.${name}`] !== undefined || KNOWN[`${service}.${name} in ${protocol}`] !== undefined;
}

interface Case {
  readonly service: ServiceModel;
  readonly operation: OperationModel;
  readonly protocol: ProtocolName;
  readonly client: ClientProtocol;
  readonly sdk: Record<string, unknown>;
}

function clientFor(service: ServiceModel, protocol: ProtocolName, sdk: Record<string, unknown>): ClientProtocol {
  const { namespace, xmlNamespace, version, target, queryCompatible } = service.meta;
  const Client = CLIENTS[protocol] as ClientProtocolClass;
  const settings = { version, xmlNamespace, serviceTarget: target, awsQueryCompatible: queryCompatible };
  const client = new Client({ defaultNamespace: namespace, errorTypeRegistries: sdk["errorTypeRegistries"], ...settings });
  client.setSerdeContext(clientContext);
  return client;
}

/** The operation as the client knows it: its own schemas, not ours. */
function clientOperation({ service, operation, sdk }: Case): object {
  const [, , name, traits, input, output] = sdk[`${operation.name}$`] as unknown[];
  return { namespace: service.meta.namespace, name, traits, input, output };
}

function contextOf({ service, operation }: Case): object {
  return { ...clientContext, __smithy_context: { service: service.meta.target, operation: operation.name } };
}

async function requestRoundTrip(c: Case): Promise<string | undefined> {
  const input = new Synthetic().structure(c.operation.input);
  if (c.service.meta.id === "s3" && "Bucket" in input) input["Bucket"] = "bucket";
  const sent = await c.client.serializeRequest(clientOperation(c), structuredClone(input), contextOf(c));
  const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const pairs = Object.entries(sent.query ?? {}).flatMap(([key, value]) => [value].flat().map((one) => [key, one ?? ""] as const));
  const query = new Query(pairs);
  const labels: Record<string, string> = {};
  if (c.operation.http !== undefined && c.protocol.startsWith("rest")) {
    const hasBucket = c.service.meta.id === "s3" && "Bucket" in input;
    const request = {
      method: sent.method,
      path: sent.path,
      hasBucket,
      query: (key: string) => query.get(key),
      hasHeader: (name: string) => name in headers,
    };
    const match = matchRoute(c.service.routes, request);
    if (match?.operation !== c.operation) return `routed to ${match?.operation.name}`;
    Object.assign(labels, match.labels, hasBucket ? { Bucket: "bucket" } : {});
  }
  const body = await bytesOf(sent.body);
  const request: WireRequest = {
    method: sent.method,
    path: sent.path,
    query,
    headers,
    labels,
    bytes: async () => body,
    stream: () => Readable.from([body]),
  };
  const got = await protocols[c.protocol].decode(c, request);
  const streamed = c.operation.http?.inputPayload?.schema.isStreaming() ? c.operation.http.inputPayload.name : undefined;
  if (streamed !== undefined) got[streamed] = new Uint8Array(await bytesOf(got[streamed]));
  return difference(input, got);
}

async function responseRoundTrip(c: Case): Promise<string | undefined> {
  const output = new Synthetic().structure(c.operation.output);
  const status = c.operation.http?.outputStatus;
  if (status !== undefined) output[status.name] = 200;
  const { status: statusCode, headers, body } = await protocols[c.protocol].encode(c, structuredClone(output), "request-1");
  const bytes = await bytesOf(body);
  const response = new HttpResponse({ statusCode, headers: { ...headers }, body: Readable.from(bytes.length > 0 ? [bytes] : []) });
  const got = await c.client.deserializeResponse(clientOperation(c), contextOf(c), response);
  const streamed = c.operation.http?.outputPayload?.schema.isStreaming() ? c.operation.http.outputPayload.name : undefined;
  if (streamed !== undefined) got[streamed] = new Uint8Array(await bytesOf(got[streamed]));
  return difference(output, got);
}

async function errorRoundTrip(c: Case, name: string): Promise<string | undefined> {
  const model = c.service.errors.get(name);
  if (model === undefined) return "no model";
  const values = new Synthetic().structure(model.schema);
  delete values[model.messageMember];
  for (const [member, schema] of [...model.schema.structIterator()]) if (traitsOf(schema).httpHeader !== undefined) delete values[member];
  const exception = new AwsException(name, "the message", { members: values });
  const encoded = protocols[c.protocol].encodeError(c.service, exception, { requestId: "request-1", method: "GET", path: "/" });
  const response = new HttpResponse({
    statusCode: encoded.status,
    headers: { ...encoded.headers },
    body: Readable.from([await bytesOf(encoded.body)]),
  });
  try {
    await c.client.deserializeResponse(clientOperation(c), clientContext, response);
    return "no error";
  } catch (error) {
    const got = error as Error & Record<string, unknown>;
    if (got.name !== name) return `name ${got.name}`;
    if (got.message !== "the message") return `message ${got.message}`;
    return difference(values, Object.fromEntries(Object.keys(values).map((key) => [key, got[key]])));
  }
}

async function attempt(run: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await run();
  } catch (error) {
    return `threw ${String(error).slice(0, 200)}`;
  }
}

/** Services that another one's schema stands for have no client to compare with; botocore's is compared elsewhere. */
function hasClient(id: string): boolean {
  try {
    require.resolve(`@aws-sdk/client-${id}`);
    return true;
  } catch {
    return false;
  }
}

const compared = Object.values(serviceMetas()).filter(({ id }) => hasClient(id));

describe.each(compared.flatMap(({ id, protocols: spoken }) => spoken.map((protocol) => [id, protocol] as const)))(
  "%s in %s",
  async (id, protocol) => {
    const service = await loadModel(id);
    const sdk = require(`@aws-sdk/client-${id}`) as Record<string, unknown>;
    const client = clientFor(service, protocol, sdk);
    const cases = [...service.operations.values()].map((operation): Case => ({ service, operation, protocol, client, sdk }));

    it("reads every operation's input as the client wrote it", async () => {
      const failures: string[] = [];
      for (const c of cases) {
        if (c.operation.input.isStructSchema() && c.operation.input.getEventStreamMember() !== "") continue;
        if (isKnown(id, c.operation.name, protocol)) continue;
        const failure = await attempt(() => requestRoundTrip(c));
        if (failure !== undefined) failures.push(`${c.operation.name} ${failure}`);
      }
      expect(failures).toEqual([]);
    });

    it("writes every operation's output as the client reads it", async () => {
      const failures: string[] = [];
      for (const c of cases.filter(({ operation }) => operation.eventStream === undefined)) {
        const failure = await attempt(() => responseRoundTrip(c));
        if (failure !== undefined) failures.push(`${c.operation.name} ${failure}`);
      }
      expect(failures).toEqual([]);
    });

    it("writes every modelled error as the client reads it", async () => {
      const failures: string[] = [];
      const [first] = cases;
      if (first === undefined) return;
      for (const name of service.errors.keys()) {
        if (isKnown(id, name, protocol)) continue;
        const failure = await attempt(() => errorRoundTrip(first, name));
        if (failure !== undefined) failures.push(`${name} ${failure}`);
      }
      expect(failures).toEqual([]);
    });
  },
);
