import { gunzipSync } from "node:zlib";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteAccountPolicyCommand,
  DeleteDataProtectionPolicyCommand,
  DescribeAccountPoliciesCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  GetDataProtectionPolicyCommand,
  GetLogEventsCommand,
  PutAccountPolicyCommand,
  PutDataProtectionPolicyCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, startCloud, type TestCloud } from "../../../../test/support/cloud.ts";

let cloud: TestCloud;
let client: CloudWatchLogsClient;
beforeAll(async () => {
  cloud = await startCloud({ strict: true });
  client = new CloudWatchLogsClient(cloud.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await cloud.stop();
});

const arn = (name: string): string => `arn:aws:dataprotection::aws:data-identifier/${name}`;
const policyOf = (identifiers: readonly string[], destination: object = {}, more: object = {}): string =>
  JSON.stringify({
    Name: "policy",
    Version: "2021-06-01",
    ...more,
    Statement: [
      { Sid: "audit", DataIdentifier: identifiers, Operation: { Audit: { FindingsDestination: destination } } },
      { Sid: "redact", DataIdentifier: identifiers, Operation: { Deidentify: { MaskConfig: {} } } },
    ],
  });
const protect = (logGroupIdentifier: string, policyDocument: string) =>
  client.send(new PutDataProtectionPolicyCommand({ logGroupIdentifier, policyDocument }));
async function group(logGroupName: string): Promise<string> {
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
  return logGroupName;
}
async function put(logGroupName: string, ...messages: string[]): Promise<void> {
  const timestamp = cloud.cloud.clock.now();
  const logEvents = messages.map((message) => ({ timestamp, message }));
  await client.send(new PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
  await cloud.cloud.clock.idle();
}
const read = async (logGroupName: string, unmask?: boolean, from = client) =>
  (await from.send(new GetLogEventsCommand({ logGroupName, logStreamName: "s", unmask }))).events?.map(({ message }) => message);
const search = async (logGroupName: string, filterPattern: string, unmask?: boolean) =>
  (await client.send(new FilterLogEventsCommand({ logGroupName, filterPattern, unmask }))).events?.map(({ message }) => message);
const EMAIL = policyOf([arn("EmailAddress")]);

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
describe("a data protection policy", () => {
  it("masks what comes in from then on, wherever it is read", async () => {
    const name = await group("/masked");
    await put(name, "before a@example.com");
    await protect(name, EMAIL);
    await put(name, "mail to a@example.com and b@example.com", "none");
    const after = "mail to ************* and *************";
    expect(await read(name)).toEqual(["before a@example.com", after, "none"]);
    expect(await search(name, "mail")).toEqual([after]);
    // assumed: a pattern sees what is shown
    expect(await search(name, '"b@example.com"')).toEqual([]);
    expect(await search(name, '"b@example.com"', true)).toEqual(["mail to a@example.com and b@example.com"]);
    expect((await read(name, true))?.[1]).toBe("mail to a@example.com and b@example.com");
  });

  it("adds up with the one of the account", async () => {
    const name = await group("/both");
    await protect(name, EMAIL);
    const policyType = "DATA_PROTECTION_POLICY";
    const putPolicy = (policyName: string) =>
      client.send(new PutAccountPolicyCommand({ policyName, policyType, policyDocument: policyOf([arn("IpAddress")]), scope: "ALL" }));
    expect((await putPolicy("all")).accountPolicy).toMatchObject({ policyName: "all", scope: "ALL", accountId: ACCOUNT });
    await expect(putPolicy("other")).rejects.toMatchObject({ name: "LimitExceededException" });
    await put(name, "a@example.com from 10.0.0.1");
    const { accountPolicies } = await client.send(new DescribeAccountPoliciesCommand({ policyType }));
    expect(accountPolicies?.map(({ policyName }) => policyName)).toEqual(["all"]);
    const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/both" }));
    expect(logGroups).toMatchObject([{ dataProtectionStatus: "ACTIVATED", inheritedProperties: ["ACCOUNT_DATA_PROTECTION"] }]);
    await client.send(new DeleteAccountPolicyCommand({ policyName: "all", policyType }));
    await put(name, "b@example.com from 10.0.0.2");
    expect(await read(name)).toEqual(["************* from ********", "************* from 10.0.0.2"]);
  });

  it("is told, and masks nothing more once it is deleted", async () => {
    const name = await group("/deleted");
    const logGroupIdentifier = name;
    expect((await client.send(new GetDataProtectionPolicyCommand({ logGroupIdentifier }))).policyDocument).toBeUndefined();
    await protect(name, EMAIL);
    expect((await client.send(new GetDataProtectionPolicyCommand({ logGroupIdentifier }))).policyDocument).toBe(EMAIL);
    await client.send(new DeleteDataProtectionPolicyCommand({ logGroupIdentifier }));
    await put(name, "a@example.com");
    expect(await read(name)).toEqual(["a@example.com"]);
    const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    expect(logGroups?.[0]?.dataProtectionStatus).toBe("DELETED");
    const again = client.send(new DeleteDataProtectionPolicyCommand({ logGroupIdentifier }));
    await expect(again).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html
  it("can have identifiers of its own", async () => {
    const name = await group("/custom");
    const CustomDataIdentifier = [{ Name: "EmployeeId", Regex: "EmployeeId-\\d{9}" }];
    await protect(name, policyOf(["EmployeeId"], {}, { Configuration: { CustomDataIdentifier } }));
    await put(name, "it was EmployeeId-123456789");
    expect(await read(name)).toEqual([`it was ${"*".repeat(20)}`]);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-start.html
  it("is refused where it is not one", async () => {
    const name = await group("/refused");
    const invalid = { name: "InvalidParameterException" };
    const [audit, redact] = (JSON.parse(EMAIL) as { Statement: object[] }).Statement;
    await expect(protect(name, "{")).rejects.toMatchObject(invalid);
    await expect(protect(name, JSON.stringify({ Statement: [audit] }))).rejects.toMatchObject(invalid);
    const differs = { ...redact, DataIdentifier: [arn("IpAddress")] };
    await expect(protect(name, JSON.stringify({ Statement: [audit, differs] }))).rejects.toMatchObject(invalid);
    await expect(protect(name, policyOf([arn("Nothing")]))).rejects.toMatchObject(invalid);
    await expect(protect(name, policyOf([arn("EmailAddress")], { CloudWatchLogs: { LogGroup: "/none" } }))).rejects.toMatchObject(invalid);
    await expect(protect(name, policyOf([arn("EmailAddress")], { S3: { Bucket: "no-such-bucket" } }))).rejects.toMatchObject(invalid);
    const regex = { Configuration: { CustomDataIdentifier: [{ Name: "Own", Regex: "a(b)" }] } };
    await expect(protect(name, policyOf(["Own"], {}, regex))).rejects.toMatchObject(invalid);
    await expect(protect(name, policyOf([arn("Name")]))).rejects.toMatchObject({ name: "NotImplemented" });
    await client.send(new CreateLogGroupCommand({ logGroupName: "/rare", logGroupClass: "INFREQUENT_ACCESS" }));
    await expect(protect("/rare", EMAIL)).rejects.toMatchObject(invalid);
  });

  // documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-viewunmasked.html
  it("lets only those see the data who may unmask it", async () => {
    const name = await group("/unmask");
    await protect(name, EMAIL);
    await put(name, "a@example.com");
    const iam = new IAMClient(cloud.clientConfig);
    const userClient = async (UserName: string, Action: string[]) => {
      await iam.send(new CreateUserCommand({ UserName }));
      const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument }));
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
      const credentials = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
      return new CloudWatchLogsClient({ ...cloud.clientConfig, credentials });
    };
    const reader = await userClient("reader", ["logs:GetLogEvents"]);
    expect(await read(name, undefined, reader)).toEqual(["*************"]);
    await expect(read(name, true, reader)).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(await read(name, true, await userClient("auditor", ["logs:GetLogEvents", "logs:Unmask"]))).toEqual(["a@example.com"]);
  });
});

// documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-audit-findings.html
describe("findings", () => {
  it("are reported to a log group, a bucket and a metric", async () => {
    const s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "findings" }));
    const [name, reports] = [await group("/audited"), await group("/reports")];
    const destination = { CloudWatchLogs: { LogGroup: reports }, S3: { Bucket: "findings" } };
    await protect(name, policyOf([arn("EmailAddress")], destination));
    const before = await countOf();
    await put(name, "My email is a1@example.com, b2@example.com", "nothing", "c@example.com");
    const events = (await search(reports, "")) ?? [];
    const auditTimestamp = `${new Date(cloud.cloud.clock.now()).toISOString().slice(0, 19)}Z`;
    const resourceArn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/audited:*`;
    const detections = [
      { start: 13, end: 26 },
      { start: 29, end: 42 },
    ];
    const dataIdentifiers = [{ name: "EmailAddress", count: 2, detections }];
    const found = events.map((text) => JSON.parse(text ?? "") as object);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ auditTimestamp, resourceArn, dataIdentifiers });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "findings" }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "findings", Key: Contents[0]?.Key }));
    const text = gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString("utf8");
    expect(text.trimEnd().split("\n")).toEqual(events);
    expect((await countOf()) - before).toBe(2);
  });
});

async function countOf(): Promise<number> {
  const metrics = new CloudWatchClient(cloud.clientConfig);
  const now = cloud.cloud.clock.now();
  const range = { StartTime: new Date(now - 3_600_000), EndTime: new Date(now + 60_000), Period: 86_400 };
  const query = { Namespace: "AWS/Logs", MetricName: "LogEventsWithFindings", Statistics: ["Sum" as const], ...range };
  return (await metrics.send(new GetMetricStatisticsCommand(query))).Datapoints?.[0]?.Sum ?? 0;
}
