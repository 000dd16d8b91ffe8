import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startCloud } from "../../../test/support/cloud.ts";
import { action, approval, Pipelines } from "../../../test/support/pipeline.ts";
import { scriptActions } from "./scripted.ts";

const MINUTE = 60_000;
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "orrery-pipelines-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const script = { "*": { status: "Succeeded", after: 5 * MINUTE } } as const;

// assumed
it("what was in progress when the server ended goes on where it was", async () => {
  const pipelines = await Pipelines.start({ dataDir });
  pipelines.script(script);
  const id = await pipelines.create("p", [
    { name: "Build", actions: [action("A"), action("B")] },
    { name: "Gate", actions: [approval("Ask")] },
  ]);
  await pipelines.pass(6 * MINUTE);
  await pipelines.stop();

  const again = await startCloud({ dataDir });
  scriptActions(again.cloud, script);
  await again.cloud.clock.advance(4 * MINUTE);
  await again.cloud.clock.idle();
  const state = await again.ctx.call("codepipeline", "GetPipelineState", { name: "p" });
  expect(state.stageStates?.map(({ latestExecution }) => [latestExecution?.pipelineExecutionId, latestExecution?.status])).toEqual([
    [id, "Succeeded"],
    [id, "Succeeded"],
    [id, "InProgress"],
  ]);
  const started = again.cloud.timeline
    .read({ source: "aws.codepipeline" })
    .filter(({ detail }) => detail["action"] === "A" && detail["state"] === "STARTED");
  expect(started).toHaveLength(1);
  await again.stop();
});

// assumed
it("a message that is delivered twice changes nothing the second time", async () => {
  const pipelines = await Pipelines.start({ dataDir });
  pipelines.script({ "p/Build/A": { status: "Succeeded", after: MINUTE } });
  await pipelines.create("p", [{ name: "Build", actions: [action("A")] }]);
  const { ctx } = pipelines.cloud;
  const { actionExecutionDetails: [run] = [] } = await ctx.call("codepipeline", "ListActionExecutions", { pipelineName: "p" });
  const payload = { actionExecutionId: run?.actionExecutionId };
  for (const type of ["run", "wake", "ask", "abandoned"]) ctx.send(`codepipeline.${type}`, payload);
  await pipelines.pass(MINUTE);
  for (const type of ["run", "wake", "ask", "timeout", "abandoned"]) ctx.send(`codepipeline.${type}`, payload);
  await pipelines.rest();
  expect(pipelines.story("p").filter((entry) => entry.startsWith("Build"))).toEqual([
    "Build STARTED",
    "Build/A STARTED",
    "Build/A SUCCEEDED",
    "Build SUCCEEDED",
  ]);
  expect(pipelines.cloud.cloud.scheduler.deadLetters()).toEqual([]);
  await pipelines.stop();
});

// assumed
it("a reset leaves nothing of pipelines behind", async () => {
  const pipelines = await Pipelines.start({ dataDir });
  pipelines.script(script);
  await pipelines.create("p", [{ name: "Build", actions: [action("A")] }]);
  await pipelines.cloud.reset();
  await pipelines.pass(60 * MINUTE);
  expect((await pipelines.cloud.ctx.call("codepipeline", "ListPipelines", {})).pipelines).toEqual([]);
  expect(pipelines.story("p")).toEqual([]);
  await pipelines.stop();
});
