import type { Context } from "../../../aws/context.ts";
import { deleteOldSeen, deleteOldSpans, insertSpan } from "../store.ts";
import { MINUTE_MS } from "../time.ts";
import { MetricBatch } from "./data.ts";
import { dependencySets, hourOf, NAMESPACE, serviceSets } from "./keys.ts";
import { callerOf, callsOf, isCountedElsewhere, remoteOfCall, type Segment } from "./segments.ts";
import { noteSeen, rounded } from "./served.ts";

/** Traces that ended, as far as they are known, in so much time are looked at every minute: what comes late ends late. */
const LATE_MS = 2 * MINUTE_MS;
/** Spans that ended before are not counted any more, so that those which were need not be remembered for ever. */
const COUNTED_MS = 60 * MINUTE_MS;
const AT_ONCE = 5;
/** X-Ray's traces, out of which services are known, are kept as long. */
const KEPT_MS = 30 * 24 * 60 * MINUTE_MS;

/** Counts what the traces tell that ended in the last minutes: requests of programs, and what was called. */
export async function collectTraces(ctx: Context): Promise<void> {
  const ids = await endedLately(ctx);
  const batch = new MetricBatch();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const { Traces = [] } = await ctx.call("xray", "BatchGetTraces", { TraceIds: ids.slice(from, from + AT_ONCE) });
    for (const { Id = "", Segments = [] } of Traces) {
      const segments = Segments.map(({ Document = "{}" }) => JSON.parse(Document) as Segment);
      count(ctx, { id: Id, segments }, batch);
    }
  }
  await batch.put(ctx, NAMESPACE);
  ctx.run(deleteOldSpans, { before: ctx.now - 2 * COUNTED_MS });
  if (ctx.now - hourOf(ctx.now) < MINUTE_MS) ctx.run(deleteOldSeen, { before: ctx.now - KEPT_MS });
}

async function endedLately(ctx: Context): Promise<string[]> {
  const range = { StartTime: new Date(ctx.now - LATE_MS), EndTime: new Date(ctx.now), TimeRangeType: "Service" as const };
  const ids: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ctx.call("xray", "GetTraceSummaries", { ...range, ...(NextToken === undefined ? {} : { NextToken }) });
    ids.push(...(page.TraceSummaries ?? []).flatMap(({ Id }) => (Id === undefined ? [] : [Id])));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return ids;
}

function count(ctx: Context, { id, segments }: { readonly id: string; readonly segments: readonly Segment[] }, batch: MetricBatch): void {
  const byParent = new Map(segments.filter(({ inferred }) => inferred !== true).map((segment) => [segment.parent_id, segment]));
  ctx.tx(() => {
    for (const segment of segments) {
      const caller = callerOf(segment);
      if (caller === undefined) continue;
      if (!isCountedElsewhere(segment) && isNew(ctx, id, segment)) {
        noteSeen({ ctx, caller, time: segment.start_time * 1_000 });
        addTo(batch, segment, serviceSets(caller));
      }
      for (const call of callsOf(segment)) {
        if (!isNew(ctx, id, call)) continue;
        const remote = remoteOfCall(call, byParent.get(call.id));
        noteSeen({ ctx, caller, remote, time: call.start_time * 1_000 });
        addTo(batch, call, dependencySets(caller, remote));
      }
    }
  });
}

/** Ended, and not counted before. */
function isNew(ctx: Context, trace: string, { id, end_time: end }: Segment): boolean {
  return end !== undefined && end * 1_000 >= ctx.now - COUNTED_MS && ctx.run(insertSpan, { id: `${trace}/${id}`, time: ctx.now }) === 1;
}

function addTo(
  batch: MetricBatch,
  { start_time: start, end_time: end = start, ...outcome }: Segment,
  sets: Record<string, string>[],
): void {
  const fault = outcome.fault === true;
  const error = !fault && (outcome.error === true || outcome.throttle === true);
  for (const dimensions of sets) {
    const at = { dimensions, time: end * 1_000 };
    batch.add("Latency", rounded(Math.max(0, end - start) * 1_000), { ...at, unit: "Milliseconds" });
    batch.add("Fault", fault ? 1 : 0, { ...at, unit: "None" });
    batch.add("Error", error ? 1 : 0, { ...at, unit: "None" });
  }
}
