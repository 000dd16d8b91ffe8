import { BenchCloud, MINUTE_MS } from "./cloud.ts";
import { alarm } from "./scale.ts";

/** CPU ms of 30 virtual minutes in `skip`. */
export interface AlarmCost {
  readonly none: number;
  /** With alarms that have never seen a data point, once they have told so. */
  readonly asleep: number;
  /** The same alarms, with one data point a minute each. */
  readonly awake: number;
}

const ALARMS = 200;
const MINUTES = 30;
const SETTLE_MINUTES = 10;

export async function alarms(): Promise<AlarmCost> {
  const bench = await BenchCloud.start();
  try {
    // Twice, since the first time is the compiler's.
    await cost(bench);
    const none = await cost(bench);
    for (let i = 0; i < ALARMS; i++) await bench.ctx.call("cloudwatch", "PutMetricAlarm", alarm(`a${i}`));
    await bench.skip(SETTLE_MINUTES * MINUTE_MS);
    const asleep = await cost(bench);
    for (let i = 0; i < ALARMS; i++) await putData(bench, `a${i}`);
    return { none, asleep, awake: await cost(bench) };
  } finally {
    await bench.stop();
  }
}

async function putData(bench: BenchCloud, name: string): Promise<void> {
  const MetricData = Array.from({ length: MINUTES }, (_, minute) => ({
    MetricName: "Failures",
    Dimensions: [{ Name: "Canary", Value: name }],
    Timestamp: new Date(bench.ctx.now + minute * MINUTE_MS),
    Value: 0,
  }));
  await bench.ctx.call("cloudwatch", "PutMetricData", { Namespace: "Bench", MetricData });
}

async function cost(bench: BenchCloud): Promise<number> {
  const before = process.cpuUsage();
  await bench.skip(MINUTES * MINUTE_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
