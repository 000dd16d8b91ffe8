import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Values } from "../../models/schema.ts";
import { DEFAULT_BODY_LIMIT } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import type { Headers, WireRequest } from "../protocols/protocol.ts";
import type { Routed } from "./route.ts";

const MiB = 1024 * 1024;

/**
 * Where AWS documents more than the default for a buffered body. Lambda takes zip files of 70 MB in base64
 * (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html).
 */
const LIMITS: Readonly<Record<string, number>> = { lambda: 100 * MiB };

export function bodyLimitOf(serviceId: string): number {
  return LIMITS[serviceId] ?? DEFAULT_BODY_LIMIT;
}

/** Input of an operation as its protocol carries it. @throws AwsException the protocol's own 400 */
export async function decode(exchange: Exchange, target: Routed): Promise<Values> {
  exchange.operation = `${target.service.meta.id}:${target.operation.name}`;
  if (exchange.isChunked) exchange.decodeChunks(undefined);
  const input = await decodeSafely(exchange, target);
  return target.service.meta.id === "sqs" && target.protocolName === "awsQuery" ? withQueueUrl(input, exchange) : input;
}

/** Decoders work on what a stranger sent: whatever they stumble over, such as nesting too deep for the stack, is the client's. */
async function decodeSafely(exchange: Exchange, target: Routed): Promise<Values> {
  try {
    return await target.protocol.decode(target, wireRequestOf(exchange, target));
  } catch (error) {
    if (error instanceof AwsException) throw error;
    const code = target.service.meta.id === "s3" ? "MalformedXML" : "SerializationException";
    throw new AwsException(code, `the request cannot be read: ${messageOf(error)}`, { status: 400, cause: error });
  }
}

function wireRequestOf(exchange: Exchange, target: Routed): WireRequest {
  const raw = target.service.meta.id === "s3";
  return {
    method: exchange.method,
    path: exchange.path,
    query: exchange.query,
    headers: exchange.isChunked ? withoutChunking(exchange) : exchange.headers,
    labels: target.labels,
    // A content encoding is metadata of the object for S3, and a transfer detail for all others.
    bytes: () => (raw ? exchange.body.raw() : exchange.body.bytes()),
    stream: () => exchange.body.stream(),
  };
}

/** What the object's own headers are once the chunks are gone: aws-chunked is no part of its encoding or length. */
function withoutChunking(exchange: Exchange): Headers {
  const encodings = (exchange.header("content-encoding") ?? "").split(",").map((part) => part.trim());
  const left = encodings.filter((part) => part !== "" && part !== "aws-chunked").join(",");
  return {
    ...exchange.headers,
    "content-encoding": left === "" ? undefined : left,
    "content-length": exchange.header("x-amz-decoded-content-length"),
  };
}

/** Query requests are posted to the queue's own URL: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html */
function withQueueUrl(input: Values, exchange: Exchange): Values {
  if (input["QueueUrl"] !== undefined || !/^\/\d{12}\/[^/]+\/?$/.test(exchange.path)) return input;
  return { QueueUrl: `http://${exchange.host}${exchange.path}`, ...input };
}
