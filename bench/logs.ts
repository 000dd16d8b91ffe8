import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startCloud } from "../test/support/cloud.ts";

const EVENTS = 1_000_000;
const BATCH = 5_000;
const LEAST_PER_SECOND = 50_000;
const QUERY_BUDGET_MS = 2_000;
const SPAN_MS = 6 * 3_600_000;
const LEVELS = ["INFO", "INFO", "INFO", "WARN", "ERROR"];

type Note = (what: string, value: string, target: string, met?: boolean) => void;

/** What is still in use after a collection of garbage. */
function liveMb(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** A million events of JSON into one group, and what Logs Insights takes to count them. */
export async function logs(note: Note): Promise<void> {
  const { ctx, cloud, stop } = await startCloud();
  const logGroupName = "/bench";
  const logStreamName = "s";
  await ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName });
  await ctx.call("cloudwatch-logs", "CreateLogStream", { logGroupName, logStreamName });
  const start = cloud.clock.now() - SPAN_MS;
  const batches = Array.from({ length: EVENTS / BATCH }, (_, batch) =>
    Array.from({ length: BATCH }, (_event, i) => {
      const n = batch * BATCH + i;
      const timestamp = start + Math.floor((n / EVENTS) * SPAN_MS);
      return { timestamp, message: `{"level":"${LEVELS[n % LEVELS.length]}","took":${n % 997},"path":"/orders/${n % 50}"}` };
    }),
  );
  const began = performance.now();
  for (const logEvents of batches) await ctx.call("cloudwatch-logs", "PutLogEvents", { logGroupName, logStreamName, logEvents });
  const perSecond = EVENTS / ((performance.now() - began) / 1_000);
  note("PutLogEvents in process, events a second", perSecond.toFixed(0), `>= ${LEAST_PER_SECOND}`, perSecond >= LEAST_PER_SECOND);
  const ask = async (queryString: string): Promise<{ ms: number; rows: number }> => {
    const range = { startTime: Math.floor(start / 1_000), endTime: Math.ceil(cloud.clock.now() / 1_000) };
    const from = performance.now();
    const { queryId } = await ctx.call("cloudwatch-logs", "StartQuery", { logGroupName, queryString, ...range });
    for (;;) {
      const { status, results = [] } = await ctx.call("cloudwatch-logs", "GetQueryResults", { queryId });
      if (status === "Complete") return { ms: performance.now() - from, rows: results.length };
    }
  };
  const before = liveMb();
  const count = await ask("stats count() by bin(1m)");
  note(
    "Insights: stats count() by bin(1m) over 1,000,000 events",
    `${count.ms.toFixed(0)} ms, ${count.rows} rows`,
    `< ${QUERY_BUDGET_MS} ms`,
    count.ms < QUERY_BUDGET_MS,
  );
  const json = await ask('filter level = "ERROR" | stats count() as n, pct(took, 90) by path | sort n desc');
  note("Insights: JSON of all of them, filtered, by path", `${json.ms.toFixed(0)} ms, ${json.rows} rows`, "");
  const after = liveMb();
  note(
    "live memory before and after these queries",
    `${before.toFixed(0)} → ${after.toFixed(0)} MB`,
    "flat (≤ 1.1×)",
    after <= before * 1.1,
  );
  await stop();
}
