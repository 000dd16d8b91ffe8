import type { Input, Output } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { writeSpans } from "../../../aws/spans.ts";
import { OTLP_SDK, tracingOf } from "../../../aws/tracing.ts";
import { wakeInsights } from "../insights/evaluate.ts";
import { destinationOf } from "../settings.ts";
import { spanOfSegment } from "../spans.ts";
import { deleteOldSegments, deleteOldTraces, selectOldest, upsertSegment, upsertTrace } from "../store.ts";
import { parseDocument, type SegmentDocument, type SegmentError, shifted } from "./document.ts";

type Unprocessed = NonNullable<Output<"xray", "PutTraceSegments">["UnprocessedTraceSegments"]>[number];

/** https://docs.aws.amazon.com/xray/latest/devguide/aws-xray.html: traces are kept for 30 days. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html */
export async function putTraceSegments(
  input: Input<"xray", "PutTraceSegments">,
  ctx: Context,
): Promise<Output<"xray", "PutTraceSegments">> {
  const foreign = ctx.request !== undefined;
  return { UnprocessedTraceSegments: await storeDocuments(ctx, input.TraceSegmentDocuments ?? [], { foreign }) };
}

/**
 * Stores documents; those of programs (`foreign`) carry the machine's time, which is moved to the cloud's, as the two differ
 * where time was skipped.
 */
export async function storeDocuments(
  ctx: Context,
  texts: readonly string[],
  { foreign }: { readonly foreign: boolean },
): Promise<Unprocessed[]> {
  const unprocessed: Unprocessed[] = [];
  const documents: StoredDocument[] = [];
  const { now } = ctx;
  const tracing = tracingOf(ctx.cloud);
  for (const text of texts) {
    const parsed = parseDocument(text);
    if ("error" in parsed) {
      unprocessed.push(refused(parsed.error, parsed.id));
      continue;
    }
    const offset = foreign ? tracing.offset(parsed.document.trace_id, parsed.document.start_time * 1_000) : 0;
    const document = offset === 0 ? parsed.document : shifted(parsed.document, offset / 1_000);
    if (document.start_time * 1_000 < now - KEPT_MS) unprocessed.push(refused("InvalidTraceId", document.id));
    else documents.push(document);
  }
  if (documents.length === 0) return unprocessed;
  store(ctx, documents);
  // OpenTelemetry's are there as they were sent.
  const own = documents.filter(({ aws }) => aws?.xray?.sdk !== OTLP_SDK);
  if (own.length > 0 && destinationOf(ctx) === "CloudWatchLogs") await writeSpans(ctx, own.map(spanOfSegment));
  return unprocessed;
}

export type StoredDocument = SegmentDocument & { readonly trace_id: string };

function refused(error: SegmentError, id: string | undefined): Unprocessed {
  return { ...(id === undefined ? {} : { Id: id }), ErrorCode: error, Message: `Invalid segment. ErrorCode: ${error}` };
}

function store(ctx: Context, documents: readonly StoredDocument[]): void {
  const { now } = ctx;
  ctx.tx(() => {
    const first = ctx.get(selectOldest, {})?.ended ?? null;
    for (const document of documents) {
      const { trace_id: trace, id, start_time: start, end_time: end } = document;
      const open = end === undefined ? 1 : 0;
      ctx.run(upsertTrace, { id: trace, started: Math.floor(start * 1_000), ended: Math.ceil((end ?? start) * 1_000), now });
      ctx.run(upsertSegment, { trace, id, open, document: JSON.stringify(document) });
    }
    if (documents.some(({ fault }) => fault === true)) wakeInsights(ctx);
    if (first === null) ctx.send("xray.expire", {}, { at: now + KEPT_MS, quiet: true });
  });
}

/** Forgets what is older than 30 days, and asks again for the next that will be. */
export function onExpire(ctx: Context): { again: number } | undefined {
  const before = ctx.now - KEPT_MS;
  return ctx.tx(() => {
    ctx.run(deleteOldSegments, { before });
    ctx.run(deleteOldTraces, { before });
    const oldest = ctx.get(selectOldest, {})?.ended ?? null;
    // An hour's grace, so that a busy cloud is not cleaned for each trace.
    return oldest === null ? undefined : { again: Math.max(oldest + KEPT_MS, ctx.now) + 3_600_000 };
  });
}
