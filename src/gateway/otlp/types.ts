/** An attribute's value or a log's body. Bytes are base64 text; integers beyond 2^53 are decimal text. */
export type OtlpValue = string | number | boolean | null | readonly OtlpValue[] | { readonly [key: string]: OtlpValue };
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>;

/** Who sent it. https://opentelemetry.io/docs/specs/otel/resource/sdk/ */
export interface OtlpResource {
  readonly attributes: OtlpAttributes;
  readonly schemaUrl?: string;
}

export interface OtlpScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: OtlpAttributes;
  readonly schemaUrl?: string;
}

/** In the order of the protocol's numbers. */
export const SPAN_KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;
export const STATUS_CODES = ["UNSET", "OK", "ERROR"] as const;

export interface OtlpSpanEvent {
  /** Nanoseconds since the epoch, as everywhere here. */
  readonly time: bigint;
  readonly name: string;
  readonly attributes: OtlpAttributes;
}

export interface OtlpSpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: OtlpAttributes;
}

export interface OtlpSpan {
  /** 32 and 16 hexadecimal digits in lower case; empty where the sender gave none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: (typeof SPAN_KINDS)[number];
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: OtlpAttributes;
  readonly events: readonly OtlpSpanEvent[];
  readonly links: readonly OtlpSpanLink[];
  readonly status: { readonly code: (typeof STATUS_CODES)[number]; readonly message: string };
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
}

export interface OtlpLogRecord {
  /** 0 where the sender does not know it. */
  readonly time: bigint;
  readonly observedTime: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: OtlpValue;
  readonly attributes: OtlpAttributes;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
}

export interface OtlpPoint {
  readonly attributes: OtlpAttributes;
  /** 0 where the sender does not know it. */
  readonly start: bigint;
  readonly time: bigint;
  readonly flags: number;
}

export interface OtlpNumberPoint extends OtlpPoint {
  readonly value: number;
}

interface OtlpDistribution extends OtlpPoint {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

export interface OtlpHistogramPoint extends OtlpDistribution {
  /** One longer than the bounds. */
  readonly bucketCounts: readonly number[];
  readonly bounds: readonly number[];
}

export interface OtlpBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

/** Bucket i of the positive ones holds values in (base^(offset+i), base^(offset+i+1)], base = 2^(2^-scale). */
export interface OtlpExponentialPoint extends OtlpDistribution {
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: OtlpBuckets;
  readonly negative: OtlpBuckets;
}

export interface OtlpSummaryPoint extends OtlpPoint {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export type OtlpTemporality = "UNSPECIFIED" | "DELTA" | "CUMULATIVE";
export const TEMPORALITIES: readonly OtlpTemporality[] = ["UNSPECIFIED", "DELTA", "CUMULATIVE"];

export type OtlpMetricData =
  | { readonly kind: "gauge"; readonly points: readonly OtlpNumberPoint[] }
  | {
      readonly kind: "sum";
      readonly points: readonly OtlpNumberPoint[];
      readonly temporality: OtlpTemporality;
      readonly monotonic: boolean;
    }
  | { readonly kind: "histogram"; readonly points: readonly OtlpHistogramPoint[]; readonly temporality: OtlpTemporality }
  | { readonly kind: "exponential"; readonly points: readonly OtlpExponentialPoint[]; readonly temporality: OtlpTemporality }
  | { readonly kind: "summary"; readonly points: readonly OtlpSummaryPoint[] };

export interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly data: OtlpMetricData;
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
}

/** What one export request carries, by its signal. */
export interface OtlpRecords {
  readonly traces: readonly OtlpSpan[];
  readonly metrics: readonly OtlpMetric[];
  readonly logs: readonly OtlpLogRecord[];
}

export type OtlpSignal = keyof OtlpRecords;
