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
  const { Arn, Name, Subscription = "" } = await deploy("CreateStack", resources("a"), outputs);
  expect([Arn, Name]).toEqual(["arn:aws:sns:us-east-1:000000000000:t", "t"]);
  await deploy("UpdateStack", resources("b"));
  const { Attributes } = await cloud.ctx.call("sns", "GetSubscriptionAttributes", { SubscriptionArn: Subscription });
  expect(Attributes).toMatchObject({ FilterPolicy: '{"kind":["b"]}', RawMessageDelivery: "true" });
  await destroy();
  expect((await cloud.ctx.call("sns", "ListTopics", {})).Topics).toEqual([]);
});
