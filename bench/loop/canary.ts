import { equal } from "node:assert/strict";
import { Load } from "../../src/rehearsal/load.ts";
import { BenchCloud, MINUTE_MS } from "./cloud.ts";

/** A canary of 30 minutes under load in `skip`, from its start until the cloud is past its end. */
export interface CanaryRun {
  readonly requests: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

const VERSION_HEADER = "x-version";
const answer = (status: number): string =>
  `exports.handler = async () => ({ statusCode: ${status}, headers: { "${VERSION_HEADER}": process.env.AWS_LAMBDA_FUNCTION_VERSION }, body: "x" });`;
const BROKEN = "exports.handler = async () => { throw new Error('broken'); };";

/** Requests per virtual second over 31 minutes: 930 of them. */
const RATE = 0.5;

export async function canaries(): Promise<{ readonly good: CanaryRun; readonly bad: CanaryRun }> {
  const bench = await BenchCloud.start();
  try {
    const { ctx } = bench;
    const path = await prepare(bench);
    await run(bench, path, { from: "1", to: "1", end: undefined });
    const good = await run(bench, path, { from: "1", to: "2", end: "Succeeded" });
    const bad = await run(bench, path, { from: "2", to: "3", end: "Stopped" });
    const alias = await ctx.call("lambda", "GetAlias", { FunctionName: "shop", Name: "live" });
    equal(alias.FunctionVersion, "2");
    return { good, bad };
  } finally {
    await bench.stop();
  }
}

/** A function with a URL, an alias, an alarm on its errors, and a deployment group. */
async function prepare(bench: BenchCloud): Promise<string> {
  const { ctx } = bench;
  await bench.publish("shop", [answer(200), answer(201), BROKEN]);
  await ctx.call("lambda", "CreateAlias", { FunctionName: "shop", Name: "live", FunctionVersion: "1" });
  const of = { FunctionName: "shop", Qualifier: "live" };
  const { FunctionUrl = "" } = await ctx.call("lambda", "CreateFunctionUrlConfig", { ...of, AuthType: "NONE" });
  const open = { StatementId: "open", Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: "NONE" } as const;
  await ctx.call("lambda", "AddPermission", { ...of, ...open });
  await ctx.call("cloudwatch", "PutMetricAlarm", {
    AlarmName: "shop",
    Namespace: "AWS/Lambda",
    MetricName: "Errors",
    Dimensions: [
      { Name: "FunctionName", Value: "shop" },
      { Name: "Resource", Value: "shop:live" },
    ],
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "notBreaching",
  });
  await ctx.call("codedeploy", "CreateApplication", { applicationName: "bench", computePlatform: "Lambda" });
  await bench.group("live", "Canary10Percent30Minutes", "shop");
  return FunctionUrl;
}

interface Way {
  readonly from: string;
  readonly to: string;
  /** Undefined: load alone, so that processes are there and code is warm. */
  readonly end: "Succeeded" | "Stopped" | undefined;
}

async function run(bench: BenchCloud, url: string, { from, to, end }: Way): Promise<CanaryRun> {
  const { clock } = bench.orrery.cloud;
  const minutes = end === undefined ? 5 : 31;
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const request = { method: "GET", path: "", headers: {}, body: "", weight: 1 };
  const spec = { url, rate: RATE, durationMs: minutes * MINUTE_MS, requests: [request], seed: "bench", versionHeader: VERSION_HEADER };
  const load = new Load("bench", spec, clock);
  const deployment = end === undefined ? undefined : await bench.deploy("shop", "live", from, to);
  await bench.skip(minutes * MINUTE_MS);
  await load.ended;
  const used = process.cpuUsage(cpu);
  if (deployment !== undefined) {
    const { deploymentInfo } = await bench.ctx.call("codedeploy", "GetDeployment", { deploymentId: deployment });
    equal(deploymentInfo?.status, end);
  }
  return { requests: load.report().requests, wallMs: performance.now() - wall, cpuMs: (used.user + used.system) / 1_000 };
}
