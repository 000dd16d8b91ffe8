import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.reset());
afterAll(() => cloud.stop());

async function makeRule(target: string, more: object = {}): Promise<void> {
  await cloud.ctx.call("eventbridge", "PutRule", { Name: "r", EventPattern: '{"source":["shop"]}' });
  await cloud.ctx.call("eventbridge", "PutTargets", { Rule: "r", Targets: [{ Id: "1", Arn: target, ...more }] });
}

async function put(detail: object): Promise<string> {
  const Entries = [{ Source: "shop", DetailType: "Sold", Detail: JSON.stringify(detail) }];
  const { Entries: [entry] = [] } = await cloud.ctx.call("eventbridge", "PutEvents", { Entries });
  await cloud.cloud.clock.idle();
  return entry?.EventId ?? "";
}

async function messagesOf(logGroupName: string): Promise<string[]> {
  const { events = [] } = await cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName });
  return events.map(({ message = "" }) => message);
}

async function makeFunction(name: string): Promise<string> {
  const Statement = [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await cloud.ctx.call("iam", "CreateRole", { RoleName: "role", AssumeRolePolicyDocument });
  const { FunctionArn = "" } = await cloud.ctx.call("lambda", "CreateFunction", {
    FunctionName: name,
    Role: "arn:aws:iam::000000000000:role/role",
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: writeZip({ "index.js": "exports.handler = async (event) => { console.log('GOT ' + JSON.stringify(event)); };" }) },
  });
  await cloud.cloud.clock.idle();
  return FunctionArn;
}

async function metric(MetricName: string): Promise<number> {
  const end = cloud.cloud.clock.now() + 60_000;
  const { Datapoints = [] } = await cloud.ctx.call("cloudwatch", "GetMetricStatistics", {
    Namespace: "AWS/Events",
    MetricName,
    Dimensions: [{ Name: "RuleName", Value: "r" }],
    StartTime: new Date(end - 3_600_000),
    EndTime: new Date(end),
    Period: 3_600,
    Statistics: ["Sum"],
  });
  return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
}

describe("targets", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-lambda-permissions
  it("a function is invoked when its policy lets events in, and dropped without it", async () => {
    const arn = await makeFunction("sold");
    await makeRule(arn, { InputPath: "$.detail" });
    await put({ n: 1 });
    expect(await metric("FailedInvocations")).toBe(1);
    await cloud.ctx.call("lambda", "AddPermission", {
      FunctionName: "sold",
      StatementId: "events",
      Action: "lambda:InvokeFunction",
      Principal: "events.amazonaws.com",
      SourceArn: "arn:aws:events:us-east-1:000000000000:rule/r",
    });
    await put({ n: 2 });
    await cloud.cloud.clock.advance(5_000);
    const got = (await messagesOf("/aws/lambda/sold")).filter((message) => message.includes("GOT"));
    expect(got).toHaveLength(1);
    expect(got[0]).toContain('GOT {"n":2}');
    expect([await metric("MatchedEvents"), await metric("Invocations")]).toEqual([2, 1]);
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
  it("a log group gets the event, or what a template makes of it", async () => {
    await cloud.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: "/aws/events/sold" });
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/sold:*";
    await makeRule(arn);
    const id = await put({ n: 1 });
    expect((await messagesOf("/aws/events/sold")).map((message) => JSON.parse(message) as object)).toMatchObject([
      { id, detail: { n: 1 } },
    ]);
    const InputTemplate = '{"timestamp": <time>, "message": "sold <n>"}';
    await makeRule(arn, { InputTransformer: { InputPathsMap: { time: "$.time", n: "$.detail.n" }, InputTemplate } });
    await put({ n: 2 });
    expect(await messagesOf("/aws/events/sold")).toContain("sold 2");
  });

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
  it("a function that is gone leaves its events to the dead-letter queue at once", async () => {
    const arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    const { QueueUrl } = await cloud.ctx.call("sqs", "CreateQueue", { QueueName: "dead" });
    const FunctionArn = await makeFunction("busy");
    await cloud.ctx.call("lambda", "AddPermission", {
      FunctionName: "busy",
      StatementId: "events",
      Action: "lambda:InvokeFunction",
      Principal: "events.amazonaws.com",
    });
    await makeRule(FunctionArn, { DeadLetterConfig: { Arn: arn }, RetryPolicy: { MaximumRetryAttempts: 2 } });
    await cloud.ctx.call("lambda", "DeleteFunction", { FunctionName: "busy" });
    await put({ n: 1 });
    const { Messages = [] } = await cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl, MessageAttributeNames: ["All"] });
    expect(Messages.map(({ MessageAttributes }) => MessageAttributes?.["RULE_ARN"]?.StringValue)).toEqual([
      "arn:aws:events:us-east-1:000000000000:rule/r",
    ]);
    expect(Messages[0]?.MessageAttributes?.["ERROR_CODE"]?.StringValue).toBe("ResourceNotFoundException");
  });
});

describe("a restart", () => {
  // assumed: what was accepted is delivered, whatever happens to the process
  it("loses neither events under way nor schedules", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "orrery-events-"));
    try {
      const before = await startCloud({ dataDir });
      const logGroupName = "/aws/events/kept";
      await before.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName });
      await before.ctx.call("eventbridge", "PutRule", {
        Name: "r",
        EventPattern: '{"source":["shop"]}',
        ScheduleExpression: "rate(1 hour)",
      });
      const Arn = `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}`;
      await before.ctx.call("eventbridge", "PutTargets", { Rule: "r", Targets: [{ Id: "1", Arn }] });
      await before.ctx.call("eventbridge", "PutEvents", { Entries: [{ Source: "shop", DetailType: "t", Detail: "{}" }] });
      await before.stop();
      const after = await startCloud({ dataDir });
      await after.cloud.clock.advance(3_600_000);
      const { events = [] } = await after.ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName });
      await after.stop();
      expect(events.map(({ message = "" }) => (JSON.parse(message) as { source: string }).source)).toEqual(["shop", "aws.events"]);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe("a week of schedules", () => {
  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
  it("passes hour by hour and loses nothing", async () => {
    await cloud.ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: "/aws/events/hours" });
    await cloud.ctx.call("eventbridge", "PutRule", { Name: "hours", ScheduleExpression: "rate(1 hour)" });
    const Arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/hours";
    await cloud.ctx.call("eventbridge", "PutTargets", { Rule: "hours", Targets: [{ Id: "1", Arn }] });
    await cloud.cloud.clock.advance(7 * 24 * 3_600_000);
    expect(await messagesOf("/aws/events/hours")).toHaveLength(168);
  });
});
