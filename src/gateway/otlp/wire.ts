import protobuf from "protobufjs/light.js";
import { AwsException } from "../../aws/exception.ts";
import { messageOf } from "../../kernel/errors.ts";
import { DESCRIPTOR } from "./descriptor.ts";
import type { OtlpSignal } from "./types.ts";

/** Both payload formats of OTLP/HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export type OtlpFormat = "json" | "protobuf";

const REQUESTS: Readonly<Record<OtlpSignal, string>> = { traces: "TracesRequest", metrics: "MetricsRequest", logs: "LogsRequest" };
/** How protobuf's JSON form calls what was rejected. */
const REJECTED: Readonly<Record<OtlpSignal, string>> = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

// No state: the compiled form of the descriptor above.
let root: protobuf.Root | undefined;

function typeOf(name: string): protobuf.Type {
  root ??= protobuf.Root.fromJSON(DESCRIPTOR);
  return root.lookupType(name);
}

/** Undefined for media types that OTLP/HTTP does not have. */
export function formatOf(contentType: string | undefined): OtlpFormat | undefined {
  const media = contentType?.split(";")[0]?.trim().toLowerCase();
  if (media === "application/json") return "json";
  return media === "application/x-protobuf" || media === "application/protobuf" ? "protobuf" : undefined;
}

/**
 * An export request as a plain object with the names of the JSON form, whichever format it came in: 64-bit integers are
 * decimal text, bytes are a Uint8Array from protobuf and text from JSON. @throws AwsException BadRequest
 */
export function readMessage(signal: OtlpSignal, format: OtlpFormat, body: Uint8Array): unknown {
  try {
    if (format === "json") return JSON.parse(Buffer.from(body).toString("utf8"));
    const type = typeOf(REQUESTS[signal]);
    return type.toObject(type.decode(body), { longs: String });
  } catch (error) {
    throw new AwsException("BadRequest", `the ${signal} cannot be read as ${format}: ${messageOf(error)}`, { status: 400, cause: error });
  }
}

export interface PartialSuccess {
  /** Spans, data points or log records that were not taken. */
  readonly rejected: number;
  readonly message: string;
}

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp-response: full success leaves `partialSuccess` out. */
export function writeSuccess(signal: OtlpSignal, format: OtlpFormat, partial: PartialSuccess | undefined): Uint8Array {
  if (format === "json") {
    const told =
      partial === undefined ? {} : { partialSuccess: { [REJECTED[signal]]: String(partial.rejected), errorMessage: partial.message } };
    return Buffer.from(JSON.stringify(told));
  }
  return write(
    "ExportResponse",
    partial === undefined ? {} : { partialSuccess: { rejected: partial.rejected, errorMessage: partial.message } },
  );
}

/** The `google.rpc.Status` that a refusal carries; its code is left 0, as the HTTP status tells it. */
export function writeRefusal(format: OtlpFormat, message: string): Uint8Array {
  return format === "json" ? Buffer.from(JSON.stringify({ message })) : write("RpcStatus", { message });
}

function write(name: string, content: Record<string, unknown>): Uint8Array {
  const type = typeOf(name);
  return type.encode(type.fromObject(content)).finish();
}
