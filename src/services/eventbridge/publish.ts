import type { Cloud, Context } from "../../aws/context.ts";
import { type MetricPoint, putMetrics } from "../../aws/metrics.ts";
import { type ArchiveRow, deleteArchived, insertArchived, selectArchives } from "./archive-store.ts";
import { DEFAULT_BUS } from "./names.ts";
import { type CompiledPattern, compilePattern } from "./pattern.ts";
import { deleteDeliveredEvent, insertDelivery, insertEvent, type RuleRow, selectListeningRules, selectTargets } from "./store.ts";

/** An event as rules see it and targets get it. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
  /** Set on events that come out of an archive. */
  readonly "replay-name"?: string;
}

type RuleName = Pick<RuleRow, "id" | "bus" | "name">;

interface Publication {
  /** Limits it to some rules, by name. */
  readonly only?: ReadonlySet<string> | undefined;
  /** The event comes from another bus. */
  readonly forwarded?: boolean;
}

interface Listener {
  readonly rule: RuleName;
  readonly pattern: CompiledPattern;
}

/** The enabled rules of one bus: those that name their sources by source, the others apart. */
interface RuleIndex {
  readonly bySource: ReadonlyMap<string, readonly Listener[]>;
  readonly anySource: readonly Listener[];
  readonly archives: readonly Archiver[];
}

interface Archiver {
  readonly archive: ArchiveRow;
  readonly pattern: CompiledPattern | undefined;
}

/** Compiled patterns by bus, made from the tables whenever they are missing. */
const indexes = new WeakMap<Cloud, Map<string, RuleIndex>>();

/** To be called in the transaction that changes rules of a bus: what was compiled is made anew after it, whatever its end. */
export function forgetRules(ctx: Context, bus: string): void {
  const drop = (): void => void indexes.get(ctx.cloud)?.delete(indexKey(ctx, bus));
  drop();
  ctx.cloud.store.afterCommit(drop);
}

export function forgetAllRules(cloud: Cloud): void {
  indexes.delete(cloud);
}

function indexKey(ctx: Context, bus: string): string {
  return `${ctx.account}|${ctx.region}|${bus}`;
}

function indexOf(ctx: Context, bus: string): RuleIndex {
  let buses = indexes.get(ctx.cloud);
  if (buses === undefined) {
    buses = new Map();
    indexes.set(ctx.cloud, buses);
  }
  const key = indexKey(ctx, bus);
  const known = buses.get(key);
  if (known !== undefined) return known;
  const bySource = new Map<string, Listener[]>();
  const anySource: Listener[] = [];
  for (const { id, name, pattern: text } of ctx.all(selectListeningRules, { bus })) {
    const pattern = compilePattern(text ?? "");
    const listener = { rule: { id, bus, name }, pattern };
    if (pattern.sources === undefined) anySource.push(listener);
    for (const source of new Set(pattern.sources)) bySource.set(source, [...(bySource.get(source) ?? []), listener]);
  }
  const archives = ctx.all(selectArchives, { prefix: "", bus, after: "", limit: ALL_ARCHIVES }).map((archive) => ({
    archive,
    pattern: archive.pattern === null ? undefined : compilePattern(archive.pattern),
  }));
  const index = { bySource, anySource, archives };
  buses.set(key, index);
  return index;
}

/**
 * Gives an event to a bus of the context's account and region: for each target of each matching rule a delivery and its
 * message are stored, in the caller's transaction. Returns the number of rules that matched.
 */
export function publish(ctx: Context, bus: string, event: BusEvent, { only, forwarded }: Publication = {}): number {
  const { bySource, anySource, archives } = indexOf(ctx, bus);
  const candidates = [...(bySource.get(event.source) ?? []), ...anySource];
  const matched = candidates.filter(({ rule, pattern }) => (only === undefined || only.has(rule.name)) && pattern.matches(event));
  if (matched.length > 0) {
    const rules = matched.map(({ rule }) => rule);
    queueDeliveries(ctx, rules, event, forwarded === true);
  }
  // What is replayed is not archived again.
  if (event["replay-name"] === undefined) for (const { archive, pattern } of archives) keep(ctx, archive, pattern, event);
  return matched.length;
}

function keep(ctx: Context, archive: ArchiveRow, pattern: CompiledPattern | undefined, event: BusEvent): void {
  if (pattern !== undefined && !pattern.matches(event)) return;
  dropExpired(ctx, archive);
  ctx.run(insertArchived, { archive: archive.name, received: ctx.now, body: JSON.stringify(event) });
}

/** Retention is kept whenever an archive is written to or looked at. */
export function dropExpired(ctx: Context, { name, retention_days: days }: ArchiveRow): void {
  if (days > 0) ctx.run(deleteArchived, { archive: name, before: ctx.now - days * 86_400_000 });
}

/** For an event that is meant for one rule alone: schedules. */
export function publishToRule(ctx: Context, rule: RuleName, event: BusEvent): void {
  ctx.tx(() => queueDeliveries(ctx, [rule], event, false));
}

const ALL_ARCHIVES = 10_000;
/** More than AWS's five targets a rule, so that all are read. */
const ALL_TARGETS = 1_000;

function queueDeliveries(ctx: Context, rules: readonly RuleName[], event: BusEvent, forwarded: boolean): void {
  const row = { body: JSON.stringify(event), received: ctx.now, forwarded: forwarded ? 1 : 0 };
  const id = ctx.get(insertEvent, row)?.id ?? 0;
  for (const rule of rules) {
    for (const target of ctx.all(selectTargets, { rule: rule.id, after: "", limit: ALL_TARGETS })) {
      const delivery = ctx.get(insertDelivery, { event: id, rule: rule.id, target: target.id })?.id ?? 0;
      ctx.send("eventbridge.deliver", { delivery });
    }
    ctx.cloud.store.afterCommit(() => countRule(ctx, rule, ["MatchedEvents", "TriggeredRules"]));
  }
  // Rules may have no targets: then nothing has to be kept.
  ctx.run(deleteDeliveredEvent, { id });
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html */
export function countRule(ctx: Context, rule: Pick<RuleRow, "bus" | "name">, metrics: readonly string[]): void {
  const sets: Record<string, string>[] = [{ RuleName: rule.name }];
  if (rule.bus !== DEFAULT_BUS) sets.push({ EventBusName: rule.bus, RuleName: rule.name });
  const points = metrics.flatMap((name) => sets.map((dimensions): MetricPoint => ({ name, value: 1, unit: "Count", dimensions })));
  putMetrics(ctx, "AWS/Events", points);
}
