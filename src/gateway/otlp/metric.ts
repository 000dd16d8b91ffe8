import { attributesIn, enumIn, listIn, nanosIn, numberIn, numbersIn, objectIn, optionalNumberIn, type Plain, textIn } from "./plain.ts";
import {
  type OtlpBuckets,
  type OtlpExponentialPoint,
  type OtlpHistogramPoint,
  type OtlpMetric,
  type OtlpMetricData,
  type OtlpNumberPoint,
  type OtlpPoint,
  type OtlpSummaryPoint,
  TEMPORALITIES,
} from "./types.ts";

/** Undefined for a metric without data, which means nothing. https://opentelemetry.io/docs/specs/otel/metrics/data-model/ */
export function metricOf(plain: Plain, origin: Pick<OtlpMetric, "resource" | "scope">): OtlpMetric | undefined {
  const data = dataOf(plain);
  if (data === undefined) return undefined;
  return { ...origin, name: textIn(plain, "name"), description: textIn(plain, "description"), unit: textIn(plain, "unit"), data };
}

function dataOf(plain: Plain): OtlpMetricData | undefined {
  if (plain["gauge"] !== undefined) return { kind: "gauge", points: pointsIn(plain, "gauge", numberPoint) };
  if (plain["sum"] !== undefined) {
    const monotonic = objectIn(plain, "sum")["isMonotonic"] === true;
    return { kind: "sum", points: pointsIn(plain, "sum", numberPoint), temporality: temporalityIn(plain, "sum"), monotonic };
  }
  if (plain["histogram"] !== undefined)
    return { kind: "histogram", points: pointsIn(plain, "histogram", histogramPoint), temporality: temporalityIn(plain, "histogram") };
  if (plain["exponentialHistogram"] !== undefined) {
    const name = "exponentialHistogram";
    return { kind: "exponential", points: pointsIn(plain, name, exponentialPoint), temporality: temporalityIn(plain, name) };
  }
  if (plain["summary"] !== undefined) return { kind: "summary", points: pointsIn(plain, "summary", summaryPoint) };
  return undefined;
}

function pointsIn<T>(plain: Plain, name: string, read: (point: Plain) => T): T[] {
  return listIn(objectIn(plain, name), "dataPoints").map(read);
}

function temporalityIn(plain: Plain, name: string) {
  return enumIn(objectIn(plain, name), "aggregationTemporality", TEMPORALITIES, "UNSPECIFIED");
}

function pointOf(plain: Plain): OtlpPoint {
  return {
    attributes: attributesIn(plain),
    start: nanosIn(plain, "startTimeUnixNano"),
    time: nanosIn(plain, "timeUnixNano"),
    flags: numberIn(plain, "flags"),
  };
}

function numberPoint(plain: Plain): OtlpNumberPoint {
  return { ...pointOf(plain), value: optionalNumberIn(plain, "asDouble") ?? numberIn(plain, "asInt") };
}

function distributionOf(plain: Plain) {
  return {
    ...pointOf(plain),
    count: numberIn(plain, "count"),
    sum: optionalNumberIn(plain, "sum"),
    min: optionalNumberIn(plain, "min"),
    max: optionalNumberIn(plain, "max"),
  };
}

function histogramPoint(plain: Plain): OtlpHistogramPoint {
  return { ...distributionOf(plain), bucketCounts: numbersIn(plain, "bucketCounts"), bounds: numbersIn(plain, "explicitBounds") };
}

function exponentialPoint(plain: Plain): OtlpExponentialPoint {
  return {
    ...distributionOf(plain),
    scale: numberIn(plain, "scale"),
    zeroCount: numberIn(plain, "zeroCount"),
    zeroThreshold: numberIn(plain, "zeroThreshold"),
    positive: bucketsOf(objectIn(plain, "positive")),
    negative: bucketsOf(objectIn(plain, "negative")),
  };
}

function bucketsOf(plain: Plain): OtlpBuckets {
  return { offset: numberIn(plain, "offset"), counts: numbersIn(plain, "bucketCounts") };
}

function summaryPoint(plain: Plain): OtlpSummaryPoint {
  const quantiles = listIn(plain, "quantileValues").map((entry) => ({
    quantile: numberIn(entry, "quantile"),
    value: numberIn(entry, "value"),
  }));
  return { ...pointOf(plain), count: numberIn(plain, "count"), sum: numberIn(plain, "sum"), quantiles };
}
