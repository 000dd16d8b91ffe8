import type { Readable } from "node:stream";
import type { AwsException } from "../../aws/exception.ts";
import type { OperationModel, ServiceModel } from "../../models/model.ts";
import type { Values } from "../../models/schema.ts";
import type { Query } from "../query.ts";

/** A request as a protocol's decoder sees it. */
export interface WireRequest {
  readonly method: string;
  /** Percent-encoded, without query. */
  readonly path: string;
  readonly query: Query;
  /** Names in lower case. */
  readonly headers: Headers;
  /** Taken from the path (and, for S3, the host) by routing; decoded. */
  readonly labels: Readonly<Record<string, string>>;
  /** The whole body, freed of transfer codings; at most the limit of the operation. */
  bytes(): Promise<Buffer>;
  /** The same as a stream, for members that must not be held in memory. */
  stream(): Readable;
}

export type Headers = Readonly<Record<string, string | string[] | undefined>>;
export type Body = string | Uint8Array | Readable | undefined;

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Body;
}

/** Operation of a service, as routing found it. */
export interface Target {
  readonly service: ServiceModel;
  readonly operation: OperationModel;
}

/**
 * The server's side of one AWS protocol. Decoders throw `AwsException` for what they cannot read, in the words of the
 * protocol; encoders never throw for what the types allow.
 */
export interface Protocol {
  decode(target: Target, request: WireRequest): Promise<Values>;
  encode(target: Target, output: Values, requestId: string): Promise<WireResponse> | WireResponse;
  encodeError(service: ServiceModel | undefined, error: AwsException, request: ErrorContext): WireResponse;
}

export interface ErrorContext {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
}
