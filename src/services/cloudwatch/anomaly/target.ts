import { createHash } from "node:crypto";
import type { Input } from "../../../aws/clients.ts";
import { AwsException } from "../../../aws/exception.ts";
import { ExpressionError, namesIn, parseExpression } from "../math/parser.ts";
import { dimensionKey } from "../metrics-key.ts";
import type { DetectorRow } from "./store.ts";

type PutInput = Input<"cloudwatch", "PutAnomalyDetector">;
export type SingleMetric = NonNullable<PutInput["SingleMetricAnomalyDetector"]>;
export type MetricMath = NonNullable<PutInput["MetricMathAnomalyDetector"]>;
export type Query = NonNullable<MetricMath["MetricDataQueries"]>[number];

/** What a detector learns. */
export interface Target {
  readonly kind: DetectorRow["kind"];
  readonly key: string;
  /** JSON as it is described. */
  readonly target: string;
}

export const BAND = /\bANOMALY_DETECTION_BAND\s*\(/;
const MOST_QUERIES = 10;
const LONGEST_PERIOD = 3_600;

export function singleTarget({ Namespace, MetricName, Dimensions = [], Stat }: SingleMetric): Target {
  const key = JSON.stringify([Namespace, MetricName, dimensionKey(Dimensions), Stat]);
  return { kind: "SINGLE_METRIC", key, target: JSON.stringify({ Namespace, MetricName, Dimensions, Stat }) };
}

export function mathTarget(queries: readonly Query[]): Target {
  const shown = queries.map(({ Id, Expression, Period, MetricStat, ReturnData }) => {
    const stat = MetricStat && [
      MetricStat.Metric?.Namespace,
      MetricStat.Metric?.MetricName,
      dimensionKey(MetricStat.Metric?.Dimensions),
      MetricStat.Period,
      MetricStat.Stat,
      MetricStat.Unit,
    ];
    return [Id, Expression?.replaceAll(/\s+/g, ""), Expression === undefined ? undefined : Period, stat, ReturnData !== false];
  });
  const key = JSON.stringify(shown.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
  return { kind: "METRIC_MATH", key, target: JSON.stringify({ MetricDataQueries: queries }) };
}

/** AWS makes ids up; this one is the same for the same metric and statistic, or expression. */
export function detectorId({ kind, key }: Pick<Target, "kind" | "key">): string {
  const hex = createHash("sha256").update(`${kind} ${key}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function namesOf(expression: string): ReadonlySet<string> {
  try {
    return namesIn(parseExpression(expression));
  } catch (error) {
    if (error instanceof ExpressionError) return new Set();
    throw error;
  }
}

/** A query and those that it refers to, however far; it alone returns data. */
export function closureOf(queries: readonly Query[], id: string): readonly Query[] {
  const wanted = new Set([id]);
  for (const name of wanted) {
    for (const other of namesOf(queries.find(({ Id }) => Id === name)?.Expression ?? "")) wanted.add(other);
  }
  return queries.filter(({ Id = "" }) => wanted.has(Id)).map((query) => ({ ...query, ReturnData: query.Id === id }));
}

/** The detector of a query: that of its metric and statistic, or that of its expression with all it is made of. */
export function targetOf(queries: readonly Query[], id: string): Target | undefined {
  const query = queries.find(({ Id }) => Id === id);
  if (query === undefined) return undefined;
  const stat = query.MetricStat;
  return stat === undefined ? mathTarget(closureOf(queries, id)) : singleTarget({ ...stat.Metric, Stat: stat.Stat });
}

/** Ids that bands are asked for. */
export function bandIdsIn(expression: string | undefined): string[] {
  return [...(expression ?? "").matchAll(/\bANOMALY_DETECTION_BAND\s*\(\s*([a-z]\w*)/g)].flatMap(([, id]) => id ?? []);
}

/**
 * What detectors of expressions cannot do.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#using-anomaly-detection-on-metric-math
 * @throws AwsException with the code given
 */
export function checkMath(queries: readonly Query[], code: "InvalidParameterValueException" | "ValidationError"): void {
  const invalid = (message: string): AwsException => new AwsException(code, message, { status: 400 });
  if (queries.length > MOST_QUERIES) throw invalid("Anomaly detection supports at most 10 metrics and math expressions.");
  const unsupported = queries.find(({ Expression = "" }) =>
    /\b(METRICS|SEARCH|DB_PERF_INSIGHTS|ANOMALY_DETECTION_BAND)\s*\(/.test(Expression),
  );
  if (unsupported !== undefined) {
    throw invalid(`The expression '${unsupported.Expression}' uses a function that anomaly detection does not support.`);
  }
  const periods = new Set(queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  if (periods.size > 1) throw invalid("Anomaly detection does not support metrics of different periods.");
  const [period = 60] = periods;
  if (period < 60 || period > LONGEST_PERIOD) throw invalid("Anomaly detection supports periods from one minute to one hour.");
}
