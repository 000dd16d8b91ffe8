import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

const DAY = 86_400_000;
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
  const { ctx } = cloud;
  await ctx.call("cloudwatch-logs", "CreateLogGroup", { logGroupName: "/aws/events/all" });
  await ctx.call("eventbridge", "PutRule", { Name: "all", EventPattern: '{"source":[{"prefix":"aws."}]}' });
  await ctx.call("eventbridge", "PutTargets", { Rule: "all", Targets: [{ Id: "1", Arn: ctx.arn("logs", "log-group:/aws/events/all") }] });
});
afterAll(() => cloud.stop());

/** What came to the default bus from one service. */
async function events(source: string): Promise<unknown[]> {
  await cloud.cloud.clock.idle();
  const filter = { logGroupName: "/aws/events/all", filterPattern: `{ $.source = "${source}" }`, limit: 10_000 };
  const { events: found = [] } = await cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", filter);
  return found.map(({ message = "" }) => JSON.parse(message) as unknown);
}

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
it("S3 reports objects of buckets that ask for it", async () => {
  const { ctx } = cloud;
  for (const Bucket of ["told", "untold"]) await ctx.call("s3", "CreateBucket", { Bucket });
  await ctx.call("s3", "PutBucketNotificationConfiguration", {
    Bucket: "told",
    NotificationConfiguration: { EventBridgeConfiguration: {} },
  });
  for (const Bucket of ["told", "untold"])
    await ctx.call("s3", "PutObject", { Bucket, Key: "k", Body: Readable.from([Buffer.from("hi")]) });
  await ctx.call("s3", "DeleteObject", { Bucket: "told", Key: "k" });
  const detail = { version: "0", bucket: { name: "told" }, object: { key: "k" } };
  expect(await events("aws.s3")).toMatchObject([
    { "detail-type": "Object Created", resources: ["arn:aws:s3:::told"], detail: { ...detail, reason: "PutObject" } },
    { "detail-type": "Object Deleted", detail: { ...detail, reason: "DeleteObject", "deletion-type": "Permanently Deleted" } },
  ]);
});

// documented: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
it("Parameter Store reports changes", async () => {
  const { ctx } = cloud;
  await ctx.call("ssm", "PutParameter", { Name: "/p", Value: "1", Type: "String" });
  await ctx.call("ssm", "PutParameter", { Name: "/p", Value: "2", Overwrite: true });
  await ctx.call("ssm", "DeleteParameter", { Name: "/p" });
  const event = (operation: string): object => ({
    "detail-type": "Parameter Store Change",
    resources: [ctx.arn("ssm", "parameter/p")],
    detail: { operation, name: "/p", type: "String" },
  });
  expect(await events("aws.ssm")).toMatchObject([event("Create"), event("Update"), event("Delete")]);
});

// documented: https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
it("KMS reports rotations, and deletions when their time has come", async () => {
  const { ctx } = cloud;
  const { KeyMetadata: { KeyId = "", Arn = "" } = {} } = await ctx.call("kms", "CreateKey", {});
  await ctx.call("kms", "RotateKeyOnDemand", { KeyId });
  await ctx.call("kms", "ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
  expect(await events("aws.kms")).toHaveLength(1);
  await cloud.cloud.clock.advance(7 * DAY);
  expect(await events("aws.kms")).toMatchObject([
    { "detail-type": "KMS CMK Rotation", resources: [Arn], detail: { "key-id": KeyId } },
    { "detail-type": "KMS CMK Deletion", resources: [Arn], detail: { "key-id": KeyId } },
  ]);
});

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
it("CloudFormation reports stacks and resources", async () => {
  const { ctx } = cloud;
  const TemplateBody = '{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}';
  const { StackId = "" } = await ctx.call("cloudformation", "CreateStack", { StackName: "s", TemplateBody });
  await cloud.cloud.clock.advance(60_000);
  const found = (await events("aws.cloudformation")) as { "detail-type": string; detail: { "status-details": { status: string } } }[];
  const of = (kind: string): string[] =>
    found
      .filter((event) => event["detail-type"] === `CloudFormation ${kind} Status Change`)
      .map(({ detail }) => detail["status-details"].status);
  expect(of("Stack")).toEqual(["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]);
  expect(of("Resource")).toEqual(["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]);
  expect(found[0]).toMatchObject({ resources: [StackId], detail: { "stack-id": StackId } });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
it("CloudWatch reports alarms as they change their state", async () => {
  const { ctx } = cloud;
  const metric = { Namespace: "n", MetricName: "m", Statistic: "Sum" as const, Period: 60 };
  const alarm = { AlarmName: "high", EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" as const };
  await ctx.call("cloudwatch", "PutMetricAlarm", { ...metric, ...alarm });
  await ctx.call("cloudwatch", "SetAlarmState", { AlarmName: "high", StateValue: "ALARM", StateReason: "by hand" });
  const found = await events("aws.cloudwatch");
  expect(found.filter((event) => (event as { "detail-type": string })["detail-type"] === "CloudWatch Alarm State Change")).toMatchObject([
    {
      resources: [ctx.arn("cloudwatch", "alarm:high")],
      detail: { alarmName: "high", state: { value: "ALARM", reason: "by hand" }, previousState: { value: "INSUFFICIENT_DATA" } },
    },
  ]);
});
