import { type Cloud, Context } from "../../aws/context.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { type AlarmConfig, cadenceOf, configOf, periodOf, queriesOf } from "./alarm-config.ts";
import {
  deleteAwake,
  deleteWatches,
  insertAwake,
  insertWatch,
  selectSleeping,
  selectTick,
  selectUnwatched,
  upsertTick,
} from "./alarm-store.ts";
import { hasContributors } from "./insights-sql/alarm-checks.ts";
import { insightsQueryOf } from "./insights-sql/evaluate.ts";
import { isInsightsQuery } from "./insights-sql/parser.ts";
import { deleteContributors, deleteQueryWatches, insertQueryWatch } from "./insights-sql/store.ts";
import { dimensionKey } from "./metrics-key.ts";
import { upsertMetric } from "./store.ts";

/**
 * Virtual ms between the end of a period and its evaluation: what was measured up to the end, and what services put in at
 * the full minute, has arrived by then.
 */
const DELAY_MS = 1_000;

/** Virtual instant of the next evaluation of alarms of one cadence (seconds). */
export function nextEvaluation(now: number, cadence: number): number {
  const width = cadence * 1_000;
  return (Math.floor((now - DELAY_MS) / width) + 1) * width + DELAY_MS;
}

/** Sees that the alarms of one cadence are evaluated: one message goes round for all that are awake. */
function run(ctx: Context, cadence: number): void {
  const tick = ctx.get(selectTick, { cadence });
  if (tick?.running === 1) return;
  const generation = (tick?.generation ?? 0) + 1;
  ctx.run(upsertTick, { cadence, generation, running: 1 });
  // Nobody in particular is the cause of all that follows.
  const own = ctx.with({ cause: undefined, request: undefined, claimToken: undefined });
  own.send(
    "cloudwatch.evaluate",
    { cadence, generation },
    { at: nextEvaluation(ctx.now, cadence), quiet: true, lane: `cloudwatch/${ctx.account}/${ctx.region}` },
  );
}

export function wake(ctx: Context, alarm: string, cadence: number): void {
  ctx.run(insertAwake, { cadence, alarm });
  run(ctx, cadence);
}

/** A data point has come: alarms that look at its metric and slept, as nothing could change, are evaluated again. */
export function wakeWatchers(ctx: Context, metric: number): void {
  for (const { alarm, cadence } of ctx.cloud.store.all(selectSleeping, { metric })) wake(ctx, alarm, cadence);
}

/** Follows what an alarm looks at. */
export function watch(ctx: Context, name: string, config: AlarmConfig): void {
  unwatch(ctx, name);
  const queries = queriesOf(ctx, name, config);
  const cadence = cadenceOf(periodOf(queries), config.EvaluationPeriods ?? 1);
  if (!hasContributors(config)) ctx.run(deleteContributors, { alarm: name });
  for (const { Id = "", Expression = "", MetricStat } of queries) {
    if (isInsightsQuery(Expression)) {
      const { namespace, metric } = insightsQueryOf(Id, Expression, "PutMetricAlarm");
      ctx.run(insertQueryWatch, { namespace, name: metric, alarm: name, cadence });
    }
    if (MetricStat?.Metric === undefined) continue;
    const { Namespace = "", MetricName = "", Dimensions } = MetricStat.Metric;
    // A metric that nobody has put yet is known without being listed: its last data point is at 0.
    const metric =
      ctx.get(upsertMetric, { namespace: Namespace, name: MetricName, dimensions: dimensionKey(Dimensions), last: 0 })?.id ?? 0;
    ctx.run(insertWatch, { metric, alarm: name, cadence });
  }
  wake(ctx, name, cadence);
}

export function unwatch(ctx: Context, name: string): void {
  ctx.run(deleteWatches, { alarm: name });
  ctx.run(deleteQueryWatches, { alarm: name });
  ctx.run(deleteAwake, { alarm: name });
}

/** Takes up alarms that an earlier version only kept. */
export function watchAll(cloud: Cloud): void {
  for (const row of cloud.store.all(selectUnwatched, {})) {
    const principal = servicePrincipal(row.account, "cloudwatch.amazonaws.com");
    const ctx = new Context(cloud, { account: row.account, region: row.region, principal });
    ctx.tx(() => watch(ctx, row.name, configOf(row)));
  }
}
