import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());
const stack = new TestStack(() => cloud);

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
  const { Url = "" } = await stack.deploy("CreateStack", resources({ DelaySeconds: "5", Tags: [{ Key: "a", Value: "b" }] }), {
    Url: { Ref: "Queue" },
  });
  const attributes = async () => (await cloud.ctx.call("sqs", "GetQueueAttributes", { QueueUrl: Url, AttributeNames: ["All"] })).Attributes;
  expect(await attributes()).toMatchObject({ DelaySeconds: "5", Policy: expect.stringContaining("Statement") });
  expect((await cloud.ctx.call("sqs", "ListQueueTags", { QueueUrl: Url })).Tags).toMatchObject({
    a: "b",
    "aws:cloudformation:logical-id": "Queue",
  });
  await stack.deploy("UpdateStack", resources({ VisibilityTimeout: 60 }));
  expect(await attributes()).toMatchObject({ DelaySeconds: "0", VisibilityTimeout: "60" });
  await stack.destroy();
  expect((await cloud.ctx.call("sqs", "ListQueues", {})).QueueUrls).toEqual([]);
});
