import type { Context } from "./context.ts";
import { type MetricPoint, putMetrics } from "./metrics.ts";
import { perCloud } from "./per-cloud.ts";

export const SIGNALS_NAMESPACE = "Orrery/Signals";

/** One request to something, or one invocation of it. https://sre.google/sre-book/monitoring-distributed-systems/#xref_monitoring_golden-signals */
export interface Served {
  /** A function's name, an API's id. */
  readonly service: string;
  readonly version?: string | undefined;
  /** `fault`: it failed by itself, 5xx. `error`: the client's request was refused, 4xx. */
  readonly outcome: "ok" | "error" | "fault";
  /** ms. */
  readonly latency: number;
  /** How full it is, by what can fill up: `Concurrency`, `MemoryUtilization` in percent. */
  readonly saturation?: Readonly<Record<string, number>>;
  /** The same in the words of Application Signals. */
  readonly place?: ServedPlace;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AppSignals-MetricsCollected.html#AppSignals-StandardMetrics-Dimensions */
export interface ServedPlace {
  readonly service: string;
  /** `lambda:default`. */
  readonly environment: string;
  readonly operation: string;
  /** `AWS::Lambda`. */
  readonly platform: string;
}

/** Who else wants to know what was served; called after the answer, and must not take long. */
export const signalsOf = perCloud(() => ({ onServed: (_ctx: Context, _served: Served): void => undefined }));

/**
 * The four golden signals as metrics, per service and per service and version, without any set-up. `Faults` and `Errors` are 0
 * or 1 for each request, so that their Average is a rate; the latency of what failed is kept apart from that of what succeeded.
 */
export function recordServed(ctx: Context, served: Served): void {
  const { service, version, outcome, latency, saturation = {} } = served;
  signalsOf(ctx.cloud).onServed(ctx, served);
  const rounded = Number(latency.toPrecision(2));
  const points: Omit<MetricPoint, "dimensions">[] = [
    { name: "Requests", value: 1, unit: "Count" },
    { name: "Faults", value: outcome === "fault" ? 1 : 0, unit: "Count" },
    { name: "Errors", value: outcome === "error" ? 1 : 0, unit: "Count" },
    { name: outcome === "ok" ? "Latency" : "FailureLatency", value: rounded, unit: "Milliseconds" },
    ...Object.entries(saturation).map(([name, value]) => ({ name, value: Math.round(value), unit: "None" as const })),
  ];
  const sets: Record<string, string>[] = [{ Service: service }];
  if (version !== undefined) sets.push({ Service: service, Version: version });
  putMetrics(
    ctx,
    SIGNALS_NAMESPACE,
    sets.flatMap((dimensions) => points.map((point) => ({ ...point, dimensions }))),
  );
}

/** How full something is that nobody waits for an answer of: the age of a queue's oldest message, s. */
export function recordSaturation(ctx: Context, service: string, name: string, value: number): void {
  putMetrics(ctx, SIGNALS_NAMESPACE, [{ name, value, unit: "None", dimensions: { Service: service } }]);
}
