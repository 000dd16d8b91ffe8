import { afterAll, beforeAll, expect, test } from "vitest";
import { approval, Pipelines } from "../../../test/support/pipeline.ts";
import { TestStack } from "../../../test/support/stack.ts";
import { EVENT_TYPES } from "./event-types.ts";

let own: Pipelines;
let topic = "";
let queue = "";
beforeAll(async () => {
  own = await Pipelines.start();
  own.script();
  const { ctx } = own.cloud;
  queue = (await ctx.call("sqs", "CreateQueue", { QueueName: "told" })).QueueUrl ?? "";
  const { Attributes } = await ctx.call("sqs", "GetQueueAttributes", { QueueUrl: queue, AttributeNames: ["QueueArn"] });
  const arn = Attributes?.["QueueArn"] ?? "";
  topic = (await ctx.call("sns", "CreateTopic", { Name: "news" })).TopicArn ?? "";
  // documented: https://docs.aws.amazon.com/dtconsole/latest/userguide/set-up-sns.html
  const host = { Service: "codestar-notifications.amazonaws.com" };
  const letIn = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: host, Action: "SNS:Publish", Resource: topic }] };
  await ctx.call("sns", "SetTopicAttributes", { TopicArn: topic, AttributeName: "Policy", AttributeValue: JSON.stringify(letIn) });
  const allow = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arn };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [allow] });
  await ctx.call("sqs", "SetQueueAttributes", { QueueUrl: queue, Attributes: { Policy } });
  await ctx.call("sns", "Subscribe", { TopicArn: topic, Protocol: "sqs", Endpoint: arn, Attributes: { RawMessageDelivery: "true" } });
});
afterAll(() => own.cloud.stop());

interface Notice {
  readonly detailType: string;
  readonly notificationRuleArn: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly additionalAttributes: Readonly<Record<string, unknown>>;
}

async function told(): Promise<Notice[]> {
  await own.cloud.cloud.clock.idle();
  const { Messages = [] } = await own.cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl: queue, MaxNumberOfMessages: 10 });
  for (const { ReceiptHandle } of Messages) await own.cloud.ctx.call("sqs", "DeleteMessage", { QueueUrl: queue, ReceiptHandle });
  return Messages.map(({ Body = "" }) => JSON.parse(Body) as Notice);
}

const rule = (Name: string, Resource: string, EventTypeIds: string[], more: object = {}) =>
  own.cloud.ctx.call("codestar-notifications", "CreateNotificationRule", {
    Name,
    Resource,
    EventTypeIds,
    DetailType: "FULL",
    Targets: [{ TargetType: "SNS", TargetAddress: topic }],
    ...more,
  });

// documented: https://docs.aws.amazon.com/dtconsole/latest/userguide/concepts.html
test("a rule tells its topic of the approval that is needed, and of what failed and why", async () => {
  const { ctx } = own.cloud;
  const gate = approval("Ask", { configuration: { CustomData: "Is it good?", ExternalEntityLink: "https://example.com/1" } });
  await own.create("watched", [{ name: "Gate", actions: [gate] }]);
  const resource = ctx.arn("codepipeline", "watched");
  const ids = ["manual-approval-needed", "pipeline-execution-failed"].map((id) => `codepipeline-pipeline-${id}`);
  const { Arn } = await rule("loop", resource, ids);
  await told();
  await own.answer("watched", "Gate", "Approved");
  await told();
  await own.begin("watched");
  const [needed, ...others] = await told();
  expect(others).toEqual([]);
  expect(needed).toMatchObject({
    detailType: "CodePipeline Action Execution State Change",
    notificationRuleArn: Arn,
    account: "000000000000",
    region: "us-east-1",
    source: "aws.codepipeline",
    resources: [resource],
    detail: { pipeline: "watched", state: "STARTED", action: "Ask" },
    additionalAttributes: { customData: "Is it good?", externalEntityLink: "https://example.com/1" },
  });
  await own.answer("watched", "Gate", "Rejected");
  const [failed] = await told();
  expect(failed?.additionalAttributes).toMatchObject({ failedActionCount: 1, failedActions: [{ action: "Ask" }], failedStage: "Gate" });
  expect(await ctx.call("codestar-notifications", "DescribeNotificationRule", { Arn })).toMatchObject({
    Name: "loop",
    Status: "ENABLED",
    Targets: [{ TargetAddress: topic, TargetType: "SNS", TargetStatus: "ACTIVE" }],
  });
});

// documented: https://docs.aws.amazon.com/codestar-notifications/latest/APIReference/API_UpdateNotificationRule.html
test("a rule that is disabled, unsubscribed or about something else says nothing; a topic that lets nobody in is unreachable", async () => {
  const { ctx } = own.cloud;
  await ctx.call("codecommit", "CreateRepository", { repositoryName: "shop" });
  const resource = ctx.arn("codecommit", "shop");
  const { Arn } = await rule("branches", resource, ["codecommit-repository-branches-and-tags-created"], { DetailType: "BASIC" });
  const put = (filePath: string, branchName: string, parentCommitId?: string) =>
    ctx.call("codecommit", "PutFile", { repositoryName: "shop", branchName, filePath, fileContent: Buffer.from("a"), parentCommitId });
  const { commitId } = await put("a.txt", "main");
  const [created] = await told();
  expect(created).toMatchObject({ detail: { event: "referenceCreated", referenceName: "main" }, additionalAttributes: {} });
  await put("b.txt", "main", commitId);
  expect(await told()).toEqual([]);
  await ctx.call("codestar-notifications", "UpdateNotificationRule", { Arn, Status: "DISABLED" });
  await ctx.call("codecommit", "CreateBranch", { repositoryName: "shop", branchName: "quiet", commitId });
  expect(await told()).toEqual([]);
  const nobody = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Principal: "*", Action: "sns:Publish", Resource: topic }],
  });
  await ctx.call("sns", "SetTopicAttributes", { TopicArn: topic, AttributeName: "Policy", AttributeValue: nobody });
  await ctx.call("codestar-notifications", "UpdateNotificationRule", { Arn, Status: "ENABLED" });
  await ctx.call("codecommit", "CreateBranch", { repositoryName: "shop", branchName: "unheard", commitId });
  expect(await told()).toEqual([]);
  const { Targets } = await ctx.call("codestar-notifications", "ListTargets", {
    Filters: [{ Name: "TARGET_STATUS", Value: "UNREACHABLE" }],
  });
  expect(Targets).toEqual([{ TargetAddress: topic, TargetType: "SNS", TargetStatus: "UNREACHABLE" }]);
  await expect(ctx.call("codestar-notifications", "DeleteTarget", { TargetAddress: topic })).rejects.toMatchObject({
    code: "ValidationException",
  });
  await ctx.call("codestar-notifications", "DeleteTarget", { TargetAddress: topic, ForceUnsubscribeAll: true });
  expect((await ctx.call("codestar-notifications", "DescribeNotificationRule", { Arn })).Targets).toEqual([]);
});

// documented: https://docs.aws.amazon.com/codestar-notifications/latest/APIReference/API_CreateNotificationRule.html
test("rules are refused for events of another service, a name that is taken, and targets that nobody carries out", async () => {
  const { ctx } = own.cloud;
  await ctx.call("codecommit", "CreateRepository", { repositoryName: "other" });
  const resource = ctx.arn("codecommit", "other");
  const ids = ["codecommit-repository-pull-request-created"];
  await expect(rule("a", resource, ["codebuild-project-build-state-failed"])).rejects.toMatchObject({ code: "ValidationException" });
  const slack = { Targets: [{ TargetType: "AWSChatbotSlack", TargetAddress: "arn:aws:chatbot::000000000000:chat-configuration/x" }] };
  await expect(rule("a", resource, ids, slack)).rejects.toMatchObject({ code: "NotImplemented" });
  const { Arn } = await rule("a", resource, ids, { ClientRequestToken: "once", Targets: [] });
  expect((await rule("a", resource, ids, { ClientRequestToken: "once", Targets: [] })).Arn).toBe(Arn);
  await expect(rule("a", resource, ids)).rejects.toMatchObject({ code: "ResourceAlreadyExistsException" });
  const { NotificationRules } = await ctx.call("codestar-notifications", "ListNotificationRules", {
    Filters: [{ Name: "RESOURCE", Value: resource }],
  });
  expect(NotificationRules?.map((one) => one.Arn)).toEqual([Arn]);
});

// documented: https://docs.aws.amazon.com/codestar-notifications/latest/APIReference/API_ListEventTypes.html
test("event types are listed by service, page by page", async () => {
  const { ctx } = own.cloud;
  const Filters = [{ Name: "SERVICE_NAME" as const, Value: "CodePipeline" }];
  const first = await ctx.call("codestar-notifications", "ListEventTypes", { Filters, MaxResults: 10 });
  const second = await ctx.call("codestar-notifications", "ListEventTypes", { Filters, MaxResults: 10, NextToken: first.NextToken });
  const ids = [...(first.EventTypes ?? []), ...(second.EventTypes ?? [])].map(({ EventTypeId }) => EventTypeId);
  expect(ids).toEqual(EVENT_TYPES.filter(({ service }) => service === "CodePipeline").map(({ id }) => id));
  expect(ids).toContain("codepipeline-pipeline-manual-approval-needed");
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codestarnotifications-notificationrule.html
test("a stack has rules", async () => {
  const { ctx } = own.cloud;
  const stack = new TestStack(() => own.cloud);
  const resource = (EventTypeIds: string[]) => ({
    Rule: {
      Type: "AWS::CodeStarNotifications::NotificationRule",
      Properties: {
        Name: "of a stack",
        Resource: ctx.arn("codecommit", "other"),
        EventTypeIds,
        DetailType: "BASIC",
        Targets: [],
        Tags: { a: "b" },
      },
    },
  });
  const before = ["codecommit-repository-pull-request-created"];
  const { Arn = "" } = await stack.deploy("CreateStack", resource(before), { Arn: { Ref: "Rule" } });
  expect((await ctx.call("codestar-notifications", "ListTagsForResource", { Arn })).Tags).toMatchObject({ a: "b" });
  await stack.deploy("UpdateStack", resource([...before, "codecommit-repository-pull-request-merged"]), { Arn: { Ref: "Rule" } });
  expect((await ctx.call("codestar-notifications", "DescribeNotificationRule", { Arn })).EventTypes).toHaveLength(2);
  await stack.destroy();
  await expect(ctx.call("codestar-notifications", "DescribeNotificationRule", { Arn })).rejects.toMatchObject({
    code: "ResourceNotFoundException",
  });
});
