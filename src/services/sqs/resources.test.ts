import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

/** Brings the stack to a template, and answers its outputs by name. */
async function deploy(
  operation: "CreateStack" | "UpdateStack",
  Resources: object,
  outputs: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
  await cloud.ctx.call("cloudformation", operation, { StackName: "s", TemplateBody: JSON.stringify({ Resources, Outputs }) });
  await cloud.cloud.clock.advance(60_000);
  const stack = (await cloud.ctx.call("cloudformation", "DescribeStacks", { StackName: "s" })).Stacks?.[0];
  expect(stack?.StackStatus).toBe(operation === "CreateStack" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE");
  return Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

async function destroy(): Promise<void> {
  await cloud.ctx.call("cloudformation", "DeleteStack", { StackName: "s" });
  await cloud.cloud.clock.advance(60_000);
}

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
it("makes, changes and removes queues with their policy", async () => {
  const resources = (properties: object) => ({
    Dead: { Type: "AWS::SQS::Queue" },
    Queue: {
      Type: "AWS::SQS::Queue",
      Properties: { RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: "3" }, ...properties },
    },
    Policy: {
      Type: "AWS::SQS::QueuePolicy",
      Properties: { Queues: [{ Ref: "Queue" }], PolicyDocument: { Version: "2012-10-17", Statement: [] } },
    },
  });
  const { Url = "" } = await deploy("CreateStack", resources({ DelaySeconds: "5", Tags: [{ Key: "a", Value: "b" }] }), {
    Url: { Ref: "Queue" },
  });
  const attributes = async () => (await cloud.ctx.call("sqs", "GetQueueAttributes", { QueueUrl: Url, AttributeNames: ["All"] })).Attributes;
  expect(await attributes()).toMatchObject({ DelaySeconds: "5", Policy: expect.stringContaining("Statement") });
  expect((await cloud.ctx.call("sqs", "ListQueueTags", { QueueUrl: Url })).Tags).toMatchObject({
    a: "b",
    "aws:cloudformation:logical-id": "Queue",
  });
  await deploy("UpdateStack", resources({ VisibilityTimeout: 60 }));
  expect(await attributes()).toMatchObject({ DelaySeconds: "0", VisibilityTimeout: "60" });
  await destroy();
  expect((await cloud.ctx.call("sqs", "ListQueues", {})).QueueUrls).toEqual([]);
});
