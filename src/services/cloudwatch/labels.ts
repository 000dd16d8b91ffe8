import { notImplemented } from "../../aws/exception.ts";
import type { Query } from "./alarm-config.ts";
import type { Series } from "./math/values.ts";

interface Labelled {
  readonly series: Series;
  readonly query: Query;
  /** Oldest first. */
  readonly points: readonly (readonly [time: number, value: number])[];
  /** `+0130`, UTC when there is none. */
  readonly timezone: string | undefined;
}

const PROPERTY = /^PROP\('([^']+)'\)$/;

export const isDynamic = (label: string): boolean => label.includes("${");

const shortNumber = (value: number | undefined): string => (value === undefined ? "--" : String(Number(value.toFixed(3))));

function shownTime(time: number | undefined, timezone: string | undefined): string {
  if (time === undefined) return "--";
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d)(\d\d)$/.exec(timezone ?? "") ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  return new Date(time + offset).toISOString().slice(0, 19).replace("T", " ");
}

function propertyOf(name: string, { MetricStat, Period }: Query): string | undefined {
  if (name.startsWith("Dim.")) return MetricStat?.Metric?.Dimensions?.find(({ Name }) => Name === name.slice("Dim.".length))?.Value;
  if (name === "MetricName") return MetricStat?.Metric?.MetricName;
  if (name === "Namespace") return MetricStat?.Metric?.Namespace;
  if (name === "Stat") return MetricStat?.Stat;
  if (name === "Period") return String(MetricStat?.Period ?? Period ?? "");
  return undefined;
}

function partOf(name: string, { series, query, points, timezone }: Labelled): string | undefined {
  const values = points.map(([, value]) => value);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const sum = values.reduce((a, b) => a + b, 0);
  const known: Readonly<Record<string, () => string>> = {
    LABEL: () => series.label,
    DATAPOINT_COUNT: () => String(values.length),
    AVG: () => shortNumber(values.length === 0 ? undefined : sum / values.length),
    FIRST: () => shortNumber(values[0]),
    FIRST_TIME: () => shownTime(points[0]?.[0], timezone),
    LAST: () => shortNumber(values.at(-1)),
    LAST_TIME: () => shownTime(points.at(-1)?.[0], timezone),
    MAX: () => shortNumber(values.length === 0 ? undefined : most),
    MAX_TIME: () => shownTime(points.find(([, value]) => value === most)?.[0], timezone),
    MIN: () => shortNumber(values.length === 0 ? undefined : least),
    MIN_TIME: () => shownTime(points.find(([, value]) => value === least)?.[0], timezone),
    SUM: () => shortNumber(sum),
  };
  const property = PROPERTY.exec(name)?.[1];
  return property === undefined ? known[name]?.() : propertyOf(property, query);
}

/**
 * A label with its dynamic parts, such as `${MAX}` and `${PROP('Dim.FunctionName')}`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 * @throws AwsException NotImplemented for parts that are not here
 */
export function fullLabel(label: string, labelled: Labelled): string {
  return label.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = partOf(name, labelled);
    if (value === undefined) throw notImplemented("cloudwatch", "GetMetricData", `the dynamic label \${${name}}`);
    return value;
  });
}
