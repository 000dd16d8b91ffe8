import { gunzipSync } from "node:zlib";
import {
  CancelExportTaskCommand,
  CloudWatchLogsClient,
  CreateExportTaskCommand,
  type CreateExportTaskCommandInput,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeExportTasksCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchLogsClient;
let s3: S3Client;
let start = 0;
const logGroupName = "/app";
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchLogsClient(cloud.clientConfig);
  s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
  start = cloud.cloud.clock.now();
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of ["web/1", "db", "empty"]) await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const put = (logStreamName: string, ...offsets: number[]) => {
    const logEvents = offsets.map((offset) => ({ timestamp: start + offset, message: `${logStreamName} ${offset}` }));
    return client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  };
  await put("web/1", 1, 2, 3, 4);
  await put("db", 2);
});
afterAll(async () => {
  client.destroy();
  s3.destroy();
  await cloud.stop();
});

/** As documented for exports of one account. */
const policyOf = (bucket: string): string => {
  const Principal = { Service: `logs.${REGION}.amazonaws.com` };
  const source = { "aws:SourceAccount": [ACCOUNT] };
  const ArnLike = { "aws:SourceArn": [`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:*`] };
  const statement = (Action: string, Resource: string, more: object) => {
    const Condition = { StringEquals: { ...source, ...more }, ArnLike };
    return { Action, Effect: "Allow", Resource, Principal, Condition };
  };
  const read = statement("s3:GetBucketAcl", `arn:aws:s3:::${bucket}`, {});
  const write = statement("s3:PutObject", `arn:aws:s3:::${bucket}/*`, { "s3:x-amz-acl": "bucket-owner-full-control" });
  return JSON.stringify({ Version: "2012-10-17", Statement: [read, write] });
};
async function bucket(name: string, policy = policyOf(name)): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  if (policy !== "") await s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy: policy }));
  return name;
}
const create = (more: Partial<CreateExportTaskCommandInput>) =>
  client.send(new CreateExportTaskCommand({ logGroupName, from: start, to: start + 10, destination: "none", ...more }));
const taskOf = async (taskId: string | undefined) => (await client.send(new DescribeExportTasksCommand({ taskId }))).exportTasks?.[0];
const second = (): Promise<void> => cloud.cloud.clock.advance(1_000);
async function textOf(Bucket: string, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString("utf8");
}
const lineOf = (offset: number, text: string): string => `${new Date(start + offset).toISOString()} ${text}\n`;

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
describe("an export task", () => {
  it("writes what is in its range as gzip objects, one folder a stream", async () => {
    const destination = await bucket("exports");
    const { taskId } = await create({ destination, destinationPrefix: "out", taskName: "all", from: start + 2, to: start + 3 });
    expect(await taskOf(taskId)).toMatchObject({ taskName: "all", status: { code: "PENDING" }, destinationPrefix: "out" });
    await second();
    expect(await taskOf(taskId)).toMatchObject({ status: { code: "RUNNING" } });
    await second();
    const done = { status: { code: "COMPLETED", message: "Completed successfully" } };
    expect(await taskOf(taskId)).toMatchObject({ ...done, executionInfo: { completionTime: expect.any(Number) } });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: destination }));
    const web = `out/${taskId}/web-1/000000.gz`;
    // assumed: slashes in the names of streams become dashes, and the test object's name and place
    expect(Contents.map(({ Key }) => Key).sort()).toEqual(["out/aws-logs-write-test", `out/${taskId}/db/000000.gz`, web].sort());
    expect(await textOf(destination, web)).toBe(lineOf(2, "web/1 2") + lineOf(3, "web/1 3"));
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
  it("is the only active one of the account, until it is cancelled", async () => {
    const destination = await bucket("one");
    const { taskId } = await create({ destination, logStreamNamePrefix: "web" });
    await expect(create({ destination })).rejects.toMatchObject({ name: "LimitExceededException" });
    await client.send(new CancelExportTaskCommand({ taskId }));
    expect(await taskOf(taskId)).toMatchObject({ status: { code: "CANCELLED" } });
    await expect(client.send(new CancelExportTaskCommand({ taskId }))).rejects.toMatchObject({ name: "InvalidOperationException" });
    const { taskId: next } = await create({ destination, logStreamNamePrefix: "web" });
    await second();
    await client.send(new CancelExportTaskCommand({ taskId: next }));
    expect(await taskOf(next)).toMatchObject({ status: { code: "PENDING_CANCEL" } });
    await second();
    expect(await taskOf(next)).toMatchObject({ status: { code: "CANCELLED" } });
    const { exportTasks = [] } = await client.send(new DescribeExportTasksCommand({ statusCode: "CANCELLED" }));
    expect(exportTasks.map((task) => task.taskId).sort()).toEqual([taskId, next].sort());
  });

  it("is refused where CloudWatch Logs may not write", async () => {
    await expect(create({ destination: "no-such-bucket" })).rejects.toMatchObject({ name: "InvalidParameterException" });
    // recorded: https://github.com/aws/amazon-ecs-agent/pull/5116
    await expect(create({ destination: await bucket("closed", "") })).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringMatching(/^GetBucketAcl call on the given bucket failed/),
    });
    const readable = policyOf("readable").replace("s3:PutObject", "s3:GetObject");
    await expect(create({ destination: await bucket("readable", readable) })).rejects.toThrow(/^PutObject call on the given bucket failed/);
    const others = policyOf("others").replaceAll(ACCOUNT, "111111111111");
    await expect(create({ destination: await bucket("others", others) })).rejects.toThrow(/^GetBucketAcl/);
  });

  it("needs a log group and a range that can be", async () => {
    const destination = await bucket("ranges");
    await expect(create({ destination, logGroupName: "/none" })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(create({ destination, to: start - 1 })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(create({ destination, from: 1, to: 2 })).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});
