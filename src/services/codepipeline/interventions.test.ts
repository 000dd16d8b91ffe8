import {
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  ListPipelineExecutionsCommand,
  ListRuleExecutionsCommand,
  OverrideStageConditionCommand,
  type Result,
  RetryStageExecutionCommand,
  RollbackStageCommand,
  type RuleDeclaration,
  StopPipelineExecutionCommand,
  UpdatePipelineCommand,
} from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { action, approval, Pipelines } from "../../../test/support/pipeline.ts";
import { scriptActions } from "./scripted.ts";

const MINUTE = 60_000;
let pipelines: Pipelines;
beforeAll(async () => {
  pipelines = await Pipelines.start();
});
beforeEach(() => pipelines.script());
afterAll(() => pipelines.stop());

const stop = (pipelineName: string, pipelineExecutionId: string, more: { abandon?: boolean; reason?: string } = {}) =>
  pipelines.client.send(new StopPipelineExecutionCommand({ pipelineName, pipelineExecutionId, ...more }));
const retry = async (pipelineName: string, stageName: string, pipelineExecutionId: string, retryMode: "FAILED_ACTIONS" | "ALL_ACTIONS") => {
  await pipelines.client.send(new RetryStageExecutionCommand({ pipelineName, stageName, pipelineExecutionId, retryMode }));
  await pipelines.rest();
};
const roll = async (pipelineName: string, stageName: string, targetPipelineExecutionId: string) => {
  const { pipelineExecutionId = "" } = await pipelines.client.send(
    new RollbackStageCommand({ pipelineName, stageName, targetPipelineExecutionId }),
  );
  await pipelines.rest();
  return pipelineExecutionId;
};

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("stop and wait: what is in progress ends, and nothing more begins", async () => {
  pipelines.script({ "waits/Build/A": { status: "Succeeded", after: 5 * MINUTE } });
  const id = await pipelines.create("waits", [{ name: "Build", actions: [action("A"), action("B", { runOrder: 2 })] }]);
  await stop("waits", id, { reason: "a pause" });
  expect(await pipelines.status("waits", id)).toBe("Stopping");
  await expect(stop("waits", id)).rejects.toMatchObject({ name: "DuplicatedStopRequestException" });
  await pipelines.pass(5 * MINUTE);
  expect(pipelines.story("waits", id).slice(-5)).toEqual([
    "pipeline STOPPING",
    "Build STOPPING",
    "Build/A SUCCEEDED",
    "Build STOPPED",
    "pipeline STOPPED",
  ]);
  const { pipelineExecutionSummaries: [summary] = [] } = await pipelines.client.send(
    new ListPipelineExecutionsCommand({ pipelineName: "waits" }),
  );
  expect(summary).toMatchObject({ status: "Stopped", stopTrigger: { reason: "a pause" } });
  await expect(stop("waits", id)).rejects.toMatchObject({ name: "PipelineExecutionNotStoppableException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("stop and abandon: what is in progress is abandoned, and the stage is free at once", async () => {
  pipelines.script({ "leaves/Build/A": ["InProgress", "Succeeded"] });
  const id = await pipelines.create("leaves", [{ name: "Build", actions: [action("A")] }]);
  const next = await pipelines.begin("leaves");
  await stop("leaves", id);
  await stop("leaves", id, { abandon: true });
  await pipelines.rest();
  expect(pipelines.story("leaves", id).slice(-3)).toEqual(["Build/A ABANDONED", "Build STOPPED", "pipeline STOPPED"]);
  expect(await pipelines.status("leaves", next)).toBe("Succeeded");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
it("an execution that waits in front of a stage stops at once", async () => {
  await pipelines.create("inbound", [{ name: "Gate", actions: [approval("Ask")] }]);
  const id = await pipelines.begin("inbound");
  await stop("inbound", id);
  expect(await pipelines.status("inbound", id)).toBe("Stopped");
  expect((await pipelines.stage("inbound", "Gate")).inboundExecutions).toEqual([]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
it("a retry of the failed actions leaves alone what succeeded, and goes on from there", async () => {
  pipelines.script({ "retried/Build/Bad": ["Failed", "Succeeded"] });
  const id = await pipelines.create("retried", [
    { name: "Build", actions: [action("Good"), action("Bad")] },
    { name: "Deploy", actions: [action("Go")] },
  ]);
  expect(await pipelines.status("retried", id)).toBe("Failed");
  await retry("retried", "Build", id, "FAILED_ACTIONS");
  const story = pipelines.story("retried", id);
  expect(story.slice(story.indexOf("pipeline RESUMED"))).toEqual([
    "pipeline RESUMED",
    "Build RESUMED",
    "Build/Bad STARTED",
    "Build/Bad SUCCEEDED",
    "Build SUCCEEDED",
    "Deploy STARTED",
    "Deploy/Go STARTED",
    "Deploy/Go SUCCEEDED",
    "Deploy SUCCEEDED",
    "pipeline SUCCEEDED",
  ]);
  const metadata = { manualStageRetryAttempt: 1, latestRetryTrigger: "ManualStageRetry" };
  expect((await pipelines.stage("retried", "Build")).retryStageMetadata).toEqual(metadata);
  const again = retry("retried", "Build", id, "FAILED_ACTIONS");
  await expect(again).rejects.toMatchObject({ name: "StageNotRetryableException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
it("a retry of all actions begins the stage anew", async () => {
  pipelines.script({ "anew/Build/Bad": ["Failed", "Succeeded"] });
  const id = await pipelines.create("anew", [{ name: "Build", actions: [action("Good"), action("Bad", { runOrder: 2 })] }]);
  await retry("anew", "Build", id, "ALL_ACTIONS");
  expect(pipelines.story("anew", id).filter((entry) => entry === "Build/Good SUCCEEDED")).toHaveLength(2);
  expect(await pipelines.status("anew", id)).toBe("Succeeded");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
it("failed actions can be retried while others are in progress, all actions can not", async () => {
  pipelines.script({ "busy/Build/Bad": ["Failed", "Succeeded"], "busy/Build/Slow": { status: "Succeeded", after: 5 * MINUTE } });
  const id = await pipelines.create("busy", [{ name: "Build", actions: [action("Bad"), action("Slow")] }]);
  await expect(retry("busy", "Build", id, "ALL_ACTIONS")).rejects.toMatchObject({ name: "StageNotRetryableException" });
  await retry("busy", "Build", id, "FAILED_ACTIONS");
  await pipelines.pass(5 * MINUTE);
  expect(await pipelines.status("busy", id)).toBe("Succeeded");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RetryStageExecution.html
it("only the latest execution of a stage can be retried, and only under the same definition", async () => {
  pipelines.script({ "latest/Build/A": ["Failed", "Failed", "Succeeded"] });
  const first = await pipelines.create("latest", [{ name: "Build", actions: [action("A")] }]);
  const second = await pipelines.begin("latest");
  await expect(retry("latest", "Build", first, "ALL_ACTIONS")).rejects.toMatchObject({ name: "NotLatestPipelineExecutionException" });
  const { pipeline } = await pipelines.client.send(new GetPipelineCommand({ name: "latest" }));
  await pipelines.client.send(new UpdatePipelineCommand({ pipeline }));
  await expect(retry("latest", "Build", second, "ALL_ACTIONS")).rejects.toMatchObject({ name: "StageNotRetryableException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
it("a stage retries itself once", async () => {
  pipelines.script({ "itself/Build/A": ["Failed", "Failed", "Succeeded"] });
  const onFailure = { result: "RETRY", retryConfiguration: { retryMode: "ALL_ACTIONS" } } as const;
  const id = await pipelines.create("itself", [{ name: "Build", actions: [action("A")], onFailure }]);
  expect(pipelines.story("itself", id).filter((entry) => entry === "Build/A FAILED")).toHaveLength(2);
  expect(await pipelines.status("itself", id)).toBe("Failed");
  const metadata = { autoStageRetryAttempt: 1, latestRetryTrigger: "AutomatedStageRetry" };
  expect((await pipelines.stage("itself", "Build")).retryStageMetadata).toEqual(metadata);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html
it("a stage is rolled back by an execution of its own, with the target's variables", async () => {
  const seen: unknown[] = [];
  pipelines.script({
    "rolled/Build/Make": (run) => ({ status: "Succeeded", variables: { Of: run.pipelineExecutionId } }),
    "rolled/Deploy/Go": (run) => {
      seen.push(run.configuration["UserParameters"]);
      return "Succeeded";
    },
  });
  const configuration = { FunctionName: "f", UserParameters: "#{made.Of}" };
  const stages = [
    { name: "Build", actions: [action("Make", { namespace: "made" })] },
    { name: "Deploy", actions: [action("Go", { configuration })] },
  ];
  const first = await pipelines.create("rolled", stages);
  const second = await pipelines.begin("rolled");
  const back = await roll("rolled", "Deploy", first);
  expect(seen).toEqual([first, second, first]);
  const { pipelineExecution } = await pipelines.client.send(
    new GetPipelineExecutionCommand({ pipelineName: "rolled", pipelineExecutionId: back }),
  );
  expect(pipelineExecution).toMatchObject({
    status: "Succeeded",
    executionType: "ROLLBACK",
    rollbackMetadata: { rollbackTargetPipelineExecutionId: first },
    trigger: { triggerType: "ManualRollback", triggerDetail: "arn:aws:iam::000000000000:root" },
  });
  expect((await pipelines.stage("rolled", "Deploy")).latestExecution).toEqual({
    pipelineExecutionId: back,
    status: "Succeeded",
    type: "ROLLBACK",
  });
  const unable = { name: "UnableToRollbackStageException" };
  await expect(roll("rolled", "Source", first)).rejects.toMatchObject(unable);
  await expect(roll("rolled", "Deploy", back)).rejects.toMatchObject(unable);
  const { pipeline } = await pipelines.client.send(new GetPipelineCommand({ name: "rolled" }));
  await pipelines.client.send(new UpdatePipelineCommand({ pipeline }));
  await expect(roll("rolled", "Deploy", first)).rejects.toMatchObject({ name: "PipelineExecutionOutdatedException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback-auto.html
it("a stage that fails rolls itself back to the execution that was the last to succeed in it", async () => {
  pipelines.script({ "auto/Deploy/Go": ["Succeeded", "Failed", "Succeeded", "Failed"] });
  const stage = { name: "Deploy", actions: [action("Go")], onFailure: { result: "ROLLBACK" } } as const;
  const good = await pipelines.create("auto", [{ ...stage, actions: [...stage.actions] }]);
  const bad = await pipelines.begin("auto");
  expect(await pipelines.status("auto", bad)).toBe("Failed");
  const { pipelineExecutionSummaries: [newest] = [] } = await pipelines.client.send(
    new ListPipelineExecutionsCommand({ pipelineName: "auto" }),
  );
  expect(newest).toMatchObject({
    status: "Succeeded",
    executionType: "ROLLBACK",
    rollbackMetadata: { rollbackTargetPipelineExecutionId: good },
    trigger: { triggerType: "AutomatedRollback", triggerDetail: JSON.stringify({ FailedPipelineExecutionId: bad }) },
  });
});

const rule = (name: string): RuleDeclaration => ({
  name,
  ruleTypeId: { category: "Rule", owner: "AWS", provider: "VariableCheck", version: "1" },
  configuration: { Variable: "#{variables.color}", Value: "green", Operator: "EQ" },
});
const variables = [{ name: "color", defaultValue: "green" }];
const conditions = (result: Result, ...names: string[]) => ({ conditions: [{ result, rules: names.map(rule) }] });

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it("an entry condition that is not met fails the stage, or skips it", async () => {
  scriptActions(pipelines.cloud.cloud, { "Source/S3": "Succeeded", "Invoke/Lambda": "Succeeded" });
  const build = { name: "Build", actions: [action("A")] };
  const next = { name: "Next", actions: [action("B")] };
  await pipelines.create("entry", [{ ...build, beforeEntry: conditions("FAIL", "Is") }, next], { variables });
  const failed = await pipelines.begin("entry", [{ name: "color", value: "red" }]);
  expect(await pipelines.status("entry", failed)).toBe("Failed");
  expect(pipelines.story("entry", failed)).not.toContain("Build/A STARTED");
  await pipelines.create("skip", [{ ...build, beforeEntry: conditions("SKIP", "Is") }, next], { variables });
  const skipped = await pipelines.begin("skip", [{ name: "color", value: "red" }]);
  expect(await pipelines.status("skip", skipped)).toBe("Succeeded");
  expect(pipelines.story("skip", skipped).filter((entry) => /^(Build|Next)/.test(entry))).toEqual([
    "Build STARTED",
    "Build SKIPPED",
    "Next STARTED",
    "Next/B STARTED",
    "Next/B SUCCEEDED",
    "Next SUCCEEDED",
  ]);
  expect((await pipelines.stage("skip", "Build")).latestExecution?.status).toBe("Skipped");
  await expect(retry("skip", "Build", skipped, "ALL_ACTIONS")).rejects.toMatchObject({ name: "StageNotRetryableException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it("all rules of a success condition have to succeed, else the stage fails and is rolled back", async () => {
  pipelines.script({ "after/Deploy/First": "Succeeded", "after/Deploy/Second": ["Succeeded", { status: "Failed", after: MINUTE }] });
  const stage = { name: "Deploy", actions: [action("Go")], onSuccess: conditions("ROLLBACK", "First", "Second") };
  const good = await pipelines.create("after", [stage], { variables });
  const bad = await pipelines.begin("after");
  const checking = await pipelines.stage("after", "Deploy");
  expect(checking.onSuccessConditionState).toMatchObject({
    latestExecution: { status: "InProgress" },
    conditionStates: [{ ruleStates: [{ ruleName: "First", latestExecution: { status: "Succeeded" } }, { ruleName: "Second" }] }],
  });
  await pipelines.pass(MINUTE);
  expect(await pipelines.status("after", bad)).toBe("Failed");
  const { ruleExecutionDetails = [] } = await pipelines.client.send(
    new ListRuleExecutionsCommand({ pipelineName: "after", filter: { pipelineExecutionId: bad } }),
  );
  expect(ruleExecutionDetails.map(({ ruleName, status }) => [ruleName, status])).toEqual([
    ["Second", "Failed"],
    ["First", "Succeeded"],
  ]);
  const { pipelineExecutionSummaries: [newest] = [] } = await pipelines.client.send(
    new ListPipelineExecutionsCommand({ pipelineName: "after" }),
  );
  expect(newest).toMatchObject({ executionType: "ROLLBACK", rollbackMetadata: { rollbackTargetPipelineExecutionId: good } });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it("a condition in progress can be overridden: its rules are abandoned and the stage proceeds", async () => {
  pipelines.script({ "over/Deploy/Is": "InProgress" });
  const id = await pipelines.create("over", [{ name: "Deploy", actions: [action("Go")], beforeEntry: conditions("FAIL", "Is") }], {
    variables,
  });
  const override = { pipelineName: "over", stageName: "Deploy", pipelineExecutionId: id, conditionType: "BEFORE_ENTRY" } as const;
  await pipelines.client.send(new OverrideStageConditionCommand(override));
  await pipelines.rest();
  expect(await pipelines.status("over", id)).toBe("Succeeded");
  expect((await pipelines.stage("over", "Deploy")).beforeEntryConditionState).toMatchObject({
    latestExecution: { status: "Overridden" },
    conditionStates: [{ ruleStates: [{ latestExecution: { status: "Abandoned" } }] }],
  });
  const again = pipelines.client.send(new OverrideStageConditionCommand(override));
  await expect(again).rejects.toMatchObject({ name: "ConditionNotOverridableException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
it("a failure condition that is met rolls the stage back", async () => {
  pipelines.script({ "failure/Deploy/Go": ["Succeeded", "Failed", "Succeeded"] });
  const stage = { name: "Deploy", actions: [action("Go")], onFailure: conditions("ROLLBACK", "Is") };
  const good = await pipelines.create("failure", [stage], { variables });
  const bad = await pipelines.begin("failure");
  expect(await pipelines.status("failure", bad)).toBe("Failed");
  expect((await pipelines.stage("failure", "Deploy")).latestExecution).toMatchObject({ status: "Succeeded", type: "ROLLBACK" });
  expect(good).not.toBe(bad);
});
