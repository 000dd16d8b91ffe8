import { ListActionExecutionsCommand, PutApprovalResultCommand } from "@aws-sdk/client-codepipeline";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { action, approval, Pipelines } from "../../../test/support/pipeline.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
let pipelines: Pipelines;
beforeAll(async () => {
  pipelines = await Pipelines.start();
});
beforeEach(() => pipelines.script());
afterAll(() => pipelines.stop());

const gate = { name: "Gate", actions: [approval("Ask")] };

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-approve-or-reject.html
it("an approval lets the execution go on, and tells who gave it", async () => {
  const id = await pipelines.create("approved", [gate, { name: "Deploy", actions: [action("Go")] }]);
  await pipelines.answer("approved", "Gate", "Approved", "looks good");
  expect(await pipelines.status("approved", id)).toBe("Succeeded");
  const { actionStates: [state] = [] } = await pipelines.stage("approved", "Gate");
  const lastUpdatedBy = "arn:aws:iam::000000000000:root";
  expect(state?.latestExecution).toMatchObject({ status: "Succeeded", summary: "looks good", lastUpdatedBy });
  expect(state?.latestExecution).not.toHaveProperty("token");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html
it("a rejection fails the stage", async () => {
  const id = await pipelines.create("rejected", [gate]);
  await pipelines.answer("rejected", "Gate", "Rejected", "no");
  expect(pipelines.story("rejected", id).slice(-3)).toEqual(["Gate/Ask FAILED", "Gate FAILED", "pipeline FAILED"]);
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
it("an approval times out after 7 days, and holds its stage for as long", async () => {
  const id = await pipelines.create("late", [gate]);
  await pipelines.pass(7 * DAY - 1);
  expect((await pipelines.stage("late", "Gate")).latestExecution?.status).toBe("InProgress");
  await pipelines.pass(1);
  expect(await pipelines.status("late", id)).toBe("Failed");
  const { actionStates: [state] = [] } = await pipelines.stage("late", "Gate");
  expect(state?.latestExecution?.errorDetails?.message).toContain("time-out of 10080 minutes");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html
it("timeoutInMinutes shortens the wait", async () => {
  const id = await pipelines.create("hasty", [{ name: "Gate", actions: [approval("Ask", { timeoutInMinutes: 5 })] }]);
  await pipelines.pass(5 * MINUTE);
  expect(await pipelines.status("hasty", id)).toBe("Failed");
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutApprovalResult.html
it("a token is good for one answer", async () => {
  await pipelines.create("once", [gate]);
  const { actionStates: [state] = [] } = await pipelines.stage("once", "Gate");
  const result = { status: "Approved", summary: "" } as const;
  const answer = { pipelineName: "once", stageName: "Gate", actionName: "Ask", token: state?.latestExecution?.token, result };
  const put = (change: Partial<typeof answer> = {}) => pipelines.client.send(new PutApprovalResultCommand({ ...answer, ...change }));
  await expect(put({ token: "00000000-0000-0000-0000-000000000000" })).rejects.toMatchObject({ name: "InvalidApprovalTokenException" });
  await expect(put({ stageName: "No" })).rejects.toMatchObject({ name: "StageNotFoundException" });
  await expect(put({ actionName: "No" })).rejects.toMatchObject({ name: "ActionNotFoundException" });
  await expect(put({ pipelineName: "No" })).rejects.toMatchObject({ name: "PipelineNotFoundException" });
  expect((await put()).approvedAt).toBeInstanceOf(Date);
  await expect(put()).rejects.toMatchObject({ name: "ApprovalAlreadyCompletedException" });
});

// documented: https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html
it("a topic gets the documented message, with variables put in", async () => {
  const { ctx } = pipelines.cloud;
  const TopicArn = (await ctx.call("sns", "CreateTopic", { Name: "approvals" })).TopicArn ?? "";
  const QueueUrl = (await ctx.call("sqs", "CreateQueue", { QueueName: "approvals" })).QueueUrl ?? "";
  const Endpoint = ctx.arn("sqs", "approvals");
  const Statement = [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: Endpoint }];
  await ctx.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) } });
  await ctx.call("sns", "Subscribe", { TopicArn, Protocol: "sqs", Endpoint });
  const configuration = {
    NotificationArn: TopicArn,
    CustomData: "Release #{variables.release}",
    ExternalEntityLink: "https://example.com",
  };
  const stage = { name: "Gate", actions: [approval("Ask", { configuration })] };
  await pipelines.create("told", [stage], { variables: [{ name: "release", defaultValue: "7" }] });
  const { Messages: [message] = [] } = await ctx.call("sqs", "ReceiveMessage", { QueueUrl });
  const envelope = JSON.parse(message?.Body ?? "{}") as { Subject: string; Message: string };
  expect(envelope.Subject).toBe("APPROVAL NEEDED: AWS CodePipeline told for action Ask");
  const { actionStates: [state] = [] } = await pipelines.stage("told", "Gate");
  const token = state?.latestExecution?.token ?? "";
  const expires = new Date(pipelines.cloud.cloud.clock.now() + 7 * DAY).toISOString().replace(/:\d\d\.\d+Z$/, "Z");
  const consoleLink = "https://console.aws.amazon.com/codepipeline/home?region=us-east-1#/view/told";
  expect(JSON.parse(envelope.Message)).toEqual({
    region: "us-east-1",
    consoleLink,
    approval: {
      pipelineName: "told",
      stageName: "Gate",
      actionName: "Ask",
      token,
      expires,
      externalEntityLink: "https://example.com",
      approvalReviewLink: `${consoleLink}/Gate/Ask/approve/${token}`,
      customData: "Release 7",
    },
  });
});

// assumed
it("a topic that is not there fails the approval", async () => {
  const configuration = { NotificationArn: "arn:aws:sns:us-east-1:000000000000:gone" };
  const id = await pipelines.create("silent", [{ name: "Gate", actions: [approval("Ask", { configuration })] }]);
  expect(await pipelines.status("silent", id)).toBe("Failed");
  const { actionExecutionDetails: [details] = [] } = await pipelines.client.send(
    new ListActionExecutionsCommand({ pipelineName: "silent" }),
  );
  expect(details?.output?.executionResult?.errorDetails).toMatchObject({ code: "ConfigurationError" });
});
