import { type Cloud, Context } from "../aws/context.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, rootPrincipal } from "../aws/identity.ts";
import type { Answer } from "./body.ts";

const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = 15;
const MOST_MINUTES = 24 * 60;
const MOST_QUERIES = 500;

/** The four golden signals of one thing over the window. Latencies in ms are those of its worst minute. */
export interface Signals {
  readonly requests: number;
  /** Requests a second while the window lasted. */
  readonly rate: number;
  /** Failures of its own: 5xx, or invocations that threw. */
  readonly faults: number;
  /** Refused because of the client: 4xx. */
  readonly errors: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  /** Concurrent invocations of a function, age in s of a queue's oldest message. */
  readonly saturation: number | null;
}

export interface SignalsOfService extends Signals {
  readonly kind: string;
  readonly name: string;
  readonly versions: readonly (Signals & { readonly version: string })[];
}

export interface SignalsAnswer {
  /** Virtual ms. */
  readonly at: number;
  readonly minutes: number;
  /** What hurts most comes first. */
  readonly services: readonly SignalsOfService[];
}

interface Kind {
  readonly kind: string;
  readonly namespace: string;
  /** Dimension that names one. */
  readonly dimension: string;
  /** Dimension that names a version of it. */
  readonly version?: string;
  readonly requests: string;
  readonly faults?: string;
  readonly errors?: string;
  readonly latency?: string;
  readonly saturation?: string;
}

/** Where what AWS measures of its services says the same four things. */
const KINDS: readonly Kind[] = [
  {
    kind: "function",
    namespace: "AWS/Lambda",
    dimension: "FunctionName",
    version: "ExecutedVersion",
    requests: "Invocations",
    faults: "Errors",
    errors: "Throttles",
    latency: "Duration",
    saturation: "ConcurrentExecutions",
  },
  { kind: "api", namespace: "AWS/ApiGateway", dimension: "ApiId", requests: "Count", faults: "5xx", errors: "4xx", latency: "Latency" },
  {
    kind: "queue",
    namespace: "AWS/SQS",
    dimension: "QueueName",
    requests: "NumberOfMessagesReceived",
    saturation: "ApproximateAgeOfOldestMessage",
  },
  {
    kind: "gateway",
    namespace: "Orrery/Gateway",
    dimension: "Service",
    requests: "Requests",
    faults: "Faults",
    errors: "Errors",
    latency: "Latency",
  },
];

type Dimensions = readonly { readonly Name: string; readonly Value: string }[];

interface Asked {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Dimensions;
  readonly stat: string;
}

const keyOf = ({ namespace, metric, dimensions, stat }: Asked): string => JSON.stringify([namespace, metric, dimensions, stat]);

/** `GET signals?minutes=15&region=us-east-1`: the golden signals of everything that was measured. */
export function signalsAnswers(cloud: Cloud): Record<string, Answer> {
  return {
    "GET signals": (query) => {
      const minutes = Math.min(Math.max(1, Math.floor(Number(query.get("minutes") ?? DEFAULT_MINUTES)) || DEFAULT_MINUTES), MOST_MINUTES);
      const [account, region] = [query.get("account") ?? DEFAULT_ACCOUNT, query.get("region") ?? DEFAULT_REGION];
      return signalsOf(new Context(cloud, { account, region, principal: rootPrincipal(account) }), minutes);
    },
  };
}

async function signalsOf(ctx: Context, minutes: number): Promise<SignalsAnswer> {
  const things = (await Promise.all(KINDS.map((kind) => thingsOf(ctx, kind)))).flat();
  const asked = things.flatMap(({ kind, dimensions }) => questions(kind, dimensions));
  const values = await measure(ctx, asked, minutes);
  const measured = things.map((thing) => ({ ...thing, signals: combine(thing, values, minutes) }));
  const services = measured
    .filter(({ version, signals }) => version === undefined && (signals.requests > 0 || (signals.saturation ?? 0) > 0))
    .map(({ kind, name, signals }) => {
      const own = measured.filter((one) => one.kind === kind && one.name === name && one.version !== undefined && one.signals.requests > 0);
      const versions = own.map((one) => ({ version: one.version ?? "", ...one.signals }));
      return { kind: kind.kind, name, ...signals, versions: versions.sort((a, b) => (a.version < b.version ? -1 : 1)) };
    });
  return { at: ctx.now, minutes, services: services.sort((a, b) => b.faults - a.faults || b.errors - a.errors || b.requests - a.requests) };
}

interface Thing {
  readonly kind: Kind;
  readonly name: string;
  readonly version: string | undefined;
  readonly dimensions: Dimensions;
}

/** What has a metric of requests: by its name alone, and by its name and version. */
async function thingsOf(ctx: Context, kind: Kind): Promise<Thing[]> {
  const found: Thing[] = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await ctx.call("cloudwatch", "ListMetrics", { Namespace: kind.namespace, MetricName: kind.requests, NextToken });
    for (const { Dimensions = [] } of page.Metrics ?? []) {
      const dimensions = Dimensions.map(({ Name = "", Value = "" }) => ({ Name, Value }));
      const at = (name: string | undefined): string | undefined => dimensions.find(({ Name }) => Name === name)?.Value;
      const name = at(kind.dimension);
      const version = at(kind.version);
      if (name !== undefined && (version !== undefined || dimensions.length === 1)) found.push({ kind, name, version, dimensions });
    }
    NextToken = page.NextToken;
    if (NextToken === undefined) return found;
  }
}

function questions(kind: Kind, dimensions: Dimensions): Asked[] {
  const ask = (metric: string | undefined, ...stats: readonly string[]): Asked[] =>
    metric === undefined ? [] : stats.map((stat) => ({ namespace: kind.namespace, metric, dimensions, stat }));
  return [
    ...ask(kind.requests, "Sum"),
    ...ask(kind.faults, "Sum"),
    ...ask(kind.errors, "Sum"),
    ...ask(kind.latency, "p50", "p90", "p99"),
    ...ask(kind.saturation, "Maximum"),
  ];
}

/** Each minute's values, by what was asked. */
async function measure(ctx: Context, asked: readonly Asked[], minutes: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const end = Math.ceil((ctx.now + 1) / MINUTE_MS) * MINUTE_MS;
  const range = { StartTime: new Date(end - minutes * MINUTE_MS), EndTime: new Date(end) };
  const values = new Map<string, readonly number[]>();
  for (let at = 0; at < asked.length; at += MOST_QUERIES) {
    const batch = asked.slice(at, at + MOST_QUERIES);
    const queries = batch.map(({ namespace, metric, dimensions, stat }, i) => ({
      Id: `q${i}`,
      MetricStat: { Metric: { Namespace: namespace, MetricName: metric, Dimensions: [...dimensions] }, Period: 60, Stat: stat },
    }));
    const { MetricDataResults = [] } = await ctx.call("cloudwatch", "GetMetricData", { ...range, MetricDataQueries: queries });
    for (const { Id = "", Values = [] } of MetricDataResults) {
      const one = batch[Number(Id.slice(1))];
      if (one !== undefined) values.set(keyOf(one), Values);
    }
  }
  return values;
}

function combine({ kind, dimensions }: Thing, values: ReadonlyMap<string, readonly number[]>, minutes: number): Signals {
  const of = (metric: string | undefined, stat: string): readonly number[] =>
    metric === undefined ? [] : (values.get(keyOf({ namespace: kind.namespace, metric, dimensions, stat })) ?? []);
  const sum = (metric: string | undefined): number => of(metric, "Sum").reduce((total, value) => total + value, 0);
  const worst = (metric: string | undefined, stat: string): number | null => {
    const all = of(metric, stat);
    return all.length === 0 ? null : Math.max(...all);
  };
  const requests = sum(kind.requests);
  return {
    requests,
    rate: requests / (minutes * 60),
    faults: sum(kind.faults),
    errors: sum(kind.errors),
    p50: worst(kind.latency, "p50"),
    p90: worst(kind.latency, "p90"),
    p99: worst(kind.latency, "p99"),
    saturation: worst(kind.saturation, "Maximum"),
  };
}
