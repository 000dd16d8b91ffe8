import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../support/cloud.ts";
import { has } from "../../support/server.ts";

const run = promisify(execFile);
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

/** What the AWS CLI prints; rejects with what it says when it fails. */
async function aws(...args: string[]): Promise<string> {
  // Its table of endpoints wins over AWS_ENDPOINT_URL for SQS, but not over the option.
  const { stdout } = await run("aws", ["--endpoint-url", cloud.endpoint, "--output", "text", ...args], { env: cloud.env });
  return stdout.trim();
}

describe.skipIf(!has("aws", "--version"))("the AWS CLI", () => {
  // documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
  test("a message is deleted by the handle of its newest receive; an older one succeeds and deletes nothing", async () => {
    const url = await aws("sqs", "create-queue", "--queue-name", "q", "--query", "QueueUrl");
    await aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello");
    const receive = (...more: string[]) =>
      aws("sqs", "receive-message", "--queue-url", url, "--query", "Messages[0].ReceiptHandle", ...more);
    const old = await receive("--visibility-timeout", "0");
    const fresh = await receive();
    await aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", old);
    const count = () =>
      aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "ApproximateNumberOfMessagesNotVisible");
    expect(await count()).toBe("ATTRIBUTES\t1");
    await aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", fresh);
    expect(await count()).toBe("ATTRIBUTES\t0");
    await expect(aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", "nonsense")).rejects.toThrow(
      "(ReceiptHandleIsInvalid)",
    );
    await expect(aws("sqs", "get-queue-url", "--queue-name", "nowhere")).rejects.toThrow("(AWS.SimpleQueueService.NonExistentQueue)");
  }, 60_000);

  // documented: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
  test("a schedule fires on the clock, with AWS's event", async () => {
    const policy = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }],
    };
    const attributes = JSON.stringify({ Policy: JSON.stringify(policy) });
    const url = await aws("sqs", "create-queue", "--queue-name", "ticks", "--attributes", attributes, "--query", "QueueUrl");
    const rule = await aws("events", "put-rule", "--name", "hourly", "--schedule-expression", "rate(1 hour)");
    await aws("events", "put-targets", "--rule", "hourly", "--targets", "Id=1,Arn=arn:aws:sqs:us-east-1:000000000000:ticks");
    await expect(aws("events", "put-rule", "--name", "bad", "--schedule-expression", "rate(1 hours)")).rejects.toThrow(
      "Parameter ScheduleExpression is not valid.",
    );
    await cloud.cloud.clock.advance(2 * 3_600_000);
    const bodies = await aws(
      "sqs",
      "receive-message",
      "--queue-url",
      url,
      "--max-number-of-messages",
      "10",
      "--query",
      "Messages[].[Body]",
    );
    const events = bodies.split("\n").map((line) => JSON.parse(line) as unknown);
    const event = { "detail-type": "Scheduled Event", source: "aws.events", resources: [rule], detail: {} };
    expect(events).toMatchObject([event, event]);
  }, 60_000);
});
