import type { Sums } from "../store.ts";
import type { Span } from "./interval.ts";

export type BudgetStatus = "OK" | "WARNING" | "BREACHED" | "INSUFFICIENT_DATA";

/** How an SLO stands in its interval. */
export interface Budget {
  readonly status: BudgetStatus;
  /** Percent; undefined without data. */
  readonly attainment: number | undefined;
  /** Seconds of periods, or requests, that may fail, and how many of them are left. */
  readonly total: number;
  readonly remaining: number;
}

export interface BudgetGoal {
  /** Percent. */
  readonly goal: number;
  /** Percent of the budget. */
  readonly warning: number;
}

/** Cuts what floating point adds. */
function exact(value: number): number {
  return Number(value.toFixed(6));
}

function statusOf({ total, remaining, bad, warning }: { total: number; remaining: number; bad: number; warning: number }): BudgetStatus {
  if (bad > 0 && remaining <= 0) return "BREACHED";
  return total > 0 && exact((remaining / total) * 100) < warning ? "WARNING" : "OK";
}

/**
 * The budget is that of the whole interval: all of its periods that do not fail are good, those that are still to come too.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-budget
 */
export function periodBudget(sums: Sums, { from, to }: Span, { goal, warning, width }: BudgetGoal & { readonly width: number }): Budget {
  const periods = Math.max(1, Math.floor((to - from) / width));
  const total = exact((periods * width * (100 - goal)) / 100_000);
  const remaining = exact(total - (sums.bad * width) / 1_000);
  if (sums.measured + sums.excluded === 0) return { status: "INSUFFICIENT_DATA", attainment: undefined, total, remaining };
  const attainment = exact(100 * (1 - sums.bad / periods));
  return { status: statusOf({ total, remaining, bad: sums.bad, warning }), attainment, total, remaining };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#CloudWatch-ServiceLevelObjectives-budget-request */
export function requestBudget({ total: requests, bad, excluded }: Sums, { goal, warning }: BudgetGoal): Budget {
  const total = exact((requests * (100 - goal)) / 100);
  const remaining = exact(total - bad);
  if (requests === 0) {
    // Where all was excluded, the goal is taken as attained.
    return excluded > 0
      ? { status: "OK", attainment: 100, total, remaining }
      : { status: "INSUFFICIENT_DATA", attainment: undefined, total, remaining };
  }
  const attainment = exact((100 * (requests - bad)) / requests);
  return { status: statusOf({ total, remaining, bad, warning }), attainment, total, remaining };
}

/**
 * How fast the budget is spent: 1 spends exactly all of it in the interval. `events` are the periods or requests of the look-back
 * window; without data in it, the attainment of the interval is looked at.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html#ServiceLevelObjectives-calculate-burnrate
 */
export function burnRate(
  { bad, events, hasData }: { bad: number; events: number; hasData: boolean },
  goal: number,
  attainment: number,
): number {
  const failing = hasData && events > 0 ? (100 * bad) / events : 100 - attainment;
  return exact(failing / (100 - goal));
}
