import type { INamespace } from "protobufjs/light.js";

type Field = readonly [type: string, id: number, rule?: "repeated"];

/** Field numbers and types of OTLP 1.x's messages, as their specification fixes them for good. https://opentelemetry.io/docs/specs/otlp/ */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  AnyValue: {
    stringValue: ["string", 1],
    boolValue: ["bool", 2],
    intValue: ["int64", 3],
    doubleValue: ["double", 4],
    arrayValue: ["ArrayValue", 5],
    kvlistValue: ["KeyValueList", 6],
    bytesValue: ["bytes", 7],
  },
  ArrayValue: { values: ["AnyValue", 1, "repeated"] },
  KeyValueList: { values: ["KeyValue", 1, "repeated"] },
  KeyValue: { key: ["string", 1], value: ["AnyValue", 2] },
  InstrumentationScope: { name: ["string", 1], version: ["string", 2], attributes: ["KeyValue", 3, "repeated"] },
  Resource: { attributes: ["KeyValue", 1, "repeated"] },

  TracesRequest: { resourceSpans: ["ResourceSpans", 1, "repeated"] },
  ResourceSpans: { resource: ["Resource", 1], scopeSpans: ["ScopeSpans", 2, "repeated"], schemaUrl: ["string", 3] },
  ScopeSpans: { scope: ["InstrumentationScope", 1], spans: ["Span", 2, "repeated"], schemaUrl: ["string", 3] },
  Span: {
    traceId: ["bytes", 1],
    spanId: ["bytes", 2],
    traceState: ["string", 3],
    parentSpanId: ["bytes", 4],
    flags: ["fixed32", 16],
    name: ["string", 5],
    kind: ["int32", 6],
    startTimeUnixNano: ["fixed64", 7],
    endTimeUnixNano: ["fixed64", 8],
    attributes: ["KeyValue", 9, "repeated"],
    events: ["SpanEvent", 11, "repeated"],
    links: ["SpanLink", 13, "repeated"],
    status: ["Status", 15],
  },
  SpanEvent: { timeUnixNano: ["fixed64", 1], name: ["string", 2], attributes: ["KeyValue", 3, "repeated"] },
  SpanLink: { traceId: ["bytes", 1], spanId: ["bytes", 2], traceState: ["string", 3], attributes: ["KeyValue", 4, "repeated"] },
  Status: { message: ["string", 2], code: ["int32", 3] },

  LogsRequest: { resourceLogs: ["ResourceLogs", 1, "repeated"] },
  ResourceLogs: { resource: ["Resource", 1], scopeLogs: ["ScopeLogs", 2, "repeated"], schemaUrl: ["string", 3] },
  ScopeLogs: { scope: ["InstrumentationScope", 1], logRecords: ["LogRecord", 2, "repeated"], schemaUrl: ["string", 3] },
  LogRecord: {
    timeUnixNano: ["fixed64", 1],
    severityNumber: ["int32", 2],
    severityText: ["string", 3],
    body: ["AnyValue", 5],
    attributes: ["KeyValue", 6, "repeated"],
    flags: ["fixed32", 8],
    traceId: ["bytes", 9],
    spanId: ["bytes", 10],
    observedTimeUnixNano: ["fixed64", 11],
    eventName: ["string", 12],
  },

  MetricsRequest: { resourceMetrics: ["ResourceMetrics", 1, "repeated"] },
  ResourceMetrics: { resource: ["Resource", 1], scopeMetrics: ["ScopeMetrics", 2, "repeated"], schemaUrl: ["string", 3] },
  ScopeMetrics: { scope: ["InstrumentationScope", 1], metrics: ["Metric", 2, "repeated"], schemaUrl: ["string", 3] },
  Metric: {
    name: ["string", 1],
    description: ["string", 2],
    unit: ["string", 3],
    gauge: ["Gauge", 5],
    sum: ["Sum", 7],
    histogram: ["Histogram", 9],
    exponentialHistogram: ["ExponentialHistogram", 10],
    summary: ["Summary", 11],
  },
  Gauge: { dataPoints: ["NumberDataPoint", 1, "repeated"] },
  Sum: { dataPoints: ["NumberDataPoint", 1, "repeated"], aggregationTemporality: ["int32", 2], isMonotonic: ["bool", 3] },
  Histogram: { dataPoints: ["HistogramDataPoint", 1, "repeated"], aggregationTemporality: ["int32", 2] },
  ExponentialHistogram: { dataPoints: ["ExponentialHistogramDataPoint", 1, "repeated"], aggregationTemporality: ["int32", 2] },
  Summary: { dataPoints: ["SummaryDataPoint", 1, "repeated"] },
  NumberDataPoint: {
    attributes: ["KeyValue", 7, "repeated"],
    startTimeUnixNano: ["fixed64", 2],
    timeUnixNano: ["fixed64", 3],
    asDouble: ["double", 4],
    asInt: ["sfixed64", 6],
    flags: ["uint32", 8],
  },
  HistogramDataPoint: {
    attributes: ["KeyValue", 9, "repeated"],
    startTimeUnixNano: ["fixed64", 2],
    timeUnixNano: ["fixed64", 3],
    count: ["fixed64", 4],
    sum: ["double", 5],
    bucketCounts: ["fixed64", 6, "repeated"],
    explicitBounds: ["double", 7, "repeated"],
    flags: ["uint32", 10],
    min: ["double", 11],
    max: ["double", 12],
  },
  ExponentialHistogramDataPoint: {
    attributes: ["KeyValue", 1, "repeated"],
    startTimeUnixNano: ["fixed64", 2],
    timeUnixNano: ["fixed64", 3],
    count: ["fixed64", 4],
    sum: ["double", 5],
    scale: ["sint32", 6],
    zeroCount: ["fixed64", 7],
    positive: ["Buckets", 8],
    negative: ["Buckets", 9],
    flags: ["uint32", 10],
    min: ["double", 12],
    max: ["double", 13],
    zeroThreshold: ["double", 14],
  },
  Buckets: { offset: ["sint32", 1], bucketCounts: ["uint64", 2, "repeated"] },
  SummaryDataPoint: {
    attributes: ["KeyValue", 7, "repeated"],
    startTimeUnixNano: ["fixed64", 2],
    timeUnixNano: ["fixed64", 3],
    count: ["fixed64", 4],
    sum: ["double", 5],
    quantileValues: ["ValueAtQuantile", 6, "repeated"],
    flags: ["uint32", 8],
  },
  ValueAtQuantile: { quantile: ["double", 1], value: ["double", 2] },

  PartialSuccess: { rejected: ["int64", 1], errorMessage: ["string", 2] },
  ExportResponse: { partialSuccess: ["PartialSuccess", 1] },
  // https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto
  RpcStatus: { code: ["int32", 1], message: ["string", 2] },
};

/** As protobufjs takes it. */
export const DESCRIPTOR: INamespace = {
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([name, fields]) => [
      name,
      {
        fields: Object.fromEntries(
          Object.entries(fields).map(([field, [type, id, rule]]) => [field, rule === undefined ? { type, id } : { type, id, rule }]),
        ),
      },
    ]),
  ),
};
