import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { decodeToken, pageOf } from "../../../aws/paging.ts";
import { graphOf } from "../graph/graph.ts";
import { findGroup } from "../groups.ts";
import { traceOf } from "../trace/load.ts";
import type { ServiceName } from "../trace/model.ts";
import { outcomeOf } from "../trace/outcome.ts";
import { invalidRequest, rangeOf, tracesIn } from "../trace/range.ts";
import { serviceIdOf } from "../trace/summary.ts";
import { type InsightMoment, statistics } from "./evaluate.ts";
import { type InsightRow, selectInsight, selectInsights } from "./store.ts";

type Insight = NonNullable<Output<"xray", "GetInsight">["Insight"]>;

function existing(ctx: Context, id: string | undefined): InsightRow {
  const row = ctx.get(selectInsight, { id: id ?? "" });
  if (row === undefined) throw invalidRequest(`Insight ${id} not found`);
  return row;
}

function shapeOf(ctx: Context, row: InsightRow): Insight {
  const moments = JSON.parse(row.events) as InsightMoment[];
  const last = moments.at(-1);
  const service = JSON.parse(row.service) as ServiceName;
  return {
    InsightId: row.id,
    GroupARN: row.grp,
    GroupName: findGroup(ctx, { GroupARN: row.grp })?.name,
    RootCauseServiceId: serviceIdOf(service, ctx.account),
    Categories: ["FAULT"],
    State: row.state,
    StartTime: new Date(row.started),
    ...(row.ended === null ? {} : { EndTime: new Date(row.ended) }),
    Summary: last?.summary,
    ...(last === undefined
      ? {}
      : {
          ClientRequestImpactStatistics: statistics(last.client),
          RootCauseServiceRequestImpactStatistics: statistics(last.root),
          TopAnomalousServices: last.anomalous.map((one) => ({ ServiceId: serviceIdOf(one, ctx.account) })),
        }),
  };
}

function page<T>(
  items: readonly T[],
  { NextToken, MaxResults }: { NextToken?: string | undefined; MaxResults?: number | undefined },
  most: number,
) {
  const at = NextToken === undefined ? 0 : decodeToken(NextToken)?.[0];
  if (typeof at !== "number") throw invalidRequest("The next token is not valid");
  const limit = MaxResults ?? most;
  const rest = items.slice(at).map((item, index) => ({ item, next: at + index + 1 }));
  const { items: kept, nextToken } = pageOf(rest.slice(0, limit + 1), limit, ({ next }) => [next]);
  return { items: kept.map(({ item }) => item), token: nextToken === undefined ? {} : { NextToken: nextToken } };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_GetInsightSummaries.html */
export function getInsightSummaries(input: Input<"xray", "GetInsightSummaries">, ctx: Context): Output<"xray", "GetInsightSummaries"> {
  const group = findGroup(ctx, input);
  if (group === undefined) throw invalidRequest(`Group ${input.GroupName ?? input.GroupARN} not found.`);
  const { from, to } = rangeOf(input, 30 * 24);
  const rows = ctx
    .all(selectInsights, { grp: group.arn, from, to })
    .filter(({ state }) => input.States === undefined || input.States.length === 0 || input.States.includes(state));
  const { items, token } = page(rows, input, 100);
  return { InsightSummaries: items.map((row) => ({ ...shapeOf(ctx, row), LastUpdateTime: new Date(row.updated) })), ...token };
}

export function getInsight(input: Input<"xray", "GetInsight">, ctx: Context): Output<"xray", "GetInsight"> {
  return { Insight: shapeOf(ctx, existing(ctx, input.InsightId)) };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_GetInsightEvents.html: the newest first */
export function getInsightEvents(input: Input<"xray", "GetInsightEvents">, ctx: Context): Output<"xray", "GetInsightEvents"> {
  const moments = (JSON.parse(existing(ctx, input.InsightId).events) as InsightMoment[]).toReversed();
  const { items, token } = page(moments, input, 50);
  return {
    InsightEvents: items.map((moment) => ({
      Summary: moment.summary,
      EventTime: new Date(moment.time),
      ClientRequestImpactStatistics: statistics(moment.client),
      RootCauseServiceRequestImpactStatistics: statistics(moment.root),
      TopAnomalousServices: moment.anomalous.map((one) => ({ ServiceId: serviceIdOf(one, ctx.account) })),
    })),
    ...token,
  };
}

/** The map of the traces in which the root cause failed. https://docs.aws.amazon.com/xray/latest/api/API_GetInsightImpactGraph.html */
export function getInsightImpactGraph(
  input: Input<"xray", "GetInsightImpactGraph">,
  ctx: Context,
): Output<"xray", "GetInsightImpactGraph"> {
  const row = existing(ctx, input.InsightId);
  const range = rangeOf(input, 6);
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  const cause = JSON.parse(row.service) as ServiceName;
  const failed = [...tracesIn(ctx, range)]
    .map((trace) => traceOf(ctx, trace))
    .filter(({ segments }) =>
      segments.some(({ service, document }) => service.name === cause.name && service.type === cause.type && outcomeOf(document).fault),
    );
  return {
    InsightId: row.id,
    StartTime: new Date(range.from),
    EndTime: new Date(range.to),
    ServiceGraphStartTime: new Date(range.from),
    ServiceGraphEndTime: new Date(range.to),
    Services: graphOf(failed, ctx.account).map(({ ReferenceId, Type, Name, Names, AccountId, Edges = [] }) => ({
      ReferenceId,
      Type,
      Name,
      Names,
      AccountId,
      Edges: Edges.map((edge) => ({ ReferenceId: edge.ReferenceId })),
    })),
  };
}
