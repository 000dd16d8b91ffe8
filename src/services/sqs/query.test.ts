import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { sign } from "../../aws/sigv4.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  await cloud.ctx.call("sqs", "CreateQueue", { QueueName: "q" });
});
afterAll(() => cloud.stop());

/** As SDKs of before 2023 ask: a signed form, or a signed query string. */
async function query(method: "GET" | "POST", path: string, parameters: Record<string, string>): Promise<{ status: number; text: string }> {
  const form = new URLSearchParams({ ...parameters, Version: "2012-11-05" }).toString();
  const url = `${cloud.endpoint}${path}${method === "GET" ? `?${form}` : ""}`;
  const body = method === "POST" ? form : "";
  const { credentials } = cloud.clientConfig;
  const type: Record<string, string> = method === "POST" ? { "content-type": "application/x-www-form-urlencoded; charset=utf-8" } : {};
  const now = cloud.cloud.clock.wall();
  const { host: _, ...headers } = sign({ method, url, headers: type, body, credentials, region: REGION, service: "sqs", now });
  const response = await fetch(url, { method, headers, ...(method === "POST" ? { body } : {}) });
  return { status: response.status, text: await response.text() };
}
const tag = (text: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

// documented: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
describe("the query protocol", () => {
  it.each([
    ["POST", `/${ACCOUNT}/q`],
    ["POST", `/${ACCOUNT}/q/`],
    ["GET", `/${ACCOUNT}/q/`],
    ["GET", `/${ACCOUNT}/q`],
  ] as const)("takes a message by %s at the queue's own URL %s", async (method, path) => {
    const sent = await query(method, path, { Action: "SendMessage", MessageBody: "a & b" });
    expect(sent).toMatchObject({ status: 200 });
    expect(tag(sent.text, "MD5OfMessageBody")).toBe("9fed43e0f68e6c705d96bd051704f1f2");
    const received = await query(method, path, { Action: "ReceiveMessage", "AttributeName.1": "All" });
    expect(tag(received.text, "Body")).toBe("a &amp; b");
    const ReceiptHandle = tag(received.text, "ReceiptHandle") ?? "";
    expect((await query(method, path, { Action: "DeleteMessage", ReceiptHandle })).status).toBe(200);
  });

  it("takes QueueUrl at the endpoint too", async () => {
    const QueueUrl = `${cloud.endpoint}/${ACCOUNT}/q`;
    const { text } = await query("POST", "/", { Action: "GetQueueAttributes", QueueUrl, "AttributeName.1": "QueueArn" });
    expect(tag(text, "Value")).toBe(`arn:aws:sqs:${REGION}:${ACCOUNT}:q`);
  });

  it("answers with the codes of old", async () => {
    const nowhere = await query("POST", `/${ACCOUNT}/nowhere`, { Action: "PurgeQueue" });
    expect(nowhere.status).toBe(400);
    expect(tag(nowhere.text, "Code")).toBe("AWS.SimpleQueueService.NonExistentQueue");
    const missing = await query("POST", `/${ACCOUNT}/q`, { Action: "DeleteMessage" });
    expect(tag(missing.text, "Code")).toBe("MissingParameter");
  });
});
