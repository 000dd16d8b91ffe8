import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, notImplemented } from "../../../aws/exception.ts";
import { perCloud } from "../../../aws/per-cloud.ts";
import { type Tags, tagsOfList } from "../../../aws/tags.ts";
import type { TracedRequest } from "../../../aws/tracing.ts";
import { invalidRequest } from "../trace/range.ts";
import { Reservoir, type Rule, ruleFor } from "./decide.ts";
import { deleteRule, type RuleRow, selectRule, selectRules, upsertRule } from "./store.ts";

const DEFAULT = "Default";
/** https://docs.aws.amazon.com/general/latest/gr/xray.html */
const MOST_RULES = 25;

type SamplingRuleRecord = NonNullable<Output<"xray", "CreateSamplingRule">["SamplingRuleRecord"]>;

/** One request a second and 5 % of the others. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html */
const DEFAULT_RULE: Rule = {
  RuleName: DEFAULT,
  ResourceARN: "*",
  Priority: 10_000,
  FixedRate: 0.05,
  ReservoirSize: 1,
  ServiceName: "*",
  ServiceType: "*",
  Host: "*",
  HTTPMethod: "*",
  URLPath: "*",
  Version: 1,
  Attributes: {},
};

/** With the default rule, which is there unless it was changed; the changed one is stored. */
function rows(ctx: Context): RuleRow[] {
  const stored = ctx.all(selectRules, {});
  if (stored.some(({ name }) => name === DEFAULT)) return stored;
  return [
    ...stored,
    { name: DEFAULT, priority: DEFAULT_RULE.Priority, rule: JSON.stringify(DEFAULT_RULE), tags: "{}", created: 0, modified: 0 },
  ];
}

export function rulesOf(ctx: Context): { readonly rules: Rule[]; readonly modified: number } {
  const all = rows(ctx);
  return { rules: all.map(({ rule }) => JSON.parse(rule) as Rule), modified: Math.max(...all.map(({ modified }) => modified)) };
}

function ruleArn(ctx: Context, name: string): string {
  return ctx.arn("xray", `sampling-rule/${name}`);
}

function recordOf(ctx: Context, row: RuleRow): SamplingRuleRecord {
  const rule = JSON.parse(row.rule) as Rule;
  return {
    SamplingRule: { ...rule, RuleARN: ruleArn(ctx, row.name) },
    CreatedAt: new Date(row.created),
    ModifiedAt: new Date(row.modified),
  };
}

function nameIn(ctx: Context, { RuleName: name, RuleARN: arn }: { RuleName?: string | undefined; RuleARN?: string | undefined }): string {
  if ((name === undefined) === (arn === undefined)) throw invalidRequest("Exactly one of RuleName and RuleARN must be given");
  if (name !== undefined) return name;
  const prefix = ruleArn(ctx, "");
  if (arn?.startsWith(prefix) !== true) throw invalidRequest(`${arn} is not the ARN of a sampling rule of this account and region`);
  return arn.slice(prefix.length);
}

/** https://docs.aws.amazon.com/xray/latest/api/API_CreateSamplingRule.html */
export function createSamplingRule(input: Input<"xray", "CreateSamplingRule">, ctx: Context): Output<"xray", "CreateSamplingRule"> {
  const given = input.SamplingRule;
  if (given?.SamplingRateBoost !== undefined) throw notImplemented("xray", "CreateSamplingRule", "SamplingRateBoost");
  if (given === undefined) throw invalidRequest("SamplingRule is required");
  const name = nameIn(ctx, given);
  if (given.Version !== 1) throw invalidRequest("The version of a sampling rule must be 1");
  const { RuleARN: _, SamplingRateBoost: __, Attributes = {}, ...settings } = given;
  const rule = { ...settings, RuleName: name, Attributes } as Rule;
  return ctx.tx(() => {
    const all = rows(ctx);
    if (all.some((row) => row.name === name)) throw invalidRequest(`Sampling rule already exists. RuleName: ${name}`);
    if (all.length > MOST_RULES) {
      throw new AwsException("RuleLimitExceededException", `You have reached the maximum number of sampling rules (${MOST_RULES}).`, {
        status: 400,
      });
    }
    const { now } = ctx;
    const row = {
      name,
      priority: rule.Priority,
      rule: JSON.stringify(rule),
      tags: JSON.stringify(tagsOfList(input.Tags)),
      created: now,
      modified: now,
    };
    ctx.run(upsertRule, row);
    ctx.claim(ruleArn(ctx, name));
    return { SamplingRuleRecord: recordOf(ctx, row) };
  });
}

/** https://docs.aws.amazon.com/xray/latest/api/API_UpdateSamplingRule.html */
export function updateSamplingRule(input: Input<"xray", "UpdateSamplingRule">, ctx: Context): Output<"xray", "UpdateSamplingRule"> {
  const { RuleName, RuleARN, SamplingRateBoost, ...changes } = input.SamplingRuleUpdate ?? {};
  if (SamplingRateBoost !== undefined) throw notImplemented("xray", "UpdateSamplingRule", "SamplingRateBoost");
  const name = nameIn(ctx, { RuleName, RuleARN });
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  // https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html: of the default rule only its rate and reservoir change.
  if (name === DEFAULT && Object.keys(given).some((key) => key !== "FixedRate" && key !== "ReservoirSize")) {
    throw invalidRequest("Only the fixed rate and the reservoir size of the Default rule can be changed");
  }
  return ctx.tx(() => {
    const row = existing(ctx, name);
    const rule = { ...(JSON.parse(row.rule) as Rule), ...given };
    const changed = { ...row, priority: rule.Priority, rule: JSON.stringify(rule), modified: ctx.now };
    ctx.run(upsertRule, changed);
    return { SamplingRuleRecord: recordOf(ctx, changed) };
  });
}

function existing(ctx: Context, name: string): RuleRow {
  const row = rows(ctx).find((candidate) => candidate.name === name);
  if (row === undefined) throw invalidRequest(`Sampling rule does not exist. RuleName: ${name}`);
  return row;
}

export function deleteSamplingRule(input: Input<"xray", "DeleteSamplingRule">, ctx: Context): Output<"xray", "DeleteSamplingRule"> {
  const name = nameIn(ctx, input);
  if (name === DEFAULT) throw invalidRequest("The Default rule cannot be deleted");
  return ctx.tx(() => {
    const row = existing(ctx, name);
    ctx.run(deleteRule, { name });
    return { SamplingRuleRecord: recordOf(ctx, row) };
  });
}

export function getSamplingRules(input: Input<"xray", "GetSamplingRules">, ctx: Context): Output<"xray", "GetSamplingRules"> {
  // As many as there can be are one page: a token is none of ours.
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  return { SamplingRuleRecords: rows(ctx).map((row) => recordOf(ctx, row)) };
}

export function ruleTags(ctx: Context, arn: string): Tags | undefined {
  const row = ctx.get(selectRule, { name: arn.slice(ruleArn(ctx, "").length) });
  return row === undefined || !arn.startsWith(ruleArn(ctx, "")) ? undefined : (JSON.parse(row.tags) as Tags);
}

export function tagRule(ctx: Context, arn: string, tags: Tags): void {
  const row = existing(ctx, nameIn(ctx, { RuleARN: arn }));
  ctx.run(upsertRule, { ...row, tags: JSON.stringify(tags) });
}

const reservoirOf = perCloud(() => new Reservoir());

/** Whether a request that Orrery itself serves is traced, by the rules, the cloud's clock and, beyond the reservoir, the trace's id. */
export function isSampled(ctx: Context, request: TracedRequest, trace: string): boolean {
  const rule = ruleFor(rulesOf(ctx).rules, request);
  if (rule === undefined) return false;
  const key = `${ctx.account}/${ctx.region}/${rule.RuleName}`;
  return reservoirOf(ctx.cloud).admits(key, rule, { now: ctx.now, chance: Number.parseInt(trace.slice(-8), 16) / 2 ** 32 });
}
