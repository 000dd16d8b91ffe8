import type { ServiceModel } from "../../models/model.ts";
import { Query } from "../query.ts";
import { factsOf } from "./errors.ts";
import { formTree, readForm } from "./form.ts";
import type { Protocol } from "./protocol.ts";
import { errorMembers } from "./xml-errors.ts";
import { escapeXml, xmlContents } from "./xml-writer.ts";

function headersOf(requestId: string): Record<string, string> {
  return { "content-type": "text/xml", "x-amzn-requestid": requestId };
}

/** The form of a request: body and query string together, as AWS takes them. */
export async function formOf(request: { readonly query: Query; bytes(): Promise<Buffer> }): Promise<Query> {
  const body = Query.parse((await request.bytes()).toString("utf8"));
  return request.query.pairs.length === 0 ? body : new Query([...request.query.pairs, ...body.pairs]);
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export const awsQuery: Protocol = {
  decode: async ({ operation }, request) => {
    const form = await formOf(request);
    return operation.input.isUnitSchema() ? {} : readForm(operation.input, formTree(form), "query");
  },
  encode: ({ service, operation }, output, requestId) => {
    const { name } = operation;
    const result = operation.output.isUnitSchema() ? "" : `<${name}Result>${xmlContents(operation.output)(output)}</${name}Result>`;
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${name}Response xmlns="${service.meta.xmlNamespace}">${result}${metadata}</${name}Response>`;
    return { status: 200, headers: headersOf(requestId), body };
  },
  encodeError: (service, error, { requestId }) => {
    const facts = factsOf(service, error);
    const inner = `<Type>${facts.sender ? "Sender" : "Receiver"}</Type><Code>${escapeXml(facts.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>`;
    const body = `<ErrorResponse${namespaceOf(service)}><Error>${inner}${errorMembers(facts)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status: facts.queryStatus, headers: headersOf(requestId), body };
  },
};

/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export const ec2Query: Protocol = {
  decode: async ({ operation }, request) => {
    const form = await formOf(request);
    return operation.input.isUnitSchema() ? {} : readForm(operation.input, formTree(form), "ec2");
  },
  encode: ({ service, operation }, output, requestId) => {
    const contents = operation.output.isUnitSchema() ? "" : xmlContents(operation.output)(output);
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${operation.name}Response${namespaceOf(service)}><requestId>${requestId}</requestId>${contents}</${operation.name}Response>`;
    return { status: 200, headers: headersOf(requestId), body };
  },
  encodeError: (service, error, { requestId }) => {
    const facts = factsOf(service, error);
    const inner = `<Code>${escapeXml(facts.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>`;
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${inner}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return { status: facts.queryStatus, headers: headersOf(requestId), body };
  },
};

function namespaceOf(service: ServiceModel | undefined): string {
  return service === undefined || service.meta.xmlNamespace === "" ? "" : ` xmlns="${service.meta.xmlNamespace}"`;
}
