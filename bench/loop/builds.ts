import { equal } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { BenchCloud, ROLE } from "./cloud.ts";

/** Wall ms of each build less those of its commands in a shell, and live memory in MB before and after many log lines. */
export interface BuildCost {
  readonly overheads: readonly number[];
  readonly heapBeforeMb: number;
  readonly heapAfterMb: number;
  readonly logLines: number;
}

const BUILDS = 25;
const TALKING_BUILDS = 50;
const LINES_PER_BUILD = 2_000;

export async function builds(): Promise<BuildCost> {
  const bench = await BenchCloud.start({ mode: "real" });
  try {
    await project(bench, "short", "true");
    await project(bench, "talking", `for i in $(seq ${LINES_PER_BUILD}); do echo "line $i of the output of a build"; done`);
    await build(bench, "short");
    const overheads: number[] = [];
    for (let i = 0; i < BUILDS; i++) overheads.push((await build(bench, "short")) - bare("true"));
    await build(bench, "talking");
    const heapBeforeMb = heap();
    for (let i = 0; i < TALKING_BUILDS; i++) await build(bench, "talking");
    return { overheads, heapBeforeMb, heapAfterMb: heap(), logLines: TALKING_BUILDS * LINES_PER_BUILD };
  } finally {
    await bench.stop();
  }
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function bare(command: string): number {
  const began = performance.now();
  execFileSync("/bin/sh", ["-c", command]);
  return performance.now() - began;
}

async function project(bench: BenchCloud, name: string, ...commands: string[]): Promise<void> {
  await bench.ctx.call("codebuild", "CreateProject", {
    name,
    source: { type: "NO_SOURCE", buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands } } }) },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL" },
    serviceRole: ROLE,
  });
}

/** From StartBuild until the event that says that it is COMPLETED. */
async function build(bench: BenchCloud, projectName: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const forget = bench.orrery.cloud.timeline.listen(({ type, detail }) => {
    if (type === "CodeBuild Build State Change" && detail["build-status"] !== "IN_PROGRESS") resolve();
  });
  const began = performance.now();
  const started = await bench.ctx.call("codebuild", "StartBuild", { projectName });
  await promise;
  const took = performance.now() - began;
  forget();
  const { builds: [found] = [] } = await bench.ctx.call("codebuild", "BatchGetBuilds", { ids: [started.build?.id ?? ""] });
  equal(found?.buildStatus, "SUCCEEDED");
  return took;
}
