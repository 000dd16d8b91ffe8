import type { Context } from "../../../aws/context.ts";
import type { Range } from "../series.ts";
import { type BucketRow, selectBuckets } from "../store.ts";
import { answers } from "./tiers.ts";

/** Data points of a metric that are there for a range's period. */
export function readBuckets(ctx: Context, metric: number, { from, to, period }: Range): BucketRow[] {
  return ctx.all(selectBuckets, { metric, from, to }).filter((bucket) => answers(bucket, period, ctx.now));
}
