import { createHash } from "node:crypto";
import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { matches } from "../filter/evaluate.ts";
import { parseFilter } from "../filter/parser.ts";
import { filterScope } from "../groups.ts";
import { loadTrace, traceOf } from "./load.ts";
import type { TraceModel } from "./model.ts";
import { invalidRequest, type RangeType, rangeOf, tracePage } from "./range.ts";
import { round, summaryOf } from "./summary.ts";

/** Traces that one page looks at. */
const PAGE = 500;
/** https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html */
const MOST_TRACES = 5;

/** https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html */
export function getTraceSummaries(input: Input<"xray", "GetTraceSummaries">, ctx: Context): Output<"xray", "GetTraceSummaries"> {
  const range = rangeOf(input, 24);
  const filter = input.FilterExpression === undefined || input.FilterExpression === "" ? undefined : parseFilter(input.FilterExpression);
  const scope = filterScope(ctx);
  const isSampled = samplerOf(input);
  const type: RangeType = input.TimeRangeType ?? "TraceId";
  const page = tracePage(ctx, type, range, { token: input.NextToken, limit: PAGE });
  const summaries = page.rows
    .filter(({ id }) => isSampled(id))
    .map((row) => ({ row, trace: traceOf(ctx, row) }))
    .filter(({ trace }) => filter === undefined || matches(filter, trace, scope))
    .map(({ row, trace }) => ({
      ...summaryOf(trace, ctx.account),
      ...(type === "TraceId" ? {} : { MatchedEventTime: new Date(type === "Service" ? row.ended : Math.max(row.started, range.from)) }),
    }));
  return {
    TraceSummaries: summaries,
    ApproximateTime: new Date(page.rows.at(-1)?.started ?? range.from),
    TracesProcessedCount: page.rows.length,
    ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
  };
}

/** Which traces are looked at: all, or for a fixed rate the same part of them each time. */
function samplerOf({ Sampling, SamplingStrategy }: Input<"xray", "GetTraceSummaries">): (id: string) => boolean {
  const rate = SamplingStrategy?.Value;
  if (SamplingStrategy?.Name === "FixedRate" && rate === undefined) throw invalidRequest("A fixed rate needs a value");
  if (Sampling === false || SamplingStrategy?.Name !== "FixedRate" || rate === undefined) return () => true;
  return (id) => createHash("sha256").update(id).digest().readUInt32BE(0) / 2 ** 32 < rate;
}

/** https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html */
export function batchGetTraces(input: Input<"xray", "BatchGetTraces">, ctx: Context): Output<"xray", "BatchGetTraces"> {
  const ids = input.TraceIds ?? [];
  if (ids.length > MOST_TRACES) throw invalidRequest(`The number of trace ids must not be more than ${MOST_TRACES}`);
  const wrong = ids.find((id) => !/^1-[0-9a-f]{8}-[0-9a-f]{24}$/i.test(id));
  if (wrong !== undefined) throw invalidRequest(`Invalid trace id: ${wrong}`);
  // All of so few traces is one page: a token is none of ours.
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  const traces = ids.map((id) => loadTrace(ctx, id.toLowerCase()));
  return {
    Traces: traces.filter((trace) => trace !== undefined).map(documentsOf),
    UnprocessedTraceIds: ids.filter((_, index) => traces[index] === undefined),
  };
}

function documentsOf(trace: TraceModel) {
  return {
    Id: trace.id,
    Duration: round(trace.end - trace.start),
    LimitExceeded: false,
    Segments: trace.segments.map(({ document }) => ({ Id: document.id, Document: JSON.stringify(document) })),
  };
}
