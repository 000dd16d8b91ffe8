import { startCloud } from "../test/support/cloud.ts";

const TRACES = 10_000;
const BATCH = 50;
const SPAN_MS = 3 * 3_600_000;
const LEAST_PER_SECOND = 2_000;
const GRAPH_BUDGET_MS = 2_000;

type Note = (what: string, value: string, target: string, met?: boolean) => void;

/** Traces of an API, its function and its table into X-Ray, and what the map of all of them takes. */
export async function xray(note: Note): Promise<void> {
  const { ctx, cloud, stop } = await startCloud();
  const start = (cloud.clock.now() - SPAN_MS) / 1_000;
  const batches = Array.from({ length: TRACES / BATCH }, (_, batch) =>
    Array.from({ length: BATCH }, (_trace, i) => traceAt(start, batch * BATCH + i)).flat(),
  );
  const began = performance.now();
  for (const TraceSegmentDocuments of batches) await ctx.call("xray", "PutTraceSegments", { TraceSegmentDocuments });
  const perSecond = (TRACES * 2) / ((performance.now() - began) / 1_000);
  note("PutTraceSegments in process, segments a second", perSecond.toFixed(0), `>= ${LEAST_PER_SECOND}`, perSecond >= LEAST_PER_SECOND);
  const range = { StartTime: new Date(start * 1_000), EndTime: new Date(cloud.clock.now()) };
  const timed = async <T>(ask: () => Promise<T>): Promise<{ readonly ms: number; readonly answer: T }> => {
    const from = performance.now();
    return { answer: await ask(), ms: performance.now() - from };
  };
  const map = await timed(() => ctx.call("xray", "GetServiceGraph", range));
  const nodes = `${map.ms.toFixed(0)} ms, ${map.answer.Services?.length} nodes`;
  note(`GetServiceGraph of ${TRACES} traces`, nodes, `< ${GRAPH_BUDGET_MS} ms`, map.ms < GRAPH_BUDGET_MS);
  const FilterExpression = 'service("shop") { fault = true } AND responsetime > 0.05';
  const failing = await timed(() => ctx.call("xray", "GetTraceSummaries", { ...range, FilterExpression }));
  note("GetTraceSummaries with a filter, the first page", `${failing.ms.toFixed(0)} ms`, "");
  await stop();
}

function traceAt(start: number, n: number): string[] {
  const at = start + (n / TRACES) * (SPAN_MS / 1_000);
  const hex = n.toString(16).padStart(8, "0");
  const trace_id = `1-${Math.floor(at).toString(16)}-${hex.repeat(3)}`;
  const span = (from: number, to: number) => ({ start_time: at + from, end_time: at + to, ...(n % 20 === 0 ? { fault: true } : {}) });
  const table = {
    id: `cccccccc${hex}`,
    name: "DynamoDB",
    namespace: "aws",
    aws: { operation: "GetItem", table_name: "t" },
    ...span(0.02, 0.06),
  };
  const call = { id: `bbbbbbbb${hex}`, name: "shop", namespace: "aws", ...span(0.01, 0.09) };
  const documents = [
    { id: `aaaaaaaa${hex}`, trace_id, name: "api", origin: "AWS::ApiGateway::Stage", subsegments: [call], ...span(0, 0.1) },
    {
      id: `dddddddd${hex}`,
      trace_id,
      parent_id: call.id,
      name: "shop",
      origin: "AWS::Lambda::Function",
      subsegments: [table],
      ...span(0.01, 0.08),
    },
  ];
  return documents.map((document) => JSON.stringify(document));
}
