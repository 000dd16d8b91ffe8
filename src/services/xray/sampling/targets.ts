import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { notImplemented } from "../../../aws/exception.ts";
import { invalidRequest } from "../trace/range.ts";
import type { Rule } from "./decide.ts";
import { rulesOf } from "./rules.ts";
import { countClients, deleteOldStatistics, selectSummaries, upsertStatistics } from "./store.ts";

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html: clients ask every ten seconds, a quota lives five minutes. */
const INTERVAL_S = 10;
const QUOTA_MS = 300_000;
/** Who has not asked for so long shares in no reservoir. */
const ACTIVE_MS = 2 * INTERVAL_S * 1_000;
/** Summaries are of the last hour. */
const KEPT_MS = 3_600_000;

type TargetDocument = NonNullable<Output<"xray", "GetSamplingTargets">["SamplingTargetDocuments"]>[number];

/** https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingTargets.html */
export function getSamplingTargets(input: Input<"xray", "GetSamplingTargets">, ctx: Context): Output<"xray", "GetSamplingTargets"> {
  if ((input.SamplingBoostStatisticsDocuments ?? []).length > 0) {
    throw notImplemented("xray", "GetSamplingTargets", "SamplingBoostStatisticsDocuments");
  }
  const { rules, modified } = rulesOf(ctx);
  const byName = new Map(rules.map((rule) => [rule.RuleName, rule]));
  const documents = input.SamplingStatisticsDocuments ?? [];
  const known = documents.filter(({ RuleName = "" }) => byName.has(RuleName));
  const time = Math.floor(ctx.now / (INTERVAL_S * 1_000)) * INTERVAL_S * 1_000;
  ctx.tx(() => {
    ctx.run(deleteOldStatistics, { before: ctx.now - KEPT_MS });
    for (const { RuleName: rule = "", ClientID: client = "", RequestCount = 0, SampledCount = 0, BorrowCount = 0 } of known) {
      ctx.run(upsertStatistics, { rule, client, time, requests: RequestCount, sampled: SampledCount, borrowed: BorrowCount });
    }
  });
  const unknown = documents.filter(({ RuleName = "" }) => !byName.has(RuleName));
  return {
    SamplingTargetDocuments: known.flatMap(({ RuleName = "" }) => {
      const rule = byName.get(RuleName);
      return rule === undefined ? [] : [targetOf(ctx, rule)];
    }),
    LastRuleModification: new Date(modified),
    UnprocessedStatistics: unknown.map(({ RuleName }) => ({
      ...(RuleName === undefined ? {} : { RuleName }),
      ErrorCode: "400",
      Message: "Unknown rule",
    })),
    UnprocessedBoostStatistics: [],
  };
}

/** The reservoir is shared among those who have lately asked. */
function targetOf(ctx: Context, rule: Rule): TargetDocument {
  const clients = Math.max(1, ctx.get(countClients, { rule: rule.RuleName, after: ctx.now - ACTIVE_MS })?.count ?? 1);
  return {
    RuleName: rule.RuleName,
    FixedRate: rule.FixedRate,
    ReservoirQuota: Math.ceil(rule.ReservoirSize / clients),
    // Read by programs on the machine's own clock.
    ReservoirQuotaTTL: new Date(ctx.cloud.clock.wall() + QUOTA_MS),
    Interval: INTERVAL_S,
  };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingStatisticSummaries.html */
export function getSamplingStatisticSummaries(
  input: Input<"xray", "GetSamplingStatisticSummaries">,
  ctx: Context,
): Output<"xray", "GetSamplingStatisticSummaries"> {
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  const rows = ctx.all(selectSummaries, { after: ctx.now - KEPT_MS });
  return {
    SamplingStatisticSummaries: rows.map(({ rule, time, requests, sampled, borrowed }) => ({
      RuleName: rule,
      Timestamp: new Date(time),
      RequestCount: requests,
      SampledCount: sampled,
      BorrowCount: borrowed,
    })),
  };
}
