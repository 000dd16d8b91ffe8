import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { AwsException, unless } from "../../../aws/exception.ts";
import { decodeToken, encodeToken } from "../../../aws/paging.ts";
import { readSpans, type Span } from "../../../aws/spans.ts";
import { graphOf } from "../graph/graph.ts";
import { linksOf } from "../graph/operations.ts";
import { deleteRetrievals, insertRetrieval, type RetrievalRow, selectDocuments, selectRetrieval, updateRetrieval } from "../store.ts";
import { loadTrace } from "./load.ts";
import { invalidRequest } from "./range.ts";
import { round } from "./summary.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_StartTraceRetrieval.html: retrievals time out after 60 minutes. */
const KEPT_MS = 3_600_000;
/** https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html; AWS does not tell this of retrievals. */
const PAGE = 5;

/**
 * Traces out of `aws/spans`. AWS runs a query for minutes; here the group is read when the results are asked for, so that a
 * retrieval is COMPLETE at once.
 *
 * @throws AwsException InvalidRequestException, ResourceNotFoundException without the log group
 */
export async function startTraceRetrieval(
  input: Input<"xray", "StartTraceRetrieval">,
  ctx: Context,
): Promise<Output<"xray", "StartTraceRetrieval">> {
  const ids = (input.TraceIds ?? []).map(spanTraceId);
  const [from, to] = [input.StartTime?.getTime() ?? 0, input.EndTime?.getTime() ?? 0];
  if (ids.length === 0) throw invalidRequest("At least one trace id is needed");
  if (from > to) throw invalidRequest("End time cannot be less than start time");
  // Whether the group is there is known from the first look at it.
  await spansOf(ctx, { ids: JSON.stringify(ids.slice(0, 1)), started: from, ended: from });
  const token = ctx.cloud.ids.uuid();
  ctx.tx(() => {
    ctx.run(deleteRetrievals, { before: ctx.now - KEPT_MS });
    ctx.run(insertRetrieval, { token, ids: JSON.stringify(ids), started: from, ended: to, now: ctx.now });
    ctx.claim(token);
  });
  return { RetrievalToken: token };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_ListRetrievedTraces.html */
export async function listRetrievedTraces(
  input: Input<"xray", "ListRetrievedTraces">,
  ctx: Context,
): Promise<Output<"xray", "ListRetrievedTraces">> {
  const retrieval = existing(ctx, input.RetrievalToken);
  const format = input.TraceFormat ?? "XRAY";
  const status = { RetrievalStatus: retrieval.status, TraceFormat: format } as const;
  if (retrieval.status !== "COMPLETE") return { ...status, Traces: [] };
  const at = input.NextToken === undefined ? 0 : decodeToken(input.NextToken)?.[0];
  if (typeof at !== "number") throw invalidRequest("The next token is not valid");
  const traces = await spansOf(ctx, retrieval);
  const page = [...traces].slice(at, at + PAGE);
  return {
    ...status,
    Traces: page.map(([id, spans]) => ({
      Id: id,
      Duration: durationOf(spans),
      Spans: format === "OTEL" ? asSpans(spans) : asDocuments(ctx, id, spans),
    })),
    ...(at + PAGE < traces.size ? { NextToken: encodeToken([at + PAGE]) } : {}),
  };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_GetRetrievedTracesGraph.html */
export async function getRetrievedTracesGraph(
  input: Input<"xray", "GetRetrievedTracesGraph">,
  ctx: Context,
): Promise<Output<"xray", "GetRetrievedTracesGraph">> {
  const retrieval = existing(ctx, input.RetrievalToken);
  // The whole graph is one page: a token is none of ours.
  if (input.NextToken !== undefined) throw invalidRequest("The next token is not valid");
  if (retrieval.status !== "COMPLETE") return { RetrievalStatus: retrieval.status, Services: [] };
  const ids = [...(await spansOf(ctx, retrieval)).keys()];
  const traces = ids.map((id) => loadTrace(ctx, id)).filter((trace) => trace !== undefined);
  const services = graphOf(traces, ctx.account, linksOf(ctx));
  return { RetrievalStatus: "COMPLETE", Services: services.map((service) => ({ Service: service, Links: [] })) };
}

/** https://docs.aws.amazon.com/xray/latest/api/API_CancelTraceRetrieval.html */
export function cancelTraceRetrieval(input: Input<"xray", "CancelTraceRetrieval">, ctx: Context): Output<"xray", "CancelTraceRetrieval"> {
  const { token } = existing(ctx, input.RetrievalToken);
  ctx.tx(() => ctx.run(updateRetrieval, { token, status: "CANCELLED" }));
  return {};
}

function existing(ctx: Context, token: string | undefined): RetrievalRow {
  const row = ctx.get(selectRetrieval, { token: token ?? "" });
  if (row === undefined) throw new AwsException("ResourceNotFoundException", "The retrieval token was not found", { status: 404 });
  return row.created < ctx.now - KEPT_MS ? { ...row, status: "TIMEOUT" } : row;
}

/** X-Ray's form of an id or the W3C's, as the latter. */
function spanTraceId(id: string): string {
  const hex = id.toLowerCase().replace(/^1-([0-9a-f]{8})-/, "$1");
  if (!/^[0-9a-f]{32}$/.test(hex)) throw invalidRequest(`Invalid trace id: ${id}`);
  return hex;
}

/** The spans of a retrieval by X-Ray's trace id, in the order of the request. */
async function spansOf(
  ctx: Context,
  { ids, started, ended }: Pick<RetrievalRow, "ids" | "started" | "ended">,
): Promise<ReadonlyMap<string, Span[]>> {
  const wanted = JSON.parse(ids) as string[];
  const spans = await unless("ResourceNotFoundException", readSpans(ctx, wanted, { from: started, to: ended }));
  if (spans === undefined) {
    throw new AwsException("ResourceNotFoundException", "The log group aws/spans does not exist", { status: 404 });
  }
  const byTrace = Map.groupBy(spans, ({ traceId }) => String(traceId));
  return new Map(
    wanted.flatMap((id) => {
      const found = byTrace.get(id);
      return found === undefined ? [] : [[`1-${id.slice(0, 8)}-${id.slice(8)}`, found] as const];
    }),
  );
}

function durationOf(spans: readonly Span[]): number {
  const start = Math.min(...spans.map(({ startTimeUnixNano }) => startTimeUnixNano));
  const end = Math.max(...spans.map(({ startTimeUnixNano, endTimeUnixNano }) => Number(endTimeUnixNano ?? startTimeUnixNano)));
  return round((end - start) / 1e9);
}

function asSpans(spans: readonly Span[]) {
  return spans.map((span) => ({ Id: String(span.spanId), Document: JSON.stringify(span) }));
}

/** The documents that X-Ray keeps of the spans that were found. */
function asDocuments(ctx: Context, id: string, spans: readonly Span[]) {
  const documents = new Map(
    ctx.all(selectDocuments, { trace: id }).map(({ document }) => [(JSON.parse(document) as { id: string }).id, document]),
  );
  return spans.flatMap((span) => {
    const document = documents.get(String(span.spanId));
    return document === undefined ? [] : [{ Id: String(span.spanId), Document: document }];
  });
}
