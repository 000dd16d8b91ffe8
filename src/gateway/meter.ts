import { type Cloud, Context } from "../aws/context.ts";
import { rootPrincipal } from "../aws/identity.ts";
import { messageOf } from "../kernel/errors.ts";

/** One answered request. */
export interface Answered {
  readonly account: string;
  readonly region: string;
  readonly service: string;
  readonly status: number;
  /** ms, from the first byte of the request to the last of the answer. */
  readonly latency: number;
}

interface Tally {
  readonly account: string;
  readonly region: string;
  readonly service: string;
  /** Virtual ms. */
  readonly minute: number;
  readonly generation: number;
  requests: number;
  errors: number;
  faults: number;
  /** How often each latency came, rounded to two digits. */
  readonly latencies: Map<number, number>;
}

export const NAMESPACE = "Orrery/Gateway";
const MINUTE_MS = 60_000;
const FLUSH_WALL_MS = 5_000;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const MOST_VALUES = 150;

/**
 * Counts what the gateway answers: two look-ups in memory on the request's path. Every few seconds of wall time the counts go to
 * CloudWatch, so that no timer of virtual time hangs on a request; what was counted since is lost with the process.
 */
export class Meter {
  readonly #cloud: Cloud;
  #tallies = new Map<string, Tally>();
  readonly #end: () => void;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#end = cloud.clock.wallInterval(FLUSH_WALL_MS, () => void this.flush());
  }

  record({ account, region, service, status, latency }: Answered): void {
    const minute = Math.floor(this.#cloud.clock.now() / MINUTE_MS) * MINUTE_MS;
    const { generation } = this.#cloud.store;
    const key = `${account}|${region}|${service}|${minute}|${generation}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = { account, region, service, minute, generation, requests: 0, errors: 0, faults: 0, latencies: new Map() };
      this.#tallies.set(key, tally);
    }
    tally.requests++;
    if (status >= 500) tally.faults++;
    else if (status >= 400) tally.errors++;
    const rounded = Number(latency.toPrecision(2));
    tally.latencies.set(rounded, (tally.latencies.get(rounded) ?? 0) + 1);
  }

  async flush(): Promise<void> {
    const tallies = [...this.#tallies.values()];
    this.#tallies = new Map();
    for (const tally of tallies) {
      const { account, region, generation } = tally;
      const ctx = new Context(this.#cloud, { account, region, principal: rootPrincipal(account), generation });
      if (this.#cloud.lifecycle.stopping || !ctx.isCurrent) continue;
      try {
        await ctx.call("cloudwatch", "PutMetricData", { Namespace: NAMESPACE, MetricData: dataOf(tally) });
      } catch (error) {
        this.#cloud.log.warn("measurements of the gateway were lost", { reason: messageOf(error) });
      }
    }
  }

  close(): void {
    this.#end();
  }
}

function dataOf({ service, minute, requests, errors, faults, latencies }: Tally) {
  const common = { Dimensions: [{ Name: "Service", Value: service }], Timestamp: new Date(minute) };
  const count = (MetricName: string, value: number) => ({
    ...common,
    MetricName,
    Unit: "Count" as const,
    // One sample a request, as AWS's own counters have.
    StatisticValues: { SampleCount: requests, Sum: value, Minimum: value === requests ? 1 : 0, Maximum: value === 0 ? 0 : 1 },
  });
  const spread = [...latencies];
  const pieces = Array.from({ length: Math.ceil(spread.length / MOST_VALUES) }, (_, index) =>
    spread.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES),
  );
  return [
    count("Requests", requests),
    count("Errors", errors),
    count("Faults", faults),
    ...pieces.map((piece) => ({
      ...common,
      MetricName: "Latency",
      Unit: "Milliseconds" as const,
      Values: piece.map(([value]) => value),
      Counts: piece.map(([, times]) => times),
    })),
  ];
}
