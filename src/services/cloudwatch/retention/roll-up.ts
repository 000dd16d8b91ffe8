import { type Cloud, Context } from "../../../aws/context.ts";
import { servicePrincipal } from "../../../aws/identity.ts";
import type { MessageHandler } from "../../../aws/service.ts";
import { fromRow, histogramOf, merge, type Samples } from "../statistics.ts";
import { selectBucket, upsertBucket } from "../store.ts";
import {
  deleteFiner,
  deleteForgotten,
  deleteOlder,
  deleteRetention,
  selectAnyBucket,
  selectAnyFine,
  selectFiner,
  selectMetricIds,
  selectRetention,
  selectUnkept,
  upsertRetention,
} from "./store.ts";
import { TIERS } from "./tiers.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LONGEST = TIERS.at(-1)?.kept ?? 0;
/** Metrics of one transaction. */
const BATCH = 200;

interface Merged {
  readonly time: number;
  readonly unit: string;
  samples: Samples;
}

interface Span {
  readonly from: number;
  readonly before: number;
}

/** Data points of a span that are finer than `resolution` become data points of it; sums stay what they were. */
function rollUp(ctx: Context, metric: number, resolution: number, span: Span): void {
  const { store } = ctx.cloud;
  const width = resolution * 1_000;
  // What a coarser data point begins with has to be old enough to its end, or it would be rolled up twice.
  const floor = (time: number): number => Math.floor(time / width) * width;
  const old = { metric, resolution, from: floor(span.from), before: floor(span.before) };
  const merged = new Map<string, Merged>();
  for (const row of store.all(selectFiner, old)) {
    const time = floor(row.time);
    const key = `${time} ${row.unit}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { time, unit: row.unit, samples: fromRow(row) });
    else known.samples = merge(known.samples, fromRow(row));
  }
  if (merged.size === 0) return;
  store.run(deleteFiner, old);
  for (const { time, unit, samples } of merged.values()) {
    const key = { metric, time, resolution, unit };
    const stored = store.get(selectBucket, key);
    const all = stored === undefined ? samples : merge(fromRow(stored), samples);
    const { count, sum, min, max } = all;
    store.run(upsertBucket, { ...key, count, sum, min, max, histogram: histogramOf(all) });
  }
}

function keepMetric(ctx: Context, metric: number, done: number): void {
  for (const [index, { kept }] of TIERS.entries()) {
    const next = TIERS[index + 1];
    if (next === undefined) ctx.cloud.store.run(deleteOlder, { metric, before: ctx.now - kept });
    else rollUp(ctx, metric, next.resolution, { from: done - kept, before: ctx.now - kept });
  }
}

/** The next round: at the full hour while there is data of less than a minute, else at midnight. */
const nextRound = (now: number, fine: boolean): number => {
  const width = fine ? HOUR : DAY;
  return (Math.floor(now / width) + 1) * width;
};

function sendRound(ctx: Context, due: number): void {
  const own = ctx.with({ cause: undefined, request: undefined, claimToken: undefined });
  own.send("cloudwatch.retain", { due }, { at: due, quiet: true, lane: `cloudwatch.retain/${ctx.account}/${ctx.region}` });
}

/** Sees that what is put is rolled up one day. `isFine` says that it is of less than a minute. */
export function keep(ctx: Context, isFine: boolean): void {
  const known = ctx.get(selectRetention, {});
  if (known !== undefined && (known.fine === 1 || !isFine)) return;
  const due = nextRound(ctx.now, isFine);
  const soonest = known === undefined ? due : Math.min(known.due, due);
  ctx.run(upsertRetention, { fine: isFine ? 1 : 0, cursor: known?.cursor ?? 0, due: soonest, done: known?.done ?? 0 });
  if (soonest !== known?.due) sendRound(ctx, soonest);
}

/** `cloudwatch.retain`: one round over the metrics of an account and region, in batches. */
export const onRetain: MessageHandler = (ctx, message) =>
  ctx.tx(() => {
    const state = ctx.get(selectRetention, {});
    if (state === undefined || state.due !== message.payload["due"]) return undefined;
    const metrics = ctx.all(selectMetricIds, { after: state.cursor, limit: BATCH });
    for (const { id } of metrics) keepMetric(ctx, id, state.done);
    const last = metrics.at(-1)?.id;
    if (last !== undefined && metrics.length === BATCH) {
      ctx.run(upsertRetention, { ...state, cursor: last });
      return { again: ctx.now };
    }
    ctx.run(deleteForgotten, { before: ctx.now - LONGEST });
    const { store } = ctx.cloud;
    const all = ctx.all(selectMetricIds, { after: 0, limit: -1 });
    if (!all.some(({ id }) => store.get(selectAnyBucket, { metric: id }) !== undefined)) {
      ctx.run(deleteRetention, {});
      return undefined;
    }
    const fine = state.fine === 1 && all.some(({ id }) => store.get(selectAnyFine, { metric: id, from: ctx.now - 4 * HOUR }) !== undefined);
    const due = nextRound(ctx.now, fine);
    ctx.run(upsertRetention, { fine: fine ? 1 : 0, cursor: 0, due, done: ctx.now });
    sendRound(ctx, due);
    return undefined;
  });

/** Takes up the data that an earlier version only kept. */
export function keepAll(cloud: Cloud): void {
  for (const { account, region } of cloud.store.all(selectUnkept, {})) {
    const ctx = new Context(cloud, { account, region, principal: servicePrincipal(account, "cloudwatch.amazonaws.com") });
    ctx.tx(() => keep(ctx, true));
  }
}
