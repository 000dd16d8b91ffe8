import type { Cloud } from "../../aws/context.ts";
import type { LiveStage } from "./live.ts";

interface Bucket {
  tokens: number;
  /** Virtual ms. */
  filled: number;
}

/** One bucket by API, stage and route. They start full, after a restart too. */
const buckets = new WeakMap<Cloud, Map<string, Bucket>>();

/**
 * Takes one request out of the route's token bucket; false when it is empty.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 */
export function admit(cloud: Cloud, live: LiveStage, routeKey: string): boolean {
  const settings = { ...live.stage.DefaultRouteSettings, ...live.stage.RouteSettings?.[routeKey] };
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst = rate === undefined ? undefined : Math.max(1, Math.ceil(rate)) } =
    settings;
  if (rate === undefined || burst === undefined) return true;
  const all = buckets.get(cloud) ?? new Map<string, Bucket>();
  buckets.set(cloud, all);
  const key = `${live.apiId}|${live.name}|${routeKey}`;
  const now = cloud.clock.now();
  const bucket = all.get(key) ?? { tokens: burst, filled: now };
  all.set(key, bucket);
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filled) * rate) / 1_000);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

export function forgetBuckets(cloud: Cloud): void {
  buckets.delete(cloud);
}
