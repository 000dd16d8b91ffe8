import { type Cloud, Context } from "../../aws/context.ts";
import { servicePrincipal } from "../../aws/identity.ts";
import { messageOf } from "../../kernel/errors.ts";

/** One measurement of one invocation. */
export interface Measurement {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** Version or alias that was asked for, if any. */
  readonly qualifier: string | undefined;
  readonly executedVersion: string;
  readonly values: Readonly<Record<string, number>>;
}

interface Series {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly timestamp: number;
  readonly values: number[];
  readonly generation: number;
}

const NAMESPACE = "AWS/Lambda";
/** Limits of PutMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MOST_DATA = 1_000;
const MOST_VALUES = 150;
const RESOLUTION_MS = 1_000;

/** Brings measurements to CloudWatch, gathered by series, off the way of the invocations. */
export class MetricShipper {
  readonly #cloud: Cloud;
  #pending = new Map<string, Series>();
  #shipping: Promise<void> | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  record(measurement: Measurement): void {
    const timestamp = Math.floor(this.#cloud.clock.now() / RESOLUTION_MS) * RESOLUTION_MS;
    const { account, region } = measurement;
    const { generation } = this.#cloud.store;
    for (const dimensions of dimensionsOf(measurement)) {
      for (const [name, value] of Object.entries(measurement.values)) {
        const base = [generation, account, region, name, timestamp, ...dimensions.map((dimension) => dimension.Value)].join("|");
        let series = this.#pending.get(base);
        if (series === undefined || series.values.length >= MOST_VALUES) {
          if (series !== undefined) this.#pending.set(`${base}|${this.#pending.size}`, series);
          series = { account, region, name, dimensions, timestamp, values: [], generation };
          this.#pending.set(base, series);
        }
        series.values.push(value);
      }
    }
    this.#shipping ??= this.#ship();
  }

  async #ship(): Promise<void> {
    const release = this.#cloud.clock.busy("function metrics");
    try {
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#pending.size > 0) {
        const series = [...this.#pending.values()];
        this.#pending = new Map();
        for (const group of Map.groupBy(series, (one) => `${one.account}|${one.region}|${one.generation}`).values()) await this.#put(group);
      }
    } catch (error) {
      this.#cloud.log.warn("measurements of functions were lost", { reason: messageOf(error) });
    } finally {
      this.#shipping = undefined;
      release();
    }
  }

  async #put(series: readonly Series[]): Promise<void> {
    const [first] = series;
    if (first === undefined) return;
    const principal = servicePrincipal(first.account, "lambda.amazonaws.com");
    const { account, region, generation } = first;
    const ctx = new Context(this.#cloud, { account, region, principal, generation });
    if (!ctx.isCurrent) return;
    for (let at = 0; at < series.length; at += MOST_DATA) {
      const MetricData = series.slice(at, at + MOST_DATA).map((one) => ({
        MetricName: one.name,
        Dimensions: [...one.dimensions],
        Timestamp: new Date(one.timestamp),
        Values: one.values,
        Unit: one.name === "Duration" ? ("Milliseconds" as const) : ("Count" as const),
      }));
      await ctx.call("cloudwatch", "PutMetricData", { Namespace: NAMESPACE, MetricData });
    }
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html: by function, by resource, by executed version, and for all. */
function dimensionsOf(measurement: Measurement): Series["dimensions"][] {
  const { functionName, qualifier, executedVersion } = measurement;
  const byName = { Name: "FunctionName", Value: functionName };
  const resource = { Name: "Resource", Value: qualifier === undefined ? functionName : `${functionName}:${qualifier}` };
  const all: Series["dimensions"][] = [[], [byName], [byName, resource]];
  const isAlias = qualifier !== undefined && qualifier !== executedVersion;
  return isAlias ? [...all, [byName, resource, { Name: "ExecutedVersion", Value: executedVersion }]] : all;
}
