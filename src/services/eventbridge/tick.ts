import type { Context } from "../../aws/context.ts";
import { parseSchedule } from "../../aws/schedule.ts";
import type { MessageHandler } from "../../aws/service.ts";
import { eventTime, ruleArn } from "./names.ts";
import { publishToRule } from "./publish.ts";
import { type RuleRow, selectRuleById } from "./store.ts";

/**
 * The life of a schedule: a rule that is written or enabled leaves one `eventbridge.tick {rule, generation}`, due at its
 * next instant; each tick gives the event to the rule's targets and asks to come again at the instant after. A change of
 * the rule makes a new generation, whose ticks are the only ones that count.
 */
export function planTick(ctx: Context, rule: RuleRow): void {
  if (rule.schedule === null || rule.state !== "ENABLED") return;
  const next = parseSchedule(rule.schedule, rule.origin)?.next(ctx.now);
  if (next !== undefined) ctx.send("eventbridge.tick", { rule: rule.id, generation: rule.generation }, { at: next, quiet: true });
}

export const tick: MessageHandler = (ctx, message) => {
  const rule = ctx.get(selectRuleById, { id: Number(message.payload["rule"]) });
  if (rule === undefined || rule.schedule === null || rule.generation !== message.payload["generation"]) return undefined;
  const event = {
    version: "0",
    id: ctx.cloud.ids.uuid(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: rule.account,
    time: eventTime(message.due),
    region: rule.region,
    resources: [ruleArn(ctx, rule)],
    detail: {},
  } as const;
  publishToRule(ctx, rule, event);
  // From now, not from the due time: what was missed while Orrery was down is not made up for, as on AWS.
  const next = parseSchedule(rule.schedule, rule.origin)?.next(ctx.now);
  return next === undefined ? undefined : { again: next };
};
