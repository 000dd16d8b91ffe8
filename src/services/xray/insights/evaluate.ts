import type { Context } from "../../../aws/context.ts";
import type { Message, MessageOutcome } from "../../../aws/service.ts";
import { type FilterScope, matches } from "../filter/evaluate.ts";
import { parseFilter } from "../filter/parser.ts";
import { filterScope, type InsightGroup, insightGroups } from "../groups.ts";
import { setting } from "../store.ts";
import { traceOf } from "../trace/load.ts";
import { keyOf, type ServiceName, type TraceModel } from "../trace/model.ts";
import { outcomeOf } from "../trace/outcome.ts";
import { tracesIn } from "../trace/range.ts";
import { type Counts, countsOf, diagnose } from "./detect.ts";
import { type InsightRow, selectActive, upsertInsight } from "./store.ts";

const MINUTE_MS = 60_000;
/** What is judged, and what it is judged by. */
const WINDOW_MS = 5 * MINUTE_MS;
const BASELINE_MS = 60 * MINUTE_MS;
/** The newest ones decide, so that a busy cloud is not held up. */
const MOST_TRACES = 10_000;

export interface Impact {
  readonly faults: number;
  readonly ok: number;
}

/** How an insight stood at one moment. */
export interface InsightMoment {
  /** Virtual ms. */
  readonly time: number;
  readonly summary: string;
  readonly client: Impact;
  readonly root: Impact;
  readonly anomalous: readonly ServiceName[];
}

/** To be called in the transaction that stores faults: they are looked at when the minute is over. */
export function wakeInsights(ctx: Context): void {
  if (ctx.get(setting.get, { name: "insights-awake" })?.value === "1" || insightGroups(ctx).length === 0) return;
  ctx.run(setting.put, { name: "insights-awake", value: "1" });
  ctx.send("xray.insights", {}, { at: nextMinute(ctx.now), quiet: true });
}

function nextMinute(now: number): number {
  return (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
}

/** Message `xray.insights`: judges the last five minutes of each group, every minute until none has faults in them. */
export function onInsights(ctx: Context, _: Message): MessageOutcome {
  const groups = insightGroups(ctx);
  const scope = filterScope(ctx);
  const stay = groups.map((group) => evaluateGroup(ctx, group, scope));
  if (stay.some(Boolean)) return { again: nextMinute(ctx.now) };
  ctx.tx(() => ctx.run(setting.put, { name: "insights-awake", value: "0" }));
  return undefined;
}

/** True while there is something to watch. */
function evaluateGroup(ctx: Context, group: InsightGroup, scope: FilterScope): boolean {
  const { now } = ctx;
  const filter = group.filter === "" ? undefined : parseFilter(group.filter);
  const traces: TraceModel[] = [];
  for (const row of tracesIn(ctx, { from: now - WINDOW_MS - BASELINE_MS, to: now + 1 })) {
    const trace = traceOf(ctx, row);
    if (filter === undefined || matches(filter, trace, scope)) traces.push(trace);
    if (traces.length === MOST_TRACES) break;
  }
  const since = (now - WINDOW_MS) / 1_000;
  const counts = countsOf(traces, since);
  const { anomalous, root } = diagnose(counts);
  const active = ctx.all(selectActive, { grp: group.arn });
  ctx.tx(() => {
    if (root !== undefined) record(ctx, group, { root, anomalous, client: clientImpact(traces, since), active });
    const key = root === undefined ? undefined : keyOf(root.service);
    for (const row of active) if (keyOf(JSON.parse(row.service) as ServiceName) !== key) close(ctx, group, row);
  });
  return [...counts.values()].some(({ faults }) => faults > 0) || ctx.all(selectActive, { grp: group.arn }).length > 0;
}

function clientImpact(traces: readonly TraceModel[], since: number): Impact {
  const outcomes = traces.flatMap(({ root }) => (root === undefined || root.document.start_time < since ? [] : [outcomeOf(root.document)]));
  const faults = outcomes.filter(({ fault }) => fault).length;
  return { faults, ok: outcomes.length - faults };
}

interface Finding {
  readonly root: Counts;
  readonly anomalous: readonly Counts[];
  readonly client: Impact;
  readonly active: readonly InsightRow[];
}

/** Opens an insight, or adds what has changed to the one that is open. */
function record(ctx: Context, group: InsightGroup, { root, anomalous, client, active }: Finding): void {
  const known = active.find((row) => keyOf(JSON.parse(row.service) as ServiceName) === keyOf(root.service));
  const { faults, ok } = root;
  const share = Math.round((faults / (faults + ok)) * 100);
  const moment: InsightMoment = {
    time: ctx.now,
    summary: `${root.service.name} had ${faults} faults in ${faults + ok} requests (${share} %) in 5 minutes`,
    client,
    root: { faults, ok },
    anomalous: anomalous.map(({ service }) => service),
  };
  const events = known === undefined ? [] : (JSON.parse(known.events) as InsightMoment[]);
  const last = events.at(-1);
  // Notable: it began, or a fifth more or less of it.
  const isNotable = last === undefined || Math.abs(last.root.faults - faults) * 5 >= last.root.faults;
  const row: InsightRow = {
    id: known?.id ?? ctx.cloud.ids.uuid(),
    grp: group.arn,
    service: JSON.stringify(root.service),
    state: "ACTIVE",
    started: known?.started ?? ctx.now,
    ended: null,
    updated: ctx.now,
    events: JSON.stringify(isNotable ? [...events, moment] : events),
  };
  ctx.run(upsertInsight, row);
  if (isNotable) tell(ctx, group, row, moment);
}

function close(ctx: Context, group: InsightGroup, row: InsightRow): void {
  const closed: InsightRow = { ...row, state: "CLOSED", ended: ctx.now, updated: ctx.now };
  ctx.run(upsertInsight, closed);
  const last = (JSON.parse(row.events) as InsightMoment[]).at(-1);
  if (last !== undefined) tell(ctx, group, closed, { ...last, summary: "its faults are as rare again as they were" });
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-console-insights.html#xray-console-insight-notifications */
function tell(ctx: Context, group: InsightGroup, row: InsightRow, moment: InsightMoment): void {
  const service = JSON.parse(row.service) as ServiceName;
  ctx.emit({
    source: "aws.xray",
    type: "AWS X-Ray Insight Update",
    resources: [group.arn],
    ...(group.notifies ? { bus: true } : {}),
    rule: moment.summary,
    detail: {
      InsightId: row.id,
      GroupARN: group.arn,
      GroupName: group.name,
      State: row.state,
      Category: "FAULT",
      Summary: moment.summary,
      StartTime: row.started / 1_000,
      ...(row.ended === null ? {} : { EndTime: row.ended / 1_000 }),
      RootCauseServiceId: { Name: service.name, ...(service.type === undefined ? {} : { Type: service.type }), AccountId: ctx.account },
      ClientRequestImpactStatistics: statistics(moment.client),
      RootCauseServiceRequestImpactStatistics: statistics(moment.root),
    },
  });
}

export function statistics({ faults, ok }: Impact) {
  return { FaultCount: faults, OkCount: ok, TotalCount: faults + ok };
}
