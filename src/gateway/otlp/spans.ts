import type { Span } from "../../aws/spans.ts";
import type { OtlpLogRecord, OtlpSpan } from "./types.ts";

/** A span as `aws/spans` has it; `offset`: ms from the program's clock to the cloud's. */
export function spanOf(span: OtlpSpan, offset: number): Span {
  const shift = BigInt(Math.round(offset)) * 1_000_000n;
  return {
    resource: { attributes: span.resource.attributes },
    scope: { name: span.scope.name, version: span.scope.version },
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === "" ? {} : { parentSpanId: span.parentSpanId }),
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: Number(span.start + shift),
    endTimeUnixNano: Number(span.end + shift),
    durationNano: Number(span.end - span.start),
    attributes: span.attributes,
    events: span.events.map(({ time, name, attributes }) => ({ timeUnixNano: Number(time + shift), name, attributes })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes })),
    status: span.status,
  };
}

/** A log record as an event of CloudWatch Logs. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html */
export function logEventOf(record: OtlpLogRecord, offset: number): { timestamp: number; message: string } {
  const time = record.time === 0n ? record.observedTime : record.time;
  const { resource, scope, severityNumber, severityText, body, attributes, flags, traceId, spanId, eventName } = record;
  const message = JSON.stringify({
    resource: { attributes: resource.attributes },
    scope: { name: scope.name, version: scope.version },
    timeUnixNano: Number(record.time),
    observedTimeUnixNano: Number(record.observedTime),
    severityNumber,
    severityText,
    body,
    attributes,
    flags,
    traceId,
    spanId,
    ...(eventName === "" ? {} : { eventName }),
  });
  return { timestamp: Number(time / 1_000_000n) + offset, message };
}
