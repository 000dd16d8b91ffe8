import { InvokeCommand, PutFunctionEventInvokeConfigCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:records";
const BUS = "arn:aws:events:us-east-1:000000000000:event-bus/results";
let it: LambdaTest;
let QueueUrl: string;
beforeAll(async () => {
  it = await LambdaTest.start();
  const Service = ["sns.amazonaws.com", "events.amazonaws.com"];
  const Statement = [{ Effect: "Allow", Principal: { Service }, Action: "sqs:SendMessage", Resource: QUEUE }];
  const Attributes = { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) };
  QueueUrl = (await it.cloud.ctx.call("sqs", "CreateQueue", { QueueName: "records", Attributes })).QueueUrl ?? "";
});
afterAll(() => it.cloud.stop());

/** Makes a function, and has it succeed and fail once each. */
async function run(name: string, destination: { readonly OnSuccess?: string; readonly OnFailure?: string }): Promise<void> {
  await it.create(name, `exports.handler = async ({ fail }) => { if (fail) throw new Error("as asked"); return "fine"; };`);
  const { OnSuccess, OnFailure } = destination;
  await it.client.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: name,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination: OnSuccess }, OnFailure: { Destination: OnFailure } },
    }),
  );
  for (const fail of [false, true]) {
    await it.client.send(new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload: JSON.stringify({ fail }) }));
    await it.idle();
  }
}

async function records(): Promise<unknown[]> {
  const { Messages = [] } = await it.cloud.ctx.call("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
  for (const { ReceiptHandle } of Messages) await it.cloud.ctx.call("sqs", "DeleteMessage", { QueueUrl, ReceiptHandle });
  return Messages.map(({ Body = "" }) => JSON.parse(Body) as unknown);
}
const result = (condition: string): object => ({ version: "1.0", requestContext: { condition } });

// documented: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
test("a topic gets the record as its message", async () => {
  const { TopicArn = "" } = await it.cloud.ctx.call("sns", "CreateTopic", { Name: "results" });
  await it.cloud.ctx.call("sns", "Subscribe", { TopicArn, Protocol: "sqs", Endpoint: QUEUE, Attributes: { RawMessageDelivery: "true" } });
  await run("to-topic", { OnSuccess: TopicArn, OnFailure: TopicArn });
  expect(await records()).toMatchObject([result("Success"), result("RetriesExhausted")]);
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
test("a bus gets the record as an event's detail", async () => {
  const { ctx } = it.cloud;
  await ctx.call("eventbridge", "CreateEventBus", { Name: "results" });
  await ctx.call("eventbridge", "PutRule", { Name: "r", EventBusName: "results", EventPattern: '{"source":["lambda"]}' });
  await ctx.call("eventbridge", "PutTargets", { Rule: "r", EventBusName: "results", Targets: [{ Id: "1", Arn: QUEUE }] });
  await run("to-bus", { OnSuccess: BUS, OnFailure: BUS });
  const resources = [BUS, "arn:aws:lambda:us-east-1:000000000000:function:to-bus:$LATEST"];
  const event = (kind: string, condition: string): object => ({
    source: "lambda",
    "detail-type": `Lambda Function Invocation Result - ${kind}`,
    resources,
    detail: result(condition),
  });
  expect(await records()).toMatchObject([event("Success", "Success"), event("Failure", "RetriesExhausted")]);
});

// documented: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
test("a function gets the record as its event", async () => {
  await it.create("sink", "exports.handler = async (event) => console.log(event.requestContext.condition, 'seen');");
  const sink = "arn:aws:lambda:us-east-1:000000000000:function:sink";
  await run("to-function", { OnSuccess: sink, OnFailure: sink });
  const { events = [] } = await it.cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", {
    logGroupName: "/aws/lambda/sink",
    filterPattern: "seen",
  });
  expect(events.map(({ message }) => message?.split("\t").at(-1))).toEqual(["Success seen", "RetriesExhausted seen"]);
});

// documented: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
test("a bucket gets the records of failures, and may not be named for successes", async () => {
  await it.cloud.ctx.call("s3", "CreateBucket", { Bucket: "records" });
  await run("to-bucket", { OnFailure: "arn:aws:s3:::records" });
  const { Contents = [] } = await it.cloud.ctx.call("s3", "ListObjectsV2", { Bucket: "records" });
  expect(Contents.map(({ Key }) => Key)).toEqual([expect.stringMatching(/^aws\/lambda\/async\/to-bucket\/\d{4}\/\d\d\/\d\d\//)]);
  await expect(run("to-bucket-2", { OnSuccess: "arn:aws:s3:::records" })).rejects.toMatchObject({ name: "InvalidParameterValueException" });
});
