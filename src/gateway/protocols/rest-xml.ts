import { XmlCodec } from "@aws-sdk/core/protocols";
import { AwsException } from "../../aws/exception.ts";
import type { ServiceModel } from "../../models/model.ts";
import { memberTraitsOf, type Schema, SIMPLE, traitsOf, type Values } from "../../models/schema.ts";
import { factsOf } from "./errors.ts";
import { eventStreamWriter } from "./event-stream.ts";
import type { Protocol } from "./protocol.ts";
import { type Documents, decodeRest, encodeRest } from "./rest.ts";
import { errorMembers } from "./xml-errors.ts";
import { escapeXml, xmlContents, xmlElement } from "./xml-writer.ts";

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const codecs = new WeakMap<ServiceModel, XmlCodec>();

function codecOf(service: ServiceModel): XmlCodec {
  let codec = codecs.get(service);
  if (codec === undefined) {
    const { xmlNamespace, namespace: serviceNamespace } = service.meta;
    const timestampFormat = { useTrait: true, default: SIMPLE.dateTime } as const;
    codec = new XmlCodec({ timestampFormat, httpBindings: true, xmlNamespace, serviceNamespace });
    codecs.set(service, codec);
  }
  return codec;
}

const documents: Documents = {
  contentType: "application/xml",
  read: async (service, schema, bytes) => {
    try {
      return ((await codecOf(service).createDeserializer().read(schema, bytes)) ?? {}) as Values;
    } catch {
      throw new AwsException("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema", {
        status: 400,
      });
    }
  },
  write: (service, schema, value) => XML_DECLARATION + writeDocument(service, schema, value),
  writeEvents: ({ service, operation }, output) =>
    eventStreamWriter(codecOf(service), "text/xml")(operation.output, operation.eventStream ?? "", output, "rest"),
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: the one answer whose only member is its root. */
const UNWRAPPED = "GetBucketLocationOutput";

function writeDocument(service: ServiceModel, schema: Schema, value: Values): string {
  if (schema.getName() === UNWRAPPED) {
    const location = value["LocationConstraint"] ?? "";
    return `<LocationConstraint xmlns="${service.meta.xmlNamespace}">${escapeXml(String(location))}</LocationConstraint>`;
  }
  const name = memberTraitsOf(schema).xmlName ?? traitsOf(schema).xmlName ?? schema.getName() ?? "Result";
  if (traitsOf(schema).xmlNamespace !== undefined) return xmlElement(schema, name)(value);
  return `<${name} xmlns="${service.meta.xmlNamespace}">${xmlContents(schema)(value)}</${name}>`;
}

/** https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html; S3's errors have no envelope and no namespace. */
export const restXml: Protocol = {
  decode: (target, request) => decodeRest(documents, target, request),
  encode: (target, output, requestId) => encodeRest(documents, target, output, requestId),
  encodeError: (service, error, { requestId, method, path }) => {
    const facts = factsOf(service, error);
    const s3 = service === undefined || service.meta.id === "s3";
    const headers = { ...error.headers, "content-type": "application/xml", [s3 ? "x-amz-request-id" : "x-amzn-requestid"]: requestId };
    if (method === "HEAD" || facts.status === 304) return { status: facts.status, headers, body: undefined };
    const inner = `<Code>${escapeXml(facts.name)}</Code><Message>${escapeXml(error.message)}</Message>${errorMembers(facts)}`;
    const body = s3
      ? `<Error>${inner}<Resource>${escapeXml(path)}</Resource><RequestId>${requestId}</RequestId><HostId>${hostId(requestId)}</HostId></Error>`
      : `<ErrorResponse xmlns="${service.meta.xmlNamespace}"><Error><Type>${facts.sender ? "Sender" : "Receiver"}</Type>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status: facts.status, headers, body: XML_DECLARATION + body };
  },
};

/** `x-amz-id-2`: opaque, and as long as the real one looks. */
export function hostId(requestId: string): string {
  return Buffer.from(`orrery/${requestId}`).toString("base64");
}
