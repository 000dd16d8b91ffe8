import type { Cloud, Context } from "../../../aws/context.ts";
import type { Served } from "../../../aws/golden-signals.ts";
import { putMetrics } from "../../../aws/metrics.ts";
import { perCloud } from "../../../aws/per-cloud.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { insertSeen } from "../store.ts";
import { isEnabled } from "./enable.ts";
import { type Caller, hourOf, NAMESPACE, type Remote, serviceSets } from "./keys.ts";

interface Sight {
  readonly ctx: Context;
  readonly caller: Caller;
  readonly remote?: Remote | undefined;
  /** Virtual ms. */
  readonly time: number;
}

/** The hour's rows that were written by this process, so that a busy service writes each of them once. */
const written = perCloud(() => ({ hour: "", keys: new Set<string>() }));
/** What requests showed since the event loop's last turn. */
const waiting = perCloud((): Sight[] => []);

/** Undefined where this hour's row is there already. */
function newKey({ ctx, caller, remote, time }: Sight): string | undefined {
  const kept = written(ctx.cloud);
  const current = `${ctx.cloud.store.generation}/${hourOf(time)}`;
  if (kept.hour !== current) {
    kept.hour = current;
    kept.keys.clear();
  }
  const { service, environment, operation } = caller;
  const key = JSON.stringify([ctx.account, ctx.region, service, environment, operation, remote]);
  return kept.keys.has(key) ? undefined : key;
}

/** To be called off the path of requests. */
export function noteSeen(sight: Sight): void {
  const key = newKey(sight);
  if (key === undefined) return;
  const { ctx, caller, remote, time } = sight;
  const text = remote === undefined ? "" : JSON.stringify(remote);
  ctx.run(insertSeen, { ...caller, hour: hourOf(time), remote: text });
  written(ctx.cloud).keys.add(key);
}

function noteSoon(sight: Sight): void {
  const { cloud } = sight.ctx;
  if (newKey(sight) === undefined) return;
  if (waiting(cloud).push(sight) > 1) return;
  const release = cloud.clock.busy("application signals");
  setImmediate(() => {
    flush(cloud);
    release();
  });
}

function flush(cloud: Cloud): void {
  for (const sight of waiting(cloud).splice(0)) {
    try {
      if (sight.ctx.isCurrent) noteSeen(sight);
    } catch (error) {
      if (!cloud.lifecycle.stopping) cloud.log.warn("a service was not noted", { reason: messageOf(error) });
    }
  }
}

/** Three digits tell two latencies apart, and keep the number of different values low. */
export function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

/** Every request that Orrery's own services answer, traced or not, as the standard metrics. */
export function onServed(ctx: Context, { place, outcome, latency }: Served): void {
  if (place === undefined || !ctx.isCurrent || !isEnabled(ctx)) return;
  noteSoon({ ctx: ctx.with({ request: undefined, claimToken: undefined }), caller: place, time: ctx.now });
  const points = [
    { name: "Latency", value: rounded(latency), unit: "Milliseconds" as const },
    { name: "Fault", value: outcome === "fault" ? 1 : 0, unit: "None" as const },
    { name: "Error", value: outcome === "error" ? 1 : 0, unit: "None" as const },
  ];
  putMetrics(
    ctx,
    NAMESPACE,
    serviceSets(place).flatMap((dimensions) => points.map((point) => ({ ...point, dimensions }))),
  );
}
