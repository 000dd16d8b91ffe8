import type { Input } from "../../../aws/clients.ts";
import type { Context } from "../../../aws/context.ts";
import { MINUTE_MS } from "../time.ts";

type Datum = NonNullable<Input<"cloudwatch", "PutMetricData">["MetricData"]>[number];

interface Series {
  readonly name: string;
  readonly unit: "Milliseconds" | "None";
  readonly dimensions: Readonly<Record<string, string>>;
  /** Virtual ms, a minute's beginning. */
  readonly time: number;
  readonly counts: Map<number, number>;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MOST_DATA = 1_000;
const MOST_VALUES = 150;

/** Values that came at their own times, put together by minute before they are put. */
export class MetricBatch {
  readonly #series = new Map<string, Series>();

  add(name: Series["name"], value: number, at: Pick<Series, "unit" | "dimensions" | "time">): void {
    const time = Math.floor(at.time / MINUTE_MS) * MINUTE_MS;
    const key = `${name}|${time}|${JSON.stringify(at.dimensions)}`;
    const series = this.#series.get(key) ?? { ...at, name, time, counts: new Map<number, number>() };
    this.#series.set(key, series);
    series.counts.set(value, (series.counts.get(value) ?? 0) + 1);
  }

  async put(ctx: Context, namespace: string): Promise<void> {
    const data = [...this.#series.values()].flatMap(dataOf);
    for (let from = 0; from < data.length; from += MOST_DATA) {
      await ctx.call("cloudwatch", "PutMetricData", { Namespace: namespace, MetricData: data.slice(from, from + MOST_DATA) });
    }
  }
}

function dataOf({ name, unit, dimensions, time, counts }: Series): Datum[] {
  const values = [...counts];
  const common = {
    MetricName: name,
    Unit: unit,
    Timestamp: new Date(time),
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
  const chunks = Array.from({ length: Math.ceil(values.length / MOST_VALUES) }, (_, index) =>
    values.slice(index * MOST_VALUES, (index + 1) * MOST_VALUES),
  );
  return chunks.map((chunk) => ({ ...common, Values: chunk.map(([value]) => value), Counts: chunk.map(([, count]) => count) }));
}
