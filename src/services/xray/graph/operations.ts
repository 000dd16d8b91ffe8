import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { matches } from "../filter/evaluate.ts";
import { type Expression, parseFilter, type Selector } from "../filter/parser.ts";
import { filterScope, groupFilter } from "../groups.ts";
import { loadTrace, traceOf } from "../trace/load.ts";
import type { Segment, ServiceName, TraceModel } from "../trace/model.ts";
import { outcomeOf } from "../trace/outcome.ts";
import { invalidRequest, rangeOf, type TimeRange, tracesIn } from "../trace/range.ts";
import { graphOf, type Links } from "./graph.ts";
import { Statistics } from "./statistics.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_GetServiceGraph.html */
export function getServiceGraph(input: Input<"xray", "GetServiceGraph">, ctx: Context): Output<"xray", "GetServiceGraph"> {
  const range = rangeOf(input, 6);
  // The whole graph is one page: a token is none of ours.
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  const traces = [...chosen(ctx, range, groupFilter(ctx, input))];
  return {
    StartTime: new Date(range.from),
    EndTime: new Date(range.to),
    Services: graphOf(traces, ctx.account, linksOf(ctx)),
    ContainsOldGroupVersions: false,
  };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_GetTraceGraph.html */
export function getTraceGraph(input: Input<"xray", "GetTraceGraph">, ctx: Context): Output<"xray", "GetTraceGraph"> {
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  const traces = (input.TraceIds ?? []).map((id) => loadTrace(ctx, id.toLowerCase())).filter((trace) => trace !== undefined);
  return { Services: graphOf(traces, ctx.account, linksOf(ctx)) };
}

function* chosen(ctx: Context, range: TimeRange, filter: Expression | undefined): Generator<TraceModel> {
  const scope = filterScope(ctx);
  for (const row of tracesIn(ctx, range)) {
    const trace = traceOf(ctx, row);
    if (filter === undefined || matches(filter, trace, scope)) yield trace;
  }
}

/** The part of the linked trace that sent the message: whatever of it was last called. */
export function linksOf(ctx: Context): Links {
  const known = new Map<string, ServiceName | undefined>();
  return (id) => {
    if (!known.has(id)) known.set(id, loadTrace(ctx, id)?.segments.find(({ service }) => service.type === "AWS::SQS::Queue")?.service);
    return known.get(id);
  };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_GetTimeSeriesServiceStatistics.html */
export function getTimeSeriesServiceStatistics(
  input: Input<"xray", "GetTimeSeriesServiceStatistics">,
  ctx: Context,
): Output<"xray", "GetTimeSeriesServiceStatistics"> {
  const range = rangeOf(input, 24);
  const period = input.Period ?? 60;
  if (period !== 60 && period !== 300) throw invalidRequest("The period must be 60 or 300 seconds");
  if (input.ForecastStatistics === true) throw invalidRequest("Forecasts of fault counts are given only for groups with insights");
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  const selector = selectorOf(input.EntitySelectorExpression);
  const buckets = new Map<number, Statistics>();
  for (const trace of chosen(ctx, range, groupFilter(ctx, input))) {
    for (const { document } of selectedBy(selector, trace)) {
      const at = document.start_time * 1_000;
      if (at < range.from || at >= range.to) continue;
      const time = Math.floor(at / (period * 1_000)) * period * 1_000;
      const statistics = buckets.get(time) ?? new Statistics();
      buckets.set(time, statistics);
      statistics.add(outcomeOf(document), document.start_time);
    }
  }
  const summary = (statistics: Statistics) =>
    selector?.kind === "edge" ? { EdgeSummaryStatistics: statistics.summary } : { ServiceSummaryStatistics: statistics.summary };
  return {
    TimeSeriesServiceStatistics: [...buckets]
      .toSorted(([a], [b]) => a - b)
      .map(([time, statistics]) => ({
        Timestamp: new Date(time),
        ...summary(statistics),
        ResponseTimeHistogram: statistics.histogram,
      })),
    ContainsOldGroupVersions: false,
  };
}

type EntitySelector = Expression & { readonly kind: "service" | "edge" };

function selectorOf(text: string | undefined): EntitySelector | undefined {
  if (text === undefined) return undefined;
  const expression = parseFilter(text);
  if (expression.kind !== "service" && expression.kind !== "edge")
    throw invalidRequest("The entity selector must name a service or an edge");
  return expression;
}

/** Without a selector: the traces' roots. */
function selectedBy(selector: EntitySelector | undefined, { segments, root }: TraceModel): readonly Segment[] {
  if (selector === undefined) return root === undefined ? [] : [root];
  const is = ({ name, type }: Selector, { service }: Segment): boolean =>
    (name === undefined || name === service.name) && (type === undefined || type === service.type);
  if (selector.kind === "service") return segments.filter((segment) => is(selector.selector, segment));
  return segments.filter(
    (segment) => segment.caller !== undefined && is(selector.from, segment.caller.segment) && is(selector.to, segment),
  );
}
