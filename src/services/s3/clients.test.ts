import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCloud, type TestCloud } from "../../../test/support/cloud.ts";
import { writeZip } from "../../runtime/processes/zip.ts";

let cloud: TestCloud;
let s3: S3Client;
const Bucket = "documents";

beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
});
afterAll(() => cloud.stop());
beforeEach(async () => {
  await cloud.reset();
  await s3.send(new CreateBucketCommand({ Bucket }));
});

/** A request to this machine whatever host its URL names. */
function call(method: string, url: string, body = ""): Promise<{ status: number; text: string }> {
  const { host, pathname, search, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path: pathname + search, headers: { host, "content-length": body.length } };
    const sent = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on("error", reject).end(body);
  });
}

describe("URLs", () => {
  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html
  test("a presigned PUT stores what its holder sends, until it is changed", async () => {
    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "a b", ContentType: "text/plain" }), { expiresIn: 60 });
    expect((await call("PUT", url, "hello")).status).toBe(200);
    const read = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "a b" }), { expiresIn: 60 });
    expect(await call("GET", read)).toEqual({ status: 200, text: "hello" });
    expect((await call("GET", read.replace("/a%20b", "/other"))).status).toBe(403);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
  test("a bucket may be named by the host", async () => {
    const endpoint = `http://s3.localhost:${new URL(cloud.endpoint).port}`;
    const virtual = new S3Client({ ...cloud.clientConfig, endpoint });
    const url = (command: PutObjectCommand | GetObjectCommand) => getSignedUrl(virtual, command, { expiresIn: 60 });
    const put = await url(new PutObjectCommand({ Bucket, Key: "x/y" }));
    expect(new URL(put).hostname).toBe(`${Bucket}.s3.localhost`);
    expect((await call("PUT", put, "virtual")).status).toBe(200);
    expect(await call("GET", await url(new GetObjectCommand({ Bucket, Key: "x/y" })))).toEqual({ status: 200, text: "virtual" });
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.[0]?.Key).toBe("x/y");
  });
});

describe("notifications", () => {
  const notify = (NotificationConfiguration: object) =>
    s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
  test("queues and topics get a test event, and then what happens to the keys they ask for", async () => {
    const sqs = new SQSClient(cloud.clientConfig);
    const sns = new SNSClient(cloud.clientConfig);
    const Statement = [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" }];
    const open = { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) };
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "direct" }));
    const { QueueUrl: behindTopic } = await sqs.send(new CreateQueueCommand({ QueueName: "topic", Attributes: open }));
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "changes" }));
    const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn("topic"), Attributes: { RawMessageDelivery: "true" } }));
    const Filter = { Key: { FilterRules: [{ Name: "suffix", Value: ".png" }] } };
    await notify({
      QueueConfigurations: [{ Id: "q", QueueArn: arn("direct"), Events: ["s3:ObjectCreated:*"], Filter }],
      TopicConfigurations: [{ TopicArn, Events: ["s3:ObjectRemoved:*"] }],
    });
    await cloud.cloud.clock.idle();
    const receive = async (url: string | undefined) => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
      return Messages.map(({ Body = "{}" }) => JSON.parse(Body) as { Event?: string; Records?: { eventName: string; s3: object }[] });
    };
    expect((await receive(QueueUrl)).map(({ Event }) => Event)).toEqual(["s3:TestEvent"]);
    expect((await receive(behindTopic)).map(({ Event }) => Event)).toEqual(["s3:TestEvent"]);
    for (const Key of ["a b.png", "b.txt"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    await cloud.cloud.clock.idle();
    const [message, ...others] = await receive(QueueUrl);
    expect(others).toEqual([]);
    expect(message?.Records?.[0]).toMatchObject({
      eventName: "ObjectCreated:Put",
      s3: { configurationId: "q", bucket: { name: Bucket }, object: { key: "a+b.png", size: 1 } },
    });
  });

  // documented: https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
  test("a function is called with the record", async () => {
    const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
    await cloud.ctx.call("iam", "CreateRole", { RoleName: "functions", AssumeRolePolicyDocument });
    const source = "exports.handler = async ({ Records: [{ eventName, s3 }] }) => console.log('saw', eventName, s3.object.key);";
    const { FunctionArn } = await cloud.ctx.call("lambda", "CreateFunction", {
      FunctionName: "seer",
      Role: "arn:aws:iam::000000000000:role/functions",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Code: { ZipFile: writeZip({ "index.js": source }) },
    });
    await cloud.cloud.clock.idle();
    await notify({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: FunctionArn, Events: ["s3:ObjectCreated:Put"] }] });
    await s3.send(new PutObjectCommand({ Bucket, Key: "new", Body: "x" }));
    await cloud.cloud.clock.idle();
    const logGroupName = "/aws/lambda/seer";
    const seen = async () => {
      const { events = [] } = await cloud.ctx.call("cloudwatch-logs", "FilterLogEvents", { logGroupName, filterPattern: "saw" });
      return events.map(({ message = "" }) => /saw.*/.exec(message)?.[0]);
    };
    await expect.poll(seen).toEqual(["saw ObjectCreated:Put new"]);
  });

  // documented: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
  test("a destination that is not there is refused", async () => {
    const QueueArn = "arn:aws:sqs:us-east-1:000000000000:absent";
    await expect(notify({ QueueConfigurations: [{ QueueArn, Events: ["s3:ObjectCreated:*"] }] })).rejects.toMatchObject({
      name: "InvalidArgument",
    });
  });
});

// documented: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel: a read sees one write or the other
test("reads of a key that is overwritten meanwhile give one write whole", async () => {
  const bodies = Array.from({ length: 4 }, () => randomBytes(600_000));
  const whole = new Set(bodies.map((bytes) => bytes.toString("base64")));
  const put = (Body = Buffer.alloc(0)) => s3.send(new PutObjectCommand({ Bucket, Key: "a", Body }));
  await put(bodies[0]);
  const read = async () => (await s3.send(new GetObjectCommand({ Bucket, Key: "a" }))).Body?.transformToString("base64");
  const all = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? put(bodies[i % 4]).then(() => undefined) : read()));
  for (const seen of await Promise.all(all)) if (seen !== undefined) expect(whole.has(seen)).toBe(true);
  await expect.poll(() => cloud.cloud.blobs.list("s3").length).toBe(1);
});
