import type { Cloud, Context } from "../../aws/context.ts";
import type { MessageHandler } from "../../aws/service.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
export type MetricName =
  | "ConditionalCheckFailedRequests"
  | "ConsumedReadCapacityUnits"
  | "ConsumedWriteCapacityUnits"
  | "ReturnedItemCount"
  | "SuccessfulRequestLatency"
  | "UserErrors";

export interface Measured {
  readonly metric: MetricName;
  /** Absent for what is of the account. */
  readonly table?: string;
  readonly index?: string | undefined;
  readonly operation?: string;
}

interface Tally extends Measured {
  readonly scope: string;
  readonly minute: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

const MINUTE_MS = 60_000;
const MOST_DATA = 1_000;

/** Measurements of the minute under way, by series; lost when the process is, as measurements may be. */
const gathered = new WeakMap<Cloud, Map<string, Tally>>();

export function forgetMetrics(cloud: Cloud): void {
  gathered.delete(cloud);
}

/** Adds to the minute under way: a look-up in memory, and one message a minute that brings all to CloudWatch. */
export function measure(ctx: Context, what: Measured, value: number): void {
  let tallies = gathered.get(ctx.cloud);
  if (tallies === undefined) {
    tallies = new Map();
    gathered.set(ctx.cloud, tallies);
  }
  const minute = Math.floor(ctx.now / MINUTE_MS) * MINUTE_MS;
  const scope = `${ctx.account}/${ctx.region}`;
  const key = `${scope}/${what.table ?? ""}/${what.index ?? ""}/${what.operation ?? ""}/${what.metric}/${minute}`;
  const tally = tallies.get(key);
  if (tally !== undefined) {
    tally.count++;
    tally.sum += value;
    tally.min = Math.min(tally.min, value);
    tally.max = Math.max(tally.max, value);
    return;
  }
  const armed = [...tallies.values()].some((other) => other.scope === scope && other.minute === minute);
  tallies.set(key, { ...what, scope, minute, count: 1, sum: value, min: value, max: value });
  if (!armed) ctx.send("dynamodb.metrics", { minute }, { at: minute + MINUTE_MS, quiet: true });
}

/** `dynamodb.metrics`: hands a minute that is over to CloudWatch. */
export const shipMetrics: MessageHandler = async (ctx, message) => {
  const tallies = gathered.get(ctx.cloud) ?? new Map<string, Tally>();
  const due = [...tallies].filter(
    ([, { scope, minute }]) => scope === `${ctx.account}/${ctx.region}` && minute <= Number(message.payload["minute"]),
  );
  for (const [key] of due) tallies.delete(key);
  for (let from = 0; from < due.length; from += MOST_DATA) {
    const MetricData = due.slice(from, from + MOST_DATA).map(([, { metric, table, index, operation, minute, count, sum, min, max }]) => ({
      MetricName: metric,
      Dimensions: [
        ...(table === undefined ? [] : [{ Name: "TableName", Value: table }]),
        ...(index === undefined ? [] : [{ Name: "GlobalSecondaryIndexName", Value: index }]),
        ...(operation === undefined ? [] : [{ Name: "Operation", Value: operation }]),
      ],
      Timestamp: new Date(minute),
      Unit: metric === "SuccessfulRequestLatency" ? ("Milliseconds" as const) : ("Count" as const),
      StatisticValues: { SampleCount: count, Sum: sum, Minimum: min, Maximum: max },
    }));
    await ctx.call("cloudwatch", "PutMetricData", { Namespace: "AWS/DynamoDB", MetricData });
  }
};
