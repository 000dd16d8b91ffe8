import { equal } from "node:assert/strict";
import type { Input } from "../../src/aws/clients.ts";
import { scriptActions } from "../../src/services/codepipeline/index.ts";
import { BenchCloud, MINUTE_MS, ROLE } from "./cloud.ts";

/** One moment of a run: executions that have ended by then, live memory in MB, and what this wave took. */
export interface Wave {
  readonly executions: number;
  readonly heapMb: number;
  readonly residentMb: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly shifts: number;
}

const WAVES = [200, 300, 500];
const PIPELINES = 200;
const CANARIES = 100;
const WAVE_MINUTES = 40;

/**
 * Pipelines of a source that takes a virtual minute, a build that takes three and a deployment that takes five, beside
 * canaries whose alarms see data every minute. Everything is real but what the pipelines' actions would do.
 */
export async function scale(share = 1): Promise<Wave[]> {
  const bench = await BenchCloud.start();
  const [pipelines, canaries] = [Math.round(PIPELINES * share), Math.round(CANARIES * share)];
  try {
    await prepare(bench, pipelines, canaries);
    const waves: Wave[] = [];
    let executions = 0;
    for (const [index, size] of WAVES.entries()) {
      const [wall, cpu, began] = [performance.now(), process.cpuUsage(), bench.ctx.now];
      for (let i = 0; i < canaries; i++) await putFailures(bench, i);
      const [from, to] = index % 2 === 0 ? ["1", "2"] : ["2", "1"];
      const position = bench.orrery.cloud.timeline.last();
      for (let i = 0; i < canaries; i++) await bench.deploy("orders", `live${i}`, from, to);
      for (let i = 0; i < Math.round(size * share); i++, executions++)
        await bench.ctx.call("codepipeline", "StartPipelineExecution", { name: `p${executions % pipelines}` });
      await bench.skip(WAVE_MINUTES * MINUTE_MS);
      const used = process.cpuUsage(cpu);
      const [wallMs, cpuMs] = [performance.now() - wall, (used.user + used.system) / 1_000];
      const shifts = checkShifts(bench, { position, began, canaries });
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      waves.push({ executions, heapMb: heapUsed / 2 ** 20, residentMb: rss / 2 ** 20, wallMs, cpuMs, shifts });
    }
    await checkExecutions(bench, pipelines, executions);
    return waves;
  } finally {
    await bench.stop();
  }
}

async function prepare(bench: BenchCloud, pipelines: number, canaries: number): Promise<void> {
  const { ctx } = bench;
  scriptActions(bench.orrery.cloud, {
    "Source/S3": { status: "Succeeded", after: MINUTE_MS },
    "Build/CodeBuild": { status: "Succeeded", after: 3 * MINUTE_MS },
    "Deploy/CodeDeploy": { status: "Succeeded", after: 5 * MINUTE_MS },
  });
  await bench.publish(
    "orders",
    [1, 2].map((version) => `exports.handler = async () => ${version};`),
  );
  await ctx.call("codedeploy", "CreateApplication", { applicationName: "bench", computePlatform: "Lambda" });
  for (let i = 0; i < canaries; i++) {
    const Name = `live${i}`;
    await ctx.call("lambda", "CreateAlias", { FunctionName: "orders", Name, FunctionVersion: "1" });
    await ctx.call("cloudwatch", "PutMetricAlarm", alarm(Name));
    await bench.group(Name, i % 2 === 0 ? "Canary10Percent30Minutes" : "Linear10PercentEvery3Minutes", Name);
  }
  await ctx.call("s3", "CreateBucket", { Bucket: "artifacts" });
  for (let i = 0; i < pipelines; i++) await ctx.call("codepipeline", "CreatePipeline", { pipeline: pipeline(`p${i}`) });
  // The execution that a new pipeline begins with is not counted.
  await bench.skip(WAVE_MINUTES * MINUTE_MS);
}

/** Two minutes with a failure make it go off. */
export function alarm(AlarmName: string): Input<"cloudwatch", "PutMetricAlarm"> {
  return {
    AlarmName,
    Namespace: "Bench",
    MetricName: "Failures",
    Dimensions: [{ Name: "Canary", Value: AlarmName }],
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 2,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
  };
}

/** One value of 0 for each minute of the wave. */
async function putFailures(bench: BenchCloud, index: number): Promise<void> {
  const Dimensions = [{ Name: "Canary", Value: `live${index}` }];
  const MetricData = Array.from({ length: WAVE_MINUTES }, (_, minute) => ({
    MetricName: "Failures",
    Dimensions,
    Timestamp: new Date(bench.ctx.now + minute * MINUTE_MS),
    Value: 0,
  }));
  await bench.ctx.call("cloudwatch", "PutMetricData", { Namespace: "Bench", MetricData });
}

function pipeline(name: string) {
  const action = (category: "Source" | "Build" | "Deploy", provider: string, configuration: Record<string, string>, more: object) => ({
    name: category,
    actions: [{ name: category, actionTypeId: { category, owner: "AWS" as const, provider, version: "1" }, configuration, ...more }],
  });
  return {
    name,
    roleArn: ROLE,
    artifactStore: { type: "S3" as const, location: "artifacts" },
    pipelineType: "V2" as const,
    executionMode: "QUEUED" as const,
    stages: [
      action(
        "Source",
        "S3",
        { S3Bucket: "artifacts", S3ObjectKey: "app.zip", PollForSourceChanges: "false" },
        { outputArtifacts: [{ name: "App" }] },
      ),
      action("Build", "CodeBuild", { ProjectName: "build" }, { inputArtifacts: [{ name: "App" }] }),
      action("Deploy", "CodeDeploy", { ApplicationName: "bench", DeploymentGroupName: "live0" }, { inputArtifacts: [{ name: "App" }] }),
    ],
  };
}

/** Each weight at its virtual instant, to the millisecond; answers how many there were. */
function checkShifts(bench: BenchCloud, { position, began, canaries }: { position: number; began: number; canaries: number }): number {
  const filter = { after: position, type: "Traffic shifted", limit: Number.MAX_SAFE_INTEGER };
  const shifts = bench.orrery.cloud.timeline.read(filter);
  const byAlias = Map.groupBy(shifts, ({ detail }) => String(detail["alias"]));
  equal(byAlias.size, canaries);
  for (const [alias, own] of byAlias) {
    const isCanary = Number(alias.slice("live".length)) % 2 === 0;
    const due = isCanary ? [0, 30] : Array.from({ length: 10 }, (_, step) => step * 3);
    equal(own.map(({ time }) => time - began).join(), due.map((minute) => minute * MINUTE_MS).join(), alias);
    equal(own.at(-1)?.detail["targetWeight"], 100);
  }
  return shifts.length;
}

async function checkExecutions(bench: BenchCloud, pipelines: number, executions: number): Promise<void> {
  let ended = 0;
  for (let i = 0; i < pipelines; i++) {
    const { pipelineExecutionSummaries = [] } = await bench.ctx.call("codepipeline", "ListPipelineExecutions", { pipelineName: `p${i}` });
    ended += pipelineExecutionSummaries.filter(({ status }) => status === "Succeeded").length;
  }
  equal(ended, executions + pipelines);
}
