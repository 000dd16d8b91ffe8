import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { TestStack } from "../../../test/support/stack.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());
const stack = new TestStack(() => cloud);

// documented: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
it("makes, changes and removes topics with subscriptions and a policy", async () => {
  const resources = (kind: string) => ({
    Queue: { Type: "AWS::SQS::Queue" },
    Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: "t", DisplayName: kind } },
    Subscription: {
      Type: "AWS::SNS::Subscription",
      Properties: {
        TopicArn: { Ref: "Topic" },
        Protocol: "sqs",
        Endpoint: { "Fn::GetAtt": ["Queue", "Arn"] },
        RawMessageDelivery: true,
        FilterPolicy: { kind: [kind] },
      },
    },
    Policy: { Type: "AWS::SNS::TopicPolicy", Properties: { Topics: [{ Ref: "Topic" }], PolicyDocument: { Statement: [] } } },
  });
  const outputs = { Arn: { Ref: "Topic" }, Name: { "Fn::GetAtt": ["Topic", "TopicName"] }, Subscription: { Ref: "Subscription" } };
  const { Arn, Name, Subscription = "" } = await stack.deploy("CreateStack", resources("a"), outputs);
  expect([Arn, Name]).toEqual(["arn:aws:sns:us-east-1:000000000000:t", "t"]);
  await stack.deploy("UpdateStack", resources("b"));
  const { Attributes } = await cloud.ctx.call("sns", "GetSubscriptionAttributes", { SubscriptionArn: Subscription });
  expect(Attributes).toMatchObject({ FilterPolicy: '{"kind":["b"]}', RawMessageDelivery: "true" });
  await stack.destroy();
  expect((await cloud.ctx.call("sns", "ListTopics", {})).Topics).toEqual([]);
});
