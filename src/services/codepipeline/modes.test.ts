import {
  type CreatePipelineCommandInput,
  DisableStageTransitionCommand,
  EnableStageTransitionCommand,
  GetPipelineCommand,
  ListActionExecutionsCommand,
  StartPipelineExecutionCommand,
  UpdatePipelineCommand,
} from "@aws-sdk/client-codepipeline";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { action, approval, Pipelines, source } from "../../../test/support/pipeline.ts";

const DAY = 86_400_000;
let pipelines: Pipelines;
beforeAll(async () => {
  pipelines = await Pipelines.start();
});
beforeEach(() => pipelines.script());
afterAll(() => pipelines.stop());

const gate = { name: "Gate", actions: [approval("Ask")] };
const deploy = { name: "Deploy", actions: [action("Go")] };

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("SUPERSEDED: a newer execution overtakes the one that waits in front of a locked stage", async () => {
  const first = await pipelines.create("superseded", [gate, deploy]);
  const second = await pipelines.begin("superseded");
  const third = await pipelines.begin("superseded");
  expect(await pipelines.status("superseded", second)).toBe("Superseded");
  expect((await pipelines.stage("superseded", "Gate")).inboundExecutions).toEqual([{ pipelineExecutionId: third, status: "InProgress" }]);
  await pipelines.answer("superseded", "Gate", "Approved");
  expect(await pipelines.status("superseded", first)).toBe("Succeeded");
  expect((await pipelines.stage("superseded", "Gate")).latestExecution).toMatchObject({ pipelineExecutionId: third, status: "InProgress" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("QUEUED: executions wait in front of each stage and leave in the order in which they came", async () => {
  const first = await pipelines.create("queued", [gate, deploy], { executionMode: "QUEUED" });
  const others = [await pipelines.begin("queued"), await pipelines.begin("queued"), await pipelines.begin("queued")];
  const inbound = (await pipelines.stage("queued", "Gate")).inboundExecutions?.map(({ pipelineExecutionId }) => pipelineExecutionId);
  expect(inbound).toEqual(others);
  for (const id of [first, ...others]) {
    expect((await pipelines.stage("queued", "Gate")).latestExecution?.pipelineExecutionId).toBe(id);
    await pipelines.answer("queued", "Gate", "Approved");
    expect(await pipelines.status("queued", id)).toBe("Succeeded");
  }
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
it("QUEUED: 50 executions at most", async () => {
  await pipelines.create("full", [gate], { executionMode: "QUEUED" });
  for (let n = 1; n < 50; n++) await pipelines.client.send(new StartPipelineExecutionCommand({ name: "full" }));
  const refused = pipelines.client.send(new StartPipelineExecutionCommand({ name: "full" }));
  await expect(refused).rejects.toMatchObject({ name: "ConcurrentPipelineExecutionsLimitExceededException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html
it("PARALLEL: executions do not wait for each other, and the pipeline has no state", async () => {
  const ids = [await pipelines.create("parallel", [gate], { executionMode: "PARALLEL" })];
  ids.push(await pipelines.begin("parallel"), await pipelines.begin("parallel"));
  for (const id of ids) expect(pipelines.story("parallel", id)).toContain("Gate/Ask STARTED");
  expect(await pipelines.stage("parallel", "Gate")).toMatchObject({ actionStates: [{ actionName: "Ask" }], inboundExecutions: [] });
  expect(await pipelines.stage("parallel", "Gate")).not.toHaveProperty("latestExecution");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
it("PARALLEL: an execution runs 5 actions at once", async () => {
  pipelines.script({ "Invoke/Lambda": { status: "Succeeded", after: 60_000 } });
  const actions = Array.from({ length: 7 }, (_, n) => action(`A${n}`));
  const id = await pipelines.create("wide", [{ name: "Wide", actions }], { executionMode: "PARALLEL" });
  const started = () => pipelines.story("wide", id).filter((entry) => entry.startsWith("Wide/") && entry.endsWith("STARTED")).length;
  expect(started()).toBe(5);
  await pipelines.pass(60_000);
  expect(started()).toBe(7);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("a disabled transition holds executions back, and the latest one goes in when it is enabled", async () => {
  await pipelines.create("held", [deploy]);
  const transition = { pipelineName: "held", stageName: "Deploy", transitionType: "Inbound" } as const;
  await pipelines.client.send(new DisableStageTransitionCommand({ ...transition, reason: "not now" }));
  const older = await pipelines.begin("held");
  const newer = await pipelines.begin("held");
  const held = await pipelines.stage("held", "Deploy");
  expect(held).toMatchObject({
    inboundExecution: { pipelineExecutionId: newer },
    inboundTransitionState: { enabled: false, disabledReason: "not now", lastChangedBy: "arn:aws:iam::000000000000:root" },
  });
  await pipelines.client.send(new EnableStageTransitionCommand(transition));
  await pipelines.rest();
  expect([await pipelines.status("held", older), await pipelines.status("held", newer)]).toEqual(["Superseded", "Succeeded"]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_DisableStageTransition.html
it("the outbound transition of a stage is the inbound one of the next", async () => {
  await pipelines.create("outbound", [deploy]);
  await pipelines.client.send(
    new DisableStageTransitionCommand({ pipelineName: "outbound", stageName: "Source", transitionType: "Outbound", reason: "r" }),
  );
  expect((await pipelines.stage("outbound", "Deploy")).inboundTransitionState?.enabled).toBe(false);
  const unknown = new DisableStageTransitionCommand({ pipelineName: "outbound", stageName: "No", transitionType: "Inbound", reason: "r" });
  await expect(pipelines.client.send(unknown)).rejects.toMatchObject({ name: "StageNotFoundException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html
it("an update of the definition cancels what waits at once, and what is in a stage after its actions in progress", async () => {
  const inside = await pipelines.create("updated", [gate, deploy]);
  const waiting = await pipelines.begin("updated");
  const { pipeline } = await pipelines.client.send(new GetPipelineCommand({ name: "updated" }));
  await pipelines.client.send(new UpdatePipelineCommand({ pipeline }));
  expect([await pipelines.status("updated", inside), await pipelines.status("updated", waiting)]).toEqual(["InProgress", "Cancelled"]);
  await pipelines.answer("updated", "Gate", "Approved");
  expect(await pipelines.status("updated", inside)).toBe("Cancelled");
  expect(pipelines.story("updated", inside).slice(-3)).toEqual(["Gate/Ask SUCCEEDED", "Gate CANCELED", "pipeline CANCELED"]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html
it("an update of the definition lets executions of mode PARALLEL run on under theirs", async () => {
  const id = await pipelines.create("lasting", [gate], { executionMode: "PARALLEL" });
  const pipeline = pipelines.declaration("lasting", [deploy], { executionMode: "QUEUED" }) as CreatePipelineCommandInput["pipeline"];
  await pipelines.client.send(new UpdatePipelineCommand({ pipeline }));
  const { actionExecutionDetails: details = [] } = await pipelines.client.send(
    new ListActionExecutionsCommand({ pipelineName: "lasting" }),
  );
  const token = details.find(({ actionName }) => actionName === "Ask")?.output?.executionResult?.externalExecutionId;
  const result = { status: "Approved", summary: "" } as const;
  await pipelines.cloud.ctx.call("codepipeline", "PutApprovalResult", {
    pipelineName: "lasting",
    stageName: "Gate",
    actionName: "Ask",
    token,
    result,
  });
  await pipelines.rest();
  expect(await pipelines.status("lasting", id)).toBe("Succeeded");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("whatever happens, a stage has one execution in it at most, and in QUEUED mode none overtakes another", async () => {
  const kinds = fc.record({
    mode: fc.constantFrom("SUPERSEDED", "QUEUED"),
    outcomes: fc.array(fc.tuple(fc.constantFrom("Succeeded", "Succeeded", "Failed"), fc.nat(5)), { minLength: 1, maxLength: 12 }),
    starts: fc.array(fc.nat(4), { minLength: 2, maxLength: 8 }),
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(kinds, async ({ mode, outcomes, starts }) => {
      const name = `any${count++}`;
      pipelines.script({ "*": outcomes.map(([status, minutes]) => ({ status, after: minutes * 60_000 }) as never) });
      const stages = ["One", "Two", "Three"].map((stage) => ({ name: stage, actions: [action("A"), action("B", { runOrder: 2 })] }));
      const ids = [await pipelines.create(name, stages, { executionMode: mode as "QUEUED" })];
      for (const minutes of starts) {
        await pipelines.pass(minutes * 60_000);
        ids.push(await pipelines.begin(name));
      }
      await pipelines.pass(DAY);
      checkStages(name, ids, mode);
    }),
    { numRuns: 15 },
  );
});

function checkStages(name: string, ids: readonly string[], mode: string): void {
  const inside = new Map<string, string>();
  const entered = new Map<string, number>();
  const ended = new Set<unknown>();
  for (const { type, detail } of pipelines.cloud.cloud.timeline.read({ source: "aws.codepipeline", limit: 100_000 })) {
    if (detail["pipeline"] !== name) continue;
    const id = String(detail["execution-id"]);
    const stage = String(detail["stage"]);
    if (type === "CodePipeline Pipeline Execution State Change" && detail["state"] !== "STARTED") ended.add(id);
    if (type !== "CodePipeline Stage Execution State Change") continue;
    if (detail["state"] !== "STARTED") {
      inside.delete(stage);
      continue;
    }
    expect(inside.get(stage)).toBeUndefined();
    inside.set(stage, id);
    if (mode === "QUEUED") expect(entered.get(stage) ?? -1).toBeLessThan(ids.indexOf(id));
    entered.set(stage, ids.indexOf(id));
  }
  expect(ended.size).toBe(ids.length);
}

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("all source actions run again whichever one changed", async () => {
  const sources = { name: "Source", actions: [source("One"), source("Two")] };
  await pipelines.client.send(
    new UpdatePipelineCommand({ pipeline: { ...pipelines.declaration("held", [deploy]), stages: [sources, deploy] } }),
  );
  const id = await pipelines.begin("held");
  expect(pipelines.story("held", id)).toEqual(expect.arrayContaining(["Source/One SUCCEEDED", "Source/Two SUCCEEDED"]));
});
