import type { Context } from "../../aws/context.ts";
import { AwsException, notImplemented } from "../../aws/exception.ts";
import { pageOf } from "../../aws/paging.ts";
import { parseSchedule } from "../../aws/schedule.ts";
import type { Operations } from "../../aws/service.ts";
import { tagsOfList } from "../../aws/tags.ts";
import { findBus, pageStart } from "./buses.ts";
import { type BusReference, busReference, DEFAULT_BUS, invalid, ruleArn } from "./names.ts";
import { type CompiledPattern, compilePattern } from "./pattern.ts";
import { PatternError } from "./pattern-tests.ts";
import { forgetRules } from "./publish.ts";
import {
  deleteRule,
  type RuleRow,
  type RuleState,
  selectRule,
  selectRules,
  selectRulesByTarget,
  selectTargets,
  setRuleState,
  upsertRule,
} from "./store.ts";
import { planTick } from "./tick.ts";

/** @throws InvalidEventPatternException */
export function validPattern(text: string): CompiledPattern {
  try {
    return compilePattern(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new AwsException("InvalidEventPatternException", `Event pattern is not valid. Reason: ${error.message}`);
  }
}

/** @throws ResourceNotFoundException for the bus or the rule */
export function findRule({ ctx, name: bus }: BusReference, name: string): RuleRow {
  findBus(ctx, bus);
  const rule = ctx.get(selectRule, { bus, name });
  if (rule === undefined) {
    throw new AwsException("ResourceNotFoundException", `Rule ${name} does not exist on EventBus ${bus}.`);
  }
  return rule;
}

function switchRule(ctx: Context, input: { Name?: string | undefined; EventBusName?: string | undefined }, state: RuleState): void {
  const reference = busReference(ctx, input.EventBusName);
  const rule = findRule(reference, input.Name ?? "");
  if (rule.state === state) return;
  reference.ctx.tx(() => {
    const changed = reference.ctx.get(setRuleState, { id: rule.id, state, origin: ctx.now });
    if (changed !== undefined) settle(reference.ctx, changed, state === "ENABLED" ? "Rule Enabled" : "Rule Disabled");
  });
}

/** What follows every change of a rule, within its transaction. */
function settle(ctx: Context, rule: RuleRow, happened: string): void {
  forgetRules(ctx, rule.bus);
  planTick(ctx, rule);
  const detail = { name: rule.name, eventBusName: rule.bus, state: rule.state };
  ctx.emit({ source: "aws.events", type: happened, resources: [ruleArn(ctx, rule)], detail });
}

export const rules = {
  PutRule: (input, ctx) => {
    const reference = busReference(ctx, input.EventBusName);
    const { name: bus } = reference;
    const name = input.Name ?? "";
    findBus(reference.ctx, bus);
    const schedule = input.ScheduleExpression || undefined;
    const pattern = input.EventPattern || undefined;
    if (schedule === undefined && pattern === undefined) {
      throw new AwsException("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    }
    if (schedule !== undefined && bus !== DEFAULT_BUS) {
      throw new AwsException("ValidationException", "ScheduleExpression is supported only on the default event bus.");
    }
    if (schedule !== undefined && parseSchedule(schedule, 0) === undefined) {
      throw new AwsException("ValidationException", "Parameter ScheduleExpression is not valid.");
    }
    if (pattern !== undefined) validPattern(pattern);
    const state = input.State ?? "ENABLED";
    if (state === "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") throw notImplemented("eventbridge", "PutRule", `State ${state}`);
    const existing = reference.ctx.get(selectRule, { bus, name });
    // Writing a rule again with the same schedule does not start its period anew.
    const origin = existing?.schedule === (schedule ?? null) && existing.state === state ? existing.origin : ctx.now;
    const rule = { bus, name, pattern: pattern ?? null, schedule: schedule ?? null, state, origin } as const;
    return ctx.tx(() => {
      const row = reference.ctx.get(upsertRule, {
        ...rule,
        description: input.Description ?? null,
        role: input.RoleArn ?? null,
        tags: JSON.stringify(tagsOfList(input.Tags)),
      });
      if (row !== undefined) settle(reference.ctx, row, existing === undefined ? "Rule Created" : "Rule Updated");
      reference.ctx.claim(physicalId(bus, name));
      return { RuleArn: ruleArn(reference.ctx, { bus, name }) };
    });
  },

  DeleteRule: (input, ctx) => {
    const reference = busReference(ctx, input.EventBusName);
    findBus(reference.ctx, reference.name);
    const rule = reference.ctx.get(selectRule, { bus: reference.name, name: input.Name ?? "" });
    if (rule === undefined) return {};
    if (ctx.all(selectTargets, { rule: rule.id, after: "", limit: 1 }).length > 0) {
      throw new AwsException("ValidationException", "Rule can't be deleted since it has targets.");
    }
    reference.ctx.tx(() => {
      ctx.run(deleteRule, { id: rule.id });
      forgetRules(reference.ctx, rule.bus);
      const detail = { name: rule.name, eventBusName: rule.bus };
      reference.ctx.emit({ source: "aws.events", type: "Rule Deleted", resources: [ruleArn(reference.ctx, rule)], detail });
    });
    return {};
  },

  DescribeRule: (input, ctx) => {
    const reference = busReference(ctx, input.EventBusName);
    const rule = findRule(reference, input.Name ?? "");
    return { ...toRule(reference.ctx, rule), CreatedBy: rule.created_by };
  },

  ListRules: (input, ctx) => {
    const { ctx: scope, name: bus } = busReference(ctx, input.EventBusName);
    findBus(scope, bus);
    const limit = input.Limit ?? 100;
    const rows = scope.all(selectRules, { bus, prefix: input.NamePrefix ?? "", after: pageStart(input.NextToken), limit: limit + 1 });
    const { items, nextToken } = pageOf(rows, limit, (row) => [row.name]);
    return { Rules: items.map((row) => toRule(scope, row)), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },

  ListRuleNamesByTarget: (input, ctx) => {
    const { ctx: scope, name: bus } = busReference(ctx, input.EventBusName);
    findBus(scope, bus);
    const limit = input.Limit ?? 100;
    const rows = scope.all(selectRulesByTarget, { bus, arn: input.TargetArn ?? "", after: pageStart(input.NextToken), limit: limit + 1 });
    const { items, nextToken } = pageOf(rows, limit, (row) => [row.name]);
    return { RuleNames: items.map((row) => row.name), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },

  EnableRule: (input, ctx) => {
    switchRule(ctx, input, "ENABLED");
    return {};
  },

  DisableRule: (input, ctx) => {
    switchRule(ctx, input, "DISABLED");
    return {};
  },

  TestEventPattern: (input) => {
    const pattern = validPattern(input.EventPattern ?? "");
    const event = parseObject(input.Event ?? "");
    if (event === undefined) throw invalid("Event", "Event is not a valid JSON.");
    // documented: an event must carry these members. API_TestEventPattern.html
    for (const member of ["id", "account", "source", "time", "region", "resources", "detail-type"]) {
      if (!Object.hasOwn(event, member)) throw invalid("Event", `${member} is a required field.`);
    }
    return { Result: pattern.matches(event) };
  },
} satisfies Operations<"eventbridge">;

/** What CloudFormation's `Ref` gives: the name, with the bus before it on others than the default one. */
export function physicalId(bus: string, name: string): string {
  return bus === DEFAULT_BUS ? name : `${bus}|${name}`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toRule(ctx: Context, row: RuleRow) {
  return {
    Name: row.name,
    Arn: ruleArn(ctx, row),
    EventBusName: row.bus,
    State: row.state,
    ...(row.pattern === null ? {} : { EventPattern: row.pattern }),
    ...(row.schedule === null ? {} : { ScheduleExpression: row.schedule }),
    ...(row.description === null ? {} : { Description: row.description }),
    ...(row.role === null ? {} : { RoleArn: row.role }),
  };
}
