import type { Context } from "../../aws/context.ts";
import type { MessageOutcome } from "../../aws/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { collectTraces } from "./discovery/collect.ts";
import { measure } from "./slo/measure.ts";
import { type KnownSlo, known, sloArn } from "./slo/model.ts";
import { budgetAt, burnRateAt, requestsOf } from "./slo/standing.ts";
import { deletePeriods, selectSlos, updateStatus } from "./store.ts";
import { MINUTE_MS, nextMinute } from "./time.ts";

/** CloudWatch keeps what SLOs are made of for 15 months. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention */
const KEPT_MS = 455 * 24 * 60 * MINUTE_MS;

/** Message `application-signals.minute`: every minute, what came in is counted, SLOs are measured and their metrics put. */
export async function onMinute(ctx: Context): Promise<MessageOutcome> {
  // What one minute finds is nobody's effect.
  const own = ctx.with({ cause: undefined, trace: undefined });
  try {
    await collectTraces(own);
  } catch (error) {
    if (own.isCurrent) own.cloud.log.warn("traces were not counted", { reason: messageOf(error) });
  }
  for (const row of own.all(selectSlos, { after: "" })) await evaluate(own, known(row));
  return { again: nextMinute(ctx.now) };
}

async function evaluate(ctx: Context, slo: KnownSlo): Promise<void> {
  const { row } = slo;
  try {
    await measure(ctx, slo);
    await publish(ctx, slo);
    tellStatus(ctx, slo);
    if (ctx.now % (60 * MINUTE_MS) < MINUTE_MS) ctx.run(deletePeriods, { slo: row.id, before: ctx.now - KEPT_MS });
  } catch (error) {
    if (ctx.isCurrent) ctx.cloud.log.warn("an SLO was not evaluated", { slo: row.name, reason: messageOf(error) });
  }
}

/** Stamped with the minute that is over, so that an alarm sees them when it looks at that minute. */
async function publish(ctx: Context, slo: KnownSlo): Promise<void> {
  const { row, body } = slo;
  const at = Math.floor(ctx.now / MINUTE_MS) * MINUTE_MS;
  const { attainment } = budgetAt(ctx, slo, at);
  if (attainment === undefined) return;
  const own = [{ Name: "SloName", Value: row.name }];
  const datum = (MetricName: string, Value: number, Unit: "Percent" | "Count" | "None", Dimensions = own) => ({
    MetricName,
    Value,
    Unit,
    Dimensions,
    Timestamp: new Date(at - MINUTE_MS),
  });
  const data = [datum("AttainmentRate", attainment, "Percent")];
  for (const { LookBackWindowMinutes: minutes = 0 } of body.BurnRateConfigurations ?? []) {
    const rate = burnRateAt(ctx, slo, { at, minutes });
    const Dimensions = [...own, { Name: "BurnRateWindowMinutes", Value: String(minutes) }];
    if (rate !== undefined) data.push(datum("BurnRate", rate, "None", Dimensions));
  }
  if (body.RequestBasedSli !== undefined) {
    const { total, bad } = requestsOf(ctx, slo, at - MINUTE_MS);
    data.push(datum("TotalRequestCountPerMinute", total, "Count"), datum("BadRequestCountPerMinute", bad, "Count"));
  }
  await ctx.call("cloudwatch", "PutMetricData", { Namespace: "AWS/ApplicationSignals", MetricData: data });
}

/** A change of the budget's status is told on the timeline, with the figures that decided. */
function tellStatus(ctx: Context, slo: KnownSlo): void {
  const { row, body } = slo;
  const { status, attainment, total, remaining } = budgetAt(ctx, slo, ctx.now);
  if (status === row.status) return;
  const goal = body.Goal?.AttainmentGoal;
  const unit = body.Sli === undefined ? "requests" : "seconds";
  ctx.tx(() => {
    if (ctx.run(updateStatus, { id: row.id, status }) === 0) return;
    ctx.emit({
      source: "aws.application-signals",
      type: "SLO budget status changed",
      resources: [sloArn(ctx, row.name)],
      detail: { sloName: row.name, from: row.status, to: status, attainment, goal, totalBudget: total, remainingBudget: remaining, unit },
      rule:
        attainment === undefined
          ? "nothing was measured in the interval"
          : `attainment is ${attainment} % for a goal of ${goal} %: ${remaining} of ${total} ${unit} of the budget are left`,
    });
  });
}
