import type { Span } from "../../aws/spans.ts";
import type { SegmentDocument } from "./segments/document.ts";
import { outcomeOf } from "./trace/outcome.ts";

/** A segment in OpenTelemetry's words; subsegments become spans of their own only where they are sent by themselves. */
export function spanOfSegment(document: SegmentDocument): Span {
  const { start_time: start, end_time: end = start, http, aws } = document;
  const { fault, error } = outcomeOf(document);
  return {
    traceId: (document.trace_id ?? "").replace(/^1-|-/g, ""),
    spanId: document.id,
    ...(document.parent_id === undefined ? {} : { parentSpanId: document.parent_id }),
    name: document.name,
    kind: document.type === "subsegment" ? (document.namespace === undefined ? "INTERNAL" : "CLIENT") : "SERVER",
    startTimeUnixNano: Math.round(start * 1e9),
    endTimeUnixNano: Math.round(end * 1e9),
    durationNano: Math.round((end - start) * 1e9),
    attributes: {
      ...(document.origin === undefined ? {} : { "aws.xray.origin": document.origin }),
      ...(http?.request?.method === undefined ? {} : { "http.request.method": http.request.method }),
      ...(http?.request?.url === undefined ? {} : { "url.full": http.request.url }),
      ...(http?.response?.status === undefined ? {} : { "http.response.status_code": http.response.status }),
      ...(aws?.operation === undefined ? {} : { "rpc.method": aws.operation }),
      ...document.annotations,
    },
    status: { code: fault || error ? "ERROR" : "UNSET" },
    resource: { attributes: { "service.name": document.name, "cloud.provider": "aws" } },
  };
}
