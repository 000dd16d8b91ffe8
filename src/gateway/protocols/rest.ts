import type { HttpModel, ServiceModel } from "../../models/model.ts";
import { type Schema, traitsOf, type Values } from "../../models/schema.ts";
import { readBindings, writeBindings } from "./http-binding.ts";
import type { Body, Target, WireRequest, WireResponse } from "./protocol.ts";

/** The document half of a REST protocol. */
export interface Documents {
  readonly contentType: string;
  /** @throws AwsException in the protocol's words */
  read(service: ServiceModel, schema: Schema, bytes: Buffer): Promise<Values> | Values;
  /** A payload member, or the members that are in the body. */
  write(service: ServiceModel, schema: Schema, value: Values): string | Uint8Array;
  writeEvents(target: Target, output: Values): Promise<Body>;
}

export async function decodeRest(documents: Documents, { service, operation }: Target, request: WireRequest): Promise<Values> {
  const http = operation.http as HttpModel;
  const input = readBindings(http, request);
  const payload = http.inputPayload;
  if (payload === undefined) {
    const bytes = await request.bytes();
    if (http.inputBody !== undefined && bytes.length > 0) Object.assign(input, await documents.read(service, http.inputBody, bytes));
    return input;
  }
  if (payload.schema.isStreaming()) {
    input[payload.name] = request.stream();
    return input;
  }
  const bytes = await request.bytes();
  if (bytes.length > 0) input[payload.name] = await readPayload(documents, service, payload.schema, bytes);
  return input;
}

async function readPayload(documents: Documents, service: ServiceModel, schema: Schema, bytes: Buffer): Promise<unknown> {
  if (schema.isBlobSchema()) return bytes;
  return schema.isStringSchema() ? bytes.toString("utf8") : await documents.read(service, schema, bytes);
}

export async function encodeRest(documents: Documents, target: Target, output: Values, requestId: string): Promise<WireResponse> {
  const http = target.operation.http as HttpModel;
  const headers: Record<string, string> = {};
  writeBindings(http, output, headers);
  headers[target.service.meta.id === "s3" ? "x-amz-request-id" : "x-amzn-requestid"] = requestId;
  const status = statusOf(http, output, headers);
  if (target.operation.eventStream !== undefined) {
    headers["content-type"] = "application/vnd.amazon.eventstream";
    return { status, headers, body: await documents.writeEvents(target, output) };
  }
  return { status, headers, body: writeBody(documents, target, output, headers) };
}

function statusOf(http: HttpModel, output: Values, headers: Readonly<Record<string, string>>): number {
  const given = http.outputStatus === undefined ? undefined : output[http.outputStatus.name];
  if (typeof given === "number") return given;
  // HTTP's own rule, which the models do not repeat: https://www.rfc-editor.org/rfc/rfc9110#status.206
  return headers["content-range"] === undefined ? http.status : 206;
}

function writeBody(documents: Documents, { service, operation }: Target, output: Values, headers: Record<string, string>): Body {
  const http = operation.http as HttpModel;
  const payload = http.outputPayload;
  if (payload === undefined) {
    if (http.outputBody === undefined) return undefined;
    headers["content-type"] ??= documents.contentType;
    return documents.write(service, http.outputBody, output);
  }
  const value = output[payload.name];
  if (value === undefined || value === null) return undefined;
  const { schema } = payload;
  if (schema.isStreaming() || schema.isBlobSchema() || schema.isStringSchema()) {
    headers["content-type"] ??= traitsOf(schema).mediaType ?? (schema.isStringSchema() ? "text/plain" : "application/octet-stream");
    return value as Body;
  }
  headers["content-type"] ??= documents.contentType;
  return documents.write(service, schema, value as Values);
}
