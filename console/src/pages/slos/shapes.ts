/** What Application Signals answers, as far as the page shows it. */
export type KeyAttributes = Readonly<Record<string, string>>;

export interface ServiceSummary {
  readonly KeyAttributes: KeyAttributes;
}

interface SliMetric {
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

/** `LATENCY < 500`, and of what. */
export function measureOf({ Sli, RequestBasedSli }: Report): { readonly service: string; readonly what: string } {
  const sli = Sli ?? RequestBasedSli;
  const metric = Sli?.SliMetric ?? RequestBasedSli?.RequestBasedSliMetric;
  const threshold =
    sli?.MetricThreshold === undefined
      ? ""
      : ` ${SIGNS[sli.ComparisonOperator ?? ""] ?? sli.ComparisonOperator ?? ""} ${sli.MetricThreshold}`;
  const operation = metric?.OperationName === undefined ? "" : `${metric.OperationName}: `;
  return { service: nameOf(metric?.KeyAttributes), what: `${operation}${metric?.MetricType ?? ""}${threshold}`.trim() };
}

/** The part of the error budget that is left, negative where more than all of it was spent. */
export function budgetLeft(report: Report): number | undefined {
  const total = report.TotalBudgetSeconds ?? report.TotalBudgetRequests;
  const left = report.BudgetSecondsRemaining ?? report.BudgetRequestsRemaining;
  return total === undefined || left === undefined || total === 0 ? undefined : left / total;
}
