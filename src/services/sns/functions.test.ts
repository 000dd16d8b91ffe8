import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

// documented: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
it("a function gets AWS's event, once its policy lets SNS in", async () => {
  const { ctx } = cloud;
  const trust = [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: trust });
  const { Role } = await ctx.call("iam", "CreateRole", { RoleName: "reader", AssumeRolePolicyDocument });
  const { FunctionArn: Endpoint = "" } = await ctx.call("lambda", "CreateFunction", {
    FunctionName: "reader",
    Role: Role?.Arn,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Code: { ZipFile: writeZip({ "index.js": "exports.handler = async (event) => console.log('GOT ' + JSON.stringify(event));" }) },
  });
  const { TopicArn = "" } = await ctx.call("sns", "CreateTopic", { Name: "news" });
  const { SubscriptionArn } = await ctx.call("sns", "Subscribe", { TopicArn, Protocol: "lambda", Endpoint });
  const publish = async (Message: string): Promise<void> => {
    const MessageAttributes = { kind: { DataType: "String", StringValue: "a" } };
    await ctx.call("sns", "Publish", { TopicArn, Message, Subject: "s", MessageAttributes });
    await cloud.cloud.clock.idle();
  };
  await publish("unheard");
  const permission = { Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com", SourceArn: TopicArn };
  await ctx.call("lambda", "AddPermission", { FunctionName: "reader", StatementId: "sns", ...permission });
  await publish("heard");
  const { events = [] } = await ctx.call("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: "/aws/lambda/reader",
    filterPattern: "GOT",
  });
  expect(events.map(({ message = "" }) => JSON.parse(message.slice(message.indexOf("{"))) as unknown)).toMatchObject([
    {
      Records: [
        {
          EventSource: "aws:sns",
          EventVersion: "1.0",
          EventSubscriptionArn: SubscriptionArn,
          Sns: {
            Type: "Notification",
            TopicArn,
            Subject: "s",
            Message: "heard",
            MessageAttributes: { kind: { Type: "String", Value: "a" } },
          },
        },
      ],
    },
  ]);
});
