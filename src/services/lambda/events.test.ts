import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  InvokeCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaTest } from "../../../test/support/lambda.ts";

let it: LambdaTest;
let sqs: SQSClient;
beforeAll(async () => {
  it = await LambdaTest.start();
  sqs = new SQSClient(it.cloud.clientConfig);
});
afterAll(() => it.cloud.stop());

const MINUTE = 60_000;
const arnOf = (queue: string): string => `arn:aws:sqs:us-east-1:000000000000:${queue}`;

async function queue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? "";
}

/** Takes what is there, for good. */
async function received(QueueUrl: string): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
  );
  for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return Messages;
}

/** A function that sends what it got to a queue, and fails when the event says so. */
const REPORTER = `
const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
const client = new SQSClient({});
exports.handler = async (event) => {
  await client.send(new SendMessageCommand({ QueueUrl: process.env.REPORT, MessageBody: JSON.stringify(event) }));
  if (event.fail) throw new Error("as asked");
  const failed = (event.Records ?? []).filter((record) => record.body.includes("bad"));
  return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
};`;

describe("asynchronous invocation", () => {
  test("a failing event is tried three times, after one and two minutes, and its record goes to the destination", async () => {
    const report = await queue("attempts");
    const failures = await queue("failures");
    const dead = await queue("dead");
    const settings = { Environment: { Variables: { REPORT: report } }, DeadLetterConfig: { TargetArn: arnOf("dead") } };
    await it.create("flaky", REPORTER, settings);
    await it.client.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: "flaky",
        DestinationConfig: { OnFailure: { Destination: arnOf("failures") } },
      }),
    );
    const { StatusCode } = await it.client.send(
      new InvokeCommand({ FunctionName: "flaky", InvocationType: "Event", Payload: '{"fail":true}' }),
    );
    expect(StatusCode).toBe(202);
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    await it.idle();
    expect(await received(report)).toHaveLength(1);
    await it.cloud.cloud.clock.advance(MINUTE);
    expect(await received(report)).toHaveLength(1);
    await it.cloud.cloud.clock.advance(MINUTE);
    expect(await received(failures)).toHaveLength(0);
    await it.cloud.cloud.clock.advance(MINUTE);
    const [record] = await received(failures);
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    expect(JSON.parse(record?.Body ?? "")).toMatchObject({
      version: "1.0",
      requestContext: {
        functionArn: "arn:aws:lambda:us-east-1:000000000000:function:flaky:$LATEST",
        condition: "RetriesExhausted",
        approximateInvokeCount: 3,
      },
      requestPayload: { fail: true },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: { errorType: "Error", errorMessage: "as asked" },
    });
    const [letter] = await received(dead);
    expect(letter).toMatchObject({ Body: '{"fail":true}', MessageAttributes: { ErrorMessage: { StringValue: "as asked" } } });
  });

  test("a success goes to the success destination", async () => {
    const results = await queue("results");
    await it.create("fine", "exports.handler = async (event) => event.n + 1;");
    await it.client.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName: "fine",
        DestinationConfig: { OnSuccess: { Destination: arnOf("results") } },
      }),
    );
    await it.client.send(new InvokeCommand({ FunctionName: "fine", InvocationType: "Event", Payload: '{"n":1}' }));
    await it.idle();
    const [record] = await received(results);
    expect(JSON.parse(record?.Body ?? "")).toMatchObject({ requestContext: { condition: "Success" }, responsePayload: 2 });
  });
});

describe("SQS event source mappings", () => {
  let report: string;
  let source: string;
  let UUID: string;
  beforeAll(async () => {
    report = await queue("report");
    source = await queue("source");
    await it.create("worker", REPORTER, { Environment: { Variables: { REPORT: report } } });
  });
  const left = async (QueueUrl: string): Promise<string> => {
    const AttributeNames = ["ApproximateNumberOfMessages" as const, "ApproximateNumberOfMessagesNotVisible" as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return `${Attributes?.["ApproximateNumberOfMessages"]}+${Attributes?.["ApproximateNumberOfMessagesNotVisible"]}`;
  };

  test("messages reach the function in AWS's form and are deleted", async () => {
    const mapping = await it.client.send(new CreateEventSourceMappingCommand({ EventSourceArn: arnOf("source"), FunctionName: "worker" }));
    UUID = mapping.UUID ?? "";
    expect(mapping.State).toBe("Creating");
    await it.idle();
    expect((await it.client.send(new GetEventSourceMappingCommand({ UUID }))).State).toBe("Enabled");
    await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: "good" }));
    await it.idle();
    const [got] = await received(report);
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    expect(JSON.parse(got?.Body ?? "").Records).toEqual([
      expect.objectContaining({ body: "good", eventSource: "aws:sqs", eventSourceARN: arnOf("source"), awsRegion: "us-east-1" }),
    ]);
    expect(await left(source)).toBe("0+0");
  });

  test("of a batch with failures, only those come back", async () => {
    await it.client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    await it.idle();
    for (const MessageBody of ["good", "bad"]) await sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody }));
    await it.client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true, FunctionResponseTypes: ["ReportBatchItemFailures"] }));
    await it.idle();
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    expect(await left(source)).toBe("0+1");
    await it.cloud.cloud.clock.advance(MINUTE);
    const bodies = (await received(report)).flatMap(({ Body }) => JSON.parse(Body ?? "").Records.map((one: { body: string }) => one.body));
    expect(bodies.filter((body: string) => body === "bad").length).toBeGreaterThanOrEqual(2);
    expect(bodies.filter((body: string) => body === "good")).toHaveLength(1);
  });

  test("what a filter does not match is deleted without an invocation", async () => {
    await it.client.send(new DeleteEventSourceMappingCommand({ UUID }));
    const filtered = await queue("filtered");
    const Filters = [{ Pattern: '{"body":{"kind":["order"]}}' }];
    await it.client.send(
      new CreateEventSourceMappingCommand({ EventSourceArn: arnOf("filtered"), FunctionName: "worker", FilterCriteria: { Filters } }),
    );
    for (const kind of ["order", "noise"])
      await sqs.send(new SendMessageCommand({ QueueUrl: filtered, MessageBody: JSON.stringify({ kind }) }));
    await it.idle();
    const events = (await received(report)).map(({ Body }) => JSON.parse(Body ?? "").Records.map((one: { body: string }) => one.body));
    // documented: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    expect(events).toEqual([['{"kind":"order"}']]);
    expect(await left(filtered)).toBe("0+0");
  });
});
