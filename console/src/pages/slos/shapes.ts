/** What Application Signals answers, as far as the page shows it. */
export type KeyAttributes = Readonly<Record<string, string>>;

export interface ServiceSummary {
  readonly KeyAttributes: KeyAttributes;
}

interface Query {
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric?: { readonly MetricName?: string; readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[] };
  };
}

interface SliMetric {
  readonly MetricDataQueries?: readonly Query[];
  readonly TotalRequestCountMetric?: readonly Query[];
  readonly MonitoredRequestCountMetric?: { readonly BadCountMetric?: readonly Query[]; readonly GoodCountMetric?: readonly Query[] };
  readonly KeyAttributes?: KeyAttributes;
  readonly OperationName?: string;
  readonly MetricType?: string;
}

export interface Goal {
  readonly Interval?: {
    readonly RollingInterval?: { readonly DurationUnit: string; readonly Duration: number };
    readonly CalendarInterval?: { readonly DurationUnit: string; readonly Duration: number };
  };
  readonly AttainmentGoal?: number;
}

export interface Report {
  readonly Arn: string;
  readonly Name: string;
  readonly EvaluationType?: string;
  readonly BudgetStatus: string;
  readonly Attainment?: number;
  readonly TotalBudgetSeconds?: number;
  readonly BudgetSecondsRemaining?: number;
  readonly TotalBudgetRequests?: number;
  readonly BudgetRequestsRemaining?: number;
  readonly Sli?: { readonly SliMetric?: SliMetric; readonly MetricThreshold?: number; readonly ComparisonOperator?: string };
  readonly RequestBasedSli?: {
    readonly RequestBasedSliMetric?: SliMetric;
    readonly MetricThreshold?: number;
    readonly ComparisonOperator?: string;
  };
  readonly Goal?: Goal;
}

const SIGNS: Readonly<Record<string, string>> = {
  GreaterThanOrEqualTo: "≥",
  GreaterThan: ">",
  LessThan: "<",
  LessThanOrEqualTo: "≤",
};

export const nameOf = (service: KeyAttributes | undefined): string => service?.["Name"] ?? "";

/** `LATENCY < 500`, `Errors / Invocations`, and of what. */
export function measureOf({ Sli, RequestBasedSli }: Report): { readonly service: string; readonly what: string } {
  const sli = Sli ?? RequestBasedSli;
  const metric = Sli?.SliMetric ?? RequestBasedSli?.RequestBasedSliMetric;
  const sign = SIGNS[sli?.ComparisonOperator ?? ""] ?? sli?.ComparisonOperator ?? "";
  const threshold = sli?.MetricThreshold === undefined ? "" : ` ${sign} ${sli.MetricThreshold}`;
  if (metric?.MetricType !== undefined) {
    const operation = metric.OperationName === undefined ? "" : `${metric.OperationName}: `;
    return { service: nameOf(metric.KeyAttributes), what: `${operation}${metric.MetricType}${threshold}` };
  }
  const { BadCountMetric, GoodCountMetric } = metric?.MonitoredRequestCountMetric ?? {};
  const counted = [BadCountMetric ?? GoodCountMetric, metric?.TotalRequestCountMetric, metric?.MetricDataQueries].flatMap(
    (queries) => shown(queries) ?? [],
  );
  const service = counted[0]?.MetricStat?.Metric?.Dimensions?.[0]?.Value ?? "";
  return {
    service,
    what: `${counted.map((query) => query.MetricStat?.Metric?.MetricName ?? query.Expression ?? "").join(" / ")}${threshold}`,
  };
}

const shown = (queries: readonly Query[] | undefined): Query | undefined => queries?.find(({ ReturnData }) => ReturnData !== false);

/** The part of the error budget that is left, negative where more than all of it was spent. */
export function budgetLeft(report: Report): number | undefined {
  const total = report.TotalBudgetSeconds ?? report.TotalBudgetRequests;
  const left = report.BudgetSecondsRemaining ?? report.BudgetRequestsRemaining;
  return total === undefined || left === undefined || total === 0 ? undefined : left / total;
}
