import type { Input } from "../../aws/clients.ts";
import type { OtlpAttributes, OtlpExponentialPoint, OtlpHistogramPoint, OtlpMetric, OtlpPoint } from "./types.ts";

type Datum = NonNullable<Input<"cloudwatch", "PutMetricData">["MetricData"]>[number];

/** Data points of one namespace. */
export interface NamespacedData {
  readonly namespace: string;
  readonly data: Datum[];
}

/** Last values of sums that only grow, by series: CloudWatch is told what was added. */
export type Totals = Map<string, { readonly value: number; readonly count: number }>;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const MOST_DIMENSIONS = 30;
const MOST_VALUES = 150;

/** UCUM's codes that CloudWatch has a unit for. */
const UNITS: Readonly<Record<string, NonNullable<Datum["Unit"]>>> = {
  s: "Seconds",
  ms: "Milliseconds",
  us: "Microseconds",
  By: "Bytes",
  KiBy: "Kilobytes",
  MiBy: "Megabytes",
  GiBy: "Gigabytes",
  "%": "Percent",
  "1": "None",
  "": "None",
};

/**
 * Metrics as CloudWatch has them: the namespace is the service's, dimensions are the point's attributes. Sums that only grow
 * become what was added since the point before; the first one only begins the count.
 */
export function metricData(metrics: readonly OtlpMetric[], totals: Totals, offset: number): NamespacedData[] {
  const namespaces = new Map<string, Datum[]>();
  for (const metric of metrics) {
    const namespace = namespaceOf(metric.resource.attributes);
    const data = namespaces.get(namespace) ?? [];
    namespaces.set(namespace, data);
    data.push(...dataOf(metric, namespace, totals).map(({ time, ...datum }) => ({ ...datum, Timestamp: new Date(time + offset) })));
  }
  return [...namespaces].map(([namespace, data]) => ({ namespace, data }));
}

type Timed = Omit<Datum, "Timestamp"> & { readonly time: number };

function namespaceOf(attributes: OtlpAttributes): string {
  const service = String(attributes["service.name"] ?? "OTLP").replace(/[^\w./#:-]/g, "_");
  const space = attributes["service.namespace"];
  return (space === undefined ? service : `${String(space)}/${service}`).slice(0, 255);
}

function dataOf(metric: OtlpMetric, namespace: string, totals: Totals): Timed[] {
  const { data } = metric;
  const common = (point: OtlpPoint) => ({
    MetricName: metric.name.slice(0, 255),
    Unit: UNITS[metric.unit] ?? (metric.unit.startsWith("{") ? ("Count" as const) : ("None" as const)),
    Dimensions: dimensionsOf(point.attributes),
    time: Number(point.time / 1_000_000n),
  });
  const grown = (point: OtlpPoint, value: number, count: number) => {
    const key = JSON.stringify([namespace, metric.name, dimensionsOf(point.attributes)]);
    const before = totals.get(key);
    totals.set(key, { value, count });
    // A value below the last one: the program was started anew.
    return before === undefined || value < before.value || count < before.count
      ? undefined
      : { value: value - before.value, count: count - before.count };
  };
  switch (data.kind) {
    case "gauge":
      return data.points.map((point) => ({ ...common(point), Value: point.value }));
    case "sum":
      return data.points.flatMap((point) => {
        const value = data.monotonic && data.temporality === "CUMULATIVE" ? grown(point, point.value, 0)?.value : point.value;
        return value === undefined ? [] : [{ ...common(point), Value: value }];
      });
    case "histogram":
      return data.points.flatMap((point) => distribution(common(point), point, data.temporality === "CUMULATIVE" ? grown : undefined));
    case "exponential":
      return data.points.flatMap((point) => exponential(common(point), point));
    case "summary":
      return data.points
        .filter(({ count }) => count > 0)
        .map((point) => {
          const values = point.quantiles.map(({ value }) => value);
          const mean = point.sum / point.count;
          const [Minimum, Maximum] = [Math.min(mean, ...values), Math.max(mean, ...values)];
          return { ...common(point), StatisticValues: { SampleCount: point.count, Sum: point.sum, Minimum, Maximum } };
        });
  }
}

function dimensionsOf(attributes: OtlpAttributes): { Name: string; Value: string }[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== null && typeof value !== "object" && String(value).trim() !== "")
    .slice(0, MOST_DIMENSIONS)
    .map(([name, value]) => ({ Name: name.replaceAll(":", "_").slice(0, 255), Value: String(value).slice(0, 1_024) }));
}

type Grown = (point: OtlpPoint, value: number, count: number) => { readonly value: number; readonly count: number } | undefined;

/** Each bucket stands at its middle, so that percentiles can be asked for; only what is delta has its own minimum and maximum. */
function distribution(common: Omit<Timed, "Value">, point: OtlpHistogramPoint, grown: Grown | undefined): Timed[] {
  const { count, sum, bounds, bucketCounts, min, max } = point;
  if (grown !== undefined) {
    const added = grown(point, sum ?? 0, count);
    if (added === undefined || added.count <= 0) return [];
    const mean = added.value / added.count;
    return [{ ...common, StatisticValues: { SampleCount: added.count, Sum: added.value, Minimum: mean, Maximum: mean } }];
  }
  if (count <= 0) return [];
  const middles = bucketCounts.map((_, index) => {
    const low = bounds[index - 1] ?? min ?? bounds[0] ?? 0;
    const high = bounds[index] ?? max ?? bounds.at(-1) ?? low;
    return (low + high) / 2;
  });
  return spread(common, middles, bucketCounts);
}

/** https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram */
function exponential(common: Omit<Timed, "Value">, { scale, positive, negative, zeroCount }: OtlpExponentialPoint): Timed[] {
  const base = 2 ** (2 ** -scale);
  const middle = (index: number): number => (base ** index + base ** (index + 1)) / 2;
  const values = [
    ...positive.counts.map((_, index) => middle(positive.offset + index)),
    ...negative.counts.map((_, index) => -middle(negative.offset + index)),
    0,
  ];
  return spread(common, values, [...positive.counts, ...negative.counts, zeroCount]);
}

function spread(common: Omit<Timed, "Value">, values: readonly number[], counts: readonly number[]): Timed[] {
  const pairs = values.map((value, index) => ({ value, count: counts[index] ?? 0 })).filter(({ count }) => count > 0);
  return Array.from({ length: Math.ceil(pairs.length / MOST_VALUES) }, (_, part) => {
    const piece = pairs.slice(part * MOST_VALUES, (part + 1) * MOST_VALUES);
    return { ...common, Values: piece.map(({ value }) => value), Counts: piece.map(({ count }) => count) };
  });
}
