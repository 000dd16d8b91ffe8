import { AwsException } from "../../aws/exception.ts";
import { metricOf } from "./metric.ts";
import { anyValue, attributesIn, enumIn, idIn, listIn, nanosIn, numberIn, objectIn, type Plain, textIn } from "./plain.ts";
import {
  type OtlpLogRecord,
  type OtlpRecords,
  type OtlpResource,
  type OtlpScope,
  type OtlpSignal,
  type OtlpSpan,
  SPAN_KINDS,
  STATUS_CODES,
} from "./types.ts";
import { type OtlpFormat, readMessage } from "./wire.ts";

interface Origin {
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
}

const NAMES = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
} as const;

const READERS: { readonly [S in OtlpSignal]: (plain: Plain, origin: Origin) => OtlpRecords[S][number] | undefined } = {
  traces: spanOf,
  metrics: metricOf,
  logs: logRecordOf,
};

/**
 * The records of one export request, flat: each names its resource and scope, which records of one origin share.
 * https://opentelemetry.io/docs/specs/otlp/ @throws AwsException BadRequest
 */
export function decodeOtlp<S extends OtlpSignal>(signal: S, format: OtlpFormat, body: Uint8Array): OtlpRecords[S] {
  const message = readMessage(signal, format, body);
  if (typeof message !== "object" || message === null || Array.isArray(message))
    throw new AwsException("BadRequest", `the ${signal} are not an object`, { status: 400 });
  const [ofResource, ofScope, ofRecord] = NAMES[signal];
  const read = READERS[signal] as (plain: Plain, origin: Origin) => OtlpRecords[S][number] | undefined;
  const records: OtlpRecords[S][number][] = [];
  for (const group of listIn(message as Plain, ofResource)) {
    const resource = { attributes: attributesIn(objectIn(group, "resource")), ...schemaIn(group) };
    for (const part of listIn(group, ofScope)) {
      const origin = { resource, scope: scopeOf(part) };
      for (const plain of listIn(part, ofRecord)) {
        const record = read(plain, origin);
        if (record !== undefined) records.push(record);
      }
    }
  }
  return records as unknown as OtlpRecords[S];
}

function scopeOf(part: Plain): OtlpScope {
  const scope = objectIn(part, "scope");
  return { name: textIn(scope, "name"), version: textIn(scope, "version"), attributes: attributesIn(scope), ...schemaIn(part) };
}

function schemaIn(plain: Plain): { readonly schemaUrl?: string } {
  const schemaUrl = textIn(plain, "schemaUrl");
  return schemaUrl === "" ? {} : { schemaUrl };
}

function spanOf(plain: Plain, origin: Origin): OtlpSpan {
  const status = objectIn(plain, "status");
  return {
    ...origin,
    traceId: idIn(plain, "traceId", 16),
    spanId: idIn(plain, "spanId", 8),
    parentSpanId: idIn(plain, "parentSpanId", 8),
    traceState: textIn(plain, "traceState"),
    flags: numberIn(plain, "flags"),
    name: textIn(plain, "name"),
    kind: enumIn(plain, "kind", SPAN_KINDS, "UNSPECIFIED"),
    start: nanosIn(plain, "startTimeUnixNano"),
    end: nanosIn(plain, "endTimeUnixNano"),
    attributes: attributesIn(plain),
    events: listIn(plain, "events").map((event) => ({
      time: nanosIn(event, "timeUnixNano"),
      name: textIn(event, "name"),
      attributes: attributesIn(event),
    })),
    links: listIn(plain, "links").map((link) => ({
      traceId: idIn(link, "traceId", 16),
      spanId: idIn(link, "spanId", 8),
      traceState: textIn(link, "traceState"),
      attributes: attributesIn(link),
    })),
    status: { code: enumIn(status, "code", STATUS_CODES, "UNSET"), message: textIn(status, "message") },
  };
}

function logRecordOf(plain: Plain, origin: Origin): OtlpLogRecord {
  return {
    ...origin,
    time: nanosIn(plain, "timeUnixNano"),
    observedTime: nanosIn(plain, "observedTimeUnixNano"),
    severityNumber: severityOf(plain),
    severityText: textIn(plain, "severityText"),
    body: anyValue(plain["body"]),
    attributes: attributesIn(plain),
    flags: numberIn(plain, "flags"),
    traceId: idIn(plain, "traceId", 16),
    spanId: idIn(plain, "spanId", 8),
    eventName: textIn(plain, "eventName"),
  };
}

const SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** JSON may name it: `SEVERITY_NUMBER_INFO2` is 10. */
function severityOf(plain: Plain): number {
  const named = /^SEVERITY_NUMBER_([A-Z]+)([2-4])?$/.exec(String(plain["severityNumber"] ?? ""));
  if (named === null) return numberIn(plain, "severityNumber");
  const level = SEVERITIES.indexOf(named[1] ?? "");
  return level < 0 ? 0 : level * 4 + Number(named[2] ?? 1);
}
