import type { Context } from "../../../aws/context.ts";
import { type Sums, selectSums } from "../store.ts";
import { type Budget, burnRate, periodBudget, requestBudget } from "./budget.ts";
import { intervalAt } from "./interval.ts";
import type { KnownSlo } from "./model.ts";
import { widthOf } from "./model.ts";

const NOTHING: Sums = { total: 0, bad: 0, measured: 0, excluded: 0 };

function goalOf({ body }: KnownSlo) {
  return { goal: body.Goal?.AttainmentGoal ?? 99, warning: body.Goal?.WarningThreshold ?? 50 };
}

/** Where an SLO stands at a time, out of what has been measured. */
export function budgetAt(ctx: Context, slo: KnownSlo, at: number): Budget {
  const { row, body } = slo;
  const width = widthOf(body);
  const isPeriodic = body.Sli !== undefined;
  const end = isPeriodic ? Math.floor(at / width) * width : at;
  const goal = goalOf(slo);
  const interval = intervalAt(body.Goal ?? {}, end);
  if (interval === undefined || at < row.since) {
    return { status: "INSUFFICIENT_DATA", attainment: undefined, total: 0, remaining: 0 };
  }
  const sums = ctx.get(selectSums, { slo: row.id, from: interval.from, to: Math.min(interval.to, end) }) ?? NOTHING;
  return isPeriodic ? periodBudget(sums, interval, { ...goal, width }) : requestBudget(sums, goal);
}

/** Virtual ms `at`; undefined while nothing is known of its interval. */
export function burnRateAt(
  ctx: Context,
  slo: KnownSlo,
  { at, minutes }: { readonly at: number; readonly minutes: number },
): number | undefined {
  const { row, body } = slo;
  const { attainment } = budgetAt(ctx, slo, at);
  if (attainment === undefined) return undefined;
  const width = widthOf(body);
  const isPeriodic = body.Sli !== undefined;
  const to = isPeriodic ? Math.floor(at / width) * width : at;
  const length = minutes * 60_000;
  const { total, bad, measured, excluded } = ctx.get(selectSums, { slo: row.id, from: to - length, to }) ?? NOTHING;
  const events = isPeriodic ? length / width : total;
  return burnRate({ bad, events, hasData: measured + (isPeriodic ? excluded : 0) > 0 }, goalOf(slo).goal, attainment);
}

/** Requests of one minute that has passed. */
export function requestsOf(ctx: Context, { row }: KnownSlo, from: number): Sums {
  return ctx.get(selectSums, { slo: row.id, from, to: from + 60_000 }) ?? NOTHING;
}
